#include "helper_answers.hpp"

namespace dray::settings {
namespace {

constexpr std::chrono::hours answer_life{1};
constexpr std::chrono::seconds failure_life{5};

Result<std::optional<Login>> ask(const std::string& name, const std::string& server, const HelperRules& rules) {
  DRAY_TRY_ASSIGN(const auto helper, Helper::find(name, rules));
  return helper.get(server);
}

}  // namespace

Result<std::optional<Login>> HelperAnswers::get(const std::string& name, const std::string& server) {
  const auto kept = kept_.with([&](auto& all) {
    auto& entry = all[{name, server}];
    if (!entry) entry = std::make_shared<Kept>();
    return entry;
  });
  const std::lock_guard lock(kept->asking);
  if (!kept->answer || clock_.now() >= kept->good_until) {
    kept->answer = ask(name, server, rules_);
    kept->good_until = clock_.now();
    if (kept->answer->has_value()) {
      kept->good_until += answer_life;
    } else {
      kept->good_until += failure_life;
    }
  }
  return *kept->answer;
}

}  // namespace dray::settings
