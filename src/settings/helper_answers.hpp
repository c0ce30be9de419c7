#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "helper.hpp"

namespace dray::settings {

/// What helpers answered, kept for a while: a helper may take a second, and be asked for every blob. An answer is good
/// for an hour (a cloud's passwords last for hours), a failure for five seconds. Safe from many threads; one question
/// at a time for each helper and server.
class HelperAnswers {
 public:
  HelperAnswers(HelperRules rules, Clock& clock) : rules_(std::move(rules)), clock_(clock) {}

  /// As `Helper::get`.
  [[nodiscard]] Result<std::optional<Login>> get(const std::string& name, const std::string& server);

 private:
  struct Kept {
    std::mutex asking;  // held while the helper runs: whoever waits for it wants its answer
    std::optional<Result<std::optional<Login>>> answer;
    std::chrono::steady_clock::time_point good_until;
  };

  HelperRules rules_;
  Clock& clock_;
  Guarded<std::map<std::pair<std::string, std::string>, std::shared_ptr<Kept>>> kept_;
};

}  // namespace dray::settings
