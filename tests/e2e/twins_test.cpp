// The program at the twin of each well-known registry, with the login that a person of that registry has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "program.hpp"
#include "support/image_maker.hpp"
#include "support/registry_twins.hpp"

namespace dray::testing {
namespace twins_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TwinAndProgram : public ::testing::TestWithParam<TwinKind> {
 protected:
  TwinAndProgram() {
    twin.add("app", "v", index);
    write_layout(source / "index", index, "v");
    log_in(twin.login().password);
  }
  void TearDown() override { EXPECT_THAT(twin.complaints(), IsEmpty()); }

  void log_in(const std::string& password) const { dray.log_in(twin.host_port(), twin.login().user, password); }

  /// With the token server named where it is on another host, as the program asks for.
  [[nodiscard]] Outcome run_dray(std::vector<std::string> words) const {
    if (twin.has_token_host()) words.insert(words.end(), {"--token-server", twin.token_host_port()});
    return dray(std::move(words));
  }
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = run_dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  TempDir source;
  Dray dray;
  Index index = make_multi_platform(Format::oci);
  RegistryTwin twin{GetParam()};
};

TEST_P(TwinAndProgram, IsInspected) {
  EXPECT_EQ(ok({"inspect", twin.at("app:v"), "--jq", ".digest"}), index.manifest.digest + "\n");
  EXPECT_EQ(ok({"tags", twin.at("app"), "--jq", ".tags[]"}), "v\n");
}

TEST_P(TwinAndProgram, IsPulledFrom) {
  EXPECT_EQ(ok({"pull", twin.at("app:v"), "oci:pulled", "--jq", ".digest"}), index.manifest.digest + "\n");
  for (const Image& image : index.images) {
    for (const Layer& layer : image.layers) {
      EXPECT_EQ(read_bytes(blob_in_layout(dray / "pulled", layer.blob.digest)), *layer.blob.bytes);
    }
  }
}

TEST_P(TwinAndProgram, IsPushedTo) {
  const auto to = twin.at("pushed:1");
  EXPECT_EQ(ok({"push", "oci:" + (source / "index").string() + ":v", to, "--jq", ".digest"}),
            index.manifest.digest + "\n");
  EXPECT_EQ(ok({"digest", to}), index.manifest.digest + "\n");
}

TEST_P(TwinAndProgram, IsCopiedWithinAndOutOf) {
  const auto to = twin.at("copied:1");
  EXPECT_EQ(ok({"copy", twin.at("app:v"), to, "--jq", ".digest, .bytesTransferred"}), index.manifest.digest + "\n0\n");
  EXPECT_EQ(ok({"copy", to, "oci:out:1", "--jq", ".digest"}), index.manifest.digest + "\n");
}

TEST_P(TwinAndProgram, WrongPasswordIsAnsweredWithTheNameOfItsFile) {
  log_in("MARKED-wrong");
  const Outcome outcome = run_dray({"digest", twin.at("app:v")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("config.json"), Not(HasSubstr("MARKED"))));
}

TEST_P(TwinAndProgram, IsLoggedInto) {
  ok({"logout", twin.host_port()});
  const auto log_in_with = [&](const std::string& password) {
    std::vector<std::string> words{"login", twin.host_port(), "-u", twin.login().user, "--password-stdin"};
    if (twin.has_token_host()) words.insert(words.end(), {"--token-server", twin.token_host_port()});
    return dray(std::move(words), password + "\n");
  };
  EXPECT_EQ(log_in_with("MARKED-wrong").status, 4);
  const Outcome accepted = log_in_with(twin.login().password);
  EXPECT_EQ(accepted.status, 0) << accepted.err;
  ok({"push", "oci:" + (source / "index").string() + ":v", twin.at("pushed:2")});
}

TEST_P(TwinAndProgram, NothingSecretIsTraced) {
  std::string said;
  for (const auto& words : {std::vector<std::string>{"pull", twin.at("app:v"), "oci:traced", "--trace"},
                            {"copy", "oci:traced:v", twin.at("traced:1"), "--trace"}}) {
    const Outcome outcome = run_dray(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    said += outcome.out + outcome.err;
  }
  EXPECT_THAT(said, HasSubstr(twin.login().user));
  EXPECT_THAT(said, Not(HasSubstr("MARKED")));
}

INSTANTIATE_TEST_SUITE_P(Twins, TwinAndProgram, ::testing::ValuesIn(every_twin),
                         [](const auto& row) { return name(row.param); });

// C-2
TEST(TwinAndToken, OptionIsNamedWhereTheTokenServerIsNobodysKnownOne) {
  RegistryTwin twin(TwinKind::gitlab);
  const Dray dray;
  dray.log_in(twin.host_port(), twin.login().user, twin.login().password);
  const Outcome outcome = dray({"digest", twin.at("missing:v")});
  EXPECT_EQ(outcome.status, 3) << outcome.err;  // as a stranger, who may look
  TempDir source;
  write_layout(source / "image", make_image(), "v");
  const Outcome refused = dray({"push", "oci:" + (source / "image").string() + ":v", twin.at("app:v")});
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, HasSubstr("--token-server " + twin.token_host_port()));
  for (const auto& request : twin.token_server().requests()) EXPECT_FALSE(request.headers.has("Authorization"));
}

struct TokenLogin {
  const char* name;
  TwinKind kind;
  const char* member;  ///< Of docker's file.
};
class TwinAndTokenLogin : public ::testing::TestWithParam<TokenLogin> {};

// C-11
TEST_P(TwinAndTokenLogin, IsUsedAndNeverTold) {
  RegistryTwin twin(GetParam().kind);
  const Dray dray;
  const auto secret = GetParam().kind == TwinKind::ghcr ? twin.registry_token().value() : twin.identity_token().value();
  dray.write("auth.json",
             R"({"auths":{")" + twin.host_port() + R"(":{")" + GetParam().member + R"(":")" + secret + R"("}}})");
  TempDir source;
  write_layout(source / "image", make_image(), "v");
  const Outcome outcome = dray({"push", "oci:" + (source / "image").string() + ":v", twin.at("app:v"), "--trace",
                                "--authfile", "auth.json", "--token-server", twin.token_host_port()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("auth.json"));
  std::set<std::string> secrets = {secret};
  for (const auto& request : twin.registry().requests()) {
    const auto shown = request.headers.get("Authorization");
    if (!shown.empty()) secrets.insert(shown.substr(shown.find(' ') + 1));
  }
  for (const auto& one : secrets) EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr(one)));
  EXPECT_THAT(twin.complaints(), IsEmpty());
}

const TokenLogin token_logins[] = {{"DockerHubIdentity", TwinKind::docker_hub, "identitytoken"},
                                   {"AcrIdentity", TwinKind::acr, "identitytoken"},
                                   {"GhcrRegistry", TwinKind::ghcr, "registrytoken"}};
INSTANTIATE_TEST_SUITE_P(Twins, TwinAndTokenLogin, ::testing::ValuesIn(token_logins),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace twins_test
}  // namespace dray::testing
