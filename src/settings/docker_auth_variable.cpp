#include <mutex>

#include "auth_lookup.hpp"
#include "credential_place.hpp"

namespace dray::settings {
namespace {

class DockerAuthVariable final : public CredentialPlace {
 public:
  DockerAuthVariable(const Environment& environment, std::shared_ptr<HelperAnswers> helpers)
      : text_(set_variable(environment, "DOCKER_AUTH_CONFIG")), helpers_(std::move(helpers)) {}

  [[nodiscard]] std::string name() const override { return "DOCKER_AUTH_CONFIG"; }

  Result<Looked> look(const Registry& registry, const std::string& repository, AskHelpers ask) override {
    if (!text_) return Looked{std::nullopt, "not set"};
    const auto& document = read();
    if (!document) return document.error();
    return look_in(*document, name(), {registry_key(registry), repository}, helpers_.get(), ask);
  }

  Result<std::vector<KnownLogin>> list() override {
    if (!text_) return std::vector<KnownLogin>();
    const auto& document = read();
    if (!document) return document.error();
    return logins_in(*document);
  }

 private:
  const Result<AuthDocument>& read() {
    std::call_once(once_, [this] { document_ = parse(); });
    return document_;
  }

  [[nodiscard]] Result<AuthDocument> parse() const {
    if (text_->size() > limits::max_settings_bytes) {
      return Error(ErrorCode::limit_exceeded, name() + " is longer than 4 MiB");
    }
    return parse_auth_document(*text_).transform_error(
        [this](Error error) { return std::move(error).context(name()); });
  }

  const std::optional<std::string> text_;
  const std::shared_ptr<HelperAnswers> helpers_;
  std::once_flag once_;
  Result<AuthDocument> document_ = AuthDocument();
};

}  // namespace

std::unique_ptr<CredentialPlace> docker_auth_variable(const Environment& environment,
                                                      std::shared_ptr<HelperAnswers> helpers) {
  return std::make_unique<DockerAuthVariable>(environment, std::move(helpers));
}

}  // namespace dray::settings
