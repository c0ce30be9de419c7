#pragma once

namespace dray::http {

/// Owns a handle of a C library: `std::unique_ptr<T, Closer<T_free>>`.
template <auto Free>
struct Closer {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

}  // namespace dray::http
