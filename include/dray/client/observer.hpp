#pragma once

#include <dray/client/rate_limit.hpp>
#include <dray/http/url.hpp>
#include <string>

namespace dray::client {

/// Is told what the protocol decided; for `--trace`. As `http::Observer`: many threads, no lock, no secret.
class Observer {
 public:
  virtual ~Observer() = default;

  struct TokenFetched {
    http::PrintableUrl realm;
    std::string service;
    std::string scope;
    std::string account;  ///< Empty: anonymous.
    long expires_in_seconds = 0;
  };
  struct CredentialUsed {
    std::string registry;
    std::string scheme;   ///< `Basic` or `Bearer`
    std::string account;  ///< Empty: anonymous.
    std::string origin;   ///< Which file or variable.
  };
  struct Note {
    std::string text;  ///< A decision in a sentence, for example that ranges were ignored, or a registry's warning.
  };
  struct RateLimitSeen {
    std::string registry;
    RateLimit limit;
  };

  virtual void on(const TokenFetched&) {}
  virtual void on(const CredentialUsed&) {}
  virtual void on(const Note&) {}
  /// Told when it changes; as a note where nobody wants to know more.
  virtual void on(const RateLimitSeen& event) { on(Note{event.registry + " allows " + event.limit.text()}); }
};

}  // namespace dray::client
