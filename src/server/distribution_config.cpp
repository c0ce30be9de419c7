#include <dray/core/limits.hpp>
#include <dray/format/yaml.hpp>
#include <dray/server/distribution_config.hpp>

#include <algorithm>
#include <charconv>
#include <dray/base/file.hpp>
#include <dray/server/limits.hpp>
#include <functional>
#include <initializer_list>
#include <utility>

namespace dray::server {
namespace {

/// YAML 1.1 has more words for a truth value than `true` and `false`; distribution's reader knows them.
std::optional<bool> truth_of(const Yaml& node) {
  std::string word = node.plain ? node.text : std::string();
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

std::int64_t seconds_of(char unit) {
  if (unit == 'h') return 3600;
  return unit == 'm' ? 60 : 1;
}

/// `1h`, `1m30s`, `0`: Go's durations, down to seconds.
std::optional<std::chrono::seconds> duration_of(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::uint32_t count = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || at == text.data() + text.size() || count > 1'000'000) return std::nullopt;
    if (*at != 'h' && *at != 'm' && *at != 's') return std::nullopt;
    total += static_cast<std::int64_t>(count) * seconds_of(*at);
    text.remove_prefix(static_cast<std::size_t>(at - text.data()) + 1);
  }
  return std::chrono::seconds(total);
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  [[nodiscard]] Result<DistributionConfig> read(const Yaml& document) {
    if (document.kind != Yaml::Kind::map) return bad(document, "the file must be a map");
    DRAY_TRY(check_version(document));
    const auto* const storage = document.find("storage");
    if (storage == nullptr) return bad(document, "'storage' is missing");
    DRAY_TRY(section({}, document,
                     {{"version", [](const Yaml&) { return Result<void>(); }},
                      {"storage", [this](const Yaml& node) { return read_storage(node); }},
                      {"http", [this](const Yaml& node) { return read_http(node); }},
                      {"auth", [this](const Yaml& node) { return read_auth(node); }},
                      {"proxy", [this](const Yaml& node) { return read_proxy(node); }},
                      {"validation", [this](const Yaml& node) { return read_validation(node); }}}));
    return std::move(config_);
  }

 private:
  using Read = std::function<Result<void>(const Yaml&)>;
  struct Member {
    std::string_view key;
    Read read;
  };

  /// Reads the members that are known and notes the others as ignored. A section that is null is an empty one.
  [[nodiscard]] Result<void> section(const std::string& path, const Yaml& node, std::initializer_list<Member> known) {
    if (node.kind == Yaml::Kind::nothing) return {};
    if (node.kind != Yaml::Kind::map) return bad(node, "'" + path + "' must be a map");
    for (const auto& [key, value, line] : node.members) {
      const auto* const found = std::ranges::find(known, key, &Member::key);
      if (found == known.end()) {
        ignore(std::string(path).append(path.empty() ? "" : ".").append(key));
      } else {
        DRAY_TRY(found->read(value));
      }
    }
    return {};
  }

  [[nodiscard]] Read text(const char* path, std::string& into) {
    return [this, path, &into](const Yaml& node) -> Result<void> {
      if (node.kind == Yaml::Kind::nothing) return {};
      if (node.kind != Yaml::Kind::text) return bad(node, "'" + std::string(path) + "' must be a text");
      into = node.text;
      return {};
    };
  }
  [[nodiscard]] Read flag(const char* path, bool& into) {
    return [this, path, &into](const Yaml& node) -> Result<void> {
      if (node.kind == Yaml::Kind::nothing) return {};
      const auto truth = truth_of(node);
      if (!truth) return bad(node, "'" + std::string(path) + "' must be true or false");
      into = *truth;
      return {};
    };
  }
  /// `enabled` of a section.
  [[nodiscard]] Read enabled(const char* path, bool& into) {
    return [this, path, &into](const Yaml& node) { return section(path, node, {{"enabled", flag(path, into)}}); };
  }
  /// A setting without which the registry would let in more people than it did, or nobody.
  [[nodiscard]] Read refused(const char* path) {
    return [this, path](const Yaml& node) -> Result<void> {
      const bool empty = node.kind == Yaml::Kind::nothing ||
                         (node.kind != Yaml::Kind::text && node.items.empty() && node.members.empty());
      if (empty) return {};
      return unsupported(node, "'" + std::string(path) + "' is not offered here and cannot be left out");
    };
  }

  [[nodiscard]] Result<void> check_version(const Yaml& document) const {
    const auto* const version = document.find("version");
    if (version == nullptr) return bad(document, "'version' is missing: this is no distribution registry's file");
    if (version->text != "0.1") return unsupported(*version, "the file's version is not 0.1");
    return {};
  }

  [[nodiscard]] Result<void> read_storage(const Yaml& node) {
    if (node.kind != Yaml::Kind::map) return bad(node, "'storage' must name a driver");
    const Yaml* driver = nullptr;
    for (const auto& [key, value, line] : node.members) {
      if (!is_driver(key)) continue;
      if (driver != nullptr) return bad(value, "'storage' names two drivers");
      driver = &value;
      if (key != "filesystem" && key != "inmemory")
        return unsupported(value, "only the storage drivers 'filesystem' and 'inmemory' are offered here");
    }
    if (driver == nullptr) return bad(node, "'storage' names no driver");
    return section("storage", node,
                   {{"filesystem", [this](const Yaml& inner) { return read_filesystem(inner); }},
                    {"inmemory", [](const Yaml&) { return Result<void>(); }},
                    {"delete", enabled("storage.delete", config_.allow_delete)},
                    {"redirect", [this](const Yaml& inner) { return read_redirect(inner); }},
                    {"maintenance", [this](const Yaml& inner) { return read_maintenance(inner); }}});
  }
  [[nodiscard]] static bool is_driver(std::string_view key) {
    constexpr std::string_view others[] = {"cache", "delete", "redirect", "maintenance", "tag"};
    return std::ranges::find(others, key) == std::end(others);
  }
  [[nodiscard]] Result<void> read_filesystem(const Yaml& node) {
    std::string root = "/var/lib/registry";  // distribution's default
    DRAY_TRY(section("storage.filesystem", node, {{"rootdirectory", text("storage.filesystem.rootdirectory", root)}}));
    config_.root = root;
    return {};
  }
  [[nodiscard]] Result<void> read_redirect(const Yaml& node) {
    bool disabled = false;
    DRAY_TRY(section("storage.redirect", node, {{"disable", flag("storage.redirect.disable", disabled)}}));
    config_.redirects = !disabled;
    return {};
  }
  [[nodiscard]] Result<void> read_maintenance(const Yaml& node) {
    return section("storage.maintenance", node,
                   {{"readonly", enabled("storage.maintenance.readonly", config_.read_only)}});
  }

  [[nodiscard]] Result<void> read_http(const Yaml& node) {
    return section("http", node,
                   {{"addr", [this](const Yaml& inner) { return read_address(inner); }},
                    {"net", [this](const Yaml& inner) { return read_network(inner); }},
                    {"tls", [this](const Yaml& inner) { return read_tls(inner); }},
                    {"draintimeout", [this](const Yaml& inner) { return read_drain(inner); }}});
  }
  [[nodiscard]] Result<void> read_address(const Yaml& node) {
    std::string address;
    DRAY_TRY(text("http.addr", address)(node));
    if (address.empty()) return {};
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return bad(node, "'http.addr' must be HOST:PORT");
    auto host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string::npos) {
      return bad(node, "'http.addr' must have an IPv6 address in brackets");
    }
    const auto* const end = address.data() + address.size();
    const auto [at, error] = std::from_chars(address.data() + colon + 1, end, config_.port);
    if (error != std::errc{} || at != end) return bad(node, "'http.addr' must end in a port's number");
    if (!host.empty()) config_.host = host;
    return {};
  }
  [[nodiscard]] Result<void> read_network(const Yaml& node) {
    std::string network;
    DRAY_TRY(text("http.net", network)(node));
    if (network.empty() || network == "tcp") return {};
    return unsupported(node, "'http.net' must be tcp here");
  }
  [[nodiscard]] Result<void> read_tls(const Yaml& node) {
    std::string certificate;
    std::string key;
    DRAY_TRY(section("http.tls", node,
                     {{"certificate", text("http.tls.certificate", certificate)},
                      {"key", text("http.tls.key", key)},
                      {"clientcas", refused("http.tls.clientcas")},
                      {"clientauth", refused("http.tls.clientauth")},
                      {"letsencrypt", refused("http.tls.letsencrypt")}}));
    if (certificate.empty() != key.empty()) return bad(node, "'http.tls' must name a certificate and its key");
    if (!certificate.empty()) config_.tls = TlsFiles{certificate, key};
    return {};
  }
  [[nodiscard]] Result<void> read_drain(const Yaml& node) {
    if (node.kind == Yaml::Kind::nothing) return {};
    const auto duration = duration_of(node.text);
    if (!duration) return bad(node, "'http.draintimeout' must be a duration such as 60s");
    config_.drain_timeout = *duration;
    return {};
  }

  [[nodiscard]] Result<void> read_auth(const Yaml& node) {
    if (node.kind == Yaml::Kind::nothing) return {};
    if (node.kind != Yaml::Kind::map) return bad(node, "'auth' must be a map");
    for (const auto& [key, value, line] : node.members) {
      if (key != "htpasswd" && key != "none") {
        return unsupported(value,
                           "of 'auth' only 'htpasswd' is offered here, and leaving it out would let everybody in");
      }
    }
    return section("auth", node,
                   {{"htpasswd", [this](const Yaml& inner) { return read_htpasswd(inner); }},
                    {"none", [](const Yaml&) { return Result<void>(); }}});
  }
  [[nodiscard]] Result<void> read_htpasswd(const Yaml& node) {
    DistributionConfig::Htpasswd htpasswd;
    std::string path;
    DRAY_TRY(
        section("auth.htpasswd", node,
                {{"realm", text("auth.htpasswd.realm", htpasswd.realm)}, {"path", text("auth.htpasswd.path", path)}}));
    if (path.empty()) return bad(node, "'auth.htpasswd.path' is missing");
    htpasswd.path = path;
    config_.htpasswd = std::move(htpasswd);
    return {};
  }

  [[nodiscard]] Result<void> read_proxy(const Yaml& node) {
    DistributionConfig::Proxy proxy;
    DRAY_TRY(section("proxy", node,
                     {{"remoteurl", text("proxy.remoteurl", proxy.remote_url)},
                      {"username", text("proxy.username", proxy.username)},
                      {"password", text("proxy.password", proxy.password)}}));
    if (!proxy.remote_url.empty()) config_.proxy = std::move(proxy);
    return {};
  }

  [[nodiscard]] Result<void> read_validation(const Yaml& node) {
    return section("validation", node,
                   {{"manifests", [this](const Yaml& manifests) {
                       return section("validation.manifests", manifests,
                                      {{"indexes", [this](const Yaml& indexes) { return read_indexes(indexes); }}});
                     }}});
  }
  [[nodiscard]] Result<void> read_indexes(const Yaml& node) {
    return section("validation.manifests.indexes", node, {{"platforms", [this](const Yaml& inner) -> Result<void> {
                                                             config_.sparse_indexes = inner.text == "none";
                                                             // `list` asks for some platforms alone, which is more than
                                                             // is asked here.
                                                             if (inner.text == "list")
                                                               ignore("validation.manifests.indexes.platforms");
                                                             return {};
                                                           }}});
  }

  void ignore(std::string_view key) {
    std::string shown(key.substr(0, 200));
    std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    if (std::ranges::find(config_.ignored, shown) == config_.ignored.end()) config_.ignored.push_back(std::move(shown));
  }
  [[nodiscard]] Error bad(const Yaml& where, std::string_view why) const { return yaml_error(file_, where, why); }
  [[nodiscard]] Error unsupported(const Yaml& where, std::string_view why) const {
    return yaml_error(file_, where, why).with_code(ErrorCode::unsupported);
  }

  const std::string& file_;
  DistributionConfig config_;
};

}  // namespace

Result<DistributionConfig> parse_distribution_config(std::string_view text, const std::string& file) {
  DRAY_TRY_ASSIGN(const auto document, Yaml::parse(text, file));
  return Reader(file).read(document);
}

Result<DistributionConfig> read_distribution_config(const std::filesystem::path& file) {
  DRAY_TRY_ASSIGN(const auto text, read_file(file, dray::limits::max_yaml_bytes));
  return parse_distribution_config(text, file.string());
}

}  // namespace dray::server
