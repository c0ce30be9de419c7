// Things in the registry's folder that nobody of ours put there.
#include <sys/stat.h>

#include <filesystem>
#include <random>

#include "registry_fixture.hpp"

namespace dray::server {
namespace strange_files_test {
namespace {

namespace fs = std::filesystem;

class StrangeFiles : public RegistryFixture {
 protected:
  StrangeFiles() {
    first_ = push_image("team/app", "1", "one");
    push_image("team/app/deep", "1", "two");
    upload_ = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
    ask(Method::patch, upload_, {}, "0123");
  }

  /// A file, a folder, a link, or a pipe; what there is by that name already is left.
  void plant(const fs::path& path, unsigned kind) {
    std::error_code ignored;
    if (fs::symlink_status(path, ignored).type() != fs::file_type::not_found) return;
    switch (kind % 5) {
      case 0:
        testing::write_bytes(path, "strange");
        break;
      case 1:
        testing::write_bytes(path / "data", "strange");
        break;
      case 2:
        fs::create_symlink("/etc/passwd", path);
        break;
      case 3:
        fs::create_directory_symlink("..", path);
        break;
      default:
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        break;
    }
    planted_.push_back(path);
  }

  void expect_it_works_and_they_are_left() {
    EXPECT_EQ(get("/v2/team/app/manifests/1").header("Docker-Content-Digest"), first_.text());
    EXPECT_EQ(get("/v2/team/app/tags/list").body, R"({"name":"team/app","tags":["1"]})");
    EXPECT_EQ(get("/v2/_catalog").body, R"({"repositories":["team/app","team/app/deep"]})");
    EXPECT_EQ(get("/v2/team/app/referrers/" + first_.text()).status, 200);
    EXPECT_EQ(get(upload_).header("Range"), "0-3");
    for (const auto& path : planted_) {
      std::error_code ignored;
      EXPECT_NE(fs::symlink_status(path, ignored).type(), fs::file_type::not_found) << path;
    }
  }

  void reopen() {
    service_.reset();
    storage_.reset();
    auto opened = RegistryFolder::open(root_, {.grace = std::chrono::hours(1)}, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    storage_ = std::shared_ptr<RegistryFolder>(std::move(*opened));
    serve();
  }

  fs::path root_ = directory_.path() / "registry";
  Digest first_ = Digest::of({});
  std::string upload_;
  std::vector<fs::path> planted_;
};

TEST_F(StrangeFiles, S37OfAnyNameAreSurvivedAndLeft) {
  std::vector<fs::path> folders{root_};
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::mt19937 random(11);
  std::vector<std::string> names{
      "a b",    "new\nline", "\xff\xfe",   "-rf",    "*",          "$(reboot)", "%s%n",
      "..data", "link",      "tmp",        ".lock",  "_manifests", "_layers",   std::string(255, 'x'),
      "sha256", "sha512",    "index.json", "current"};
  for (int i = 0; i < 30; ++i) {
    std::string name;
    for (auto left = 1 + random() % 40; left > 0; --left) {
      const auto c = static_cast<char>(1 + random() % 255);
      name += c == '/' ? '_' : c;
    }
    if (name != "." && name != "..") names.push_back(name);
  }
  for (const auto& folder : folders) {
    const auto kind = static_cast<unsigned>(random());
    for (unsigned i = 0; i < 5; ++i) plant(folder / names[random() % names.size()], kind + i);
  }
  ASSERT_GT(planted_.size(), 100U);
  reopen();
  expect_it_works_and_they_are_left();
  EXPECT_EQ(push_image("team/app", "1", "one").text(), first_.text());
  ASSERT_TRUE(storage_->purge_uploads(std::chrono::hours(1)));
  const auto collected = storage_->collect({.untagged = true}, {});
  EXPECT_TRUE(collected) << collected.error().message();
  EXPECT_FALSE(collected->strange.empty());
  const auto verified = storage_->verify(true, {});
  EXPECT_TRUE(verified) << verified.error().message();
  expect_it_works_and_they_are_left();
}

}  // namespace
}  // namespace strange_files_test
}  // namespace dray::server
