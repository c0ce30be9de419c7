#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <dray/base/file.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "engine_fixture.hpp"
#include "support/hashing.hpp"
#include "support/tls_authority.hpp"

namespace dray::server {
namespace engine_tls_test {
namespace {

using testing::RawClient;

struct SslFree {
  void operator()(SSL* ssl) const noexcept { ::SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
  void operator()(X509* certificate) const noexcept { ::X509_free(certificate); }
};

/// What a client offers.
struct Offer {
  int lowest = TLS1_2_VERSION;
  int highest = TLS1_3_VERSION;
  std::string alpn;  ///< As on the wire: each name behind its size.
};

/// A TLS client over OpenSSL that trusts one authority. Every wait ends after 20 seconds.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, const std::filesystem::path& ca_file, const Offer& offer = {})
      : context_(::SSL_CTX_new(::TLS_client_method())), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ::SSL_CTX_load_verify_file(context_.get(), ca_file.c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ::SSL_CTX_set_min_proto_version(context_.get(), offer.lowest);
    ::SSL_CTX_set_max_proto_version(context_.get(), offer.highest);
    ::SSL_CTX_set_security_level(context_.get(), 0);
    if (!offer.alpn.empty())
      ::SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(offer.alpn.data()),
                                static_cast<unsigned>(offer.alpn.size()));
    const timeval patience{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ssl_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(ssl_.get(), socket_.get());
    connected_ = ::SSL_connect(ssl_.get()) == 1;
  }

  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    ::SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  [[nodiscard]] long serial() const {
    const std::unique_ptr<X509, SslFree> certificate(::SSL_get1_peer_certificate(ssl_.get()));
    return ::ASN1_INTEGER_get(::X509_get0_serialNumber(certificate.get()));
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int sent =
          ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// To the end of the connection.
  [[nodiscard]] std::string read_to_end() {
    std::string all;
    std::string piece(65536, '\0');
    for (;;) {
      const int got = ::SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
      if (got <= 0) break;
      all.append(piece, 0, static_cast<std::size_t>(got));
    }
    ended_in_order_ = (::SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    ::ERR_clear_error();
    return all;
  }
  /// The body of an answer that ends the connection.
  [[nodiscard]] std::string ask(const std::string& method, const std::string& target, const std::string& body = "") {
    send(method + " " + target +
         " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    send(body);
    const auto all = read_to_end();
    return all.substr(std::min(all.size(), all.find("\r\n\r\n") + 4));
  }
  [[nodiscard]] bool ended_in_order() const noexcept { return ended_in_order_; }

 private:
  std::unique_ptr<SSL_CTX, SslFree> context_;
  FileDescriptor socket_;
  std::unique_ptr<SSL, SslFree> ssl_;
  bool connected_ = false;
  bool ended_in_order_ = false;
};

class EngineTls : public ::testing::Test {
 protected:
  EngineTls() {
    const auto issued = authority_.issue();
    install(issued);
    options_.tls = TlsFiles{files_.path() / "certificate.pem", files_.path() / "key.pem"};
  }
  void install(const testing::CertificateFiles& issued) {
    using std::filesystem::copy_options;
    std::filesystem::copy_file(issued.certificate, files_.path() / "certificate.pem", copy_options::overwrite_existing);
    std::filesystem::copy_file(issued.key, files_.path() / "key.pem", copy_options::overwrite_existing);
  }
  [[nodiscard]] const std::filesystem::path& ca() const { return authority_.ca_file(); }

  testing::TempDir files_;
  testing::TlsAuthority authority_;
  EngineOptions options_;
};

TEST_F(EngineTls, ServesEveryKindOfBody) {
  EngineBed bed(options_);
  for (const std::size_t size : {0UL, 1UL, 16'384UL, 16'385UL, 5'000'000UL}) {
    const auto expected = pattern(size);
    for (const auto* const target : {"/big?n=", "/file?n=", "/stream?n="}) {
      TlsClient client(bed.port(), ca());
      ASSERT_TRUE(client.connected());
      EXPECT_TRUE(client.ask("GET", target + std::to_string(size)) == expected) << target << size;
      EXPECT_TRUE(client.ended_in_order());
    }
  }
}

TEST_F(EngineTls, TakesUploads) {
  EngineBed bed(options_);
  for (const std::size_t size : {1UL, 300'000UL, 5'000'000UL}) {
    const auto body = pattern(size);
    TlsClient client(bed.port(), ca());
    EXPECT_EQ(client.ask("PUT", "/sum", body), std::to_string(size) + " " + testing::digest_of(body));
  }
}

TEST_F(EngineTls, AnswersRequestsThatStandInLine) {
  EngineBed bed(options_);
  TlsClient client(bed.port(), ca());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests + "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto all = client.read_to_end();
  std::size_t answers = 0;
  for (auto at = all.find("from 127.0.0.1 by TLS\n"); at != std::string::npos; at = all.find("by TLS\n", at + 20))
    ++answers;
  EXPECT_EQ(answers, 21U);
}

TEST_F(EngineTls, SpeaksTls12AndLaterOnly) {
  EngineBed bed(options_);
  EXPECT_TRUE(TlsClient(bed.port(), ca(), {TLS1_2_VERSION, TLS1_2_VERSION, ""}).connected());
  EXPECT_TRUE(TlsClient(bed.port(), ca(), {TLS1_3_VERSION, TLS1_3_VERSION, ""}).connected());
  EXPECT_FALSE(TlsClient(bed.port(), ca(), {TLS1_VERSION, TLS1_1_VERSION, ""}).connected());
}

TEST_F(EngineTls, S15OffersHttp11Only) {
  EngineBed bed(options_);
  EXPECT_EQ(TlsClient(bed.port(), ca(), {TLS1_2_VERSION, TLS1_3_VERSION, "\x02h2\x08http/1.1"}).protocol(), "http/1.1");
  EXPECT_FALSE(TlsClient(bed.port(), ca(), {TLS1_2_VERSION, TLS1_3_VERSION, "\x02h2"}).connected());
}

TEST_F(EngineTls, ReloadsItsCertificateForNewConnections) {
  EngineBed bed(options_);
  TlsClient before(bed.port(), ca());
  install(authority_.issue());
  EXPECT_EQ(TlsClient(bed.port(), ca()).serial(), before.serial()) << "nobody asked yet";
  ASSERT_TRUE(bed.engine().reload_tls());
  TlsClient after(bed.port(), ca());
  EXPECT_NE(after.serial(), before.serial());
  EXPECT_EQ(before.ask("GET", "/text"), "hello") << "the old connection goes on";
  EXPECT_EQ(after.ask("GET", "/text"), "hello");
}

TEST_F(EngineTls, KeepsTheOldCertificateWhenTheNewOneIsNone) {
  EngineBed bed(options_);
  const auto serial = TlsClient(bed.port(), ca()).serial();
  std::ofstream(files_.path() / "certificate.pem") << "nonsense";
  const auto reloaded = bed.engine().reload_tls();
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code(), ErrorCode::invalid_input);
  EXPECT_NE(reloaded.error().message().find("certificate.pem"), std::string::npos);
  EXPECT_EQ(TlsClient(bed.port(), ca()).serial(), serial);
}

TEST_F(EngineTls, RefusesFilesThatDoNotBelongTogether) {
  const auto other = authority_.issue();
  std::filesystem::copy_file(other.key, files_.path() / "key.pem", std::filesystem::copy_options::overwrite_existing);
  const auto engine = Engine::start(options_, std::make_shared<TestService>(), {});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code(), ErrorCode::invalid_input);
  options_.tls->key = files_.path() / "absent.pem";
  EXPECT_FALSE(Engine::start(options_, std::make_shared<TestService>(), {}));
}

TEST_F(EngineTls, S14CutsAHandshakeThatDoesNotEnd) {
  engine::Tuning tuning;
  tuning.handshake_deadline = std::chrono::milliseconds{40};
  tuning.sweep_interval = std::chrono::milliseconds{10};
  EngineBed bed(options_, tuning);
  RawClient client(bed.port());
  client.send("\x16\x03\x01");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 1U);
}

TEST_F(EngineTls, S14CutsAClientThatDoesNotTakeItsAnswer) {
  engine::Tuning tuning;
  tuning.stall_deadline = std::chrono::milliseconds{40};
  tuning.sweep_interval = std::chrono::milliseconds{10};
  EngineBed bed(options_, tuning);
  TlsClient client(bed.port(), ca());
  client.send("GET /file?n=30000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(bed.wait_for_served(1).front().complete);
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 1U);
}

TEST_F(EngineTls, EndsAConnectionThatSpeaksPlainHttp) {
  EngineBed bed(options_);
  RawClient client(bed.port());
  client.send("GET /text HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_to_end().find("hello"), std::string::npos);
  EXPECT_EQ(bed.service().handled, 0);
}

}  // namespace
}  // namespace engine_tls_test
}  // namespace dray::server
