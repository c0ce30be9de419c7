#include "upstreams.hpp"

#include <dray/core/reference.hpp>
#include <dray/http/url.hpp>

namespace dray {
namespace {

Error bad_upstream(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_input, "upstream '" + std::string(text) + "': " + std::string(why)};
}

class Upstreams final : public server::UpstreamProvider {
 public:
  explicit Upstreams(const ServeOptions& options)
      : upstreams_(options.upstreams), mirror_of_(options.mirror_of), client_(make_client(options)) {}

  [[nodiscard]] Result<std::shared_ptr<ContentSource>> source(const std::string& repository) override {
    DRAY_TRY_ASSIGN(auto found, find(repository));
    return std::shared_ptr<ContentSource>(std::move(found));
  }

  [[nodiscard]] Result<std::uint64_t> blob_size(const std::string& repository, const Digest& digest,
                                                const std::stop_token& stop) override {
    DRAY_TRY_ASSIGN(const auto found, find(repository));
    return found->head_blob(digest, stop);
  }

 private:
  static std::shared_ptr<client::RegistryClient> make_client(const ServeOptions& options) {
    auto client = options.client;
    const auto note = [&client](const Upstream& upstream) {
      (upstream.plain_http ? client.plain_http : client.https).insert(upstream.registry.text());
    };
    for (const auto& upstream : options.upstreams) note(upstream);
    if (options.mirror_of) note(*options.mirror_of);
    return make_registry_client(client);
  }

  [[nodiscard]] Result<std::shared_ptr<client::Repository>> find(const std::string& repository) const {
    for (const auto& upstream : upstreams_) {
      if (repository.size() > upstream.name.size() && repository.starts_with(upstream.name) &&
          repository[upstream.name.size()] == '/') {
        return open(upstream, std::string_view(repository).substr(upstream.name.size() + 1));
      }
    }
    if (mirror_of_) return open(*mirror_of_, repository);
    return Error(ErrorCode::not_found, "no upstream has repositories of this name");
  }

  [[nodiscard]] Result<std::shared_ptr<client::Repository>> open(const Upstream& upstream,
                                                                 std::string_view path) const {
    DRAY_TRY_ASSIGN(auto name, RepositoryName::make(upstream.registry, path));
    return client::Repository::make(client_, std::move(name));
  }

  const std::vector<Upstream> upstreams_;
  const std::optional<Upstream> mirror_of_;
  const std::shared_ptr<client::RegistryClient> client_;
};

}  // namespace

Result<Upstream> Upstream::parse(std::string_view text) {
  const auto equals = text.find('=');
  const bool named = equals != std::string_view::npos;
  auto where = named ? text.substr(equals + 1) : text;
  const bool plain = where.starts_with("http://");
  if (plain || where.starts_with("https://")) {
    const auto url = http::Url::parse(where);
    if (!url) return bad_upstream(text, url.error().message());
    if (url->path() != "/" || !url->query().empty()) return bad_upstream(text, "name a host, without a path behind it");
    where.remove_prefix(plain ? 7 : 8);
    if (where.ends_with('/')) where.remove_suffix(1);
  }
  auto registry = Registry::parse(where);
  if (!registry) return bad_upstream(text, registry.error().message());
  auto name = named ? std::string(text.substr(0, equals)) : registry->text();
  if (const auto valid = check_repository_path(name); !valid) {
    return bad_upstream(
        text, named ? valid.error().message() : "'" + name + "' is no part of a repository's name: write NAME=" + name);
  }
  return Upstream{std::move(name), std::move(*registry), plain};
}

std::shared_ptr<server::UpstreamProvider> make_upstreams(const ServeOptions& options) {
  return std::make_shared<Upstreams>(options);
}

}  // namespace dray
