// `dray serve` killed at random moments while many push: what was acknowledged is there, whole.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <random>
#include <thread>

#include "served.hpp"
#include "support/hashing.hpp"
#include "support/image_maker.hpp"
#include "support/raw_client.hpp"

namespace dray::testing {
namespace serve_crash_test {
namespace {

constexpr int kills = 200;
constexpr int most_kills = 4 * kills;
constexpr std::size_t enough_checked = 1000;
constexpr int writers = 8;

struct Acknowledged {
  std::string path;  ///< What to GET.
  std::string bytes;
};

/// Pushes images until the server is gone, and notes what it acknowledged.
class Pushing {
 public:
  explicit Pushing(std::string origin) : origin_(std::move(origin)) {}

  void run(int writer, int round) {
    try {
      for (int i = 0; push(writer, std::to_string(round) + "-" + std::to_string(writer) + "-" + std::to_string(i));
           ++i) {
      }
    } catch (const std::runtime_error&) {
      // The server is gone in the middle of an answer: nothing was acknowledged.
    }
  }
  [[nodiscard]] std::vector<Acknowledged> take() { return std::move(acknowledged_); }

 private:
  bool push(int writer, const std::string& tag) {
    const Image image =
        make_image({.layers = {LayerSpec{
                        .entries = {{"file", tag}}, .random_size = 20'000, .seed = std::hash<std::string>()(tag)}},
                    .labels = {{"tag", tag}}});
    const std::string repository = "/v2/team/app" + std::to_string(writer % 3);
    for (const auto* const blob : {&image.layers.front().blob, &image.config}) {
      if (!push_blob(repository, *blob, writer % 2 == 0)) return false;
    }
    const auto answer = ask_once("PUT", origin_ + repository + "/manifests/" + tag,
                                 {{"Content-Type", image.manifest.media_type}}, *image.manifest.bytes);
    return note(answer.status == 201, repository + "/manifests/" + tag, *image.manifest.bytes) &&
           note(true, repository + "/manifests/" + image.manifest.digest, *image.manifest.bytes);
  }

  bool push_blob(const std::string& repository, const Blob& blob, bool in_chunks) {
    const auto path = repository + "/blobs/" + blob.digest;
    if (!in_chunks) {
      const auto answer =
          ask_once("POST", origin_ + repository + "/blobs/uploads/?digest=" + blob.digest, {}, *blob.bytes);
      return note(answer.status == 201, path, *blob.bytes);
    }
    const auto begun = ask_once("POST", origin_ + repository + "/blobs/uploads/");
    if (begun.status != 202) return false;
    const auto location = origin_ + begun.headers.get("Location");
    const auto half = blob.bytes->size() / 2;
    if (ask_once("PATCH", location, {}, blob.bytes->substr(0, half)).status != 202) return false;
    const auto done = ask_once("PUT", location + "?digest=" + blob.digest, {}, blob.bytes->substr(half));
    return note(done.status == 201, path, *blob.bytes);
  }

  bool note(bool acknowledged, std::string path, std::string bytes) {
    if (!acknowledged) return false;
    const std::lock_guard lock(mutex_);
    acknowledged_.push_back({std::move(path), std::move(bytes)});
    return true;
  }

  std::string origin_;
  std::mutex mutex_;
  std::vector<Acknowledged> acknowledged_;
};

TEST(ServeCrash, S30WhatWasAcknowledgedOutlivesAKillAtAnyMoment) {
  const Dray dray;
  const auto folder = dray / "registry";
  std::mt19937 random(20'260'613);
  std::uniform_int_distribution<int> moment(1, 80);
  std::vector<Acknowledged> last;
  std::size_t checked = 0;
  // A loaded machine acknowledges less between two kills, and is killed more often for it.
  for (int round = 0;; ++round) {
    Served served(dray, folder);
    for (const auto& one : last) {
      const auto answer = ask_once("GET", served.origin() + one.path);
      ASSERT_EQ(answer.status, 200) << "round " << round << ": " << one.path;
      ASSERT_TRUE(answer.body == one.bytes) << "round " << round << ": " << one.path;
    }
    checked += last.size();
    if (round >= most_kills || (round >= kills && checked > enough_checked)) break;
    Pushing pushing(served.origin());
    {
      std::vector<std::jthread> threads;
      for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] { pushing.run(writer, round); });
      // The moment is what the test is about.
      std::this_thread::sleep_for(std::chrono::milliseconds(moment(random)));
      served.process().kill(SIGKILL);
    }
    last = pushing.take();
  }
  EXPECT_GT(checked, enough_checked) << "hardly anything was acknowledged between the kills";
  const auto verified = dray({"verify", folder.string(), "--jq", "(.damage|length), (.strange|length)"});
  EXPECT_EQ(verified.out, "0\n0\n") << dray({"verify", folder.string()}).out;
}

}  // namespace
}  // namespace serve_crash_test
}  // namespace dray::testing
