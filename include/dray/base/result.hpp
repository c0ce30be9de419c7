#pragma once

#include <cassert>
#include <dray/base/error.hpp>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace dray {

/// A value or the reason there is none. The spelling of `std::expected` (C++23), with one error type.
/// Reading the value of a failed result, or the error of a good one, is a bug and asserts.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value)  // NOLINT(google-explicit-constructor): a result is written `return value;`
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error)  // NOLINT(google-explicit-constructor): and `return Error(…);`
      : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    assert(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

  template <class U>
  [[nodiscard]] T value_or(U&& other) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(other));
  }

  /// `f(value)` returns another Result.
  template <class F>
  auto and_then(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return std::move(*this).error();
    return std::invoke(std::forward<F>(f), std::move(*this).value());
  }
  /// `f(value)` returns a plain value or nothing.
  template <class F>
  auto transform(F&& f) && -> Result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>> {
    if (!has_value()) return std::move(*this).error();
    if constexpr (std::is_void_v<std::invoke_result_t<F, T&&>>) {
      std::invoke(std::forward<F>(f), std::move(*this).value());
      return {};
    } else {
      return std::invoke(std::forward<F>(f), std::move(*this).value());
    }
  }
  template <class F>
  auto transform_error(F&& f) && -> Result {
    if (has_value()) return std::move(*this);
    return std::invoke(std::forward<F>(f), std::move(*this).error());
  }
  template <class F>
  auto or_else(F&& f) && -> Result {
    if (has_value()) return std::move(*this);
    return std::invoke(std::forward<F>(f), std::move(*this).error());
  }

 private:
  std::variant<T, Error> state_;
};

/// Done, or the reason it is not.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error)  // NOLINT(google-explicit-constructor): a failure is written `return Error(…);`
      : error_(std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const { assert(has_value()); }

  [[nodiscard]] const Error& error() const& {
    assert(error_);
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    assert(error_);
    return std::move(*error_);
  }

  template <class F>
  auto and_then(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F>> {
    if (error_) return std::move(*error_);
    return std::invoke(std::forward<F>(f));
  }
  template <class F>
  auto transform_error(F&& f) && -> Result {
    if (!error_) return {};
    return std::invoke(std::forward<F>(f), std::move(*error_));
  }

 private:
  std::optional<Error> error_;
};

}  // namespace dray

#define DRAY_CONCAT_INNER(a, b) a##b
#define DRAY_CONCAT(a, b) DRAY_CONCAT_INNER(a, b)

/// Returns from the function with the error when `call` failed. A statement, not an expression.
#define DRAY_TRY(call)                                                   \
  do {                                                                   \
    if (auto dray_result_ = (call); !dray_result_.has_value()) {         \
      return std::move(dray_result_).error();                            \
    }                                                                    \
  } while (false)

/// `DRAY_TRY_ASSIGN(auto x, call);` declares `x` as the value of `call`, or returns its error. A statement.
#define DRAY_TRY_ASSIGN_INNER(variable, call, result) \
  auto result = (call);                               \
  if (!result.has_value()) {                          \
    return std::move(result).error();                 \
  }                                                   \
  variable = std::move(result).value()
#define DRAY_TRY_ASSIGN(variable, ...) \
  DRAY_TRY_ASSIGN_INNER(variable, (__VA_ARGS__), DRAY_CONCAT(dray_result_, __COUNTER__))
