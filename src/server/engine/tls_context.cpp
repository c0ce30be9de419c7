#include "engine/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace dray::server::engine {
namespace {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { ::SSL_free(ssl); }
};

std::string openssl_words() {
  std::array<char, 256> words{};
  const auto code = ::ERR_get_error();
  if (code == 0) return "unknown reason";
  ::ERR_error_string_n(code, words.data(), words.size());
  return words.data();
}

Error file_error(const char* what, const std::filesystem::path& file) {
  auto words = openssl_words();
  ::ERR_clear_error();
  return {ErrorCode::invalid_input, "cannot use the TLS " + std::string(what) + " " + file.string() + ": " + words};
}

extern "C" int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                               unsigned offered_size, void*) noexcept {
  constexpr std::string_view wanted = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::size_t size = offered[at];
    if (size == wanted.size() && at + 1 + size <= offered_size &&
        std::memcmp(offered + at + 1, wanted.data(), size) == 0) {
      *out = offered + at + 1;
      *out_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// An encrypted key is refused: nobody is there to type its password.
extern "C" int no_password(char*, int, int, void*) noexcept { return -1; }

/// What one TLS record holds at most.
constexpr std::size_t record_bytes = 16UL * 1024;

class TlsTransport final : public Transport {
 public:
  TlsTransport(std::unique_ptr<SSL, SslFree> ssl, int socket) noexcept : ssl_(std::move(ssl)), socket_(socket) {}

  bool secure() const noexcept override { return true; }

  Io handshake() override {
    ::ERR_clear_error();
    const int got = ::SSL_accept(ssl_.get());
    return got == 1 ? Io::done : reason(got);
  }

  IoResult receive(ByteSpan into) override {
    std::size_t total = 0;
    while (total < into.size()) {
      ::ERR_clear_error();
      std::size_t got = 0;
      const int fine = ::SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &got);
      if (fine != 1) {
        if (total > 0) break;  // the next call meets the same end again
        return {reason(fine), 0};
      }
      total += got;
    }
    return {Io::done, total};
  }

  /// Head and body share a record. A write that would block is tried again with the same bytes (OpenSSL insists),
  /// which holds as the parts are put together anew in the same way.
  IoResult send(ByteView head, ByteView body, bool) override {
    std::size_t total = 0;
    if (!head.empty()) {
      std::array<std::byte, record_bytes> record;
      const std::size_t of_head = std::min(head.size(), record.size());
      const std::size_t of_body = std::min(body.size(), record.size() - of_head);
      std::memcpy(record.data(), head.data(), of_head);
      if (of_body > 0) std::memcpy(record.data() + of_head, body.data(), of_body);
      const auto sent = write(ByteView(record).first(of_head + of_body));
      if (sent.io != Io::done || sent.bytes < of_head + of_body || of_head < head.size()) return sent;
      total = sent.bytes;
      body = body.subspan(of_body);
    }
    while (!body.empty()) {
      const auto sent = write(body);
      if (sent.io != Io::done) return total > 0 ? IoResult{Io::done, total} : sent;
      total += sent.bytes;
      body = body.subspan(sent.bytes);
    }
    return {Io::done, total};
  }

  IoResult send_file(int file, ByteRange range, ByteSpan scratch) override {
    const auto part = scratch.first(std::min<std::uint64_t>(scratch.size(), range.size()));
    const ssize_t got = ::pread(file, part.data(), part.size(), static_cast<off_t>(range.begin));
    if (got <= 0) return {Io::failed, 0};
    return send({}, part.first(static_cast<std::size_t>(got)), false);
  }

  void shut_down() noexcept override {
    ::ERR_clear_error();
    if (::SSL_is_init_finished(ssl_.get()) != 0 && !broken_) ::SSL_shutdown(ssl_.get());
    ::ERR_clear_error();
    ::shutdown(socket_, SHUT_WR);
  }

 private:
  IoResult write(ByteView bytes) {
    ::ERR_clear_error();
    std::size_t sent = 0;
    const int fine = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    if (fine != 1) return {reason(fine), 0};
    return {Io::done, sent};
  }

  Io reason(int returned) noexcept {
    switch (::SSL_get_error(ssl_.get(), returned)) {
      case SSL_ERROR_WANT_READ:
        return Io::want_read;
      case SSL_ERROR_WANT_WRITE:
        return Io::want_write;
      case SSL_ERROR_ZERO_RETURN:
        return Io::closed;
      default:
        broken_ = true;
        ::ERR_clear_error();
        return Io::failed;
    }
  }

  std::unique_ptr<SSL, SslFree> ssl_;
  int socket_;
  bool broken_ = false;
};

}  // namespace

TlsContext::~TlsContext() { ::SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  ::ERR_clear_error();
  SSL_CTX* const context = ::SSL_CTX_new(::TLS_server_method());
  if (context == nullptr) return Error(ErrorCode::io, "cannot set TLS up: " + openssl_words());
  auto owner = std::make_shared<const TlsContext>(context);
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
  ::SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_alpn_select_cb(context, &choose_http_1_1, nullptr);
  ::SSL_CTX_set_default_passwd_cb(context, &no_password);
  if (::SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return file_error("certificate", files.certificate);
  if (::SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return file_error("key", files.key);
  if (::SSL_CTX_check_private_key(context) != 1) return file_error("key", files.key);
  return owner;
}

std::unique_ptr<Transport> TlsContext::make_transport(int socket) const {
  std::unique_ptr<SSL, SslFree> ssl(::SSL_new(context_));
  if (!ssl || ::SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
  return std::make_unique<TlsTransport>(std::move(ssl), socket);
}

}  // namespace dray::server::engine
