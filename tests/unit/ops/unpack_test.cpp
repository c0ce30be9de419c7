#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <dray/format/tar.hpp>
#include <dray/ops/image_files.hpp>
#include <dray/ops/unpack.hpp>
#include <dray/store/memory_store.hpp>
#include <filesystem>
#include <thread>

#include "support/image_maker.hpp"
#include "support/temp_dir.hpp"

namespace dray::ops {
namespace unpack_test {
namespace {

namespace fs = std::filesystem;
using dray::testing::read_bytes;
using dray::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Item {
  TarEntry entry;
  std::string data = {};
};

Item file(std::string path, std::string data, std::uint32_t mode = 0644) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.size = data.size();
  entry.mode = mode;
  return {std::move(entry), std::move(data)};
}
Item folder(std::string path, std::uint32_t mode = 0755) {
  TarEntry entry;
  entry.type = TarType::directory;
  entry.path = path + "/";
  entry.mode = mode;
  return {std::move(entry)};
}
Item link(std::string path, std::string target, TarType type = TarType::symlink) {
  TarEntry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.link_path = std::move(target);
  entry.mode = 0777;
  return {std::move(entry)};
}
Item hard_link(std::string path, std::string target) {
  return link(std::move(path), std::move(target), TarType::hard_link);
}
Item whiteout(const std::string& path) { return file(path, ""); }
Item at_time(Item item, std::int64_t seconds) {
  item.entry.mtime_seconds = seconds;
  return item;
}

std::string tar_of(const std::vector<Item>& items) {
  StringSink sink;
  TarWriter writer(sink);
  for (const auto& item : items) {
    EXPECT_TRUE(writer.add(item.entry)) << item.entry.path;
    EXPECT_TRUE(writer.write(as_bytes(item.data)));
  }
  EXPECT_TRUE(writer.finish());
  return std::move(sink).text();
}

Descriptor store_blob(MemoryStore& store, std::string_view media_type, const std::string& bytes) {
  const Descriptor blob{MediaType::of(media_type), Digest::of(as_bytes(bytes)), bytes.size()};
  const BlobOpener open = [&]() -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(bytes);
  };
  EXPECT_TRUE(store.put_blob(blob, open, {}));
  return blob;
}

/// Images of a few layers, and the folder that they are unpacked into, beside which lies a file that nothing may touch.
class Unpack : public ::testing::Test {
 protected:
  Unpack() {
    temp_.write("outside/secret", "untouched");
    fs::create_directory(temp_ / "work");
  }
  ~Unpack() override {
    EXPECT_EQ(read_bytes(temp_ / "outside/secret"), "untouched");
    EXPECT_EQ(std::distance(fs::directory_iterator(temp_ / "outside"), fs::directory_iterator()), 1);
  }

  /// `wrong_diff_id`: the number of the layer whose diff ID is another's.
  void put(const std::vector<std::string>& layers, std::optional<std::size_t> wrong_diff_id = {}) {
    std::string diff_ids;
    std::string descriptors;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto stored = dray::testing::gzip(layers[i]);
      const auto blob = store_blob(store_, media_types::oci_layer_gzip, stored);
      const auto diff_id = Digest::of(as_bytes(wrong_diff_id == i ? layers[i] + "x" : layers[i]));
      diff_ids += fmt::format(R"({}"{}")", i > 0 ? "," : "", diff_id.text());
      descriptors += fmt::format(R"({}{{"mediaType":"{}","digest":"{}","size":{}}})", i > 0 ? "," : "",
                                 media_types::oci_layer_gzip, blob.digest.text(), blob.size);
    }
    const auto config =
        store_blob(store_, media_types::oci_config,
                   R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + diff_ids + "]}}");
    RawManifest raw{{MediaType::of(media_types::oci_manifest), Digest::of({}), 0}, {}};
    raw.bytes = fmt::format(
        R"({{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{}","size":{}}},"layers":[{}]}})",
        media_types::oci_manifest, media_types::oci_config, config.digest.text(), config.size, descriptors);
    raw.descriptor.digest = Digest::of(as_bytes(raw.bytes));
    raw.descriptor.size = raw.bytes.size();
    ASSERT_TRUE(store_.set_tag("1", raw, {}));
  }
  void put(const std::vector<std::vector<Item>>& layers) {
    std::vector<std::string> tars;
    for (const auto& items : layers) tars.push_back(tar_of(items));
    put(tars);
  }

  Result<UnpackReport> unpack_it() { return unpack(store_, std::string("1"), root_, options_, {}); }
  /// Unpacks these layers, which must be good.
  UnpackReport good(const std::vector<std::vector<Item>>& layers) {
    put(layers);
    auto done = unpack_it();
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_THAT(beside(), ElementsAre("root"));
    if (done && done->left_out_count == 0) {
      EXPECT_EQ(listed(), described());
    }
    return done
               ? *std::move(done)
               : UnpackReport{
                     .image = {MediaType::of(media_types::oci_layer), Digest::of({}), 0}, .platform = {}, .layers = {}};
  }
  /// Unpacks these layers, which must be refused and leave nothing.
  Error bad(const std::vector<std::vector<Item>>& layers) {
    put(layers);
    const auto done = unpack_it();
    EXPECT_FALSE(done);
    EXPECT_THAT(beside(), IsEmpty());
    const auto files = ImageFiles::read(store_, std::string("1"), {}, {});
    if (!done) {
      EXPECT_FALSE(files) << "it was listed";
      if (!files) {
        EXPECT_EQ(files.error().code(), done.error().code());
      }
    }
    return done ? Error(ErrorCode::protocol, "it was unpacked") : done.error();
  }
  [[nodiscard]] std::vector<std::string> beside() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(temp_ / "work")) names.push_back(entry.path().filename());
    return names;
  }
  /// Every path in the tree, sorted.
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      all.push_back(entry.path().lexically_relative(root_));
    std::ranges::sort(all);
    return all;
  }
  /// The same with what each is, as the tree on disk has it and as the listing does.
  [[nodiscard]] std::vector<std::string> described() const {
    std::vector<std::string> all;
    for (const auto& path : paths()) {
      const auto found = status(path);
      const auto target = S_ISLNK(found.st_mode) ? fs::read_symlink(root_ / path).string() : "";
      all.push_back(fmt::format("{} {:o} {} {} {}", path, S_ISLNK(found.st_mode) ? 0777U : found.st_mode & 07777U,
                                S_ISREG(found.st_mode) ? found.st_size : 0, S_ISDIR(found.st_mode) ? 0 : found.st_nlink,
                                target));
    }
    return all;
  }
  std::vector<std::string> listed() {
    std::vector<std::string> all;
    const auto files = ImageFiles::read(store_, std::string("1"), {}, {});
    EXPECT_TRUE(files) << files.error().message();
    if (!files) return all;
    EXPECT_TRUE(files->list("/", true, [&](const ImageFile& file) -> Result<void> {
      const bool folder = file.type == TarType::directory;
      all.push_back(
          fmt::format("{} {:o} {} {} {}", file.path, file.mode, file.size, folder ? 0 : file.links, file.link_path));
      if (file.type != TarType::file) return {};
      StringSink sink;
      EXPECT_TRUE(files->read_file(file.path, sink, {}));
      EXPECT_EQ(sink.text(), content(file.path)) << file.path;
      return {};
    }));
    std::ranges::sort(all);
    return all;
  }
  [[nodiscard]] std::string content(const std::string& path) const { return read_bytes(root_ / path); }
  [[nodiscard]] struct stat status(const std::string& path) const {
    struct stat found{};
    EXPECT_EQ(::lstat((root_ / path).c_str(), &found), 0) << path;
    return found;
  }

  TempDir temp_;
  MemoryStore store_;
  fs::path root_ = temp_ / "work/root";
  UnpackOptions options_;
};

TEST_F(Unpack, MakesFilesFoldersAndLinksWithModesAndTimes) {
  const auto report =
      good({{at_time(folder("etc", 01777), 5), at_time(file("etc/motd", "hello\n", 0640), 7),
             at_time(link("etc/m", "motd"), 8), hard_link("motd", "etc/motd"), file("deep/er/x", "x")}});
  EXPECT_THAT(paths(), ElementsAre("deep", "deep/er", "deep/er/x", "etc", "etc/m", "etc/motd", "motd"));
  EXPECT_EQ(content("etc/motd"), "hello\n");
  EXPECT_EQ(status("etc").st_mode & 07777U, 01777U);
  EXPECT_EQ(status("etc").st_mtim.tv_sec, 5);
  EXPECT_EQ(status("etc/motd").st_mode & 07777U, 0640U);
  EXPECT_EQ(status("etc/motd").st_mtim.tv_sec, 7);
  EXPECT_EQ(status("etc/m").st_mtim.tv_sec, 8);
  EXPECT_EQ(fs::read_symlink(root_ / "etc/m"), "motd");
  EXPECT_EQ(status("motd").st_ino, status("etc/motd").st_ino);
  EXPECT_EQ(status("deep").st_mode & 07777U, 0755U);
  EXPECT_EQ(report.entries, 5U);
  EXPECT_EQ(report.file_bytes, 7U);
  EXPECT_EQ(report.left_out_count, 0U);
}

TEST_F(Unpack, RootFolderHasTheModeAndTimeOfItsEntry) {
  auto root = at_time(folder(".", 0700), 77);
  good({{file("a", "a")}, {root}});
  struct stat found{};
  ASSERT_EQ(::stat(root_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0700U);
  EXPECT_EQ(found.st_mtim.tv_sec, 77);
}

TEST_F(Unpack, AnEmptyFolderIsTaken) {
  fs::create_directory(root_);
  good({{file("a", "a")}});
  EXPECT_EQ(content("a"), "a");
}

TEST_F(Unpack, FolderThatHoldsSomethingIsLeftAsItIs) {
  temp_.write("work/root/mine", "mine");
  put({{file("a", "a")}});
  const auto done = unpack_it();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::conflict);
  EXPECT_THAT(paths(), ElementsAre("mine"));
  EXPECT_THAT(beside(), ElementsAre("root"));
}

TEST_F(Unpack, UpperLayersReplaceAndMerge) {
  good({{folder("d", 0755), file("d/kept", "1"), file("d/changed", "1"), file("f", "1"), folder("tree"),
         file("tree/x", "1")},
        {folder("d", 0711), file("d/changed", "22"), folder("f"), file("f/inside", "2"), file("tree", "2")}});
  EXPECT_THAT(paths(), ElementsAre("d", "d/changed", "d/kept", "f", "f/inside", "tree"));
  EXPECT_EQ(content("d/changed"), "22");
  EXPECT_EQ(content("tree"), "2");
  EXPECT_EQ(status("d").st_mode & 07777U, 0711U);
}

TEST_F(Unpack, AnUpperFileIsWrittenBesideTheNamesThatTheLowerOneHad) {
  good({{file("a", "old"), hard_link("b", "a")}, {file("a", "new")}});
  EXPECT_EQ(content("a"), "new");
  EXPECT_EQ(content("b"), "old");
}

TEST_F(Unpack, HardLinksReachIntoLowerLayers) {
  good({{file("a", "old")}, {hard_link("b", "a")}});
  EXPECT_EQ(status("a").st_ino, status("b").st_ino);
}

TEST_F(Unpack, WhiteoutsRemoveWhatLowerLayersHave) {
  good({{file("a", "1"), folder("d"), file("d/x", "1"), folder("d/deep"), file("d/deep/y", "1"), link("l", "d")},
        {whiteout(".wh.a"), whiteout(".wh.d"), whiteout(".wh.l"), whiteout(".wh.absent"), whiteout("no/.wh.folder")}});
  EXPECT_THAT(paths(), IsEmpty());
}

TEST_F(Unpack, WhiteoutsNeverHideWhatTheirOwnLayerBringsWhereverTheyStand) {
  good({{folder("d"), file("d/low", "1"), file("f", "1"), folder("o"), file("o/low", "1"), folder("o/sub"),
         file("o/sub/low", "1")},
        {file("f", "2"), whiteout(".wh.f"), file("d/up", "2"), whiteout(".wh.d"), folder("o"), file("o/before", "2"),
         file("o/sub/before", "2"), whiteout("o/.wh..wh..opq"), file("o/after", "2")}});
  EXPECT_THAT(paths(), ElementsAre("d", "d/up", "f", "o", "o/after", "o/before", "o/sub", "o/sub/before"));
  EXPECT_EQ(content("f"), "2");
}

TEST_F(Unpack, WhiteoutsOfTheBaseHideNothing) {
  good({{file("f", "1"), whiteout(".wh.f"), folder("o"), file("o/x", "1"), whiteout("o/.wh..wh..opq")}});
  EXPECT_THAT(paths(), ElementsAre("f", "o", "o/x"));
}

TEST_F(Unpack, WhatAufsKeptForItselfIsDropped) {
  good({{whiteout(".wh..wh.aufs"), folder(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", "x"), file("a", "1")}});
  EXPECT_THAT(paths(), ElementsAre("a"));
}

TEST_F(Unpack, U8WhiteoutsOfNothingAreRefused) {
  for (const auto* path : {".wh.", "d/.wh.", ".wh...", ".wh..", ".wh.d/x"}) {
    EXPECT_EQ(bad({{file("d/a", "1")}, {file(path, "")}}).code(), ErrorCode::invalid_input) << path;
  }
}

TEST_F(Unpack, U8WhiteoutsThroughLinksStayInside) {
  temp_.write("outside-too/victim", "untouched");
  good({{link("out", (temp_ / "outside").string()), link("up", "../../outside"), folder("in"), file("in/victim", "1"),
         link("in2", "in")},
        {whiteout("out/.wh.secret"), whiteout("up/.wh.secret"), whiteout("in2/.wh.victim")}});
  EXPECT_THAT(paths(), ElementsAre("in", "in2", "out", "up"));
}

TEST_F(Unpack, U1PathsThatClimbAreRefused) {
  for (const auto* path : {"../x", "a/../../x", "..", "a/..", "/../x", "./../x"}) {
    const auto error = bad({{file(path, "x")}});
    EXPECT_EQ(error.code(), ErrorCode::invalid_input) << path;
    EXPECT_THAT(error.message(), HasSubstr("climbs")) << path;
  }
}

TEST_F(Unpack, U1AbsolutePathsLieInside) {
  good({{file("/abs", "1"), file("//twice/x", "2"), file("./dot", "3")}});
  EXPECT_THAT(paths(), ElementsAre("abs", "dot", "twice", "twice/x"));
}

TEST_F(Unpack, U2WhatIsWrittenThroughALinkStaysInside) {
  const auto outside = (temp_ / "outside").string();
  good({{link("abs", outside), file("abs/new", "1"), link("up", "../../../../../../../../.." + outside),
         file("up/more", "1"), link("etc", "real/etc"), folder("real"), file("etc/passwd", "2")}});
  EXPECT_EQ(content("real/etc/passwd"), "2");
  EXPECT_EQ(read_bytes(root_.string() + outside + "/new"), "1");
  EXPECT_EQ(read_bytes(root_.string() + outside + "/more"), "1");
}

TEST_F(Unpack, U2LastNameOfAPathIsNeverFollowed) {
  const auto secret = (temp_ / "outside/secret").string();
  good({{link("l", secret), link("d", (temp_ / "outside").string())},
        {file("l", "mine"), folder("d"), file("d/secret", "mine")}});
  EXPECT_EQ(content("l"), "mine");
  EXPECT_EQ(content("d/secret"), "mine");
}

TEST_F(Unpack, U2ChainsOfLinksAreWalkedAsLinuxDoes) {
  for (const int length : {1, 2, 39, 40}) {
    fs::remove_all(root_);
    std::vector<Item> items{folder("end")};
    for (int i = 0; i < length; ++i)
      items.push_back(link(fmt::format("l{}", i), i == 0 ? "end" : fmt::format("l{}", i - 1)));
    items.push_back(file(fmt::format("l{}/x", length - 1), "x"));
    good({items});
    EXPECT_EQ(content("end/x"), "x") << length;
  }
  fs::remove_all(root_);
  std::vector<Item> items{folder("end")};
  for (int i = 0; i < 41; ++i) items.push_back(link(fmt::format("l{}", i), i == 0 ? "end" : fmt::format("l{}", i - 1)));
  items.push_back(file("l40/x", "x"));
  EXPECT_THAT(bad({items}).message(), HasSubstr("circle"));
  EXPECT_THAT(bad({{link("a", "b"), link("b", "a"), file("a/x", "x")}}).message(), HasSubstr("circle"));
}

TEST_F(Unpack, U11LinksMakeNoTreeDeeperThanPathsMayBe) {
  std::string deep = "d";
  for (int i = 1; i < 200; ++i) deep += "/d";
  const auto error = bad({{folder(deep), link("s", deep), file("s/" + deep + "/x", "x")}});
  EXPECT_EQ(error.code(), ErrorCode::limit_exceeded);
  EXPECT_THAT(error.message(), HasSubstr("deep"));
}

TEST_F(Unpack, U4HardLinksToWhatIsNotInsideAreRefused) {
  const auto secret = (temp_ / "outside/secret").string();
  EXPECT_THAT(bad({{hard_link("h", secret)}}).message(), HasSubstr("not there"));
  EXPECT_THAT(bad({{hard_link("h", "../outside/secret")}}).message(), HasSubstr("climbs"));
  EXPECT_THAT(bad({{link("d", (temp_ / "outside").string()), hard_link("h", "d/secret")}}).message(),
              HasSubstr("not there"));
  EXPECT_THAT(bad({{hard_link("h", "later"), file("later", "x")}}).message(), HasSubstr("not there"));
  EXPECT_THAT(bad({{file("h", "x"), hard_link("h", "h")}}).message(), HasSubstr("itself"));
  EXPECT_THAT(bad({{folder("d"), hard_link("h", "d")}}).message(), HasSubstr("folder"));
  EXPECT_THAT(bad({{hard_link("h", "/")}}).message(), HasSubstr("folder"));
}

TEST_F(Unpack, U4HardLinkToWhatItReplacesIsRefused) {
  EXPECT_THAT(bad({{folder("d"), folder("d/e"), file("d/e/f", "x"), hard_link("d", "d/e/f")}}).message(),
              HasSubstr("which it replaces"));
}

TEST_F(Unpack, RootlessFoldersStayOpenToTheirOwner) {
  options_.rootless = true;
  put({{folder("d", 0555), file("d/f", "x", 0400)}});
  ASSERT_TRUE(unpack_it());
  EXPECT_EQ(status("d").st_mode & 07777U, 0755U);
  EXPECT_EQ(status("d/f").st_mode & 07777U, 0400U);
}

TEST_F(Unpack, U4HardLinkToALinkIsAnotherNameOfTheLink) {
  good({{link("l", (temp_ / "outside/secret").string()), hard_link("h", "l")}});
  EXPECT_TRUE(fs::is_symlink(root_ / "h"));
  EXPECT_EQ(status("l").st_ino, status("h").st_ino);
}

/// Somebody else swaps folders of the tree for links that lead out, all the time.
TEST_F(Unpack, U6WhoSwapsFoldersForLinksMeanwhileLeadsNothingOutside) {
  std::vector<Item> items;
  for (int i = 0; i < 3000; ++i) items.push_back(file(fmt::format("d{}/sub/f{}", i % 7, i), "x"));
  put({items, items});
  std::atomic<bool> done = false;
  const auto tree = temp_ / "work/.root.dray-unpack/tree";
  std::thread swapper([&] {
    for (int i = 0; !done; ++i) {
      const auto victim = tree / fmt::format("d{}", i % 7);
      std::error_code ignored;
      fs::rename(victim, tree / "aside", ignored);
      fs::create_symlink(temp_ / "outside", victim, ignored);
      fs::remove(victim, ignored);
      fs::rename(tree / "aside", victim, ignored);
    }
  });
  (void)unpack_it();  // it may fail, for the tree is not what it was
  done = true;
  swapper.join();
}

TEST_F(Unpack, U16LinkGivesWayToAFileAndAFolderToALink) {
  good({{link("bin", "usr"), folder("lib"), file("lib/x", "1")},
        {file("bin", "program"), link("lib", "usr/lib"), folder("usr/lib"), file("lib/y", "2")}});
  EXPECT_EQ(content("bin"), "program");
  EXPECT_EQ(fs::read_symlink(root_ / "lib"), "usr/lib");
  EXPECT_EQ(content("usr/lib/y"), "2");
}

TEST_F(Unpack, U16NothingStandsBelowAFile) {
  EXPECT_THAT(bad({{file("a", "1")}, {file("a/b", "2")}}).message(), HasSubstr("no folder"));
}

TEST_F(Unpack, U17WrongDiffIdLeavesNothing) {
  put({tar_of({file("a", "1")}), tar_of({file("b", "1")})}, 1);
  const auto done = unpack_it();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::digest_mismatch);
  EXPECT_THAT(done.error().message(), HasSubstr("diff ID"));
  EXPECT_THAT(beside(), IsEmpty());
}

TEST_F(Unpack, SetIdBitsComeAndAreKept) {
  good({{file("su", "x", 04755), file("sg", "x", 02755), folder("sticky", 01777), folder("setgid", 02755),
         file("setgid/x", "1")}});
  EXPECT_EQ(status("su").st_mode & 07777U, 04755U);
  EXPECT_EQ(status("sg").st_mode & 07777U, 02755U);
  EXPECT_EQ(status("sticky").st_mode & 07777U, 01777U);
  EXPECT_EQ(status("setgid").st_mode & 07777U, 02755U);
}

TEST_F(Unpack, OwnersAreKeptAsRootAndNotOtherwise) {
  auto owned = file("f", "x");
  owned.entry.uid = 1234;
  owned.entry.gid = 4321;
  auto owned_link = link("l", "f");
  owned_link.entry.uid = 77;
  options_.rootless = ::geteuid() != 0;
  good({{owned, owned_link}});
  if (::geteuid() == 0) {
    EXPECT_EQ(status("f").st_uid, 1234U);
    EXPECT_EQ(status("f").st_gid, 4321U);
    EXPECT_EQ(status("l").st_uid, 77U);
    fs::remove_all(root_);
    options_.rootless = true;
    good({{owned, owned_link}});
  }
  EXPECT_EQ(status("f").st_uid, ::geteuid());
}

TEST_F(Unpack, OwnerThatLinuxDoesNotKnowIsRefused) {
  auto owned = file("f", "x");
  owned.entry.uid = 0xffffffffU;
  EXPECT_THAT(bad({{owned}}).message(), HasSubstr("owner"));
}

TEST_F(Unpack, U7DevicesAreRootsAlone) {
  Item null;
  null.entry.type = TarType::character_device;
  null.entry.path = "null";
  null.entry.mode = 0666;
  null.entry.device_major = 1;
  null.entry.device_minor = 3;
  Item fifo;
  fifo.entry.type = TarType::fifo;
  fifo.entry.path = "fifo";
  fifo.entry.mode = 0622;
  options_.rootless = true;
  const auto report = good({{null, fifo}});
  EXPECT_THAT(paths(), ElementsAre("fifo"));
  EXPECT_EQ(status("fifo").st_mode & 07777U, 0622U);
  EXPECT_EQ(report.left_out_count, 1U);
  ASSERT_EQ(report.left_out.size(), 1U);
  EXPECT_EQ(report.left_out[0].path, "null");
  fs::remove_all(root_);
  options_.rootless = false;
  const auto as_root = good({{null, fifo}});
  // That it was left out and told is what may be asked of a sandbox; the rest needs a device.
  if (as_root.left_out_count == 1) GTEST_SKIP() << "devices may not be made here";
  EXPECT_TRUE(S_ISCHR(status("null").st_mode));
  EXPECT_EQ(status("null").st_rdev, makedev(1, 3));
  EXPECT_EQ(status("null").st_mode & 07777U, 0666U);
}

TEST_F(Unpack, U15OnlyXattrsOfTheListAreWritten) {
  auto marked = file("f", "x");
  marked.entry.xattrs = {{"user.note", "hello"},
                         {"trusted.overlay.opaque", "y"},
                         {"user.overlay.redirect", "/x"},
                         {"security.selinux", "x"}};
  const auto report = good({{marked}});
  char value[32] = {};
  const auto size = ::getxattr((root_ / "f").c_str(), "user.note", &value[0], sizeof value);
  // Without xattrs nothing can tell those of the list from others.
  if (size < 0) GTEST_SKIP() << "the file system keeps no xattrs";
  EXPECT_EQ(std::string(&value[0], static_cast<std::size_t>(size)), "hello");
  EXPECT_LT(::getxattr((root_ / "f").c_str(), "trusted.overlay.opaque", &value[0], sizeof value), 0);
  EXPECT_LT(::getxattr((root_ / "f").c_str(), "user.overlay.redirect", &value[0], sizeof value), 0);
  EXPECT_EQ(report.left_out_count, 3U);
}

TEST_F(Unpack, ZerosTakeNoRoom) {
  const auto noise = dray::testing::random_bytes(100'000, 1);
  const auto half = std::string(1 << 20, 'x') + std::string((1 << 20) + 5, '\0');
  good({{file("noise", noise), file("sparse", std::string(8 << 20, '\0')), file("half", half)}});
  EXPECT_EQ(status("sparse").st_size, 8 << 20);
  EXPECT_EQ(status("sparse").st_blocks, 0);
  EXPECT_EQ(content("half"), half);
}

TEST_F(Unpack, ALayerThatIsNoArchiveLeavesNothing) {
  put(std::vector<std::string>{tar_of({file("a", "1")}), std::string(600, 'x')});
  EXPECT_FALSE(unpack_it());
  EXPECT_THAT(beside(), IsEmpty());
}

TEST_F(Unpack, StopsWhenAsked) {
  put({{file("a", "1")}});
  std::stop_source stop;
  stop.request_stop();
  const auto done = unpack(store_, std::string("1"), root_, options_, stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::cancelled);
  EXPECT_FALSE(fs::exists(root_));
}

TEST_F(Unpack, PlacesThatAreNoFolderToBeAreRefused) {
  put({{file("a", "1")}});
  for (const fs::path& place : std::vector<fs::path>{".", "..", "/"}) {
    EXPECT_FALSE(unpack(store_, std::string("1"), place, options_, {})) << place;
  }
  temp_.write("work/file", "x");
  EXPECT_FALSE(unpack(store_, std::string("1"), temp_ / "work/file", options_, {}));
  EXPECT_EQ(read_bytes(temp_ / "work/file"), "x");
}

}  // namespace
}  // namespace unpack_test
}  // namespace dray::ops
