#pragma once

#include <chrono>
#include <dray/http/message.hpp>
#include <string>

namespace dray::http {

/// Is told what happens on the wire; for `--trace`, progress and tests. Called from many threads, with no lock
/// held; must not block. Events never hold a secret.
class Observer {
 public:
  virtual ~Observer() = default;

  struct Requested {
    Method method;
    PrintableUrl url;
    bool authorized = false;  ///< An `Authorization` header goes along.
    Headers headers;          ///< Secrets replaced by `…`.
  };
  struct Answered {
    Method method;
    PrintableUrl url;
    int status = 0;
    Headers headers;  ///< Secrets replaced by `…`.
    std::chrono::microseconds elapsed{};
  };
  struct Redirected {
    PrintableUrl from;
    PrintableUrl to;
    int status = 0;
    bool other_origin = false;  ///< Credentials stay behind.
  };
  struct Retried {
    PrintableUrl url;
    std::string why;
    std::chrono::milliseconds wait{};
    int attempt = 0;  ///< The one that failed, from 1.
  };

  virtual void on(const Requested&) {}
  virtual void on(const Answered&) {}
  virtual void on(const Redirected&) {}
  virtual void on(const Retried&) {}
};

/// The headers as they may be shown.
[[nodiscard]] Headers printable(const Headers& headers);

}  // namespace dray::http
