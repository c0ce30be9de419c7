#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "support/tls_authority.hpp"
#include "transport_fixture.hpp"

namespace dray::http {
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
  TlsOptions trusting() const { return TlsOptions{true, authority->ca_file().string()}; }

  std::shared_ptr<TlsAuthority> authority = std::make_shared<TlsAuthority>();
};

TEST_F(CurlTlsTest, TrustsTheAuthorityOfACaFile) {
  const auto server = serve();
  const auto body = get(*server, trusting());
  ASSERT_TRUE(body) << body.error().message();
  EXPECT_TRUE(*body == pattern(1'000'000));
}

TEST_F(CurlTlsTest, NamesWhatIsWrongWithACertificate) {
  struct Row {
    CertificateFlaw flaw;
    bool trusting;
    const char* words;
  };
  for (const auto& row : {Row{CertificateFlaw::none, false, "its issuer is not a known authority"},
                          Row{CertificateFlaw::expired, true, "it has expired"},
                          Row{CertificateFlaw::wrong_name, true, "it is not made out to 127.0.0.1"},
                          Row{CertificateFlaw::self_signed, true, "it is self-signed"}}) {
    const auto server = serve(row.flaw);
    const auto body = get(*server, row.trusting ? trusting() : TlsOptions{});
    ASSERT_FALSE(body) << row.words;
    EXPECT_EQ(body.error().code(), ErrorCode::invalid_input);
    const auto& message = body.error().message();
    for (const auto* const words : {row.words, "127.0.0.1", "--cacert", "--insecure"}) {
      EXPECT_NE(message.find(words), std::string::npos) << words << " in: " << message;
    }
    EXPECT_EQ(server->request_count(), 0U);
  }
}

TEST_F(CurlTlsTest, TakesAnyCertificateWhenToldNotToLook) {
  for (const auto flaw :
       {CertificateFlaw::none, CertificateFlaw::expired, CertificateFlaw::wrong_name, CertificateFlaw::self_signed}) {
    const auto server = serve(flaw);
    const auto body = get(*server, TlsOptions{false, {}});
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
    const auto body = get(*server, TlsOptions{true, file.string()});
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
  options.tls = [&](const Origin& origin) {
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
}  // namespace dray::http
