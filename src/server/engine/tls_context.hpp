#pragma once

#include <dray/base/result.hpp>
#include <dray/server/engine.hpp>
#include <memory>

#include "engine/transport.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace dray::server::engine {

/// The settings of TLS connections: 1.2 and later, HTTP/1.1 only by ALPN, no renegotiation. Connections share it.
class TlsContext {
 public:
  /// `invalid_input` for files that are not there, are no PEM, or do not belong together.
  [[nodiscard]] static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
  explicit TlsContext(SSL_CTX* owned) noexcept : context_(owned) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Null when memory is short. The context may go before the transport.
  [[nodiscard]] std::unique_ptr<Transport> make_transport(int socket) const;

 private:
  SSL_CTX* context_;
};

}  // namespace dray::server::engine
