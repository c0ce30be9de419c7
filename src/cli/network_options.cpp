#include "network_options.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <limits>
#include <system_error>

namespace dray::cli {
namespace {

Error bad(std::string_view option, const std::string& why) {
  return {ErrorCode::invalid_input, std::string(option) + ": " + why};
}

// A wrong name on the command line is said before anything is asked.
Result<void> check_readable(std::string_view option, const std::string& file) {
  if (::access(file.c_str(), R_OK) == 0) return {};
  return bad(option, "cannot read " + file + ": " + std::generic_category().message(errno));
}

Result<std::uint64_t> count_of(const Input& input, std::string_view option) {
  const auto text = input.option(option);
  if (!text) return std::uint64_t{0};
  std::uint64_t count = 0;
  const auto* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, count);
  if (error != std::errc() || at != end || count == 0) return bad(option, "takes a number from 1, not '" + *text + "'");
  return count;
}

Result<void> read_certificate(const Input& input, Options& options) {
  const auto certificate = input.option("--cert");
  const auto key = input.option("--key");
  if (!certificate && !key) return {};
  if (!certificate) return bad("--key", "name the certificate that it belongs to with --cert");
  DRAY_TRY(check_readable("--cert", *certificate));
  if (key) DRAY_TRY(check_readable("--key", *key));
  options.client_certificate = http::ClientCertificate{*certificate, key.value_or(*certificate)};
  return {};
}

Result<void> read_registries_conf(const Input& input, Options& options) {
  options.no_registries_conf = input.has("--no-registries-conf");
  const auto file = input.option("--registries-conf");
  if (!file) return {};
  if (options.no_registries_conf) return bad("--registries-conf", "contradicts --no-registries-conf");
  DRAY_TRY(check_readable("--registries-conf", *file));
  options.registries_conf = *file;
  return {};
}

// The scheme is looked at here, since a proxy of another kind would be told only at the first request.
Result<void> read_proxy(const Input& input, Options& options) {
  options.proxy = input.option("--proxy").value_or("");
  if (options.proxy.empty()) return {};
  if (options.proxy.find('@') != std::string::npos) {
    return bad("--proxy",
               "a password stands in plain sight on a command line: write this proxy into the variable "
               "https_proxy");
  }
  const auto colon = options.proxy.find("://");
  if (colon == std::string::npos) return {};
  const auto scheme = options.proxy.substr(0, colon);
  for (const auto* const known : {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}) {
    if (scheme == known) return {};
  }
  return bad("--proxy", "takes http, https, socks4, socks4a, socks5 or socks5h, not '" + scheme + "'");
}

}  // namespace

Result<std::uint64_t> parse_rate(std::string_view text) {
  const auto wrong = [&] {
    return bad("--limit-rate", "takes bytes a second, as in 500k or 10M, not '" + std::string(text) + "'");
  };
  std::uint64_t factor = 1;
  auto digits = text;
  if (!digits.empty()) {
    constexpr std::uint64_t kilo = 1024;
    const char unit = digits.back();
    if (unit == 'k' || unit == 'K') factor = kilo;
    if (unit == 'm' || unit == 'M') factor = kilo * kilo;
    if (unit == 'g' || unit == 'G') factor = kilo * kilo * kilo;
    if (factor > 1) digits.remove_suffix(1);
  }
  std::uint64_t count = 0;
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || at != digits.data() + digits.size() || count == 0) return wrong();
  if (count > std::numeric_limits<std::uint64_t>::max() / factor) return wrong();
  return count * factor;
}

Result<void> read_network_options(const Input& input, Options& options) {
  DRAY_TRY(read_certificate(input, options));
  DRAY_TRY(read_registries_conf(input, options));
  DRAY_TRY(read_proxy(input, options));
  for (const auto& text : input.all("--resolve")) {
    auto address = http::HostAddress::parse(text);
    if (!address) return bad("--resolve", address.error().message());
    options.addresses.push_back(*std::move(address));
  }
  if (const auto rate = input.option("--limit-rate")) {
    DRAY_TRY_ASSIGN(options.traffic.bytes_per_second, parse_rate(*rate));
  }
  DRAY_TRY_ASSIGN(options.traffic.requests, count_of(input, "--max-requests"));
  DRAY_TRY_ASSIGN(options.traffic.per_host, count_of(input, "--max-per-host"));
  return {};
}

}  // namespace dray::cli
