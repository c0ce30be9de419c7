#include <gtest/gtest.h>
#include <dray/http/response.hpp>
#include <dray/http/session.hpp>

#include <string>

#include "scripted_transport.hpp"
#include "support/fake_clock.hpp"

namespace dray::http {
namespace session_test {
namespace {

using std::chrono::milliseconds;

/// Writes down every event, as one line each.
class Notes final : public Observer {
 public:
  void on(const Requested& event) override {
    lines.push_back(std::string(name(event.method)) + " " + event.url.text() + (event.authorized ? " authorized" : ""));
    for (const auto& [name, value] : event.headers.lines()) shown += name + ": " + value + "\n";
  }
  void on(const Answered& event) override {
    lines.push_back(std::to_string(event.status));
    for (const auto& [name, value] : event.headers.lines()) shown += name + ": " + value + "\n";
  }
  void on(const Redirected& event) override {
    lines.push_back("to " + event.to.text() + (event.other_origin ? " other" : ""));
  }
  void on(const Retried& event) override {
    lines.push_back("again " + std::to_string(event.attempt) + " " + std::to_string(event.wait.count()) + " " +
                    event.why);
  }
  std::vector<std::string> lines;
  std::string shown;
};

class SessionTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Exchange>> send(const Call& call, std::vector<Scripted> script) {
    transport = std::make_shared<ScriptedTransport>(std::move(script));
    notes = std::make_shared<Notes>();
    return Session(transport, notes, clock, random).send(call, stop.get_token());
  }
  /// The code of the failure; asserts that it is one.
  ErrorCode code(const Call& call, std::vector<Scripted> script) {
    const auto answer = send(call, std::move(script));
    EXPECT_FALSE(answer);
    if (answer) return ErrorCode::io;
    message = answer.error().message();
    return answer.error().code();
  }
  std::vector<std::string> urls() const {
    std::vector<std::string> texts;
    for (const auto& request : transport->requests) texts.push_back(request.url.text());
    return texts;
  }

  std::shared_ptr<ScriptedTransport> transport;
  std::shared_ptr<Notes> notes;
  dray::testing::FakeClock clock;
  dray::testing::FixedRandom random{0.5};
  std::stop_source stop;
  std::string message;
};

Call call_to(std::string_view url, Method method = Method::get) {
  return Call{Request{method, *Url::parse(url), {}, {}, AddressRule::any}, {}, {}, true, false, {}};
}
Scripted redirect(int status, std::string location, AddressClass connected_to = AddressClass::global) {
  return Scripted{status, {{"Location", std::move(location)}}, {}, connected_to, {}};
}
Scripted failure(ErrorCode code) { return Scripted{0, {}, {}, AddressClass::global, Error(code, "scripted")}; }

// Redirects

TEST_F(SessionTest, FollowsRedirectsOfGetAndHead) {
  for (const auto status : {301, 302, 303, 307, 308}) {
    for (const auto method : {Method::get, Method::head}) {
      const auto answer =
          send(call_to("https://a/x", method), {redirect(status, "y?z=1"), Scripted{200, {}, "body", {}, {}}});
      ASSERT_TRUE(answer);
      EXPECT_EQ((*answer)->head().status, 200);
      EXPECT_EQ((*answer)->head().url.text(), "https://a/y?z=1");
      EXPECT_EQ(transport->requests[1].method, method);
    }
  }
}

TEST_F(SessionTest, RepeatsABodyForTheRedirectsThatPromiseIt) {
  for (const auto status : {307, 308}) {
    auto call = call_to("https://a/x", Method::put);
    call.request.body = text_body("content");
    const auto answer = send(call, {redirect(status, "https://b/y"), Scripted{201, {}, {}, {}, {}}});
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)->head().status, 201);
    EXPECT_EQ(transport->bodies, (std::vector<std::string>{"content", "content"}));
  }
  for (const auto status : {301, 302, 303}) {
    const auto answer = send(call_to("https://a/x", Method::post), {redirect(status, "https://b/y")});
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)->head().status, status);
  }
}

TEST_F(SessionTest, GivesARedirectBackWhenAskedTo) {
  auto call = call_to("https://a/x");
  call.follow = false;
  const auto answer = send(call, {redirect(307, "https://b/y")});
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->head().status, 307);
}

TEST_F(SessionTest, GivesBackWhatIsNoRedirect) {
  for (const auto status : {300, 304, 305, 306}) {
    const auto answer = send(call_to("https://a/x"), {redirect(status, "https://b/y")});
    ASSERT_TRUE(answer);
    EXPECT_EQ((*answer)->head().status, status);
  }
  const auto answer = send(call_to("https://a/x"), {Scripted{307, {}, {}, {}, {}}});
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->head().status, 307);
}

TEST_F(SessionTest, C4C9KeepsCredentialsAndOwnHeadersAtTheirOrigin) {
  for (const auto* const elsewhere :
       {"https://b.example/y", "https://a.example:444/y", "https://sub.a.example/y", "https://a.example.evil/y"}) {
    auto call = call_to("https://a.example/x");
    call.request.headers.add("X-Custom", "marked");
    call.everywhere.add("Accept", "text/plain");
    call.authorize = [](const Url& url) -> Result<std::optional<std::string>> {
      if (url.origin().text() != "https://a.example") return std::optional<std::string>();
      return std::optional<std::string>("Bearer marked");
    };
    ASSERT_TRUE(send(call, {redirect(302, "/second"), redirect(302, elsewhere), Scripted{}}));
    for (const std::size_t home : {0U, 1U}) {
      EXPECT_NE(transport->requests[home].headers.find("X-Custom"), nullptr);
      EXPECT_NE(transport->requests[home].headers.find("Authorization"), nullptr);
    }
    EXPECT_EQ(transport->requests[2].headers.lines(),
              (std::vector<std::pair<std::string, std::string>>{{"Accept", "text/plain"}}));
  }
}

TEST_F(SessionTest, KeepsOwnHeadersBackFromAHopThatReturns) {
  auto call = call_to("https://a/x");
  call.request.headers.add("X-Custom", "marked");
  ASSERT_TRUE(send(call, {redirect(302, "https://b/y"), redirect(302, "https://a/z"), Scripted{}}));
  EXPECT_EQ(transport->requests[2].headers.find("X-Custom"), nullptr);
}

TEST_F(SessionTest, FailsWhenNoAuthorizationCouldBeHad) {
  auto call = call_to("https://a/x");
  call.authorize = [](const Url&) -> Result<std::optional<std::string>> {
    return Error(ErrorCode::unauthorized, "no token");
  };
  EXPECT_EQ(code(call, {Scripted{}}), ErrorCode::unauthorized);
  EXPECT_TRUE(transport->requests.empty());
}

TEST_F(SessionTest, C12NeverGoesFromHttpsToHttp) {
  EXPECT_EQ(code(call_to("https://a/x"), {redirect(302, "http://a/x"), Scripted{}}), ErrorCode::denied);
  EXPECT_EQ(transport->requests.size(), 1U);
  EXPECT_EQ(code(call_to("http://a/x"), {redirect(302, "https://b/x"), redirect(302, "http://b/x"), Scripted{}}),
            ErrorCode::denied);
  EXPECT_TRUE(send(call_to("http://a/x"), {redirect(302, "http://b/x"), Scripted{}}));
}

TEST_F(SessionTest, RefusesPlacesThatCannotBeUsed) {
  for (const auto* const location : {"ftp://b/", "file:///etc/passwd", "https://user:marked@b/", "https:///x", "a b"}) {
    EXPECT_EQ(code(call_to("https://a/x"), {redirect(302, location), Scripted{}}), ErrorCode::protocol) << location;
    EXPECT_EQ(message.find("marked"), std::string::npos);
  }
}

TEST_F(SessionTest, EndsCircles) {
  EXPECT_EQ(code(call_to("https://a/x"), {redirect(302, "/x")}), ErrorCode::protocol);
  EXPECT_EQ(code(call_to("https://a/x"), {redirect(302, "/y"), redirect(302, "/z"), redirect(302, "/y#again")}),
            ErrorCode::protocol);
}

TEST_F(SessionTest, EndsLongChains) {
  std::vector<Scripted> script;
  for (int i = 0; i < 10; ++i) script.push_back(redirect(307, "/" + std::to_string(i)));
  script.push_back(Scripted{});
  EXPECT_TRUE(send(call_to("https://a/x"), script));
  script.insert(script.end() - 1, redirect(307, "/10"));
  EXPECT_EQ(code(call_to("https://a/x"), script), ErrorCode::limit_exceeded);
  EXPECT_EQ(transport->requests.size(), 11U);

  auto call = call_to("https://a/x");
  call.policy.max_redirects = 3;
  EXPECT_EQ(code(call, script), ErrorCode::limit_exceeded);
  EXPECT_EQ(transport->requests.size(), 4U);
}

TEST_F(SessionTest, C6LetsAHopLeadNoDeeperThanTheFirstAnswer) {
  struct Row {
    AddressClass first;
    AddressRule expected;
  };
  for (const auto& row :
       {Row{AddressClass::global, AddressRule::public_only}, Row{AddressClass::private_network, AddressRule::routed},
        Row{AddressClass::link_local, AddressRule::not_loopback}, Row{AddressClass::loopback, AddressRule::any}}) {
    // What the second hop connects to changes nothing for the third.
    ASSERT_TRUE(send(call_to("https://a/x"), {redirect(302, "https://b/", row.first),
                                              redirect(302, "https://c/", AddressClass::loopback), Scripted{}}));
    EXPECT_EQ(transport->requests[0].addresses, AddressRule::any);
    EXPECT_EQ(transport->requests[1].addresses, row.expected);
    EXPECT_EQ(transport->requests[2].addresses, row.expected);
  }
}

TEST_F(SessionTest, LetsAHopLeadAnywhereWhereThePersonSaysSo) {
  auto call = call_to("https://a/x");
  call.policy.allow_private = true;
  ASSERT_TRUE(send(call, {redirect(302, "https://b/"), Scripted{}}));
  EXPECT_EQ(transport->requests[1].addresses, AddressRule::any);
}

TEST_F(SessionTest, NeverRelaxesTheRuleOfTheRequest) {
  auto call = call_to("https://a/x");
  call.request.addresses = AddressRule::public_only;
  ASSERT_TRUE(send(call, {redirect(302, "https://b/", AddressClass::loopback), Scripted{}}));
  EXPECT_EQ(transport->requests[0].addresses, AddressRule::public_only);
  EXPECT_EQ(transport->requests[1].addresses, AddressRule::public_only);
}

// Retries

TEST_F(SessionTest, TriesAgainAfterStatusesAndLostConnections) {
  const auto answer = send(call_to("https://a/x"), {Scripted{503, {}, "busy", {}, {}}, failure(ErrorCode::unavailable),
                                                    failure(ErrorCode::timed_out), Scripted{200, {}, "body", {}, {}}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(read_body(**answer, 100).value_or(""), "body");
  EXPECT_EQ(clock.sleeps(), (std::vector<milliseconds>{milliseconds(125), milliseconds(250), milliseconds(500)}));
}

TEST_F(SessionTest, GivesTheLastAnswerBackAfterFiveTries) {
  const std::vector<Scripted> script(6, Scripted{503, {}, "busy", {}, {}});
  const auto answer = send(call_to("https://a/x"), script);
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->head().status, 503);
  EXPECT_EQ(transport->requests.size(), 5U);
  EXPECT_EQ(read_body(**answer, 100).value_or(""), "busy");
}

TEST_F(SessionTest, GivesTheLastErrorBackAfterFiveTries) {
  EXPECT_EQ(code(call_to("https://a/x"), std::vector<Scripted>(6, failure(ErrorCode::unavailable))),
            ErrorCode::unavailable);
  EXPECT_EQ(transport->requests.size(), 5U);
}

TEST_F(SessionTest, DoesNotRepeatWhatCouldDoHarm) {
  EXPECT_EQ(code(call_to("https://a/x", Method::post), {failure(ErrorCode::unavailable), Scripted{}}),
            ErrorCode::unavailable);
  auto call = call_to("https://a/x", Method::post);
  call.may_repeat = true;
  EXPECT_TRUE(send(call, {failure(ErrorCode::unavailable), Scripted{}}));
}

TEST_F(SessionTest, SendsTheBodyFromItsBeginningAtEveryTry) {
  auto call = call_to("https://a/x", Method::put);
  call.request.body = text_body("content");
  ASSERT_TRUE(
      send(call, {Scripted{500, {}, {}, {}, {}}, failure(ErrorCode::unavailable), Scripted{201, {}, {}, {}, {}}}));
  EXPECT_EQ(transport->bodies, (std::vector<std::string>{"content", "content", "content"}));
}

TEST_F(SessionTest, ObeysRetryAfter) {
  ASSERT_TRUE(send(call_to("https://a/x"), {Scripted{429, {{"Retry-After", "7"}}, {}, {}, {}}, Scripted{}}));
  EXPECT_EQ(clock.sleeps(), std::vector<milliseconds>{milliseconds(7000)});
}

TEST_F(SessionTest, ObeysRetryAfterAsADate) {
  // The fake clock begins at 00:29:41.
  const Scripted busy{503, {{"Retry-After", "Fri, 15 Mar 2019 00:30:41 GMT"}}, {}, {}, {}};
  ASSERT_TRUE(send(call_to("https://a/x"), {busy, Scripted{}}));
  EXPECT_EQ(clock.sleeps(), std::vector<milliseconds>{milliseconds(60'000)});
}

TEST_F(SessionTest, GivesTheAnswerBackWhenRetryAfterIsTooLong) {
  const auto answer = send(call_to("https://a/x"), {Scripted{429, {{"Retry-After", "121"}}, {}, {}, {}}, Scripted{}});
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->head().status, 429);
  EXPECT_TRUE(clock.sleeps().empty());
}

TEST_F(SessionTest, CountsTheTriesOfEachHopByItself) {
  std::vector<Scripted> script(4, Scripted{503, {}, {}, {}, {}});
  script.push_back(redirect(307, "https://b/"));
  script.insert(script.end(), 4, Scripted{503, {}, {}, {}, {}});
  script.push_back(Scripted{});
  const auto answer = send(call_to("https://a/x"), script);
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->head().status, 200);
}

TEST_F(SessionTest, StopsInsteadOfWaiting) {
  stop.request_stop();
  EXPECT_EQ(code(call_to("https://a/x"), {Scripted{503, {}, {}, {}, {}}, Scripted{}}), ErrorCode::cancelled);
  EXPECT_EQ(transport->requests.size(), 1U);
}

// Events

TEST_F(SessionTest, TellsWhatHappens) {
  auto call = call_to("https://a/x?sig=marked&n=1");
  call.authorize = [](const Url& url) -> Result<std::optional<std::string>> {
    return url.origin().host == "a" ? std::optional<std::string>("Basic marked") : std::nullopt;
  };
  ASSERT_TRUE(send(call, {failure(ErrorCode::unavailable), redirect(307, "/y"), redirect(307, "https://b/z?sig=marked"),
                          Scripted{200, {{"Set-Cookie", "marked"}}, {}, {}, {}}}));
  EXPECT_EQ(notes->lines, (std::vector<std::string>{"GET https://a/x?sig=…&n=1 authorized", "again 1 125 scripted",
                                                    "GET https://a/x?sig=…&n=1 authorized", "307", "to https://a/y",
                                                    "GET https://a/y authorized", "307", "to https://b/z?sig=… other",
                                                    "GET https://b/z?sig=…", "200"}));
  EXPECT_EQ(notes->shown.find("marked"), std::string::npos) << notes->shown;
  EXPECT_NE(notes->shown.find("Authorization: …"), std::string::npos);
}

TEST_F(SessionTest, NeedsNoObserver) {
  const auto scripted = std::make_shared<ScriptedTransport>(std::vector<Scripted>{Scripted{}});
  EXPECT_TRUE(Session(scripted, nullptr, clock, random).send(call_to("https://a/"), {}));
}

}  // namespace
}  // namespace session_test
}  // namespace dray::http
