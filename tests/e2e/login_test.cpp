// Logging in and out against real registries, and what is told about credentials.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <regex>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/hashing.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace login_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A registry with a door that `alice` opens.
class Door {
 public:
  virtual ~Door() = default;
  [[nodiscard]] virtual std::string host() const = 0;
};

class DebiansDoor final : public Door {
 public:
  [[nodiscard]] std::string host() const override { return registry_.host_port(); }

 private:
  DockerRegistry registry_{{.user = Served::user, .password = Served::password}};
};

class OurDoor final : public Door {
 public:
  explicit OurDoor(bool tokens) : served_(dray_, dray_ / "storage", {.password = true, .tokens = tokens}) {}
  [[nodiscard]] std::string host() const override { return served_.host_port(); }

 private:
  Dray dray_;
  Served served_;
};

struct DoorCase {
  const char* name;
  std::unique_ptr<Door> (*open)();
};

class Login : public ::testing::TestWithParam<DoorCase> {
 protected:
  Login() { dray.write("one.tar", make_tar({TarEntry{"a", "a\n"}})); }

  [[nodiscard]] Outcome log_in(const std::string& password, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"login", door->host(), "-u", Served::user, "--password-stdin"};
    words.insert(words.end(), more.begin(), more.end());
    return dray(std::move(words), password + "\n");
  }
  [[nodiscard]] Outcome push() const {
    return dray({"append", door->host() + "/app:1", "one.tar", "--platform", "linux/amd64"});
  }
  [[nodiscard]] std::filesystem::path config() const { return dray.home() / ".docker/config.json"; }

  std::unique_ptr<Door> door = GetParam().open();
  Dray dray;
};

TEST_P(Login, OpensTheDoorUntilLogout) {
  EXPECT_EQ(push().status, 4);
  const auto login = log_in(Served::password);
  EXPECT_EQ(login.status, 0) << login.err;
  EXPECT_EQ(login.err, "");
  EXPECT_EQ(login.out, "Registry  " + door->host() + "\nUser      alice\nCheck     accepted\nKept      password in " +
                           config().string() + "\n");
  struct stat status{};
  ASSERT_EQ(::stat(config().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  const auto pushed = push();
  EXPECT_EQ(pushed.status, 0) << pushed.err;
  EXPECT_EQ(dray({"pull", door->host() + "/app:1", "oci:pulled"}).status, 0);

  const auto logout = dray({"logout", door->host()});
  EXPECT_EQ(logout.out, "forgot " + door->host() + "\n");
  EXPECT_EQ(logout.err, "");
  EXPECT_EQ(dray({"digest", door->host() + "/app:1"}).status, 4);
  EXPECT_EQ(dray({"logout", door->host()}).out, "there was no login to forget\n");
}

TEST_P(Login, WrongPasswordIsNotKept) {
  const auto login = log_in("MARKED-wrong", {"--trace"});
  EXPECT_EQ(login.status, 4);
  EXPECT_THAT(login.err, HasSubstr("nothing was kept"));
  EXPECT_THAT(login.err, Not(HasSubstr("MARKED")));
  EXPECT_THAT(login.err, Not(HasSubstr(base64(std::string(Served::user) + ":MARKED-wrong"))));
  EXPECT_FALSE(std::filesystem::exists(config()));
}

TEST_P(Login, WrongPasswordLeavesTheRightOne) {
  ASSERT_EQ(log_in(Served::password).status, 0);
  EXPECT_EQ(log_in("wrong").status, 4);
  EXPECT_EQ(push().status, 0);
}

TEST_P(Login, TellsNoSecretHoweverTalkative) {
  const auto login = log_in(Served::password, {"--trace"});
  EXPECT_EQ(login.status, 0);
  const auto explained = dray({"auth", "explain", door->host() + "/app", "--trace", "--format", "json"});
  const auto logout = dray({"logout", door->host(), "--trace"});
  const auto said = login.out + login.err + explained.out + explained.err + logout.out + logout.err;
  EXPECT_THAT(said, HasSubstr("200 GET"));
  EXPECT_THAT(said, Not(HasSubstr(Served::password)));
  EXPECT_THAT(said, Not(HasSubstr(base64(std::string(Served::user) + ":" + Served::password))));
}

TEST_P(Login, WithoutACheckAnythingIsKeptAndTheFileNamedWhenItFails) {
  const auto login = log_in("wrong", {"--no-check"});
  EXPECT_EQ(login.status, 0);
  EXPECT_THAT(login.out, HasSubstr("Check     not tried\n"));
  const auto refused = push();
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("alice"), HasSubstr(config().string())));
}

TEST_P(Login, HelperKeepsTheSecret) {
  const auto script = dray.write("bin/docker-credential-test",
                                 "#!/bin/sh\ncase $1 in\n"
                                 "store) cat >\"$HOME/kept\" ;;\n"
                                 "get) cat >/dev/null; cat \"$HOME/kept\" 2>/dev/null ||\n"
                                 "  { echo 'credentials not found in native keychain'; exit 1; } ;;\n"
                                 "erase) rm -f \"$HOME/kept\" ;;\nesac\n");
  ASSERT_EQ(::chmod(script.c_str(), 0755), 0);
  dray.set_environment("PATH", (dray / "bin").string() + ":/usr/bin:/bin");
  write_bytes(config(), R"({"credsStore":"test"})");
  const auto login = log_in(Served::password);
  EXPECT_THAT(login.out, HasSubstr("Kept      password in docker-credential-test, which " + config().string()));
  EXPECT_EQ(read_bytes(config()), R"({"credsStore":"test","auths":{")" + door->host() + R"(":{}}})");
  EXPECT_EQ(push().status, 0);
  EXPECT_EQ(dray({"logout", "--all"}).out, "forgot " + door->host() + "\n");
  EXPECT_FALSE(std::filesystem::exists(dray.home() / "kept"));
  EXPECT_EQ(push().status, 4);
}

TEST_P(Login, AuthFileIsMadeAndIsTheOnlyPlace) {
  const auto login = log_in(Served::password, {"--authfile", "mine.json"});
  EXPECT_EQ(login.status, 0) << login.err;
  EXPECT_EQ(push().status, 4);
  EXPECT_EQ(dray({"append", door->host() + "/app:1", "one.tar", "--platform", "linux/amd64", "--authfile", "mine.json"})
                .status,
            0);
  EXPECT_FALSE(std::filesystem::exists(config()));
}

TEST_P(Login, SaysThatAnotherPlaceComesFirst) {
  dray.set_environment("DRAY_REGISTRY", door->host());
  dray.set_environment("DRAY_USERNAME", "mallory");
  dray.set_environment("DRAY_PASSWORD", "wrong");
  EXPECT_THAT(log_in(Served::password).err, HasSubstr("DRAY_USERNAME and DRAY_PASSWORD comes first"));
  EXPECT_THAT(push().err, AllOf(HasSubstr("mallory"), HasSubstr("DRAY_USERNAME and DRAY_PASSWORD")));
  EXPECT_THAT(dray({"logout", door->host()}).err, HasSubstr("still gets the password from DRAY_USERNAME"));
}

TEST_P(Login, VariablesOpenTheDoorTheyNameAndNoOther) {
  dray.set_environment("DRAY_USERNAME", Served::user);
  dray.set_environment("DRAY_PASSWORD", Served::password);
  const auto aimless = push();
  EXPECT_THAT(aimless.err, HasSubstr("set DRAY_REGISTRY"));
  dray.set_environment("DRAY_REGISTRY", door->host());
  EXPECT_EQ(push().status, 0);
  dray.set_environment("DRAY_REGISTRY", "localhost:1");
  EXPECT_EQ(push().status, 4);
}

INSTANTIATE_TEST_SUITE_P(
    Doors, Login,
    ::testing::Values(DoorCase{"DockerRegistry", [] { return std::unique_ptr<Door>(new DebiansDoor); }},
                      DoorCase{"ServeBasic", [] { return std::unique_ptr<Door>(new OurDoor(false)); }},
                      DoorCase{"ServeTokens", [] { return std::unique_ptr<Door>(new OurDoor(true)); }}),
    [](const auto& row) { return row.param.name; });

TEST(LoginWords, PasswordOnTheCommandLineIsRefusedAndNotRepeated) {
  const Dray dray;
  const auto outcome = dray({"login", "r.example", "-u", "bob", "-p", "MARKED"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--password-stdin"), Not(HasSubstr("MARKED"))));
}

TEST(LoginWords, CredentialInTheNameIsNotRepeated) {
  const Dray dray;
  for (const char* where : {"bob:MARKED@r.example", "https://bob:MARKED@r.example/v2/"}) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"login", where}, {"logout", where}, {"auth", "explain", where}}) {
      const auto outcome = dray(words);
      EXPECT_EQ(outcome.status, 2);
      EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("MARKED")));
    }
  }
}

TEST(LoginWords, WithoutATerminalSaysWhatToDo) {
  const Dray dray;
  EXPECT_THAT(dray({"login", "r.example"}).err, HasSubstr("--username"));
  EXPECT_THAT(dray({"login", "r.example", "-u", "bob"}).err, HasSubstr("--password-stdin"));
  EXPECT_THAT(dray({"login", "r.example", "-u", "bob", "--password-stdin"}).err, HasSubstr("held nothing"));
  EXPECT_EQ(dray({"login", "r.example", "--password-stdin", "--token-stdin"}, "x").status, 2);
}

TEST(LoginWords, LeavesDockerHubToBeTheDefault) {
  const Dray dray;
  EXPECT_EQ(dray({"login", "-u", "bob", "--password-stdin", "--no-check"}, "pw").status, 0);
  EXPECT_THAT(read_bytes(dray.home() / ".docker/config.json"), HasSubstr("\"https://index.docker.io/v1/\""));
  EXPECT_EQ(dray({"logout"}).out, "forgot docker.io\n");
}

// A terminal.

/// Both ends of a terminal; ours stays open, so its settings can be looked at when the program is gone.
class PseudoTerminal {
 public:
  PseudoTerminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    EXPECT_EQ(::grantpt(master_), 0);
    EXPECT_EQ(::unlockpt(master_), 0);
    name_ = ::ptsname(master_);
    slave_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  ~PseudoTerminal() {
    ::close(slave_);
    ::close(master_);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  void type(const std::string& text) const {
    EXPECT_EQ(::write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] bool echoes() const {
    termios settings{};
    return ::tcgetattr(slave_, &settings) == 0 && (settings.c_lflag & ECHO) != 0;
  }
  /// What a person would have seen of their own typing.
  [[nodiscard]] std::string shown() const {
    std::string text(4096, '\0');
    ::fcntl(master_, F_SETFL, O_NONBLOCK);
    const auto got = ::read(master_, text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  int master_;
  int slave_ = -1;
  std::string name_;
};

Command on_terminal(const Dray& dray, const PseudoTerminal& terminal, const std::string& words) {
  auto command = dray.command({});
  command.words = {"bash", "-c", "exec '" + command.words[0] + "' " + words + " <" + terminal.name()};
  return command;
}

TEST(LoginOnATerminal, PasswordIsTypedUnseen) {
  const Dray dray;
  const PseudoTerminal terminal;
  Process login(on_terminal(dray, terminal, "login r.example --no-check"));
  ASSERT_TRUE(login.wait_for_output("User name: "));
  terminal.type("bob\n");
  ASSERT_TRUE(login.wait_for_output("Password: "));
  EXPECT_FALSE(terminal.echoes());
  terminal.type("MARKED\n");
  const auto outcome = login.wait();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(terminal.echoes());
  EXPECT_THAT(terminal.shown(), AllOf(HasSubstr("bob"), Not(HasSubstr("MARKED"))));
  EXPECT_THAT(read_bytes(dray.home() / ".docker/config.json"), HasSubstr(base64("bob:MARKED")));
}

TEST(LoginOnATerminal, InterruptLeavesTheTerminalAsItWas) {
  const Dray dray;
  const PseudoTerminal terminal;
  Process login(on_terminal(dray, terminal, "login r.example -u bob --no-check"));
  ASSERT_TRUE(login.wait_for_output("Password: "));
  login.kill(SIGINT);
  EXPECT_EQ(login.wait().status, 130);
  EXPECT_TRUE(terminal.echoes());
  EXPECT_FALSE(std::filesystem::exists(dray.home() / ".docker"));
}

// What is told.

TEST(AuthExplain, TellsEveryPlaceInItsOrder) {
  Dray dray;
  const auto home = dray.home().string();
  dray.set_environment("DOCKER_AUTH_CONFIG", R"({"auths":{"quay.io/other":{"auth":"eDpNQVJLRUQ="}}})");
  write_bytes(dray.home() / "run/containers/auth.json", R"({"auths":{"quay.io/team":{"auth":"cm9ib3Q6TUFSS0VE"}}})");
  write_bytes(dray.home() / ".docker/config.json", R"({"auths":{"quay.io":{"auth":"eDpNQVJLRUQ="}}})");
  const auto explained = dray({"auth", "explain", "quay.io/team/app:1.0"});
  EXPECT_EQ(explained.status, 0);
  EXPECT_EQ(explained.err, "");
  const auto seen =
      std::regex_replace(std::regex_replace(explained.out, std::regex(home), "HOME"), std::regex(" +"), " ");
  EXPECT_EQ(seen, R"(Registry quay.io
Repository team/app
Uses password of robot, from HOME/run/containers/auth.json (entry "quay.io/team")

 # PLACE OUTCOME WHY
 1 DRAY_USERNAME, DRAY_PASSWORD nothing not set
 2 DOCKER_AUTH_CONFIG nothing its entries are for other repositories: "quay.io/other"
 3 HOME/run/containers/auth.json used entry "quay.io/team"
 4 HOME/.config/containers/auth.json nothing no such file
 5 HOME/.docker/config.json shadowed entry "quay.io"
 6 HOME/.dockercfg nothing no such file
)");
}

TEST(AuthExplain, IsJsonToo) {
  Dray dray;
  dray.log_in("r.example", "bob", "MARKED");
  EXPECT_EQ(
      dray({"auth", "explain", "r.example", "--jq", ".used"}).out,
      R"({"username":"bob","kind":"password","origin":")" + (dray.home() / ".docker/config.json").string() + "\"}\n");
  EXPECT_EQ(dray({"auth", "explain", "s.example", "--jq", ".used"}).out, "null\n");
}

TEST(AuthExplain, BrokenFileIsShownAndEndsWithItsError) {
  const Dray dray;
  write_bytes(dray.home() / ".docker/config.json", "{\n  oops\n}");
  const auto explained = dray({"auth", "explain", "r.example"});
  EXPECT_EQ(explained.status, 2);
  EXPECT_THAT(explained.out, AllOf(HasSubstr("a place is broken"), HasSubstr("config.json: "), HasSubstr("line 2")));
}

// As a helper for others.

TEST(AuthGet, AnswersAsAHelper) {
  const Dray dray;
  dray.log_in("https://index.docker.io/v1/", "bob", "pw");
  EXPECT_EQ(dray({"auth", "get"}, "https://index.docker.io/v1/\n").out,
            "{\"ServerURL\":\"https://index.docker.io/v1/\",\"Username\":\"bob\",\"Secret\":\"pw\"}\n");
  const auto nothing = dray({"auth", "get"}, "r.example");
  EXPECT_EQ(nothing.status, 1);
  EXPECT_EQ(nothing.out, "credentials not found in native keychain\n");
}

TEST(AuthGet, IdentityTokenHasTheTokenUserAndARegistryTokenNoPlace) {
  const Dray dray;
  write_bytes(dray.home() / ".docker/config.json",
              R"({"auths":{"i.example":{"identitytoken":"refresh"},"b.example":{"registrytoken":"bearer"}}})");
  EXPECT_EQ(dray({"auth", "get"}, "i.example").out,
            "{\"ServerURL\":\"i.example\",\"Username\":\"<token>\",\"Secret\":\"refresh\"}\n");
  EXPECT_EQ(dray({"auth", "get"}, "b.example").status, 1);
}

/// The program under the name that others call a helper by.
Outcome as_helper(const Dray& dray, const std::string& action, const std::string& input = {}) {
  auto command = dray.command({action});
  const auto link = dray / "docker-credential-dray";
  if (!std::filesystem::exists(link)) std::filesystem::create_symlink(command.words[0], link);
  command.words[0] = link.string();
  command.input = input;
  return run(std::move(command));
}

TEST(AuthGet, ProgramIsAHelperByItsName) {
  const Dray dray;
  // It is named as the helper of all, and must not ask itself without end.
  write_bytes(dray.home() / ".docker/config.json",
              R"({"credsStore":"dray","auths":{"r.example":{"auth":"Ym9iOnB3"},"https://index.docker.io/v1/":{}}})");
  EXPECT_EQ(as_helper(dray, "get", "r.example").out,
            "{\"ServerURL\":\"r.example\",\"Username\":\"bob\",\"Secret\":\"pw\"}\n");
  EXPECT_EQ(as_helper(dray, "list").out, "{\"r.example\":\"bob\",\"https://index.docker.io/v1/\":\"\"}\n");
  EXPECT_THAT(as_helper(dray, "version").out, StartsWith("docker-credential-dray "));
  EXPECT_EQ(as_helper(dray, "store", "{}").status, 1);
  EXPECT_EQ(as_helper(dray, "nonsense").status, 1);
}

TEST(AuthGet, SkopeoAsksUs) {
  Dray dray;
  const DockerRegistry registry({.user = Served::user, .password = Served::password});
  dray.log_in(registry.host_port(), Served::user, Served::password);
  ASSERT_EQ(as_helper(dray, "version").status, 0);
  dray.write("skopeo.json", R"({"credHelpers":{")" + registry.host_port() + R"(":"dray"}})");
  dray.set_environment("PATH", dray.directory().string() + ":/usr/bin:/bin");
  auto command = dray.command({});
  const std::vector<std::string> lists{"list-tags", "--tls-verify=false", "--authfile", "skopeo.json",
                                       "docker://" + registry.host_port() + "/app"};
  command.words = {"skopeo", "--insecure-policy"};
  command.words.insert(command.words.end(), lists.begin(), lists.end());
  const auto outcome = run(std::move(command));
  // It got in: what is missing is the repository, and not the right to ask.
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("404"), Not(HasSubstr("unauthorized"))));
}

TEST(AuthToken, OpensTheRegistryToCurl) {
  Dray dray;
  const Served served(dray, dray / "storage", {.password = true, .tokens = true});
  dray.write("one.tar", make_tar({TarEntry{"a", "a\n"}}));
  const auto image = served.host_port() + "/app";
  EXPECT_EQ(dray({"auth", "token", image, "--scope", "push"}).status, 4);
  dray.log_in(served.host_port(), Served::user, Served::password);
  ASSERT_EQ(dray({"append", image + ":1", "one.tar", "--platform", "linux/amd64"}).status, 0);
  const auto token = dray({"auth", "token", image});
  ASSERT_EQ(token.status, 0) << token.err;
  dray.set_environment("TOKEN", token.out.substr(0, token.out.size() - 1));
  const auto answer =
      dray.shell("curl -sf -H \"Authorization: Bearer $TOKEN\" " + served.origin() + "/v2/app/tags/list");
  EXPECT_EQ(answer.out, R"({"name":"app","tags":["1"]})" + std::string(answer.out.ends_with('\n') ? "\n" : ""));
  // And it is one that the registry takes as it is.
  dray.set_environment("DRAY_REGISTRY", served.host_port());
  dray.set_environment("DRAY_TOKEN", token.out.substr(0, token.out.size() - 1));
  EXPECT_EQ(dray({"tags", image}).out, "1\n");
  EXPECT_EQ(dray({"auth", "token", image, "--scope", "admin"}).status, 2);
  EXPECT_EQ(dray({"auth", "token", served.host_port()}).status, 2);
}

TEST(AuthToken, BasicRegistryHasNone) {
  const Dray dray;
  const DockerRegistry registry({.user = Served::user, .password = Served::password});
  dray.log_in(registry.host_port(), Served::user, Served::password);
  const auto token = dray({"auth", "token", registry.host_port() + "/app"});
  EXPECT_EQ(token.status, 1);
  EXPECT_THAT(token.err, HasSubstr("no tokens"));
}

TEST(LoginWithATokenOfTheRegistry, IsTakenAsItIs) {
  const Dray dray;
  const Served served(dray, dray / "storage", {.password = true, .tokens = true});
  dray.log_in(served.host_port(), Served::user, Served::password);
  const auto token = dray({"auth", "token", served.host_port() + "/app"}).out;
  std::filesystem::remove(dray.home() / ".docker/config.json");
  const auto login = dray({"login", served.host_port(), "--token-stdin"}, token);
  EXPECT_EQ(login.status, 0) << login.err;
  EXPECT_THAT(read_bytes(dray.home() / ".docker/config.json"), HasSubstr("\"registrytoken\""));
  EXPECT_EQ(dray({"login", served.host_port(), "--token-stdin"}, "MARKED").status, 4);
}

TEST(LoginForAnIdentityToken, KeepsThatAndNoPassword) {
  const Dray dray;
  const Served served(dray, dray / "storage", {.password = true, .tokens = true});
  const auto login = dray(
      {"login", served.host_port(), "-u", Served::user, "--password-stdin", "--keep-identity-token"}, Served::password);
  EXPECT_EQ(login.status, 0) << login.err;
  EXPECT_THAT(login.out, HasSubstr("Kept      identity token in "));
  const auto kept = read_bytes(dray.home() / ".docker/config.json");
  EXPECT_THAT(kept, HasSubstr("\"identitytoken\""));
  EXPECT_THAT(kept, Not(HasSubstr(base64(std::string(Served::user) + ":" + Served::password))));
  dray.write("one.tar", make_tar({TarEntry{"a", "a\n"}}));
  const auto pushed = dray({"append", served.host_port() + "/app:1", "one.tar", "--platform", "linux/amd64"});
  EXPECT_EQ(pushed.status, 0) << pushed.err;
}

TEST(LoginToAnOpenDoor, SaysThatNothingWasProved) {
  const Dray dray;
  const Served served(dray, dray / "storage");
  const auto login = dray({"login", served.host_port(), "-u", "bob", "--password-stdin"}, "pw");
  EXPECT_EQ(login.status, 0);
  EXPECT_THAT(login.out, HasSubstr("Check     not asked for\n"));
  EXPECT_THAT(login.err, HasSubstr("nothing was proved"));
}

// The kernel gives the files below /proc/PID of a process that may be dumped to its user, and of others to root.
TEST(CoreDumps, AreNotWrittenOfSomebodyWhoHoldsSecrets) {
  constexpr unsigned nobody = 65534;
  const Dray dray;
  const TempDir open;
  const auto user = ::geteuid() == 0 ? nobody : ::geteuid();
  ASSERT_EQ(::chmod(open.path().c_str(), 0755), 0);
  std::filesystem::create_directory(open / "storage");
  ASSERT_EQ(::chmod((open / "storage").c_str(), 0777), 0);
  auto command = dray.command({"serve", (open / "storage").string(), "--listen", "127.0.0.1:0"});
  std::filesystem::copy_file(command.words[0], open / "dray");
  command.words[0] = (open / "dray").string();
  command.directory = open.path();
  if (::geteuid() == 0) {
    const auto id = std::to_string(nobody);
    command.words.insert(command.words.begin(), {"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups", "--"});
  }
  Process served(std::move(command));
  ASSERT_TRUE(served.wait_for_output("://127.0.0.1:")) << served.err();
  struct stat process{};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(served.pid()) + "/environ").c_str(), &process), 0);
  EXPECT_EQ(process.st_uid, 0U);
  // What it would be without: any other program of the same user.
  std::vector<std::string> words{"sh", "-c", "echo up; sleep 1000"};
  if (::geteuid() == 0) words.insert(words.begin(), {"setpriv", "--reuid=" + std::to_string(nobody), "--"});
  Process other({std::move(words)});
  ASSERT_TRUE(other.wait_for_output("up"));
  ASSERT_EQ(::stat(("/proc/" + std::to_string(other.pid()) + "/environ").c_str(), &process), 0);
  EXPECT_EQ(process.st_uid, user);
}

}  // namespace
}  // namespace login_test
}  // namespace dray::testing
