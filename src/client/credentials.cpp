#include <dray/client/credentials.hpp>

namespace dray::client {
namespace {

class Anonymous final : public CredentialSource {
 public:
  Result<std::optional<Credential>> find(const Registry& /*registry*/, const std::string& /*repository*/) override {
    return std::optional<Credential>();
  }
};

}  // namespace

std::shared_ptr<CredentialSource> anonymous() { return std::make_shared<Anonymous>(); }

}  // namespace dray::client
