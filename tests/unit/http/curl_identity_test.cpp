#include <dray/http/session.hpp>

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>

#include "support/fake_clock.hpp"
#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"
#include "support/tls_authority.hpp"
#include "transport_fixture.hpp"

namespace dray::http {
namespace curl_identity_test {
namespace {

using dray::testing::CertificateFiles;
using dray::testing::FakeClock;
using dray::testing::FixedRandom;
using dray::testing::ServerOptions;
using dray::testing::TlsAuthority;
using Wanted = ServerOptions::ClientCertificates;

class ClientCertificates : public ::testing::Test {
 protected:
  std::unique_ptr<HttpServer> serve(dray::testing::Handler handler, Wanted wanted, int max_tls_version = 0) {
    ServerOptions options;
    options.tls = true;
    options.authority = authority;
    options.client_certificates = wanted;
    options.max_tls_version = max_tls_version;
    return std::make_unique<HttpServer>(std::move(handler), options);
  }
  [[nodiscard]] TlsOptions showing(const CertificateFiles& files) const {
    return {true, {authority->ca_file().string()}, ClientCertificate{files.certificate.string(), files.key.string()}};
  }
  [[nodiscard]] TlsOptions showing_none() const { return {true, {authority->ca_file().string()}, {}}; }
  static std::shared_ptr<Transport> transport(TlsOptions tls) {
    auto options = test_options();
    options.tls = [tls = std::move(tls)](const Origin&) { return tls; };
    return make_curl_transport(std::move(options));
  }
  static Result<std::string> get(Transport& transport, const HttpServer& server) {
    DRAY_TRY_ASSIGN(const auto answer, transport.send(request_to(server.origin() + "/"), {}));
    return read_all(*answer, 1'000);
  }

  std::shared_ptr<TlsAuthority> authority = std::make_shared<TlsAuthority>();
  CertificateFiles ours = authority->issue();
};

TEST_F(ClientCertificates, LetUsInWhereOneIsRequired) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server = serve(answer(200, {}, "in"), Wanted::required, version);
    const auto got = get(*transport(showing(ours)), *server);
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_TRUE(server->requests().at(0).client_certificate);
  }
}

TEST_F(ClientCertificates, AreNamedInTheErrorWhereOneIsMissing) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server = serve(answer(200), Wanted::required, version);
    const auto got = get(*transport(showing_none()), *server);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::unauthorized) << got.error().message();
    for (const auto* const words : {"--cert", "--key", "certs.d/127.0.0.1:", "client certificate"}) {
      EXPECT_NE(got.error().message().find(words), std::string::npos) << words << " in: " << got.error().message();
    }
    EXPECT_EQ(server->request_count(), 0U);
  }
}

TEST_F(ClientCertificates, AreNamedInTheErrorWhereTheyAreNotTaken) {
  const auto server = serve(answer(200), Wanted::required);
  TlsAuthority other;
  const auto got = get(*transport(showing(other.issue())), *server);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::unauthorized) << got.error().message();
  EXPECT_NE(got.error().message().find("client certificate"), std::string::npos) << got.error().message();
}

TEST_F(ClientCertificates, AreShownOnlyWhereTheOriginAndTheRequestAllowIt) {
  const auto server = serve(answer(200), Wanted::asked);
  bool is_known = false;
  auto options = test_options();
  options.tls = [&](const Origin&) { return showing(ours); };
  options.shows_certificate = [&](const Origin& origin) { return is_known && origin.text() == server->origin(); };
  const auto both = make_curl_transport(std::move(options));
  auto request = request_to(server->origin() + "/");
  const auto shown = [&] {
    const auto sent = both->send(request, {});
    EXPECT_TRUE(sent);
    return server->requests().back().client_certificate;
  };
  EXPECT_FALSE(shown());
  is_known = true;
  EXPECT_TRUE(shown());  // and over a connection of its own: the other one stays without
  request.shows_certificate = false;
  EXPECT_FALSE(shown());
  request.shows_certificate = true;
  EXPECT_TRUE(shown());
}

// The server behind a redirect asks for a certificate and gets none, nor does the first one when it is come back to.
TEST_F(ClientCertificates, C10StayAtTheFirstOrigin) {
  std::string back;
  const auto elsewhere = serve(
      [&](const ServerRequest& request, Responder& responder) {
        if (request.target == "/back") return responder.send(307, {{"Location", back}});
        responder.send(200);
      },
      Wanted::asked);
  std::string to = elsewhere->origin() + "/blob";
  const auto registry = serve(
      [&](const ServerRequest& request, Responder& responder) {
        if (request.target != "/again") return responder.send(307, {{"Location", to}});
        responder.send(200);
      },
      Wanted::required);
  FakeClock clock;
  FixedRandom random;
  for (const bool comes_back : {false, true}) {
    Session session(transport(showing(ours)), nullptr, clock, random);
    if (comes_back) {
      to = elsewhere->origin() + "/back";
      back = registry->origin() + "/again";
    }
    const auto sent = session.send(Call{request_to(registry->origin() + "/v2/"), {}, {}, true, false, {}}, {});
    EXPECT_EQ(sent.has_value(), !comes_back);  // what was elsewhere may have been sent back with intent
  }
  for (const auto& request : registry->requests()) EXPECT_TRUE(request.client_certificate);
  EXPECT_EQ(elsewhere->request_count(), 2U);
  for (const auto& request : elsewhere->requests()) EXPECT_FALSE(request.client_certificate) << request.target;
}

// A proxy that speaks TLS asks for a certificate and gets none.
TEST_F(ClientCertificates, C10AreNotShownToAProxy) {
  const auto proxy = serve(answer(502), Wanted::asked);
  setenv("SSL_CERT_FILE", authority->ca_file().c_str(), 1);
  auto options = test_options();
  options.tls = [&](const Origin&) { return showing(ours); };
  options.proxy = proxy->origin();
  const auto behind = make_curl_transport(std::move(options));
  EXPECT_FALSE(behind->send(request_to("https://registry.example/"), {}));
  unsetenv("SSL_CERT_FILE");
  ASSERT_GE(proxy->request_count(), 1U);
  EXPECT_EQ(proxy->requests().at(0).method, "CONNECT");
  EXPECT_FALSE(proxy->requests().at(0).client_certificate);
}

TEST_F(ClientCertificates, AreRefusedWithASentenceWhereTheirFilesAreOfNoUse) {
  const dray::testing::TempDir directory;
  const auto other = authority->issue();
  const auto encrypted = (directory.path() / "encrypted.key").string();
  const auto empty = directory.write("empty.pem", "nothing\n").string();
  dray::testing::run(
      {{"openssl", "pkey", "-in", ours.key.string(), "-aes256", "-passout", "pass:hunter2", "-out", encrypted}});
  const auto certificate = ours.certificate.string();
  const auto key = ours.key.string();
  struct Row {
    const char* name;
    ClientCertificate files;
    std::string file;
    const char* words;
  };
  for (const auto& row : {Row{"Absent", {"/absent.cert", key}, "/absent.cert", "client certificate"},
                          Row{"AbsentKey", {certificate, "/absent.key"}, "/absent.key", "client key"},
                          Row{"NoCertificate", {empty, key}, empty, "holds no certificate"},
                          Row{"NoKey", {certificate, empty}, empty, "holds no private key"},
                          Row{"Encrypted", {certificate, encrypted}, encrypted, "is encrypted"},
                          Row{"OfAnother", {certificate, other.key.string()}, other.key.string(), "does not belong"}}) {
    const auto server = serve(answer(200), Wanted::required);
    const auto got = get(*transport(TlsOptions{true, {authority->ca_file().string()}, row.files}), *server);
    ASSERT_FALSE(got) << row.name;
    EXPECT_EQ(got.error().code(), ErrorCode::invalid_input) << row.name;
    EXPECT_NE(got.error().message().find(row.file), std::string::npos) << got.error().message();
    EXPECT_NE(got.error().message().find(row.words), std::string::npos) << got.error().message();
    EXPECT_EQ(server->connections(), 0) << row.name;
  }
}

}  // namespace
}  // namespace curl_identity_test
}  // namespace dray::http
