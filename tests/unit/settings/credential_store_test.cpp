#include <dray/settings/credential_store.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include "settings_testing.hpp"

namespace dray::settings {
namespace credential_store_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Store : public Settings {
 protected:
  static client::Credential bob() { return {"bob", "pw", {}}; }
  static Registry registry(const std::string& text) { return Registry::parse(text).value(); }
  [[nodiscard]] std::string config() const { return testing::read_bytes(folder_ / "home/.docker/config.json"); }
  [[nodiscard]] std::string store(const std::string& name, const client::Credential& credential = bob()) const {
    const auto stored = store_credential(options(), registry(name), credential);
    return stored ? *stored : "error: " + stored.error().message();
  }
  void keep(const std::string& name, const client::Credential& credential = bob()) const {
    EXPECT_THAT(store(name, credential), Not(HasSubstr("error: ")));
  }
  static mode_t mode(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
};

TEST_F(Store, MakesDockersFileForItsOwnerAlone) {
  const auto file = folder_ / "home/.docker/config.json";
  EXPECT_EQ(store("r.example"), file.string());
  EXPECT_EQ(config(), "{\n\t\"auths\": {\n\t\t\"r.example\": {\n\t\t\t\"auth\": \"Ym9iOnB3\"\n\t\t}\n\t}\n}\n");
  EXPECT_EQ(mode(file), 0600U);
  EXPECT_EQ(mode(file.parent_path()), 0700U);
  EXPECT_EQ(who("r.example"), "bob:pw");
}

TEST_F(Store, KeepsEverythingElseAsItWas) {
  write("home/.docker/config.json",
        "{\n  \"detachKeys\": \"ctrl-q\",\n  \"auths\": {\n    \"a.example\": {\"auth\": \"eDp5\"}\n  },\n  \"x\": "
        "[1,2]\n}\n");
  keep("r.example");
  EXPECT_EQ(config(),
            "{\n  \"detachKeys\": \"ctrl-q\",\n  \"auths\": {\n    \"a.example\": {\"auth\": \"eDp5\"},\n"
            "    \"r.example\": {\n      \"auth\": \"Ym9iOnB3\"\n    }\n  },\n  \"x\": [1,2]\n}\n");
}

TEST_F(Store, LooseModeBecomesTight) {
  const auto file = write("home/.docker/config.json", "{}");
  ::chmod(file.c_str(), 0644);
  keep("r.example");
  EXPECT_EQ(mode(file), 0600U);
}

TEST_F(Store, WritesTheHubAsDockerDoesAndDropsOtherSpellings) {
  write("home/.docker/config.json", R"({"auths":{"docker.io":{"auth":"eDp5"},"docker.io/team":{"auth":"eDp5"}}})");
  keep("docker.io");
  EXPECT_EQ(config(),
            R"({"auths":{"docker.io/team":{"auth":"eDp5"},"https://index.docker.io/v1/":{"auth":"Ym9iOnB3"}}})");
}

TEST_F(Store, KeepsTokensAsWhatTheyAre) {
  keep("i.example", {"bob", {}, {}, "refresh", {}});
  keep("b.example", {{}, {}, {}, {}, "bearer"});
  EXPECT_EQ(who("i.example"), "bob <refresh");
  EXPECT_EQ(who("b.example"), "=bearer");
}

TEST_F(Store, PasswordMayBeAKeyFileOfManyLines) {
  keep("r.example", {"_json_key", "{\n}\n", {}});
  EXPECT_EQ(who("r.example"), "_json_key:{\n}\n");
}

TEST_F(Store, FileOfAuthFileOptionThenOfTheVariable) {
  set("REGISTRY_AUTH_FILE", (folder_ / "variable/auth.json").string());
  EXPECT_EQ(store("r.example"), (folder_ / "variable/auth.json").string());
  auto with_file = options();
  with_file.auth_file = folder_ / "mine.json";
  EXPECT_EQ(store_credential(with_file, registry("r.example"), bob()).value(), (folder_ / "mine.json").string());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "home/.docker"));
}

TEST_F(Store, LinkIsFollowedToItsFolder) {
  const auto real = write("dotfiles/docker.json", R"({"x":1})");
  std::filesystem::create_directories(folder_ / "home/.docker");
  std::filesystem::create_symlink("../../dotfiles/docker.json", folder_ / "home/.docker/config.json");
  keep("r.example");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "home/.docker/config.json"));
  EXPECT_THAT(testing::read_bytes(real), HasSubstr("Ym9iOnB3"));
  EXPECT_EQ(mode(real), 0600U);
}

TEST_F(Store, LinkToNothingMakesTheFileBehindIt) {
  std::filesystem::create_directories(folder_ / "home/.docker");
  std::filesystem::create_symlink(folder_ / "dotfiles/docker.json", folder_ / "home/.docker/config.json");
  keep("r.example");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "home/.docker/config.json"));
  EXPECT_THAT(testing::read_bytes(folder_ / "dotfiles/docker.json"), HasSubstr("Ym9iOnB3"));
}

TEST_F(Store, LinksInACircleAreRefused) {
  std::filesystem::create_directories(folder_ / "home/.docker");
  std::filesystem::create_symlink("config.json", folder_ / "home/.docker/config.json");
  EXPECT_THAT(store("r.example"), HasSubstr("without an end"));
}

struct RefusedCase {
  const char* name;
  const char* text;
  const char* message;
};
class RefusedFile : public Store, public ::testing::WithParamInterface<RefusedCase> {};
TEST_P(RefusedFile, IsLeftAsItIs) {
  write("home/.docker/config.json", GetParam().text);
  EXPECT_THAT(store("r.example"), HasSubstr(GetParam().message));
  EXPECT_THAT(store("r.example"), HasSubstr("config.json is left as it is"));
  EXPECT_FALSE(erase_credential(options(), registry("r.example")).has_value());
  EXPECT_FALSE(erase_all_credentials(options()).has_value());
  EXPECT_EQ(config(), GetParam().text);
}
const RefusedCase refused_cases[] = {
    {"NoJson", "{\"auths\": {", "line 1"},
    {"Comment", "// mine\n{}", "line 1"},
    {"NoObject", "[]", "no object"},
    {"AuthsNoObject", R"({"auths":[]})", "\"auths\""},
    {"TwoMembersOfOneName", R"({"auths":{},"auths":{}})", "auths"},
    {"PullSecret", R"({"kind":"Secret","data":{}})", "read only"},
};
INSTANTIATE_TEST_SUITE_P(Table, RefusedFile, ::testing::ValuesIn(refused_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Store, BrokenEntryOfAnotherRegistryStaysAndStopsNobody) {
  write("home/.docker/config.json", R"({"auths":{"a.example":{"auth":"!"}}})");
  keep("r.example");
  EXPECT_EQ(config(), R"({"auths":{"a.example":{"auth":"!"},"r.example":{"auth":"Ym9iOnB3"}}})");
}

struct BadCredential {
  const char* name;
  client::Credential credential;
};
class RefusedCredential : public Store, public ::testing::WithParamInterface<BadCredential> {};
TEST_P(RefusedCredential, IsNotKept) {
  EXPECT_THAT(store("r.example", GetParam().credential), ::testing::StartsWith("error: "));
  EXPECT_THAT(store("r.example", GetParam().credential), Not(HasSubstr("s3cret")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "home"));
}
const BadCredential bad_credentials[] = {
    {"ColonInUser", {"b:ob", "s3cret", {}}},
    {"LineEndInUser", {"bob\n", "s3cret", {}}},
    {"NulInPassword", {"bob", std::string("s3cret\0", 7), {}}},
    {"BlankInToken", {{}, {}, {}, {}, "s3cret x"}},
    {"LineEndInIdentityToken", {{}, {}, {}, "s3cret\nx", {}}},
};
INSTANTIATE_TEST_SUITE_P(Table, RefusedCredential, ::testing::ValuesIn(bad_credentials),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Store, HelperGetsTheSecretAndTheFileAnEmptyEntry) {
  write_helper("own", "cat >\"$HOME.$1\"");
  write("home/.docker/config.json", R"({"credsStore":"own","auths":{"r.example":{"auth":"eDp5"}}})");
  EXPECT_EQ(store("r.example"),
            "docker-credential-own, which " + (folder_ / "home/.docker/config.json").string() + " names");
  EXPECT_EQ(config(), R"({"credsStore":"own","auths":{"r.example":{}}})");
  EXPECT_THAT(testing::read_bytes(folder_ / "home.store"), HasSubstr(R"("Secret":"pw")"));
}

TEST_F(Store, HelperThatFailsLeavesTheFileAsItWas) {
  write_helper("own", "echo 'the keyring is locked' >&2; exit 1");
  const std::string before = R"({"credsStore":"own","auths":{}})";
  write("home/.docker/config.json", before);
  EXPECT_THAT(store("r.example"), HasSubstr("docker-credential-own store ended with status 1: the keyring is locked"));
  EXPECT_EQ(config(), before);
}

TEST_F(Store, HelperTakesNoRegistryToken) {
  write_helper("own", "cat >/dev/null");
  write("home/.docker/config.json", R"({"credHelpers":{"r.example":"own"}})");
  EXPECT_THAT(store("r.example", {{}, {}, {}, {}, "bearer"}), HasSubstr("takes no registry tokens"));
}

TEST_F(Store, EraseTakesEverySpellingAndTheNamespaces) {
  write("home/.docker/config.json",
        R"({"auths":{"r.example":{"auth":"eDp5"},"https://r.example/v1/":{},"r.example/team":{},"s.example":{}}})");
  EXPECT_THAT(erase_credential(options(), registry("r.example")).value(),
              ElementsAre((folder_ / "home/.docker/config.json").string()));
  EXPECT_EQ(config(), R"({"auths":{"s.example":{}}})");
  EXPECT_THAT(erase_credential(options(), registry("r.example")).value(), IsEmpty());
}

TEST_F(Store, EraseAsksTheHelperToo) {
  write_helper("own", "cat >\"$HOME.$1\"");
  write("home/.docker/config.json", R"({"credsStore":"own","auths":{"https://index.docker.io/v1/":{}}})");
  EXPECT_THAT(erase_credential(options(), registry("docker.io")).value(),
              ElementsAre((folder_ / "home/.docker/config.json").string(), "docker-credential-own"));
  EXPECT_EQ(testing::read_bytes(folder_ / "home.erase"), "https://index.docker.io/v1/");
}

TEST_F(Store, EraseAllTakesEveryRegistryOfTheFile) {
  write_helper("own", "cat >>\"$HOME.$1\"; echo >>\"$HOME.$1\"");
  write("home/.docker/config.json",
        R"({"credHelpers":{"h.example":"own"},"auths":{"r.example":{"auth":"eDp5"},"h.example":{},"r.example/a":{}}})");
  EXPECT_THAT(erase_all_credentials(options()).value(), ElementsAre("h.example", "r.example"));
  EXPECT_EQ(config(), R"({"credHelpers":{"h.example":"own"},"auths":{}})");
  EXPECT_EQ(testing::read_bytes(folder_ / "home.erase"), "h.example\n");
}

TEST_F(Store, EraseMakesNothing) {
  EXPECT_THAT(erase_credential(options(), registry("r.example")).value(), IsEmpty());
  EXPECT_THAT(erase_all_credentials(options()).value(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "home"));
}

TEST_F(Store, WithoutAHomeSaysWhatToDo) {
  values_.clear();
  EXPECT_THAT(store("r.example"), HasSubstr("--authfile"));
}

TEST_F(Store, WritersWaitForEachOther) {
  constexpr int writers = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i) {
    threads.emplace_back([this, i] { keep("r" + std::to_string(i) + ".example"); });
  }
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < writers; ++i) EXPECT_EQ(who("r" + std::to_string(i) + ".example"), "bob:pw");
}

TEST_F(Store, WriterWaitsForOneInAnotherProcess) {
  write("home/.docker/config.json", "{}");
  const int held = ::open((folder_ / "home/.docker").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  std::thread writer([this] { keep("r.example"); });
  EXPECT_EQ(config(), "{}");
  ::close(held);
  writer.join();
  EXPECT_THAT(config(), HasSubstr("r.example"));
}

}  // namespace
}  // namespace credential_store_test
}  // namespace dray::settings
