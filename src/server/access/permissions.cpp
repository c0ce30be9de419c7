#include "permissions.hpp"

namespace dray::server {
namespace {

class SimplePermissions final : public Permissions {
 public:
  explicit SimplePermissions(bool anonymous_pull) : anonymous_pull_(anonymous_pull) {}

  [[nodiscard]] bool allow(std::string_view user, const Need& need) override {
    if (!user.empty()) return true;
    return anonymous_pull_ && need.action == Action::pull && !need.repository.empty();
  }
  [[nodiscard]] bool allow_anonymous() override { return anonymous_pull_; }

 private:
  bool anonymous_pull_;
};

}  // namespace

std::unique_ptr<Permissions> simple_permissions(bool anonymous_pull) {
  return std::make_unique<SimplePermissions>(anonymous_pull);
}

}  // namespace dray::server
