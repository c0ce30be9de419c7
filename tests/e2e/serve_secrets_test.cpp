// What `dray serve` writes down while it is given passwords, tokens and signed links.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "served.hpp"
#include "support/hashing.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace serve_secrets_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class S11ServeSecrets : public ::testing::TestWithParam<bool> {
 protected:
  static std::string curl(std::vector<std::string> words) {
    words.insert(words.begin(), {"curl", "--silent", "--show-error"});
    return run({std::move(words)}).out;
  }
  /// The value of a text member of a flat JSON object.
  static std::string member(const std::string& json, const std::string& name) {
    const auto begin = json.find("\"" + name + "\":\"");
    if (begin == std::string::npos) return {};
    const auto at = begin + name.size() + 4;
    return json.substr(at, json.find('"', at) - at);
  }

  TwinOptions twin_options_{
      .auth = {.kind = AuthKind::basic, .user = "upstream", .password = "MARKED-upstream", .anonymous_pull = false}};
  McrTwin twin_{twin_options_};
  Dray dray_;
};

TEST_P(S11ServeSecrets, StayOutOfEveryLine) {
  const bool tokens = GetParam();
  const auto image = make_layered(1, 5000);
  twin_.add("app", "1", image);
  dray_.log_in(twin_.host_port(), "upstream", "MARKED-upstream");
  const auto log = dray_ / "access.log";
  const auto key = dray_.write("link.key", "MARKED-key-of-more-than-sixteen-bytes").string();
  Served served(dray_, dray_ / "registry", {.password = true, .tokens = tokens},
                {"--access-log", log.string(), "--upstream", "up=http://" + twin_.host_port(), "--blob-redirect",
                 "http://127.0.0.1:9", "--sign-key", key});
  const std::string login = std::string(Served::user) + ":" + Served::password;
  std::set<std::string> secrets{Served::password, base64(login), "MARKED", base64("upstream:MARKED-upstream")};

  const auto origin = served.origin();
  std::vector<std::string> shown{"--user", login};
  if (tokens) {
    const auto answer = curl({"--user", login,
                              origin + "/token?offline_token=true&service=dray&scope=" +
                                  "repository:up/app:pull&scope=repository:own:pull,push"});
    ASSERT_FALSE(member(answer, "token").empty()) << answer;
    secrets.insert({member(answer, "token"), member(answer, "refresh_token")});
    shown = {"--header", "Authorization: Bearer " + member(answer, "token")};
    curl({"--data-urlencode", "grant_type=password", "--data-urlencode", "username=alice", "--data-urlencode",
          std::string("password=") + Served::password, "--data", "service=dray", origin + "/token"});
  }
  const auto digest = digest_of("bytes");
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.end(), shown.begin(), shown.end());
    return curl(std::move(words));
  };
  EXPECT_THAT(ask({origin + "/v2/up/app/manifests/1"}), HasSubstr("schemaVersion"));
  ask({"--request", "POST", "--data-binary", "bytes", origin + "/v2/own/blobs/uploads/?digest=" + digest});
  const auto head = ask({"--dump-header", "-", origin + "/v2/own/blobs/" + digest});
  const auto signature = head.find("sig=");
  ASSERT_NE(signature, std::string::npos) << head;
  const auto value = head.substr(signature + 4, head.find_first_of("&\r\n", signature) - signature - 4);
  secrets.insert(value);
  ask({origin + "/v2/own/blobs/" + digest + "?expires=1&sig=" + value + "&X-Amz-Signature=" + value});
  curl({"--user", "alice:MARKED-wrong", origin + "/v2/"});
  curl({"--header", "Authorization: Bearer MARKED.forged.token", origin + "/v2/"});
  curl({"--header", "Cookie: MARKED", "--header", "User-Agent: curl", origin + "/v2/?token=MARKED&password=MARKED"});
  curl({"--request-target", "http://alice:MARKED@127.0.0.1/v2/", origin + "/"});

  const auto outcome = served.stop();
  EXPECT_EQ(outcome.status, 0);
  const auto lines = read_bytes(log);
  EXPECT_THAT(lines, HasSubstr("/v2/up/app/manifests/1"));
  for (const auto& secret : secrets) {
    ASSERT_FALSE(secret.empty());
    EXPECT_THAT(lines, Not(HasSubstr(secret)));
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr(secret)));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, S11ServeSecrets, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "Tokens" : "Basic"; });

}  // namespace
}  // namespace serve_secrets_test
}  // namespace dray::testing
