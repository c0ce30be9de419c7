#include "helper.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <dray/format/json.hpp>
#include <fstream>
#include <thread>

#include "settings_testing.hpp"
#include "support/fake_clock.hpp"

namespace dray::settings {
namespace helper_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class C14Helper : public Settings {
 protected:
  [[nodiscard]] HelperRules rules(std::chrono::milliseconds deadline = std::chrono::seconds(30)) const {
    return {values_.contains("PATH") ? values_.at("PATH") : "", options().variables, deadline};
  }
  /// `USER:PASSWORD`, `<TOKEN`, `nothing`, or `error: …`.
  [[nodiscard]] std::string get(const std::string& name, const std::string& server = "r.example",
                                std::chrono::milliseconds deadline = std::chrono::seconds(30)) const {
    const auto helper = Helper::find(name, rules(deadline));
    if (!helper) return "error: " + helper.error().message();
    const auto login = helper->get(server);
    if (!login) return "error: " + login.error().message();
    if (!*login) return "nothing";
    return (*login)->identity_token.empty() ? (*login)->username + ":" + (*login)->password
                                            : "<" + (*login)->identity_token;
  }
  [[nodiscard]] std::string read(const std::string& name) const { return testing::read_bytes(folder_ / name); }
};

constexpr const char* answers_bob = R"(cat >/dev/null; echo '{"ServerURL":"x","Username":"bob","Secret":"pw"}')";

TEST_F(C14Helper, IsAskedForTheServer) {
  write_helper("own", "printf '%s' \"$1 $(cat)\" >\"$HOME.asked\"\n" + std::string(answers_bob));
  EXPECT_EQ(get("own", "https://index.docker.io/v1/"), "bob:pw");
  EXPECT_EQ(read("home.asked"), "get https://index.docker.io/v1/");
}

TEST_F(C14Helper, TokenUserMeansAnIdentityToken) {
  write_helper("own", R"(echo '{"ServerURL":"x","Username":"<token>","Secret":"refresh"}')");
  EXPECT_EQ(get("own"), "<refresh");
}

TEST_F(C14Helper, SecretMayBeAKeyFileOfManyLines) {
  write_helper("own", R"(printf '{"Username":"_json_key","Secret":"{\\n}\\n"}')");
  EXPECT_EQ(get("own"), "_json_key:{\n}\n");
}

TEST_F(C14Helper, NothingFoundIsNoError) {
  write_helper("own", "echo 'credentials not found in native keychain'; exit 1");
  EXPECT_EQ(get("own"), "nothing");
  write_helper("own", R"(echo '{"ServerURL":"","Username":"","Secret":""}')");
  EXPECT_EQ(get("own"), "nothing");
}

struct NameCase {
  const char* name;
  const char* helper;
};
class C14HelperName : public C14Helper, public ::testing::WithParamInterface<NameCase> {};
TEST_P(C14HelperName, IsRefused) {
  write_helper("own", answers_bob);
  EXPECT_THAT(get(GetParam().helper), HasSubstr("is no name of a credential helper"));
}
const NameCase name_cases[] = {
    {"Empty", ""},          {"Slash", "../own"},   {"Absolute", "/bin/sh"}, {"Blank", "own get"},
    {"Shell", "own;id"},    {"Newline", "own\nx"}, {"Dollar", "$(id)"},     {"Backquote", "`id`"},
    {"Backslash", "own\\"}, {"NotAscii", "öwn"},   {"Percent", "own%2f"},
};
INSTANTIATE_TEST_SUITE_P(Table, C14HelperName, ::testing::ValuesIn(name_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(C14Helper, NameIsNeverAFolderOrAFileThatIsNoProgram) {
  std::filesystem::create_directories(folder_ / "bin/docker-credential-folder");
  write("bin/docker-credential-text", "no program");
  set("PATH", (folder_ / "bin").string());
  EXPECT_THAT(get("folder"), HasSubstr("docker-credential-folder is not in PATH"));
  EXPECT_THAT(get("text"), HasSubstr("docker-credential-text is not in PATH"));
}

TEST_F(C14Helper, FolderThatHappensToBeTheCurrentOneIsNotSearched) {
  write_helper("own", answers_bob);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_ / "bin");
  for (const char* path : {"", ".", ":", "bin:./", "::"}) {
    set("PATH", path);
    EXPECT_THAT(get("own"), HasSubstr("is not in PATH")) << path;
  }
  std::filesystem::current_path(before);
}

struct ServerCase {
  const char* name;
  const char* server;
};
class C14HelperServer : public C14Helper, public ::testing::WithParamInterface<ServerCase> {};
TEST_P(C14HelperServer, IsNotPassedOn) {
  write_helper("own", "touch \"$HOME.asked\"\n" + std::string(answers_bob));
  EXPECT_THAT(get("own", GetParam().server), HasSubstr("the server's name"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "home.asked"));
}
const ServerCase server_cases[] = {
    {"Empty", ""},
    {"LineEnd", "r.example\nhost=evil.example"},
    {"CarriageReturn", "r.example\r"},
    {"Blank", "r.example evil.example"},
    {"Escape", "r.example\x1b[2J"},
    {"NotAscii", "r\xc3\xb6.example"},
};
INSTANTIATE_TEST_SUITE_P(Table, C14HelperServer, ::testing::ValuesIn(server_cases),
                         [](const auto& row) { return std::string(row.param.name); });

struct AnswerCase {
  const char* name;
  const char* script;
  const char* message;
};
class C14HelperAnswer : public C14Helper, public ::testing::WithParamInterface<AnswerCase> {};
TEST_P(C14HelperAnswer, IsRefusedWithoutItsSecret) {
  write_helper("own", GetParam().script);
  const auto said = get("own");
  EXPECT_THAT(said, AllOf(HasSubstr("error: docker-credential-own"), HasSubstr(GetParam().message)));
  EXPECT_THAT(said, Not(HasSubstr("s3cret")));
  for (const char c : said) EXPECT_TRUE(c >= ' ' || c < 0) << said;
}
const AnswerCase answer_cases[] = {
    {"NoJson", "echo s3cret", "no JSON object"},
    {"Nothing", "exit 0", "no JSON object"},
    {"Array", "echo '[\"s3cret\"]'", "no JSON object"},
    {"DuplicateKey", R"(echo '{"Username":"a","Username":"s3cret","Secret":"b"}')", "no JSON object"},
    {"NoSecret", R"(echo '{"Username":"s3cret"}')", "\"Secret\""},
    {"NumberAsSecret", R"(echo '{"Username":"a","Secret":5}')", "\"Secret\""},
    {"ControlInUser", R"(printf '{"Username":"a\\u001b[2J","Secret":"s3cret"}')", "control characters"},
    {"NulInSecret", R"(printf '{"Username":"a","Secret":"s3cret\\u0000"}')", "NUL"},
    {"BlankInToken", R"(echo '{"Username":"<token>","Secret":"s3cret x"}')", "a token that is none"},
    {"TwoAnswers", R"(echo '{"Username":"a","Secret":"b"}{"Username":"s3cret","Secret":"d"}')", "no JSON object"},
    {"Failure", "printf 'locked\\nkey\\033[2J\\007 ring' >&2; echo '{\"Secret\":\"s3cret\"}'; exit 3",
     "status 3: locked key[2J ring"},
    {"FailureOnStandardOutput", "echo 'the keyring is locked'; exit 1", "status 1: the keyring is locked"},
    {"FailureThatQuotes", "echo '{\"Secret\":\"s3cret\"}'; exit 1", "status 1"},
    {"Signal", "kill -SEGV $$", "status 139"},
};
INSTANTIATE_TEST_SUITE_P(Table, C14HelperAnswer, ::testing::ValuesIn(answer_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(C14Helper, AnswerAboveTheLimitIsRefused) {
  write_helper("own", "yes s3cret");
  EXPECT_THAT(get("own"), HasSubstr("docker-credential-own answered with more than 65536 bytes"));
  write_helper("own", R"(printf '{"Username":"a","Secret":"'; head -c 65500 /dev/zero | tr '\0' s; printf '"}')");
  EXPECT_THAT(get("own"), ::testing::StartsWith("a:sss"));
}

TEST_F(C14Helper, WordsWithoutEndAreCutAndHarmNobody) {
  write_helper("own", std::string("head -c 1000000 /dev/zero | tr '\\0' x >&2\n") + answers_bob);
  EXPECT_EQ(get("own"), "bob:pw");
  write_helper("own", "head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");
  EXPECT_LT(get("own").size(), 500U);
}

bool is_alive(pid_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  return !text.empty() && text.find(") Z") == std::string::npos && text.find(") X") == std::string::npos;
}

TEST_F(C14Helper, OneThatHangsIsKilledWithItsChildren) {
  write_helper("own", "sleep 1000 & echo $! >\"$HOME.child\"; wait");
  EXPECT_THAT(get("own", "r.example", std::chrono::milliseconds(2000)),
              HasSubstr("docker-credential-own did not answer within 2000 ms"));
  std::ifstream stream(folder_ / "home.child");
  pid_t child = 0;
  stream >> child;
  ASSERT_GT(child, 0);
  // It dies in its own time, and init reaps it in its own: a zombie is gone too.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (is_alive(child) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_FALSE(is_alive(child));
}

TEST_F(C14Helper, OneThatLeavesAChildBehindIsNotWaitedFor) {
  write_helper("own", std::string(answers_bob) + "\nsleep 1000 &");
  EXPECT_EQ(get("own"), "bob:pw");
}

TEST_F(C14Helper, OneThatDoesNotReadItsInputIsFine) {
  write_helper("own", R"(exec <&-; echo '{"Username":"bob","Secret":"pw"}')");
  EXPECT_EQ(get("own"), "bob:pw");
}

TEST_F(C14Helper, SeesTheEnvironmentWithoutOurSecrets) {
  set("AWS_PROFILE", "needed");
  set("DRAY_PASSWORD", "s3cret");
  set("DRAY_USERNAME", "s3cret");
  set("DRAY_TOKEN", "s3cret");
  set("DRAY_REGISTRY", "s3cret");
  set("DOCKER_AUTH_CONFIG", "s3cret");
  ::setenv("NOT_LISTED", "s3cret", 1);
  write_helper("own", "env >\"$HOME.env\"\n" + std::string(answers_bob));
  EXPECT_EQ(get("own"), "bob:pw");
  ::unsetenv("NOT_LISTED");
  const auto seen = read("home.env");
  EXPECT_THAT(seen, AllOf(HasSubstr("AWS_PROFILE=needed\n"), HasSubstr("DRAY_INSIDE_HELPER=1\n")));
  EXPECT_THAT(seen, Not(HasSubstr("s3cret")));
}

TEST_F(C14Helper, InheritsNoOpenFileAndNoBlockedSignal) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  write_helper("own",
               "ls /proc/self/fd >\"$HOME.fds\"; grep -E 'SigBlk|SigIgn' /proc/self/status >\"$HOME.signals\"\n" +
                   std::string(answers_bob));
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(get("own"), "bob:pw");
  ::signal(SIGPIPE, before);
  ::pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  ::close(leaked);
  EXPECT_EQ(read("home.fds"), "0\n1\n2\n3\n");  // the third is the folder that ls reads
  EXPECT_THAT(read("home.signals"), HasSubstr("SigBlk:\t0000000000000000\n"));
  // glibc's posix_spawn leaves its own two, 32 and 33, ignored.
  EXPECT_THAT(read("home.signals"), ::testing::EndsWith("0000000\n"));
}

TEST_F(C14Helper, StoresAndErases) {
  write_helper("own", "cat >\"$HOME.$1\"");
  const auto helper = Helper::find("own", rules()).value();
  ASSERT_TRUE(helper.store("r.example", Login{"bob", "p\"w", {}, {}}).has_value());
  EXPECT_EQ(Json::parse(read("home.store")).value(),
            Json::parse(R"({"ServerURL":"r.example","Username":"bob","Secret":"p\"w"})").value());
  ASSERT_TRUE(helper.store("r.example", Login{"bob", {}, "refresh", {}}).has_value());
  EXPECT_THAT(read("home.store"), HasSubstr(R"("Username":"<token>","Secret":"refresh")"));
  EXPECT_TRUE(helper.erase("r.example").value());
  EXPECT_EQ(read("home.erase"), "r.example");
  EXPECT_EQ(helper.store("r.example", Login{{}, {}, {}, "bearer"}).error().code(), ErrorCode::unsupported);
}

// How files name helpers.

TEST_F(C14Helper, FileNamesTheHelperOfARegistryBeforeThatOfAll) {
  write_helper("one", R"(echo '{"Username":"one","Secret":"pw"}')");
  write_helper("all", R"(echo '{"Username":"all","Secret":"pw"}')");
  write("home/.docker/config.json", R"({"credsStore":"all","credHelpers":{"r.example":"one"},
    "auths":{"r.example":{"username":"file","password":"pw"},"s.example":{},
             "s.example/team":{"username":"team","password":"pw"}}})");
  EXPECT_EQ(who("r.example"), "one:pw");
  EXPECT_EQ(who("s.example"), "all:pw");
  EXPECT_EQ(who("s.example", "team/app"), "team:pw");
}

TEST_F(C14Helper, FileCountsWhereTheHelperHasNothing) {
  write_helper("all", "echo 'credentials not found in native keychain'; exit 1");
  write("home/.docker/config.json",
        R"({"credsStore":"all","auths":{"r.example":{"username":"file","password":"pw"},"s.example":{}}})");
  EXPECT_EQ(who("r.example"), "file:pw");
  EXPECT_EQ(who("s.example"), "nobody");
  const auto report = credentials()->explain(Registry::parse("s.example").value(), "");
  EXPECT_THAT(report.sources[4].says, HasSubstr("docker-credential-all (credsStore) has nothing for it"));
}

TEST_F(C14Helper, OneThatFailsIsNamedWithTheFileThatNamesIt) {
  const auto file = write("home/.docker/config.json", R"({"credsStore":"gone"})");
  EXPECT_EQ(who("r.example"), "error: " + file.string() + ": credsStore: docker-credential-gone is not in PATH");
}

TEST_F(C14Helper, OriginNamesTheHelperAndTheFile) {
  write_helper("all", answers_bob);
  const auto file = write("home/.docker/config.json", R"({"credsStore":"all"})");
  const auto found = credentials()->find(Registry::parse("r.example").value(), "");
  EXPECT_EQ((*found)->origin, "docker-credential-all, which " + file.string() + " names");
}

TEST_F(C14Helper, IsNotAskedWhenAnEarlierPlaceCounts) {
  write_helper("all", "touch \"$HOME.asked\"\n" + std::string(answers_bob));
  write("run/auth.json", R"({"auths":{"r.example":{"username":"run","password":"pw"}}})");
  write("home/.docker/config.json", R"({"credsStore":"all"})");
  const auto report = credentials()->explain(Registry::parse("r.example").value(), "");
  EXPECT_EQ(report.sources[4].outcome, SourceOutcome::shadowed);
  EXPECT_EQ(report.sources[4].says, "docker-credential-all (credsStore) was not asked");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "home.asked"));
}

TEST_F(C14Helper, NeverAsksItself) {
  write_helper("dray", "touch \"$HOME.asked\"\n" + std::string(answers_bob));
  write_helper("all", "touch \"$HOME.asked\"\n" + std::string(answers_bob));
  write("home/.docker/config.json", R"({"credsStore":"dray"})");
  EXPECT_EQ(who("r.example"), "nobody");
  write("home/.docker/config.json", R"({"credsStore":"all"})");
  set("DRAY_INSIDE_HELPER", "1");
  EXPECT_EQ(who("r.example"), "nobody");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "home.asked"));
}

TEST_F(C14Helper, AnswerIsKeptForAnHourAndAFailureForFiveSeconds) {
  testing::FakeClock clock{std::chrono::system_clock::now()};
  write_helper("all", "echo x >>\"$HOME.asked\"\n[ -e \"$HOME.broken\" ] && exit 1\n" + std::string(answers_bob));
  write("home/.docker/config.json", R"({"credsStore":"all"})");
  auto with_clock = options();
  with_clock.clock = &clock;
  const auto source = Credentials::make(with_clock);
  EXPECT_EQ(who(*source, "r.example"), "bob:pw");
  EXPECT_EQ(who(*source, "r.example", "other"), "bob:pw");
  EXPECT_EQ(read("home.asked"), "x\n");
  EXPECT_EQ(who(*source, "s.example"), "bob:pw");
  EXPECT_EQ(read("home.asked"), "x\nx\n");
  write("home.broken", "");
  clock.advance(std::chrono::hours(1));
  EXPECT_THAT(who(*source, "r.example"), HasSubstr("status 1"));
  std::filesystem::remove(folder_ / "home.broken");
  EXPECT_THAT(who(*source, "r.example"), HasSubstr("status 1"));
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(who(*source, "r.example"), "bob:pw");
}

}  // namespace
}  // namespace helper_test
}  // namespace dray::settings
