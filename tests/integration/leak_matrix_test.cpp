// Every way in which a registry can send a client elsewhere, with every kind of secret: no server sees one that is not
// its own. Source: the rule of rows C-1 to C-10, a secret belongs to one origin.
#include <array>
#include <tuple>

#include "door_fixture.hpp"
#include "support/hashing.hpp"
#include "support/http_server.hpp"

namespace dray::testing {
namespace leak_matrix_test {
namespace {

const std::stop_token never;

/// What leads away.
enum class Start : std::uint8_t { registry, realm, upload, blob, next_link, urls };
/// Where to, seen from the registry.
enum class Turn : std::uint8_t { none, same_origin, other_port, other_scheme, other_host, back_again };
enum class Secret : std::uint8_t { password, bearer, refresh_token, custom_header, cookie, client_certificate };

constexpr std::array start_names{"Registry", "Realm", "Upload", "Blob", "NextLink", "Urls"};
constexpr std::array turn_names{"None", "SameOrigin", "OtherPort", "OtherScheme", "OtherHost", "BackAgain"};
constexpr std::array secret_names{"Password", "Bearer", "RefreshToken", "CustomHeader", "Cookie", "Certificate"};

const std::string mark = "MARKED";
const std::string password = mark + "-password";
const std::string bytes = "0123456789";

using Row = std::tuple<bool, Start, Turn, Secret>;

/// Requests of a row, at the least.
constexpr int hops_of_a_row = 1;

class LeakMatrix : public ::testing::TestWithParam<Row> {
 protected:
  LeakMatrix()
      : home_(handler(true), options(secure())),
        port_(handler(false), options(secure())),
        scheme_(handler(false), options(!secure())),
        host_(handler(false), options(secure(), "localhost")) {}

  static bool secure() { return std::get<0>(GetParam()); }
  static Start start() { return std::get<1>(GetParam()); }
  static Turn turn() { return std::get<2>(GetParam()); }
  static Secret secret() { return std::get<3>(GetParam()); }
  static bool by_token() { return secret() == Secret::bearer || secret() == Secret::refresh_token || is(Start::realm); }
  static bool is(Start which) { return start() == which; }

  static const std::shared_ptr<TlsAuthority>& authority() {
    static const auto one = std::make_shared<TlsAuthority>();
    return one;
  }
  static ServerOptions options(bool tls, const std::string& host = {}) {
    ServerOptions options;
    options.tls = tls;
    options.host = host;
    if (tls) options.authority = authority();
    if (tls) options.client_certificates = ServerOptions::ClientCertificates::asked;
    return options;
  }

  Handler handler(bool home) {
    return [this, home](const ServerRequest& request, Responder& responder) {
      Headers headers{{"Set-Cookie", "sid=" + mark + "-cookie; Path=/"}};
      int status = 200;
      std::string body;
      home ? answer_home(request, status, headers, body) : answer_away(request, status, headers, body);
      responder.send(status, headers, body);
    };
  }

  [[nodiscard]] std::string away() const {
    switch (turn()) {
      case Turn::other_scheme:
        return scheme_.origin();
      case Turn::other_host:
        return host_.origin();
      case Turn::other_port:
      case Turn::back_again:
        return port_.origin();
      default:
        return home_.origin();
    }
  }
  /// A next page on another origin is never asked for, nothing in plain HTTP where the registry has TLS, and a refresh
  /// token, which travels in a body, is not sent on at all.
  static bool leads_elsewhere() {
    if (is(Start::next_link)) return false;
    if (secure() && turn() == Turn::other_scheme) return false;
    if (is(Start::realm) && turn() == Turn::back_again && secret() == Secret::refresh_token) return false;
    return !stays();
  }
  static bool stays() { return turn() == Turn::none || turn() == Turn::same_origin; }

  [[nodiscard]] std::string challenge() const {
    if (!by_token()) return "Basic realm=\"home\"";
    const auto realm = is(Start::realm) && turn() != Turn::back_again ? away() : home_.origin();
    return "Bearer realm=\"" + realm + "/token\",service=\"home\"";
  }

  static void give_token(std::string& body) {
    body = R"({"token":")" + mark + R"(-bearer","refresh_token":")" + mark + R"(-refresh-2"})";
  }

  void answer_home(const ServerRequest& request, int& status, Headers& headers, std::string& body) const {
    const auto path = std::string(request.path());
    if (path == "/token" && is(Start::realm) && turn() == Turn::back_again) {
      status = 307;
      return headers.add("Location", port_.origin() + "/token");
    }
    if (path == "/token" || path == "/token-back") return give_token(body);
    if (path.starts_with("/landing")) return land(request, status, headers, body);
    if (!request.headers.has("Authorization")) {
      status = 401;
      return headers.add("WWW-Authenticate", challenge());
    }
    lead(request, status, headers, body);
  }

  /// What the registry answers to whom it knows.
  void lead(const ServerRequest& request, int& status, Headers& headers, std::string& body) const {
    const bool leads = turn() != Turn::none;
    const auto path = std::string(request.path());
    if (path.ends_with("/uploads/") && request.method == "POST") {
      status = 202;
      return headers.add("Location", leads && is(Start::upload) ? away() + "/landing" : "/v2/app/blobs/uploads/1");
    }
    if (path.ends_with("/tags/list")) {
      body = R"({"name":"app","tags":["1"]})";
      if (leads && is(Start::next_link) && request.query().empty()) {
        headers.add("Link", "<" + away() + "/v2/app/tags/list?page=2>; rel=\"next\"");
      }
      return;
    }
    if (leads && request.method == "GET" && (is(Start::registry) || is(Start::blob))) {
      status = 307;
      return headers.add("Location", away() + "/landing");
    }
    land(request, status, headers, body);
  }

  static void land(const ServerRequest& request, int& status, Headers& headers, std::string& body) {
    if (request.method == "GET") {
      body = bytes;
    } else {
      status = 201;
    }
    headers.add("Content-Type", "application/octet-stream");
  }

  /// Whoever is not the registry sends back where that is the turn, and asks for credentials in every way otherwise.
  void answer_away(const ServerRequest& request, int& status, Headers& headers, std::string& body) const {
    const auto path = std::string(request.path());
    if (turn() == Turn::back_again) {
      status = 307;
      return headers.add("Location", home_.origin() + (path == "/token" ? "/token-back" : "/landing-back"));
    }
    if (path == "/token") return give_token(body);
    status = 401;
    headers.add("WWW-Authenticate", "Basic realm=\"away\", Bearer realm=\"" + away() + "/token\",service=\"home\"");
  }

  [[nodiscard]] std::optional<client::Credential> credential() const {
    if (secret() == Secret::refresh_token) return client::Credential{"", "", "test", mark + "-refresh"};
    return client::Credential{"someone", password, "test"};
  }

  static std::optional<http::ClientCertificate> certificate() {
    if (secret() != Secret::client_certificate) return std::nullopt;
    static const auto files = authority()->issue();
    return http::ClientCertificate{files.certificate.string(), files.key.string()};
  }

  /// The operation that begins where `start` says. How it ends does not matter.
  void run(const DoorClient& client) const {
    const auto repository = client.repository(home_.host_port() + "/app");
    const auto& registry = repository->name().registry();
    const auto digest = Digest::of(as_bytes(bytes));
    const Descriptor blob{MediaType::of(media_types::oci_layer), digest, bytes.size()};
    const auto send = [&](http::Method method, const std::string& path) {
      client::ApiCall call;
      call.method = method;
      call.path = path;
      call.scopes = {client::push_scope("app")};
      call.headers.add("X-Secret", mark + "-header");
      if (method != http::Method::get) call.body = http::text_body(bytes);
      auto answer = client->send(registry, call, never);
      const auto* const location = answer ? (*answer)->head().headers.find("Location") : nullptr;
      return location != nullptr ? *location : std::string();
    };
    const bool custom = secret() == Secret::custom_header;
    if (custom || is(Start::urls)) (void)send(http::Method::get, "/v2/app/manifests/1");
    switch (start()) {
      case Start::registry:
      case Start::realm:
        return custom ? void(send(http::Method::get, "/v2/app/manifests/1"))
                      : void(repository->get_manifest("1", never));
      case Start::blob:
        if (custom) return void(send(http::Method::get, "/v2/app/blobs/" + digest.text()));
        (void)repository->open_blob(blob, ByteRange{0, 5}, never);
        return void(repository->open_blob(blob, ByteRange{5, 10}, never));
      case Start::next_link:
        return void(repository->list_tags(never));
      case Start::urls:
        return void(repository->open_url(blob, away() + "/landing", {}, never));
      case Start::upload:
        break;
    }
    if (!custom) {
      (void)repository->put_blob(
          blob, []() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(bytes); }, never);
      return;
    }
    const auto location = send(http::Method::post, "/v2/app/blobs/uploads/");
    if (!location.empty()) (void)send(http::Method::put, location);
  }

  static bool tells(const ServerRequest& request, const std::string& what) {
    const auto holds = [&](const std::string& text) { return text.find(what) != std::string::npos; };
    if (holds(percent_decode(request.target)) || holds(percent_decode(request.body))) return true;
    for (const auto& [name, value] : request.headers.lines()) {
      if (holds(value)) return true;
    }
    return false;
  }
  static bool tells_any(const ServerRequest& request) {
    return tells(request, mark) || tells(request, base64("someone:" + password));
  }

  HttpServer home_;
  HttpServer port_;
  HttpServer scheme_;
  HttpServer host_;
};

TEST_P(LeakMatrix, NoServerSeesASecretThatIsNotItsOwn) {
  const bool certified = secret() == Secret::client_certificate;
  const DoorClient client({.credential = credential(), .tls = secure(), .certificate = certificate()});
  run(client);
  int hops = 0;
  bool was_elsewhere = false;
  for (const auto* const server : {&port_, &scheme_, &host_}) {
    for (const auto& request : server->requests()) {
      ++hops;
      was_elsewhere = true;
      EXPECT_FALSE(tells_any(request)) << request.method << " " << request.target;
      EXPECT_FALSE(request.client_certificate) << request.method << " " << request.target;
      EXPECT_FALSE(request.headers.has("Cookie"));
    }
  }
  bool owner_saw_it = false;
  for (const auto& request : home_.requests()) {
    ++hops;
    EXPECT_FALSE(request.headers.has("Cookie")) << request.target;
    EXPECT_FALSE(percent_decode(request.target).find(mark) != std::string::npos) << request.target;
    owner_saw_it = owner_saw_it || (certified ? request.client_certificate : tells_any(request));
    // Who comes back from elsewhere comes as a stranger.
    if (request.path().ends_with("-back")) {
      EXPECT_FALSE(tells_any(request)) << request.target;
    }
  }
  EXPECT_GE(hops, hops_of_a_row);
  EXPECT_EQ(was_elsewhere, leads_elsewhere());
  // A row in which nothing secret travels would prove nothing.
  EXPECT_TRUE(owner_saw_it || (!certified && is(Start::realm) && !stays()));
  // https never becomes http.
  if (secure()) {
    EXPECT_EQ(scheme_.request_count(), 0U);
  }
}

constexpr std::array starts{Start::registry, Start::realm, Start::upload, Start::blob, Start::next_link, Start::urls};
constexpr std::array turns{Turn::none,         Turn::same_origin, Turn::other_port,
                           Turn::other_scheme, Turn::other_host,  Turn::back_again};
constexpr std::array kinds{Secret::password, Secret::bearer, Secret::refresh_token, Secret::custom_header,
                           Secret::cookie};
std::string name_of(const Row& row) {
  const auto at = [](const auto& names, auto value) { return std::string(names.at(static_cast<std::size_t>(value))); };
  return (std::get<0>(row) ? "Https" : "Http") + at(start_names, std::get<1>(row)) + at(turn_names, std::get<2>(row)) +
         at(secret_names, std::get<3>(row));
}

static_assert(2 * starts.size() * turns.size() * kinds.size() * hops_of_a_row >= 200, "at least two hundred hops");

INSTANTIATE_TEST_SUITE_P(C1ToC9, LeakMatrix,
                         ::testing::Combine(::testing::Bool(), ::testing::ValuesIn(starts), ::testing::ValuesIn(turns),
                                            ::testing::ValuesIn(kinds)),
                         [](const auto& row) { return name_of(row.param); });

// C-10: each of these servers asks for a certificate.
INSTANTIATE_TEST_SUITE_P(C10, LeakMatrix,
                         ::testing::Combine(::testing::Values(true), ::testing::ValuesIn(starts),
                                            ::testing::ValuesIn(turns), ::testing::Values(Secret::client_certificate)),
                         [](const auto& row) { return name_of(row.param); });

}  // namespace
}  // namespace leak_matrix_test
}  // namespace dray::testing
