#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <dray/http/url.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dray::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del };
[[nodiscard]] std::string_view name(Method method) noexcept;  ///< `GET`, …, `DELETE`

/// Header lines in the order they came. Names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { lines_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// The first line of that name; nullptr when there is none. Valid until the headers change.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

/// A request body that can be sent again from its beginning: `open` is called once for each try.
struct Body {
  std::uint64_t size = 0;
  std::function<Result<std::unique_ptr<ByteSource>>()> open;
};
[[nodiscard]] Body text_body(std::string text);

/// The kind of address that a connection went to, from narrow to wide.
enum class AddressClass : std::uint8_t { loopback, link_local, private_network, global };

/// Which addresses a request may connect to, from lax to strict. The connected address is what counts, not the
/// name. Behind a proxy only the proxy sees it: then addresses written in the URL are judged.
enum class AddressRule : std::uint8_t {
  any,           ///< The person named this host.
  not_loopback,  ///< Link-local, private and public ones.
  routed,        ///< Private and public ones.
  public_only,   ///< Neither loopback, link-local, private, unique-local, multicast nor unspecified.
};
/// What a host may lead to that was itself reached at such an address: nothing narrower.
[[nodiscard]] AddressRule rule_behind(AddressClass reached) noexcept;

struct Request {
  Method method = Method::get;
  Url url;
  Headers headers;  ///< What only this hop may see (`Authorization`) included.
  std::optional<Body> body;
  AddressRule addresses = AddressRule::any;
  bool shows_certificate = true;  ///< Our client certificate, if there is one for the origin. False behind a redirect.
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  Url url;                                           ///< The URL that answered.
  AddressClass connected_to = AddressClass::global;  ///< Whom the connection reached.

  /// `Content-Length` when it is there, once, and a plain number.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
};

/// An answer whose head is here and whose body is still to be read, at the caller's own pace.
/// Dropping it early closes the connection; reading it to the end gives the connection back for re-use.
class Exchange : public ByteSource {
 public:
  [[nodiscard]] virtual const ResponseHead& head() const noexcept = 0;
};

}  // namespace dray::http
