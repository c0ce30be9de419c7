#include "serve_options.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <dray/server/distribution_config.hpp>
#include <dray/server/limits.hpp>
#include <utility>

#include "duration.hpp"

namespace dray::cli {
namespace {

constexpr std::string_view usual_listen = "127.0.0.1:5000";

Error bad(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }

template <class Number>
Result<Number> parse_number(std::string_view option, std::string_view text) {
  Number value{};
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && at == end && !text.empty()) return value;
  return bad(fmt::format("{} takes a whole number, not '{}'", option, text));
}

/// `:5000`, `host:5000`, `[::]:5000`. Without a host it is every address, as docker and distribution have it.
Result<void> read_listen(std::string_view text, server::EngineOptions& engine) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(fmt::format("--listen takes [HOST]:PORT, not '{}'", text));
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad(fmt::format("--listen '{}': an IPv6 address stands in brackets, [::1]:5000", text));
  }
  DRAY_TRY_ASSIGN(engine.port, parse_number<std::uint16_t>("--listen", text.substr(colon + 1)));
  engine.host = host.empty() ? "0.0.0.0" : std::string(host);
  return {};
}

Result<void> read_duration(const Input& input, std::string_view option, std::chrono::seconds& into) {
  if (const auto text = input.option(option)) {
    DRAY_TRY_ASSIGN(into, parse_duration(option, *text));
  }
  return {};
}

Result<void> read_access(const Input& input, ServeOptions& options) {
  if (const auto file = input.option("--htpasswd")) {
    if (!options.access) options.access.emplace();
    options.access->htpasswd = *file;
  }
  for (const auto option : {"--policy", "--anonymous-pull", "--tokens", "--token-realm", "--token-key"}) {
    if (input.has(option) && !options.access) return bad(std::string(option) + " needs users: --htpasswd FILE");
  }
  options.anyone = input.has("--anyone");
  if (!options.access) return {};
  auto& access = *options.access;
  if (const auto file = input.option("--policy")) access.policy = *file;
  access.anonymous_pull = input.has("--anonymous-pull");
  access.tokens = input.has("--tokens");
  if (const auto realm = input.option("--token-realm")) access.realm = *realm;
  if (const auto file = input.option("--token-key")) access.signing_key = *file;
  return {};
}

Result<void> read_links(const Input& input, ServeOptions& options) {
  const auto role = input.option("--role").value_or("registry");
  if (role != "registry" && role != "content") return bad("--role takes registry or content, not '" + role + "'");
  options.role = role == "content" ? ServeOptions::Role::content : ServeOptions::Role::registry;
  const auto redirect = input.option("--blob-redirect");
  const auto key = input.option("--sign-key");
  const bool wants_key = redirect.has_value() || role == "content";
  if (wants_key != key.has_value()) {
    return bad(wants_key ? "signed links need a key: --sign-key FILE (head -c 32 /dev/urandom | base64 >FILE)"
                         : "--sign-key goes with --blob-redirect URL or with --role content");
  }
  if (!key) return {};
  const auto form = input.option("--link-form").value_or("dray");
  if (form != "dray" && form != "nginx") return bad("--link-form takes dray or nginx, not '" + form + "'");
  DRAY_TRY_ASSIGN(auto links, server::SignedLinks::read_key(
                                  *key, form == "nginx" ? server::LinkForm::nginx : server::LinkForm::dray));
  if (role == "content") {
    if (redirect) return bad("--blob-redirect is for a registry, not for --role content");
    options.registry.content_only = std::move(links);
    return {};
  }
  const auto url = http::Url::parse(*redirect);
  if (!url || !url->query().empty()) {
    return bad("--blob-redirect takes a URL such as https://content.example.com, not '" + *redirect + "'");
  }
  auto base = url->text();
  while (base.ends_with('/')) base.pop_back();
  options.registry.redirect.emplace(
      server::RegistryOptions::Redirect{.base_url = std::move(base), .links = std::move(links)});
  DRAY_TRY(read_duration(input, "--link-lifetime", options.registry.redirect->lifetime));
  if (options.registry.redirect->lifetime > server::limits::max_signed_link_lifetime) {
    return bad("--link-lifetime is 20m at most");
  }
  return {};
}

Result<void> read_upstreams(const Input& input, ServeOptions& options) {
  for (const auto& text : input.all("--upstream")) {
    DRAY_TRY_ASSIGN(auto upstream, Upstream::parse(text));
    for (const auto& other : options.upstreams) {
      if (other.name == upstream.name) return bad("two upstreams are called '" + upstream.name + "'");
    }
    options.upstreams.push_back(std::move(upstream));
  }
  if (const auto text = input.option("--mirror-of")) {
    DRAY_TRY_ASSIGN(options.mirror_of, Upstream::parse(*text));
  }
  return read_duration(input, "--tag-age", options.registry.tag_age);
}

Result<void> read_collection(const Input& input, ServeOptions& options) {
  if (const auto text = input.option("--gc-every")) {
    DRAY_TRY_ASSIGN(options.collect_every, parse_duration("--gc-every", *text));
    if (options.collect_every->count() == 0) return bad("--gc-every is 1s at least");
  }
  options.collect.untagged = input.has("--gc-untagged");
  return read_duration(input, "--gc-grace", options.grace);
}

Result<void> read_engine(const Input& input, ServeOptions& options, bool configured) {
  if (const auto listen = input.option("--listen"); listen || !configured) {
    DRAY_TRY(read_listen(listen ? std::string_view(*listen) : usual_listen, options.engine));
  }
  const auto certificate = input.option("--tls-cert");
  const auto key = input.option("--tls-key");
  if (certificate.has_value() != key.has_value()) return bad("--tls-cert and --tls-key go together");
  if (certificate) options.engine.tls = server::TlsFiles{*certificate, *key};
  if (const auto text = input.option("--max-connections")) {
    DRAY_TRY_ASSIGN(options.engine.max_connections, parse_number<std::size_t>("--max-connections", *text));
  }
  return {};
}

Result<void> read_registry(const Input& input, ServeOptions& options) {
  auto& registry = options.registry;
  registry.read_only = registry.read_only || input.has("--read-only");
  registry.allow_delete = registry.allow_delete && !input.has("--no-delete");
  registry.catalog = !input.has("--no-catalog");
  registry.sparse_indexes = registry.sparse_indexes || input.has("--sparse-indexes");
  if (const auto text = input.option("--chunk-min")) {
    DRAY_TRY_ASSIGN(registry.chunk_min_bytes, parse_number<std::uint64_t>("--chunk-min", *text));
  }
  const auto mode = input.option("--store-mode").value_or("0700");
  if (mode != "0700" && mode != "0750") return bad("--store-mode takes 0700 or 0750, not '" + mode + "'");
  options.store_mode = mode == "0750" ? 0750 : 0700;
  return {};
}

Result<void> open_log(const Input& input, ServeOptions& options) {
  const auto file = input.option("--access-log");
  if (!file) return {};
  options.access_log =
      *file == "-" ? STDOUT_FILENO : ::open(file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (options.access_log < 0) return errno_error("open the access log " + *file, errno);
  return {};
}

/// What distribution's file says; the keys that mean nothing here are told.
Result<void> read_config(const std::string& file, ServeOptions& options, Context& context) {
  DRAY_TRY_ASSIGN(auto config, server::read_distribution_config(file));
  if (config.root) options.directory = *config.root;
  options.registry.allow_delete = config.allow_delete;
  options.registry.read_only = config.read_only;
  options.registry.sparse_indexes = config.sparse_indexes;
  options.engine.host = config.host;
  options.engine.port = config.port;
  options.engine.tls = config.tls;
  if (config.drain_timeout) options.engine.stop_deadline = *config.drain_timeout;
  if (config.htpasswd) options.access.emplace().htpasswd = config.htpasswd->path;
  if (config.proxy) {
    DRAY_TRY_ASSIGN(options.mirror_of, Upstream::parse("upstream=" + config.proxy->remote_url));
    if (!config.proxy->username.empty()) {
      config.ignored.emplace_back("proxy.username and proxy.password (credentials come from docker's config.json)");
    }
  }
  if (!config.ignored.empty()) {
    std::string list;
    for (const auto& key : config.ignored) list += (list.empty() ? "" : ", ") + key;
    context.note(file + ": these settings mean nothing here: " + list);
  }
  return {};
}

}  // namespace

Result<ServeOptions> serve_options(const Input& input, Context& context) {
  ServeOptions options;
  const auto config = input.option("--config");
  if (config) DRAY_TRY(read_config(*config, options, context));
  if (const auto directory = input.optional_argument("DIR")) options.directory = *directory;
  if (options.directory.empty()) return bad("say which folder to serve: dray serve DIR");
  options.client = context.options();
  options.notes = [&context](const std::string& text) { context.note(text); };
  DRAY_TRY(read_engine(input, options, config.has_value()));
  DRAY_TRY(read_access(input, options));
  DRAY_TRY(read_registry(input, options));
  DRAY_TRY(read_links(input, options));
  DRAY_TRY(read_upstreams(input, options));
  DRAY_TRY(read_collection(input, options));
  DRAY_TRY(open_log(input, options));
  if (options.access) options.access->report = [&context](const Error& error) { context.note(error.message()); };
  return options;
}

}  // namespace dray::cli
