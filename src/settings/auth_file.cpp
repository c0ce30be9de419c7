#include <dray/base/file.hpp>
#include <mutex>

#include "auth_lookup.hpp"
#include "credential_place.hpp"

namespace dray::settings {
namespace {

class AuthFilePlace final : public CredentialPlace {
 public:
  AuthFilePlace(AuthFile file, std::shared_ptr<HelperAnswers> helpers)
      : file_(std::move(file)), helpers_(std::move(helpers)) {}

  [[nodiscard]] std::string name() const override {
    return file_.because.empty() ? file_.path.string() : file_.because + " " + file_.path.string();
  }

  Result<Looked> look(const Registry& registry, const std::string& repository, AskHelpers ask) override {
    const auto& document = read();
    if (!document) return document.error();
    if (is_absent_) return Looked{std::nullopt, "no such file"};
    return look_in(*document, file_.path.string(), {registry_key(registry), repository}, helpers_.get(), ask);
  }

  Result<std::vector<KnownLogin>> list() override {
    const auto& document = read();
    if (!document) return document.error();
    return logins_in(*document);
  }

 private:
  const Result<AuthDocument>& read() {
    std::call_once(once_, [this] {
      document_ = parse().transform_error([this](Error error) {
        // What is absent names itself.
        if (error.message().find(file_.path.string()) != std::string::npos) return error;
        return std::move(error).context(file_.path.string());
      });
    });
    return document_;
  }

  [[nodiscard]] Result<AuthDocument> parse() {
    const auto text = read_file(file_.path, limits::max_settings_bytes);
    if (!text && text.error().code() == ErrorCode::not_found) {
      if (file_.must_exist) {
        return Error(ErrorCode::invalid_input,
                     file_.because + " names " + file_.path.string() + ", which is not there");
      }
      is_absent_ = true;
      return AuthDocument();
    }
    if (!text) return text.error();
    // podman makes an empty file where nobody is logged in.
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) return AuthDocument();
    return file_.is_legacy ? parse_legacy_document(*text) : parse_auth_document(*text);
  }

  const AuthFile file_;
  const std::shared_ptr<HelperAnswers> helpers_;
  std::once_flag once_;
  bool is_absent_ = false;  // written once, with the document
  Result<AuthDocument> document_ = AuthDocument();
};

}  // namespace

std::unique_ptr<CredentialPlace> auth_file(AuthFile file, std::shared_ptr<HelperAnswers> helpers) {
  return std::make_unique<AuthFilePlace>(std::move(file), std::move(helpers));
}

}  // namespace dray::settings
