#pragma once

#include <dray/client/observer.hpp>
#include <dray/http/observer.hpp>
#include <memory>

#include "terminal.hpp"

namespace dray::cli {

/// `--trace`: every request, redirect, retry, token and decision as a line on standard error.
class Trace final : public http::Observer, public client::Observer {
 public:
  explicit Trace(std::shared_ptr<Terminal> terminal) : terminal_(std::move(terminal)) {}

  void on(const Requested& event) override;
  void on(const Answered& event) override;
  void on(const Redirected& event) override;
  void on(const Retried& event) override;
  void on(const TokenFetched& event) override;
  void on(const CredentialUsed& event) override;
  void on(const Note& event) override;
  void on(const RateLimitSeen& event) override;
  void decision(const std::string& text);

 private:
  std::shared_ptr<Terminal> terminal_;
};

}  // namespace dray::cli
