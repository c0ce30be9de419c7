// A storage whose calls fail, whose disk is full, whose process is killed: what was answered 201 is there, and what was
// there before is there still.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "registry_fixture.hpp"
#include "support/system_faults.hpp"

namespace dray::server {
namespace storage_failures_test {
namespace {

namespace fs = std::filesystem;

/// What one registry is asked to do, step by step; the same for every failure.
class Script {
 public:
  explicit Script(Service& service) : service_(service) {}

  Answer ask(Method method, const std::string& target, std::string_view body = {}, std::string_view type = {}) {
    return server::ask(
        service_,
        make_request(method, target, type.empty() ? HeaderLines() : HeaderLines{{"Content-Type", std::string(type)}}),
        body);
  }
  int push_blob(const std::string& bytes) {
    return ask(Method::post, "/v2/a/blobs/uploads/?digest=" + Digest::of(as_bytes(bytes)).text(), bytes).status;
  }
  int push_manifest(const std::string& tag, const std::string& bytes) {
    return ask(Method::put, "/v2/a/manifests/" + tag, bytes, media_types::oci_manifest).status;
  }
  static std::string manifest_of(const std::string& config, bool with_subject = false) {
    Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                      .config = {.media_type = MediaType::of(media_types::oci_config),
                                 .digest = Digest::of(as_bytes(config)),
                                 .size = config.size()}};
    if (with_subject) manifest.subject = manifest.config;
    return manifest.serialize();
  }

  /// The state before.
  void prepare() {
    EXPECT_EQ(push_blob("old"), 201);
    EXPECT_EQ(push_manifest("moving", manifest_of("old")), 201);
    EXPECT_EQ(push_manifest("going", manifest_of("old")), 201);
  }
  /// The statuses of the steps; `done` is called behind each.
  template <class Done>
  void run(Done done) {
    done(push_blob("new"));
    done(push_manifest("moving", manifest_of("new", true)));
    done(ask(Method::del, "/v2/a/manifests/going").status);
    const auto location = ask(Method::post, "/v2/a/blobs/uploads/").header("Location");
    done(location.empty() ? 500 : ask(Method::patch, location, "chunked").status);
    done(location.empty() ? 500
                          : ask(Method::put, location + "?digest=" + Digest::of(as_bytes("chunked")).text()).status);
    done(ask(Method::post, "/v2/b/blobs/uploads/?from=a&mount=" + Digest::of(as_bytes("old")).text()).status);
  }
  static constexpr std::size_t steps = 6;

  /// What must hold behind the steps of these statuses; 0 for one of which nobody heard.
  void expect_what_was_acknowledged(const std::vector<int>& statuses, const std::string& where) {
    const auto status = [&](std::size_t step) { return step < statuses.size() ? statuses[step] : 0; };
    const auto blob = [&](const std::string& repository, const std::string& bytes) {
      return ask(Method::get, "/v2/" + repository + "/blobs/" + Digest::of(as_bytes(bytes)).text());
    };
    EXPECT_EQ(blob("a", "old").body, "old") << where;
    const auto moving = ask(Method::get, "/v2/a/manifests/moving");
    EXPECT_TRUE(moving.body == manifest_of("old") || moving.body == manifest_of("new", true)) << where << moving.body;
    for (const auto& [step, repository, bytes] :
         {std::tuple{0, "a", "new"}, std::tuple{4, "a", "chunked"}, std::tuple{5, "b", "old"}}) {
      const auto read = blob(repository, bytes);
      if (status(static_cast<std::size_t>(step)) == 201) {
        EXPECT_EQ(read.body, bytes) << where << " step " << step;
      } else {
        EXPECT_TRUE(read.status == 404 || read.body == bytes) << where << " step " << step;
      }
    }
    if (status(1) == 201) {
      EXPECT_EQ(moving.body, manifest_of("new", true)) << where;
    }
    if (status(2) == 202) {
      EXPECT_EQ(ask(Method::get, "/v2/a/manifests/going").status, 404) << where;
    }
  }

 private:
  Service& service_;
};

/// A folder in memory where there is one, since hundreds of registries are opened and synced in it.
class QuickFolder {
 public:
  QuickFolder() {
    std::string name = "/dev/shm/dray-test-XXXXXX";
    path_ = ::mkdtemp(name.data()) != nullptr ? fs::path(name) : slow_.path();
  }
  ~QuickFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  QuickFolder(const QuickFolder&) = delete;
  QuickFolder& operator=(const QuickFolder&) = delete;
  [[nodiscard]] fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  testing::TempDir slow_;
  fs::path path_;
};

class StorageFailures : public ::testing::Test {
 protected:
  StorageFailures() {
    open(directory_ / "prepared");
    Script(*service_).prepare();
    close();
  }
  void open(const fs::path& path) {
    auto opened = RegistryFolder::open(path, RegistryFolderOptions(), clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    storage_ = std::shared_ptr<RegistryFolder>(std::move(*opened));
    service_ = make_registry_service(storage_, open_access(), nullptr, RegistryOptions(), clock_);
  }
  void close() {
    service_.reset();
    storage_.reset();
  }
  /// A copy of the state before, as its own.
  fs::path fresh() {
    close();
    const auto path = directory_ / "registry";
    fs::remove_all(path);
    fs::copy(directory_ / "prepared", path, fs::copy_options::recursive);
    return path;
  }
  void expect_no_damage(const std::string& where) {
    const auto verified = storage_->verify(false, {});
    ASSERT_TRUE(verified) << where << verified.error().message();
    for (const auto& damage : verified->damage) ADD_FAILURE() << where << ": " << damage.what;
    for (const auto& strange : verified->strange) ADD_FAILURE() << where << ": " << strange;
  }

  QuickFolder directory_;
  testing::FakeClock clock_;
  std::shared_ptr<RegistryFolder> storage_;
  std::shared_ptr<Service> service_;
};

struct Failure {
  const char* name;
  int error;
  bool for_ever;
};
void PrintTo(const Failure& row, std::ostream* out) { *out << row.name; }
class S30EachCallFails : public StorageFailures, public ::testing::WithParamInterface<Failure> {};

TEST_P(S30EachCallFails, AndNothingThatWasAcknowledgedIsLost) {
  const auto& row = GetParam();
  for (std::size_t n = 1;; ++n) {
    const auto path = fresh();
    open(path);
    const auto where = std::string(row.name) + " at call " + std::to_string(n);
    std::vector<int> statuses;
    testing::FailNthCall faults(n, row.error, {}, row.for_ever);
    {
      const ScopedSystemFaults scope(faults);
      Script(*service_).run([&](int status) { statuses.push_back(status); });
    }
    Script(*service_).expect_what_was_acknowledged(statuses, where + ", the same process");
    close();
    open(path);
    Script(*service_).expect_what_was_acknowledged(statuses, where + ", after a restart");
    expect_no_damage(where);
    if (HasFailure() || faults.count() < n) break;
  }
}

INSTANTIATE_TEST_SUITE_P(All, S30EachCallFails,
                         ::testing::Values(Failure{"IoOnce", EIO, false}, Failure{"IoForEver", EIO, true},
                                           Failure{"NoSpaceOnce", ENOSPC, false},
                                           Failure{"NoSpaceForEver", ENOSPC, true}, Failure{"ReadOnly", EROFS, true}),
                         [](const auto& row) { return std::string(row.param.name); });

/// Runs the script in a process of its own, which is killed before its n-th system call. What it acknowledged, and
/// whether it lived to the end.
std::pair<std::vector<int>, bool> run_and_kill(const fs::path& path, std::size_t n) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    testing::FakeClock clock;
    auto opened = RegistryFolder::open(path, RegistryFolderOptions(), clock);
    if (!opened) ::_exit(2);
    const auto service = make_registry_service(std::shared_ptr<RegistryFolder>(std::move(*opened)), open_access(),
                                               nullptr, RegistryOptions(), clock);
    std::size_t calls = 0;
    testing::OnSystemCall faults([&](SystemCall) {
      if (++calls == n) ::raise(SIGKILL);
      return 0;
    });
    const ScopedSystemFaults scope(faults);
    Script(*service).run([&](int status) {
      if (::write(ends[1], &status, sizeof status) != sizeof status) ::_exit(3);
    });
    ::_exit(0);
  }
  ::close(ends[1]);
  std::vector<int> statuses;
  for (int status = 0; ::read(ends[0], &status, sizeof status) == sizeof status;) statuses.push_back(status);
  ::close(ends[0]);
  int ended = 0;
  if (child < 0 || ::waitpid(child, &ended, 0) != child) throw std::runtime_error("no child");
  return {statuses, WIFEXITED(ended)};
}

TEST_F(StorageFailures, S30KilledBeforeEachCallItLosesNothingThatWasAcknowledged) {
  for (std::size_t n = 1;; ++n) {
    const auto path = fresh();
    const auto [statuses, lived] = run_and_kill(path, n);
    const auto where = "killed before call " + std::to_string(n);
    open(path);
    Script(*service_).expect_what_was_acknowledged(statuses, where);
    expect_no_damage(where);
    if (lived) {
      EXPECT_EQ(statuses, (std::vector<int>{201, 201, 202, 202, 201, 201}));
    }
    if (HasFailure() || lived) break;
  }
}

/// A small disk of its own; not there where nothing may be mounted.
class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(disk_);
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=4m,nr_inodes=400") != 0) {
      GTEST_SKIP() << "nothing may be mounted here: " << std::strerror(errno);
    }
    mounted_ = true;
    auto opened = RegistryFolder::open(disk_ / "registry", {.grace = std::chrono::seconds(0)}, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    storage_ = std::shared_ptr<RegistryFolder>(std::move(*opened));
    service_ = make_registry_service(storage_, open_access(), nullptr, RegistryOptions(), clock_);
  }
  void TearDown() override {
    service_.reset();
    storage_.reset();
    if (mounted_) {
      EXPECT_EQ(::umount2(disk_.c_str(), MNT_DETACH), 0);
    }
  }
  Answer push(const std::string& bytes) {
    return Script(*service_).ask(Method::post, "/v2/a/blobs/uploads/?digest=" + Digest::of(as_bytes(bytes)).text(),
                                 bytes);
  }
  void expect_refused_for_space(const Answer& answer) {
    EXPECT_EQ(answer.status, 507) << answer.body;
    EXPECT_EQ(answer.code(), "UNAVAILABLE");
    EXPECT_NE(answer.body.find("no space"), std::string::npos) << answer.body;
  }

  testing::TempDir directory_;
  fs::path disk_ = directory_ / "disk";
  bool mounted_ = false;
  testing::FakeClock clock_{std::chrono::system_clock::now() + std::chrono::hours(1)};
  std::shared_ptr<RegistryFolder> storage_;
  std::shared_ptr<Service> service_;
};

TEST_F(SmallDisk, S38FullOneRefusesWhatIsNewKeepsWhatIsThereAndRecovers) {
  Script script(*service_);
  script.prepare();
  const auto filler = push(std::string(2'000'000, 'f'));
  EXPECT_EQ(filler.status, 201);
  const std::string large(3'000'000, 'x');
  expect_refused_for_space(push(large));
  testing::write_bytes(disk_ / "rest", "");
  {  // to the last byte
    const int fd = ::open((disk_ / "rest").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    const std::string page(4096, 'r');
    while (::write(fd, page.data(), page.size()) > 0) {
    }
    ::close(fd);
  }
  expect_refused_for_space(push("small"));
  EXPECT_EQ(script.push_manifest("moving", Script::manifest_of("old", true)), 507) << "a tag needs room too";
  script.expect_what_was_acknowledged({}, "full");
  EXPECT_EQ(script.ask(Method::get, "/v2/a/tags/list").body, R"({"name":"a","tags":["going","moving"]})");

  EXPECT_EQ(script.ask(Method::del, filler.header("Location")).status, 202) << "deletion needs no room";
  ASSERT_TRUE(storage_->purge_uploads(std::chrono::seconds(0)));
  for (int round = 0; round < 2; ++round) {
    clock_.advance(std::chrono::hours(1));
    const auto collected = storage_->collect({}, {});
    EXPECT_TRUE(collected) << collected.error().message();
  }
  EXPECT_EQ(push(std::string(1'500'000, 'x')).status, 201) << "without a restart";
  script.expect_what_was_acknowledged({}, "after it");
  const auto verified = storage_->verify(false, {});
  ASSERT_TRUE(verified);
  EXPECT_TRUE(verified->damage.empty());
}

TEST_F(SmallDisk, S38OutOfInodesIsToldAsNoSpace) {
  Script script(*service_);
  script.prepare();
  int pushed = 0;
  std::optional<Answer> refused;
  for (int i = 0; i < 400 && !refused; ++i) {
    auto answer = push(std::to_string(i));
    if (answer.status == 201) {
      ++pushed;
    } else {
      refused = std::move(answer);
    }
  }
  ASSERT_TRUE(refused);
  expect_refused_for_space(*refused);
  EXPECT_GT(pushed, 5);
  script.expect_what_was_acknowledged({}, "out of inodes");
  for (int i = 0; i < pushed; ++i) {
    const auto bytes = std::to_string(i);
    EXPECT_EQ(script.ask(Method::get, "/v2/a/blobs/" + Digest::of(as_bytes(bytes)).text()).body, bytes);
  }
}

}  // namespace
}  // namespace storage_failures_test
}  // namespace dray::server
