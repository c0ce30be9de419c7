#include "engine/request_head.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <dray/server/limits.hpp>
#include <utility>

#include "engine/characters.hpp"
#include "engine/target.hpp"

namespace dray::server::engine {
namespace {

namespace beast = boost::beast;

std::string_view view(beast::string_view text) noexcept { return {text.data(), text.size()}; }

/// Collects the fields of one head. The rules of framing that Beast knows hold already when it calls; those that it is
/// lax about (lists of lengths, codings other than chunked, Host) are looked at here.
class HeadParser final : public beast::http::basic_parser<true> {
 public:
  HeadParser(std::string_view text, RequestHead& head) : text_(text), head_(head) {}

  std::string_view target;
  std::string_view host;
  std::string_view length;
  std::string_view coding;
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  bool expects = false;
  bool expects_other = false;

 private:
  using Ec = beast::error_code;
  using Field = beast::http::field;

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view sent, int version,
                       Ec&) override {
    head_.request.method = server::parse_method(view(method));
    head_.http_1_0 = version == 10;
    target = view(sent);
  }

  void on_field_impl(Field field, beast::string_view name, beast::string_view value, Ec& ec) override {
    const auto text = view(value);
    // The value of a folded line lies in the parser's own buffer, which is gone when this returns.
    const bool inside = text.empty() || (text.data() >= text_.data() && text.data() < text_.data() + text_.size());
    if (!inside || !consists_of<is_value_char>(text)) {
      ec = beast::http::error::bad_value;
      return;
    }
    note(field, text);
    head_.request.headers.add(std::string(view(name)), std::string(text));
  }

  void note(Field field, std::string_view value) {
    switch (field) {
      case Field::host:
        ++hosts;
        host = value;
        break;
      case Field::content_length:
        ++lengths;
        length = value;
        break;
      case Field::transfer_encoding:
        ++codings;
        coding = value;
        break;
      case Field::expect:
        expects = true;
        expects_other = expects_other || !same_ignoring_case(value, "100-continue");
        break;
      default:
        break;
    }
  }

  void on_response_impl(int, beast::string_view, int, Ec&) override {}
  void on_header_impl(Ec&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Ec&) override {}
  std::size_t on_body_impl(beast::string_view, Ec&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Ec&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, Ec&) override { return 0; }
  void on_finish_impl(Ec&) override {}

  std::string_view text_;
  RequestHead& head_;
};

/// Beast's verdict on a wrong version does not tell an unknown one from none at all.
std::optional<Refusal> check_version(std::string_view text) {
  const auto line = text.substr(0, text.find("\r\n"));
  const auto version = line.substr(std::min(line.size(), line.rfind(' ') + 1));
  const bool is_version = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                          version[6] == '.' && is_digit(version[7]);
  if (!is_version) return Refusal{400, "the request line has no HTTP version"};
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
  return Refusal{505, "this server speaks HTTP/1.1"};
}

Refusal refusal_of(const beast::error_code& ec) {
  using beast::http::error;
  if (ec == error::bad_content_length || ec == error::multiple_content_length || ec == error::bad_transfer_encoding)
    return {400, "the size of the request's body is not certain"};
  if (ec == error::bad_target) return {400, "the request's target holds a character that it may not"};
  return {400, "the request's head is malformed"};
}

std::optional<Refusal> check_body(const HeadParser& parser, RequestHead& head) {
  if (parser.codings + parser.lengths > 1) return Refusal{400, "the size of the request's body is not certain"};
  if (parser.codings == 1) {
    if (head.http_1_0) return Refusal{400, "HTTP/1.0 has no transfer encodings"};
    if (!same_ignoring_case(parser.coding, "chunked")) return Refusal{501, "chunked is the only transfer encoding"};
    head.request.body_size.reset();
    return std::nullopt;
  }
  if (parser.lengths == 0) return std::nullopt;
  std::uint64_t size = 0;
  const auto* const end = parser.length.data() + parser.length.size();
  const auto [at, failure] = std::from_chars(parser.length.data(), end, size);
  if (failure != std::errc{} || at != end) return Refusal{400, "the size of the request's body is not certain"};
  head.request.body_size = size;
  return std::nullopt;
}

std::optional<Refusal> check_host(const HeadParser& parser, const RequestHead& head) {
  if (parser.hosts > 1) return Refusal{400, "the request has two Host headers"};
  if (parser.hosts == 0 && !head.http_1_0) return Refusal{400, "the request has no Host header"};
  if (!is_host(parser.host)) return Refusal{400, "the Host header names no host"};
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> parse_head(std::string_view text, RequestHead& head) {
  if (auto refused = check_version(text)) return refused;
  HeadParser parser(text, head);
  parser.header_limit(limits::max_head_bytes + 1);
  parser.body_limit(boost::none);
  beast::error_code ec;
  parser.put(boost::asio::const_buffer(text.data(), text.size()), ec);
  head.target = parser.target;
  if (ec || !parser.is_header_done()) return refusal_of(ec);
  Target target;
  if (auto refused = parse_target(parser.target, head.request.method, target)) return refused;
  if (auto refused = check_host(parser, head)) return refused;
  if (auto refused = check_body(parser, head)) return refused;
  if (parser.expects_other) return Refusal{417, "100-continue is the only expectation"};
  if (!target.authority.empty()) head.request.headers.set("Host", target.authority);
  head.request.path = std::move(target.path);
  head.request.query = std::move(target.query);
  head.whole_server = target.whole_server;
  head.keep_alive = parser.keep_alive();
  head.expects_continue = parser.expects && !head.http_1_0;
  return std::nullopt;
}

}  // namespace dray::server::engine
