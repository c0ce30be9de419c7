// Many clients at a time, each on a thread of its own.
#include <atomic>
#include <dray/format/json.hpp>
#include <thread>

#include "registry_fixture.hpp"

namespace dray::server {
namespace many_clients_test {
namespace {

class ManyClients : public RegistryFixture {
 protected:
  /// Runs them all at once and waits for their end.
  template <class Work>
  static void run(int count, Work work) {
    std::atomic<int> waiting = count;
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&waiting, &work, i] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        work(i);
      });
    }
  }

  /// Three ways of pushing, in turn.
  int push(int way, const std::string& bytes) {
    const auto digest = Digest::of(as_bytes(bytes)).text();
    const std::string uploads = "/v2/team/app/blobs/uploads/";
    if (way % 3 == 0) return ask(Method::post, uploads + "?digest=" + digest, {}, bytes).status;
    const auto location = ask(Method::post, uploads).header("Location");
    if (way % 3 == 1) return ask(Method::put, location + "?digest=" + digest, {}, bytes).status;
    ask(Method::patch, location, {}, bytes);
    return ask(Method::put, location + "?digest=" + digest).status;
  }

  std::vector<std::string> walk(std::string target, std::string_view member) {
    std::vector<std::string> all;
    while (!target.empty()) {
      const auto answer = get(target);
      EXPECT_EQ(answer.status, 200) << answer.body;
      const auto json = Json::parse(answer.body);
      for (const auto& name : *json->find(member)->as_array()) all.push_back(*name.as_string());
      const auto link = answer.header("Link");
      target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    return all;
  }
};

TEST_F(ManyClients, S35SixtyFourPushTheSameBlobAtOnce) {
  const std::string bytes(100'000, 'x');
  std::atomic<int> created = 0;
  run(64, [&](int i) { created += push(i, bytes) == 201 ? 1 : 0; });
  EXPECT_EQ(created, 64);
  EXPECT_TRUE(get("/v2/team/app/blobs/" + Digest::of(as_bytes(bytes)).text()).body == bytes);
}

TEST_F(ManyClients, S35SixtyFourMoveTheSameTagAtOnce) {
  std::vector<std::string> manifests;
  for (int i = 0; i < 64; ++i) manifests.push_back(make_image("team/app", std::to_string(i)));
  std::atomic<int> created = 0;
  run(64, [&](int i) {
    created += push_manifest("team/app", "tag", manifests[static_cast<std::size_t>(i)]).status == 201 ? 1 : 0;
  });
  EXPECT_EQ(created, 64);
  EXPECT_EQ(std::count(manifests.begin(), manifests.end(), get("/v2/team/app/manifests/tag").body), 1);
  EXPECT_EQ(get("/v2/team/app/tags/list").body, R"({"name":"team/app","tags":["tag"]})");
  for (const auto& bytes : manifests) {
    EXPECT_EQ(get("/v2/team/app/manifests/" + Digest::of(as_bytes(bytes)).text()).body, bytes);
  }
}

TEST_F(ManyClients, S35BodiesOfOneUploadAreTakenOneAtATime) {
  const auto location = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
  std::atomic<int> taken = 0;
  run(16, [&](int) {
    const auto status = ask(Method::patch, location, {{"Content-Range", "0-3"}}, "0123").status;
    EXPECT_TRUE(status == 202 || status == 409 || status == 416) << status;
    taken += status == 202 ? 1 : 0;
  });
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(get(location).header("Range"), "0-3");
  EXPECT_EQ(ask(Method::put, location + "?digest=" + Digest::of(as_bytes("0123")).text()).status, 201);
}

TEST_F(ManyClients, S35UploadIsFinishedByOneOfThem) {
  const auto location = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
  ask(Method::patch, location, {}, "0123");
  std::atomic<int> created = 0;
  run(16, [&](int) {
    const auto status = ask(Method::put, location + "?digest=" + Digest::of(as_bytes("0123")).text()).status;
    EXPECT_TRUE(status == 201 || status == 404 || status == 409) << status;
    created += status == 201 ? 1 : 0;
  });
  EXPECT_EQ(created, 1);
  EXPECT_EQ(push(0, "0123"), 201);
}

TEST_F(ManyClients, S21ListsAreCompleteWhileOthersPushAndDelete) {
  const auto bytes = make_image("team/app", "one");
  std::set<std::string> kept;
  for (const auto* const stem : {"a", "ab", "a-", "a.b", "b"}) {
    for (int i = 0; i < 8; ++i) {
      push_manifest("team/app", stem + std::to_string(i), bytes);
      kept.insert(stem + std::to_string(i));
    }
  }
  const std::vector<std::string> wanted(kept.begin(), kept.end());
  const auto repository_bytes = make_image("keep/a", "two");
  push_manifest("keep/a", "1", repository_bytes);
  make_image("keep/a/b", "two");
  push_manifest("keep/a/b", "1", repository_bytes);
  std::atomic<bool> stop = false;
  std::vector<std::jthread> others;
  for (int i = 0; i < 2; ++i) {
    others.emplace_back([&, i] {
      for (int round = 0; !stop; ++round) {
        const auto tag = "zz" + std::to_string(i) + "-" + std::to_string(round % 7);
        push_manifest("team/app", tag, bytes);
        make_image("keep/a-" + std::to_string(round % 9), "two");
        if (round % 2 == 0) ask(Method::del, "/v2/team/app/manifests/" + tag);
      }
    });
  }
  for (int page = 1; page <= 40; ++page) {
    auto tags = walk("/v2/team/app/tags/list?n=" + std::to_string(page), "tags");
    std::erase_if(tags, [](const auto& tag) { return tag.starts_with("zz"); });
    EXPECT_EQ(tags, wanted) << page;
    auto names = walk("/v2/_catalog?n=" + std::to_string(page), "repositories");
    std::erase_if(names, [](const auto& name) { return name.starts_with("keep/a-"); });
    EXPECT_EQ(names, (std::vector<std::string>{"keep/a", "keep/a/b", "team/app"})) << page;
  }
  stop = true;
}

}  // namespace
}  // namespace many_clients_test
}  // namespace dray::server
