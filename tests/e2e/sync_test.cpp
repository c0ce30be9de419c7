// `dray sync` from a source that does as it is told, to real registries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/http_server.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace sync_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A registry to read from, with one repository `app`, that lies and fails where it is told to.
class Source {
 public:
  Source() : server_([this](const ServerRequest& request, Responder& to) { answer(request, to); }) {}

  void put(const std::string& tag, const Image& image) {
    const std::lock_guard lock(mutex_);
    tags_[tag] = image.manifest;
    blobs_[image.manifest.digest] = image.manifest;
    blobs_[image.config.digest] = image.config;
    for (const auto& layer : image.layers) blobs_[layer.blob.digest] = layer.blob;
  }
  void remove(const std::string& tag) {
    const std::lock_guard lock(mutex_);
    tags_.erase(tag);
  }
  /// Blobs are asked for and never come.
  void stall(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    stalled_ = digest;
  }
  void lose(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    blobs_.erase(digest);
  }
  void set_list_status(int status) {
    const std::lock_guard lock(mutex_);
    list_status_ = status;
  }
  /// Lists leave this tag out although it is there.
  void hide(const std::string& tag) {
    const std::lock_guard lock(mutex_);
    hidden_.insert(tag);
  }
  void set_remaining(const std::string& remaining) {
    const std::lock_guard lock(mutex_);
    remaining_ = remaining;
  }

  [[nodiscard]] std::string app() const { return server_.host_port() + "/app"; }
  /// Requests below `/v2/app/KIND/` since they were forgotten.
  [[nodiscard]] std::size_t count(const std::string& method, const std::string& kind) const {
    std::size_t count = 0;
    for (const auto& request : server_.requests()) {
      count += request.method == method && request.path().starts_with("/v2/app/" + kind + "/") ? 1U : 0U;
    }
    return count;
  }
  void forget() { server_.forget_requests(); }
  [[nodiscard]] bool wait_for_blob(const std::string& digest) const {
    for (std::size_t seen = 1; server_.wait_for_requests(seen); seen = server_.request_count() + 1) {
      if (server_.count("GET", "/v2/app/blobs/" + digest) > 0) return true;
    }
    return false;
  }

 private:
  void answer(const ServerRequest& request, Responder& to) {
    const std::lock_guard lock(mutex_);
    const std::string path(request.path());
    Headers headers;
    if (!remaining_.empty()) headers.add("RateLimit-Remaining", remaining_);
    if (path == "/v2/") return to.send(200, headers, "{}");
    if (path == "/v2/app/tags/list") return to.send(list_status_, headers, list_status_ == 200 ? list() : "{}");
    const auto name = path.substr(path.find_last_of('/') + 1);
    const auto tag = tags_.find(name);
    const auto digest = tag == tags_.end() ? name : tag->second.digest;
    if (digest == stalled_) return to.stall();
    const auto blob = blobs_.find(digest);
    if (blob == blobs_.end()) return to.send(404, headers, R"({"errors":[{"code":"MANIFEST_UNKNOWN"}]})");
    headers.add("Content-Type", blob->second.media_type);
    headers.add("Docker-Content-Digest", digest);
    to.send(200, headers, *blob->second.bytes);
  }
  [[nodiscard]] std::string list() const {
    std::string names;
    for (const auto& [tag, manifest] : tags_) {
      if (!hidden_.contains(tag)) names += (names.empty() ? "\"" : ",\"") + tag + "\"";
    }
    return R"({"name":"app","tags":[)" + names + "]}";
  }

  std::mutex mutex_;
  std::map<std::string, Blob> tags_;
  std::map<std::string, Blob> blobs_;
  std::set<std::string> hidden_;
  std::string stalled_;
  std::string remaining_;
  int list_status_ = 200;
  HttpServer server_;
};

Image image_of(std::uint64_t seed) {
  ImageSpec spec;
  spec.layers = {LayerSpec{.entries = {}, .random_size = 20'000, .seed = seed}};
  return make_image(spec);
}

std::set<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::set<std::string> all;
  for (std::string line; std::getline(stream, line);) all.insert(line);
  return all;
}

class Sync : public ::testing::Test {
 protected:
  Sync() : log_(dray / "access.log"), mirror_(dray, dray / "registry", {}, {"--access-log", log_.string()}) {
    source.put("1.0", image_of(1));
    source.put("1.1", image_of(2));
    source.put("latest", image_of(2));
    file();
  }

  /// Writes the sync file: one entry with these further lines.
  void file(const std::string& more = {}) {
    dray.write("mirror.yml",
               "version: 1\nsync:\n  - source: " + source.app() + "\n    destination: " + to() + "\n" + more);
  }
  [[nodiscard]] std::string to() const { return mirror_.host_port() + "/mirror/app"; }
  [[nodiscard]] Outcome sync(std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"sync", "mirror.yml"});
    return dray(std::move(words));
  }
  std::string ok(std::vector<std::string> words = {}) const {
    const Outcome outcome = sync(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err << outcome.out;
    return outcome.out;
  }
  [[nodiscard]] std::set<std::string> tags() const { return lines(dray({"tags", to()}).out); }
  /// Requests that the destination has answered, other than those of this function. The log is written a little later:
  /// it is complete when it tells of one more.
  [[nodiscard]] std::size_t asked() {
    const auto last = "/v2/mark-" + std::to_string(++marks_) + "/tags/list";
    (void)dray({"api", "GET", mirror_.host_port() + last});  // there is no such repository
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    auto log = read_bytes(log_);
    while (log.find(last) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
      // Between two looks: the server writes its log by a clock of its own and tells nobody.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      log = read_bytes(log_);
    }
    EXPECT_THAT(log, HasSubstr(last));
    return static_cast<std::size_t>(std::ranges::count(log, '\n')) - marks_;
  }

  Dray dray;
  Source source;

 private:
  std::size_t marks_ = 0;
  std::filesystem::path log_;
  Served mirror_;
};

const std::set<std::string> all_three = {"1.0", "1.1", "latest"};

TEST_F(Sync, BringsAllAndSkopeoReadsIt) {
  EXPECT_THAT(ok(), HasSubstr("1 place; 3 tags: 3 copied"));
  EXPECT_EQ(tags(), all_three);
  const auto image = image_of(1);
  const Outcome theirs = skopeo(
      {"copy", "--quiet", "--src-tls-verify=false", "docker://" + to() + ":1.0", "dir:" + (dray / "theirs").string()});
  ASSERT_EQ(theirs.status, 0) << theirs.err;
  EXPECT_EQ(read_bytes(dray / "theirs/manifest.json"), *image.manifest.bytes);
}

TEST_F(Sync, OfUnchangedTagsCostsAHeadAtEachEnd) {
  ok();
  source.forget();
  EXPECT_THAT(ok(), HasSubstr("3 unchanged; 0 bytes"));
  EXPECT_EQ(source.count("GET", "manifests"), 0U);
  EXPECT_EQ(source.count("GET", "blobs"), 0U);
  EXPECT_EQ(source.count("HEAD", "manifests"), 3U);
}

TEST_F(Sync, WithAStateAsksNoDestinationForWhatDidNotChange) {
  ok({"--state", "mirror.state"});
  const auto before = asked();
  EXPECT_THAT(ok({"--state", "mirror.state"}), HasSubstr("3 unchanged"));
  EXPECT_EQ(asked(), before);
  source.put("1.0", image_of(3));
  EXPECT_THAT(ok({"--state", "mirror.state"}), HasSubstr("1 copied, 2 unchanged"));
  // What somebody else changed there is seen with --check alone.
  ASSERT_EQ(dray({"delete", to() + ":1.1"}).status, 0);
  EXPECT_THAT(ok({"--state", "mirror.state"}), HasSubstr("3 unchanged"));
  EXPECT_THAT(ok({"--state", "mirror.state", "--check"}), HasSubstr("1 copied, 2 unchanged"));
  EXPECT_EQ(tags(), all_three);
}

TEST_F(Sync, AStateThatIsNoneIsRefused) {
  dray.write("mirror.state", "{}");
  const Outcome outcome = sync({"--state", "mirror.state"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST_F(Sync, PlanTellsWhatWouldBeDoneAndDoesNothing) {
  ok();
  source.put("2.0", image_of(4));
  source.remove("1.0");
  file("    delete: true\n");
  const auto out = ok({"--plan", "--state", "mirror.state"});
  EXPECT_THAT(out, HasSubstr("2.0  to copy"));
  EXPECT_THAT(out, HasSubstr("1.0: to delete"));
  EXPECT_EQ(tags(), all_three);
  EXPECT_FALSE(std::filesystem::exists(dray / "mirror.state"));
  const auto planned = ok({"--plan", "--jq", ".bytesPlanned"});
  EXPECT_EQ(ok({"--jq", ".bytesTransferred"}), planned);
  EXPECT_EQ(tags(), (std::set<std::string>{"1.1", "2.0", "latest"}));
}

TEST_F(Sync, DeletesNothingUnlessItIsSaid) {
  ok();
  source.remove("1.0");
  ok();
  EXPECT_EQ(tags(), all_three);
}

TEST_F(Sync, DeletesOnlyWhatTheFilterCovers) {
  ok();
  for (const auto* tag : {":own", ":1.9"}) ASSERT_EQ(dray({"copy", to() + ":1.0", to() + tag}).status, 0);
  source.remove("1.0");
  file("    delete: true\n    tags: {include: ['1\\..*', latest]}\n");
  EXPECT_THAT(ok(), HasSubstr("2 deleted"));
  EXPECT_EQ(tags(), (std::set<std::string>{"1.1", "latest", "own"}));
}

TEST_F(Sync, ATagThatIsNamedAndLeftTheSourceIsAFailureOrDeleted) {
  ok();
  source.remove("1.0");
  file("    tags: {names: ['1.0', '1.1']}\n");
  EXPECT_EQ(sync().status, 3);
  EXPECT_EQ(tags(), all_three);
  file("    tags: {names: ['1.0', '1.1']}\n    delete: true\n");
  EXPECT_THAT(ok(), HasSubstr("1.0: deleted"));
  EXPECT_EQ(tags(), (std::set<std::string>{"1.1", "latest"}));
}

TEST_F(Sync, NeverDeletesWhenTheListFailed) {
  ok();
  file("    delete: true\n");
  source.set_list_status(403);
  EXPECT_EQ(sync().status, 4);
  EXPECT_EQ(tags(), all_three);
}

TEST_F(Sync, NeverDeletesWhenATagCouldNotBeCopied) {
  ok();
  file("    delete: true\n");
  source.remove("1.0");
  const auto broken = image_of(9);
  source.put("2.0", broken);
  source.lose(broken.layers[0].blob.digest);
  const Outcome outcome = sync();
  EXPECT_EQ(outcome.status, 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("nothing is deleted"));
  EXPECT_EQ(tags(), all_three);
}

TEST_F(Sync, NeverDeletesForASourceThatListsNothingUnlessItIsSaid) {
  ok();
  for (const auto& tag : all_three) source.remove(tag);
  file("    delete: true\n");
  EXPECT_THAT(ok(), HasSubstr("delete-if-empty"));
  EXPECT_EQ(tags(), all_three);
  file("    delete: true\n    delete-if-empty: true\n");
  EXPECT_THAT(ok(), HasSubstr("3 deleted"));
}

TEST_F(Sync, NeverDeletesWhatAListLeftOutAndTheSourceStillHas) {
  ok();
  source.hide("1.0");
  file("    delete: true\n");
  const Outcome outcome = sync();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("not trusted"));
  EXPECT_EQ(tags(), all_three);
}

TEST_F(Sync, DeletesNoMoreThanItsLimit) {
  ok();
  source.remove("1.0");
  source.remove("1.1");
  file("    delete: true\n    delete-limit: 1\n");
  EXPECT_EQ(sync().status, 8);
  EXPECT_EQ(tags(), all_three);
  file("    delete: true\n    delete-limit: 2\n");
  EXPECT_THAT(ok(), HasSubstr("2 deleted"));
}

TEST_F(Sync, KeepsWhatAnotherEntryBringsToTheSamePlace) {
  ok();
  write_layout(dray / "layout", image_of(7), "extra");
  dray.write("mirror.yml", "version: 1\nsync:\n  - {source: " + source.app() + ", destination: '" + to() +
                               "', delete: true}\n  - {source: 'oci:layout', destination: '" + to() + "'}\n");
  ok();
  ok();
  EXPECT_EQ(tags(), (std::set<std::string>{"1.0", "1.1", "extra", "latest"}));
}

TEST_F(Sync, StopsBeforeTheRateLimitDoes) {
  source.set_remaining("5;w=21600");
  file("    keep-requests: 5\n");
  const Outcome outcome = sync();
  EXPECT_EQ(outcome.status, 6);
  EXPECT_THAT(outcome.out, HasSubstr("fetched by a later run"));
  EXPECT_EQ(source.count("GET", "manifests"), 0U);
  source.set_remaining("50;w=21600");
  EXPECT_THAT(ok(), HasSubstr("3 copied"));
}

TEST_F(Sync, InterruptedGoesOnAndKeepsTheOthersOut) {
  const auto slow = image_of(8);
  source.put("slow", slow);
  source.stall(slow.layers[0].blob.digest);
  file("    tags: {include: ['1\\..*', slow]}\n");
  Process first(dray.command({"sync", "mirror.yml", "--state", "mirror.state"}));
  ASSERT_TRUE(source.wait_for_blob(slow.layers[0].blob.digest));
  const Outcome second = sync({"--state", "mirror.state"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("another `dray sync`"));
  first.kill(SIGINT);
  const auto stopped = first.wait();
  EXPECT_EQ(stopped.status, 130) << stopped.err;
  source.stall({});
  source.forget();
  ok({"--state", "mirror.state"});
  EXPECT_EQ(tags(), (std::set<std::string>{"1.0", "1.1", "slow"}));
  EXPECT_GE(source.count("GET", "manifests"), 1U);
}

TEST_F(Sync, TakesTheRepositoriesOfACatalog) {
  ok();
  const DockerRegistry theirs;
  ASSERT_EQ(dray({"copy", to() + ":1.0", theirs.host_port() + "/other:1"}).status, 0);
  ASSERT_EQ(dray({"copy", to() + ":1.0", theirs.host_port() + "/team/a:1"}).status, 0);
  ASSERT_EQ(dray({"copy", to() + ":1.1", theirs.host_port() + "/team/b:2"}).status, 0);
  dray.write("mirror.yml", "version: 1\nsync:\n  - registry: " + theirs.host_port() +
                               "\n    repositories: {include: [team/.*]}\n    destination: oci:backup\n");
  EXPECT_THAT(ok(), HasSubstr("2 places; 2 tags: 2 copied"));
  EXPECT_EQ(dray({"tags", "oci:backup/team/a"}).out, "1\n");
  EXPECT_EQ(dray({"tags", "oci:backup/team/b"}).out, "2\n");
  EXPECT_FALSE(std::filesystem::exists(dray / "backup/other"));
}

TEST_F(Sync, QuietSaysNothingUntilSomethingFails) {
  EXPECT_EQ(ok({"--quiet"}), "");
  EXPECT_EQ(tags(), all_three);
  source.set_list_status(403);
  const Outcome outcome = sync({"--quiet"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.out, HasSubstr("1 failed"));
}

TEST_F(Sync, OnePlaceThatFailsStopsNoOther) {
  dray.write("mirror.yml", "version: 1\nsync:\n  - {source: " + source.app() +
                               "x, destination: 'oci:x'}\n  - {source: " + source.app() + ", destination: '" + to() +
                               "'}\n");
  const Outcome outcome = sync();
  EXPECT_EQ(outcome.status, 3) << outcome.out;
  EXPECT_EQ(tags(), all_three);
  EXPECT_TRUE(files_below(dray / "x").empty());
}

TEST_F(Sync, AWrongFileIsToldWithItsLine) {
  file("    pasword: x\n");
  const Outcome outcome = sync();
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("mirror.yml:5:"));
}

}  // namespace
}  // namespace sync_test
}  // namespace dray::testing
