// Every command at its most talkative: no password, token or signed link reaches its output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "program.hpp"
#include "support/hashing.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace secrets_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string user = "someone";
const std::string password = "MARKED-password/with+signs";

struct Secrecy {
  const char* name;
  AuthKind kind;
};

class Secrets : public ::testing::TestWithParam<Secrecy> {
 protected:
  Secrets() : twin({.auth = {.kind = GetParam().kind, .user = user, .password = password, .anonymous_pull = false}}) {
    twin.add("hello", "latest", hello);
    twin.add("app", "1", app);
    dray.log_in(twin.host_port(), user, password);
    dray.write("one.tar", make_tar({TarEntry{"a", "a\n"}}));
    dray.write("manifest.json", *app.manifest.bytes);
  }

  [[nodiscard]] std::string at(std::string_view name) const { return twin.host_port() + "/" + std::string(name); }

  void run_traced(std::vector<std::string> words) {
    words.emplace_back("--trace");
    const Outcome outcome = dray(std::move(words));
    said_ += outcome.out + outcome.err;
  }

  /// What passed the wire and must not be told: every credential and every signature that the twin saw or gave.
  [[nodiscard]] std::set<std::string> secrets() const {
    std::set<std::string> all = {password, base64(user + ":" + password), "MARKED"};
    for (const HttpServer* server : {&twin.registry(), &twin.content(), &twin.foreign()}) {
      for (const auto& request : server->requests()) {
        const auto credential = request.headers.get("Authorization");
        if (!credential.empty()) all.insert(credential.substr(credential.find(' ') + 1));
        for (const char* name : {"sig", "P4"}) {
          const auto value = request.parameter(name);
          if (value && !value->empty()) all.insert({*value, percent_encode(*value)});
        }
      }
    }
    return all;
  }

  McrTwin twin;
  Dray dray;
  Index hello = make_multi_platform(Format::oci);
  Image app = make_image({.format = Format::oci});
  std::string said_;
};

TEST_P(Secrets, StayOutOfAllOutput) {
  const auto layer = app.layers[0].blob.digest;
  const std::vector<std::vector<std::string>> runs = {
      {"inspect", at("hello")},
      {"tags", at("hello")},
      {"catalog", twin.host_port()},
      {"digest", at("app:1")},
      {"resolve", at("hello"), "--platform", "linux/arm64"},
      {"config", at("app:1")},
      {"layers", at("app:1")},
      {"manifest", "get", at("app:1")},
      {"manifest", "head", at("app:1")},
      {"manifest", "put", at("app:2"), "-f", "manifest.json"},
      {"blob", "get", at("app@" + layer), "-o", "blob"},
      {"blob", "head", at("app@" + layer)},
      {"blob", "locate", at("app@" + layer)},
      {"blob", "put", at("app"), "one.tar"},
      {"api", "GET", at("v2/app/tags/list"), "-i"},
      {"api", "GET", at("v2/app/blobs/" + layer), "-i", "--no-follow"},
      {"pull", at("hello"), "oci:hello"},
      {"push", "oci:hello:latest", at("pushed:1")},
      {"copy", at("hello"), at("team/hello:1")},
      {"append", at("appended:1"), "one.tar", "--platform", "linux/amd64"},
      {"index", "create", at("many:1"), at("app:1")},
      {"tag", at("app:1"), "3"},
      {"delete", at("app:3")},
      {"manifest", "delete", at("app@" + app.manifest.digest)},
      {"blob", "delete", at("app@" + layer)},
  };
  for (const auto& words : runs) run_traced(words);
  // And where things go wrong.
  twin.fault({.route = Route::cdn, .fault = faults::status(403, {}, "SignatureDoesNotMatch"), .times = 0});
  run_traced({"pull", at("hello"), "oci:again"});
  dray.log_in(twin.host_port(), user, password + "-wrong");
  run_traced({"digest", at("hello")});
  run_traced({"api", "GET", "http://" + user + ":" + password + "@" + at("v2/app/tags/list")});
  run_traced({"inspect", user + ":" + password + "@" + at("hello")});

  ASSERT_THAT(said_, HasSubstr("(with Authorization)"));
  ASSERT_THAT(said_, HasSubstr("307 leads to"));
  const auto all = secrets();
  ASSERT_GE(all.size(), 5U);
  for (const auto& secret : all) {
    const auto at_byte = said_.find(secret);
    EXPECT_EQ(at_byte, std::string::npos)
        << secret << " in: " << said_.substr(at_byte < 200 ? 0 : at_byte - 200, 400 + secret.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Redaction, Secrets,
                         ::testing::Values(Secrecy{"Basic", AuthKind::basic}, Secrecy{"Bearer", AuthKind::bearer}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace secrets_test
}  // namespace dray::testing
