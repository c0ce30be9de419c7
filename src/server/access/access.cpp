#include <dray/server/access.hpp>

namespace dray::server {
namespace {

class OpenAccess final : public Access {
 public:
  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& /*request*/,
                                                       std::span<const Need> /*needs*/) override {
    return Granted{};
  }
  [[nodiscard]] Decision decide(const Request& /*request*/, std::span<const Need> /*needs*/) override {
    return Granted{};
  }
  [[nodiscard]] std::string token_path() const override { return {}; }
  [[nodiscard]] Response answer_token(const Request& /*request*/, std::string_view /*form*/) override {
    return {.status = 404, .headers = {}, .body = std::string()};
  }
};

}  // namespace

std::string_view name(Action action) noexcept {
  switch (action) {
    case Action::pull:
      return "pull";
    case Action::push:
      return "push";
    case Action::remove:
      return "delete";
  }
  return "";
}

std::shared_ptr<Access> open_access() { return std::make_shared<OpenAccess>(); }

}  // namespace dray::server
