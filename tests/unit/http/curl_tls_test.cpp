#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "support/tls_authority.hpp"
#include "transport_fixture.hpp"

namespace dray::http {
namespace curl_tls_test {
namespace {

using dray::testing::CertificateFlaw;
using dray::testing::ServerOptions;
using dray::testing::TlsAuthority;

class CurlTlsTest : public ::testing::Test {
 protected:
  /// A server whose certificate comes from `authority`.
  std::unique_ptr<HttpServer> serve(CertificateFlaw flaw = CertificateFlaw::none) {
    ServerOptions options;
    options.tls = true;
    options.flaw = flaw;
    options.authority = authority;
    return std::make_unique<HttpServer>(answer(200, {}, pattern(1'000'000)), options);
  }
  Result<std::string> get(const HttpServer& server, TlsOptions tls) {
    auto options = test_options();
    options.tls = [tls = std::move(tls)](const Origin&) { return tls; };
    const auto transport = make_curl_transport(std::move(options));
    DRAY_TRY_ASSIGN(const auto exchange, transport->send(request_to(server.origin() + "/"), {}));
    return read_all(*exchange, 10'000'000);
  }
  TlsOptions trusting() const { return TlsOptions{true, {authority->ca_file().string()}, {}}; }

  std::shared_ptr<TlsAuthority> authority = std::make_shared<TlsAuthority>();
};

TEST_F(CurlTlsTest, TrustsTheAuthorityOfACaFile) {
  const auto server = serve();
  const auto body = get(*server, trusting());
  ASSERT_TRUE(body) << body.error().message();
  EXPECT_TRUE(*body == pattern(1'000'000));
}

struct MatrixRow {
  const char* name;
  CertificateFlaw flaw = CertificateFlaw::none;
  bool trusting = true;
  int max_tls_version = 0;
  const char* host = "127.0.0.1";
  std::vector<const char*> words = {};  ///< Empty: it connects.
};

class TlsMatrix : public CurlTlsTest, public ::testing::WithParamInterface<MatrixRow> {};

TEST_P(TlsMatrix, ConnectsOnlyWhereAllIsRightAndNamesTheCause) {
  const auto& row = GetParam();
  ServerOptions server_options;
  server_options.tls = true;
  server_options.flaw = row.flaw;
  server_options.authority = authority;
  server_options.max_tls_version = row.max_tls_version;
  const HttpServer server(answer(200, {}, "in"), server_options);
  auto options = test_options();
  options.tls = [&](const Origin&) { return row.trusting ? trusting() : TlsOptions{}; };
  for (const auto* const host : {"a.registry.example", "a.b.registry.example", "registry.example", "other.example"}) {
    options.addresses.push_back({host, server.port(), "127.0.0.1"});
  }
  const auto transport = make_curl_transport(std::move(options));
  const auto url = std::string("https://") + row.host + ":" + std::to_string(server.port()) + "/";
  const auto sent = transport->send(request_to(url), {});
  if (row.words.empty()) {
    ASSERT_TRUE(sent) << sent.error().message();
    return;
  }
  ASSERT_FALSE(sent);
  EXPECT_EQ(server.request_count(), 0U);
  for (const auto* const words : row.words) {
    EXPECT_NE(sent.error().message().find(words), std::string::npos) << words << " in: " << sent.error().message();
  }
}

std::vector<const char*> not_trusted_since(const char* cause) { return {cause, "--cacert", "certs.d", "--insecure"}; }

INSTANTIATE_TEST_SUITE_P(
    Table, TlsMatrix,
    ::testing::Values(
        MatrixRow{.name = "Right"}, MatrixRow{.name = "RightByName", .host = "localhost"},
        MatrixRow{.name = "Tls12", .max_tls_version = TLS1_2_VERSION},
        MatrixRow{.name = "Tls11", .max_tls_version = TLS1_1_VERSION, .words = {"TLS handshake", "protocol version"}},
        MatrixRow{.name = "Tls10", .max_tls_version = TLS1_VERSION, .words = {"TLS handshake", "protocol version"}},
        MatrixRow{.name = "UnknownAuthority",
                  .trusting = false,
                  .words = not_trusted_since("its issuer is not a known authority")},
        MatrixRow{.name = "SelfSigned",
                  .flaw = CertificateFlaw::self_signed,
                  .words = not_trusted_since("it is self-signed")},
        MatrixRow{.name = "Expired", .flaw = CertificateFlaw::expired, .words = not_trusted_since("it has expired")},
        MatrixRow{.name = "NotYetValid",
                  .flaw = CertificateFlaw::not_yet_valid,
                  .words = not_trusted_since("it is not valid yet")},
        MatrixRow{.name = "WrongName",
                  .flaw = CertificateFlaw::wrong_name,
                  .words = not_trusted_since("it is not made out to 127.0.0.1")},
        MatrixRow{
            .name = "OtherNameOfTheSameCertificate", .flaw = CertificateFlaw::wrong_name, .host = "other.example"},
        MatrixRow{.name = "NameThatItDoesNotHold",
                  .host = "other.example",
                  .words = not_trusted_since("it is not made out to other.example")},
        MatrixRow{.name = "Wildcard", .flaw = CertificateFlaw::wildcard, .host = "a.registry.example"},
        MatrixRow{.name = "WildcardIsOneLabel",
                  .flaw = CertificateFlaw::wildcard,
                  .host = "a.b.registry.example",
                  .words = not_trusted_since("it is not made out to a.b.registry.example")},
        MatrixRow{.name = "WildcardIsNotNothing",
                  .flaw = CertificateFlaw::wildcard,
                  .host = "registry.example",
                  .words = not_trusted_since("it is not made out to registry.example")},
        MatrixRow{.name = "MissingIntermediate",
                  .flaw = CertificateFlaw::intermediate,
                  .words = not_trusted_since("its issuer is not a known authority")},
        MatrixRow{.name = "WeakKey", .flaw = CertificateFlaw::weak_key, .words = not_trusted_since("key too weak")},
        MatrixRow{.name = "Sha1", .flaw = CertificateFlaw::sha1, .words = not_trusted_since("too weak")},
        MatrixRow{
            .name = "ForClientsOnly", .flaw = CertificateFlaw::clients_only, .words = not_trusted_since("purpose")}),
    [](const auto& row) { return row.param.name; });

TEST_F(CurlTlsTest, TakesAnyCertificateWhenToldNotToLook) {
  for (const auto flaw :
       {CertificateFlaw::none, CertificateFlaw::expired, CertificateFlaw::wrong_name, CertificateFlaw::self_signed}) {
    const auto server = serve(flaw);
    const auto body = get(*server, TlsOptions{false, {}, {}});
    EXPECT_TRUE(body) << body.error().message();
  }
}

TEST_F(CurlTlsTest, NamesACaFileThatIsOfNoUse) {
  const auto server = serve();
  const dray::testing::TempDir directory;
  const auto absent = directory.path() / "absent.pem";
  const auto empty = directory.path() / "empty.pem";
  std::ofstream(empty) << "no certificate\n";
  for (const auto& file : {absent, empty}) {
    const auto body = get(*server, TlsOptions{true, {file.string()}, {}});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code(), ErrorCode::invalid_input);
    EXPECT_NE(body.error().message().find(file.string()), std::string::npos) << body.error().message();
  }
}

TEST_F(CurlTlsTest, AsksOnceForEachOriginAndTrustsEachAlone) {
  const auto trusted = serve();
  const auto other = serve();
  std::vector<std::string> asked;
  auto options = test_options();
  options.tls = [&](const Origin& origin) -> Result<TlsOptions> {
    asked.push_back(origin.text());
    return origin.text() == trusted->origin() ? trusting() : TlsOptions{};
  };
  const auto transport = make_curl_transport(std::move(options));
  for (int i = 0; i < 2; ++i) {
    const auto good = transport->send(request_to(trusted->origin() + "/"), {});
    ASSERT_TRUE(good) << good.error().message();
    ASSERT_TRUE(read_all(**good, 10'000'000));
    EXPECT_FALSE(transport->send(request_to(other->origin() + "/"), {}));
  }
  EXPECT_EQ(asked, (std::vector<std::string>{trusted->origin(), other->origin()}));
  EXPECT_EQ(trusted->connections(), 1);
}

TEST_F(CurlTlsTest, ReadsInPiecesOfAnySize) {
  const auto server = serve();
  for (const std::size_t piece : {1000U, 16'384U, 100'000U, 1'000'001U}) {
    auto options = test_options();
    options.tls = [this](const Origin&) { return trusting(); };
    const auto transport = make_curl_transport(std::move(options));
    const auto exchange = transport->send(request_to(server->origin() + "/"), {});
    ASSERT_TRUE(exchange);
    std::string got;
    std::vector<std::byte> buffer(piece);
    while (true) {
      const auto count = (*exchange)->read(buffer);
      ASSERT_TRUE(count) << count.error().message();
      if (*count == 0) break;
      got += as_text(std::span(buffer).first(*count));
    }
    EXPECT_TRUE(got == pattern(1'000'000)) << piece;
  }
}

TEST_F(CurlTlsTest, SaysWhenTheServerSpeaksNoTls) {
  HttpServer plain([](const ServerRequest&, Responder& responder) { responder.close(); });
  const auto transport = make_curl_transport(test_options());
  const auto sent = transport->send(request_to("https://" + plain.host_port() + "/"), {});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::protocol);
  EXPECT_NE(sent.error().message().find("--plain-http"), std::string::npos) << sent.error().message();
}

}  // namespace
}  // namespace curl_tls_test
}  // namespace dray::http
