#include <utility>

#include "api_error.hpp"
#include "services.hpp"

namespace dray::server {
namespace {

class Later final : public BodyTaker {
 public:
  explicit Later(std::function<Response()> answer) : answer_(std::move(answer)) {}
  [[nodiscard]] Result<void> write(ByteView) override {
    return Error(ErrorCode::invalid_input, "this request takes no body");
  }
  [[nodiscard]] Response finish() override { return answer_(); }
  [[nodiscard]] Response refuse(const Error& error) override {
    return refusal_with_status(400, ApiCode::unsupported, error.message());
  }

 private:
  std::function<Response()> answer_;
};

}  // namespace

Handled later(std::function<Response()> answer) { return std::make_unique<Later>(std::move(answer)); }

}  // namespace dray::server
