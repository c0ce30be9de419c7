#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/format/tar.hpp>
#include <random>

#include "pieces.hpp"
#include "tar_testing.hpp"

namespace dray {
namespace tar_writer_test {
namespace {

using ::testing::HasSubstr;
using testing::TarFile;
using testing::write_tar;

/// Seeded, so that a failure comes back.
class RandomEntries {
 public:
  explicit RandomEntries(std::uint64_t seed) : random_(seed) {}

  std::vector<TarFile> many(std::size_t count) {
    std::vector<TarFile> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(one());
    return out;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  std::string text(std::size_t length) {
    static constexpr std::array<std::string_view, 8> letters{"a", "b", "Z", "0", "-", "_.x", "\u00e9", "\U0001f600"};
    std::string out = "n";
    while (out.size() < length) out += letters.at(below(letters.size() - (ascii_ ? 2 : 0)));
    return out;
  }

  std::string path(std::size_t longest) {
    ascii_ = below(3) != 0;
    std::string out = text(1 + below(20));
    const std::size_t wanted = below(longest);
    while (out.size() < wanted) out += "/" + text(1 + below(90));
    return out;
  }

  TarFile one() {
    TarFile file;
    TarEntry& entry = file.entry;
    entry.type = static_cast<TarType>(below(7));
    entry.path = path(400) + (entry.type == TarType::directory ? "/" : "");
    if (entry.type == TarType::hard_link || entry.type == TarType::symlink) entry.link_path = path(300);
    if (entry.type == TarType::file) file.data = std::string(below(3) * below(2000), 'd');
    entry.size = file.data.size();
    entry.mode = static_cast<std::uint32_t>(below(010000));
    entry.uid = below(2) == 0 ? below(70'000) : below(4'000'000'000);
    entry.gid = below(2) == 0 ? below(70'000) : below(4'000'000'000);
    entry.user = below(2) == 0 ? "" : text(1 + below(40));
    entry.group = below(2) == 0 ? "" : text(1 + below(40));
    entry.mtime_seconds = static_cast<std::int64_t>(below(4'000'000'000)) - (below(4) == 0 ? 3'000'000'000 : 0);
    entry.mtime_nanoseconds = below(2) == 0 ? 0 : static_cast<std::uint32_t>(below(1'000'000'000));
    if (entry.type == TarType::character_device || entry.type == TarType::block_device) {
      entry.device_major = static_cast<std::uint32_t>(below(4000));
      entry.device_minor = static_cast<std::uint32_t>(below(02000000));
    }
    if (below(4) == 0) entry.xattrs["user." + text(5)] = std::string("v\0=\n", 4);
    return file;
  }

  std::mt19937_64 random_;
  bool ascii_ = true;
};

/// All that a writer was told, as one text, so that a difference is readable.
std::string told(const TarFile& file) {
  const TarEntry& e = file.entry;
  std::string out = testing::lines_of({file})[0] + " " + e.user + ":" + e.group + " " + e.path + " " + file.data;
  for (const auto& [name, value] : e.xattrs) out += " " + name + "=" + value;
  return out;
}

std::vector<std::string> told(const std::vector<TarFile>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(told(file));
  return out;
}

class TarWriterRoundTrip : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(TarWriterRoundTrip, ComesBackFromOurReader) {
  const auto files = RandomEntries(GetParam()).many(200);
  const std::string archive = write_tar(files);
  EXPECT_EQ(archive.size() % 512, 0U);
  const auto read = testing::read_tar(archive, 777);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(told(*read), told(files));
  EXPECT_EQ(write_tar(*read), archive);
}

TEST_P(TarWriterRoundTrip, IsListedAlikeByOtherPrograms) {
  const auto files = RandomEntries(GetParam()).many(200);
  const std::string archive = write_tar(files);
  EXPECT_EQ(testing::lines_of_gnu_tar(archive), testing::lines_of(files));
  EXPECT_EQ(testing::lines_of_python(archive), testing::whole_second_lines_of(files));
  EXPECT_EQ(testing::names_of_bsdtar(archive), testing::names_of(files));
}

INSTANTIATE_TEST_SUITE_P(Seeds, TarWriterRoundTrip, ::testing::Values(1, 2, 3, 4));

TarFile file_of(std::string path, std::string data = "") {
  TarFile file{{}, std::move(data)};
  file.entry.path = std::move(path);
  file.entry.size = file.data.size();
  file.entry.mode = 0644;
  return file;
}

bool has_pax_header(const TarFile& file) { return write_tar({file}).at(156) == 'x'; }

TEST(TarWriter, UsesUstarWhereItSuffices) {
  EXPECT_FALSE(has_pax_header(file_of("a")));
  EXPECT_FALSE(has_pax_header(file_of(std::string(100, 'a'))));
  EXPECT_FALSE(has_pax_header(file_of(std::string(155, 'p') + "/" + std::string(100, 'n'))));
  EXPECT_TRUE(has_pax_header(file_of(std::string(101, 'a'))));
  EXPECT_TRUE(has_pax_header(file_of(std::string(156, 'p') + "/" + std::string(100, 'n'))));
  EXPECT_TRUE(has_pax_header(file_of(std::string(155, 'p') + "/" + std::string(101, 'n'))));
  EXPECT_TRUE(has_pax_header(file_of("/" + std::string(100, 'n'))));
  EXPECT_TRUE(has_pax_header(file_of("\u00e9")));
  TarFile file = file_of("a");
  file.entry.uid = 07777777;
  file.entry.user = std::string(31, 'u');
  file.entry.mtime_seconds = 077777777777;
  EXPECT_FALSE(has_pax_header(file));
  file.entry.uid += 1;
  EXPECT_TRUE(has_pax_header(file));
}

TEST(TarWriter, WritesTheSameBytesForTheSameEntries) {
  const std::string archive = write_tar({file_of("hello", "hi\n")});
  EXPECT_EQ(archive.size(), 512U * 4);
  EXPECT_EQ(archive.substr(0, 156), std::string("hello") + std::string(95, '\0') + std::string("0000644\0", 8) +
                                        std::string("0000000\0", 8) + std::string("0000000\0", 8) +
                                        std::string("00000000003\0", 12) + std::string("00000000000\0", 12) +
                                        std::string("010224\0 ", 8));
  EXPECT_EQ(archive.substr(257, 8), std::string("ustar\0"
                                                "00",
                                                8));
}

TEST(TarWriter, SaysThatNamesAreNoUtf8) {
  const std::string archive = write_tar({file_of("latin\xe9")});
  EXPECT_THAT(archive, HasSubstr("21 hdrcharset=BINARY\n"));
  const auto read = testing::read_tar(archive);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)[0].entry.path, "latin\xe9");
}

TEST(TarWriter, WritesSizesBeyondTheHeader) {
  StringSink sink;
  TarWriter writer(sink);
  TarEntry entry = file_of("big").entry;
  entry.size = 10'000'000'000;
  ASSERT_TRUE(writer.add(entry));
  StringSource source(sink.text());
  TarReader reader(source);
  const auto read = reader.next();
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)->size, entry.size);
}

TEST(TarWriter, RefusesWhatNoArchiveHolds) {
  const auto refusal = [](auto change) {
    TarEntry entry = file_of("a").entry;
    change(entry);
    StringSink sink;
    TarWriter writer(sink);
    const auto added = writer.add(entry);
    EXPECT_TRUE(sink.text().empty());
    return added ? std::string() : added.error().message();
  };
  EXPECT_THAT(refusal([](TarEntry& e) { e.path = ""; }), HasSubstr("no path"));
  EXPECT_THAT(refusal([](TarEntry& e) { e.path = std::string("a\0b", 3); }), HasSubstr("NUL"));
  EXPECT_THAT(refusal([](TarEntry& e) { e.path = "a/"; }), HasSubstr("ends with a slash"));
  EXPECT_THAT(refusal([](TarEntry& e) { e.type = TarType::symlink; }), HasSubstr("link to nothing"));
  EXPECT_THAT(refusal([](TarEntry& e) { e.xattrs["a=b"] = ""; }), HasSubstr("xattr"));
  EXPECT_THAT(refusal([](TarEntry& e) { e.mtime_nanoseconds = 1'000'000'000; }), HasSubstr("nanoseconds"));
  EXPECT_THAT(refusal([](TarEntry& e) {
                e.type = TarType::directory;
                e.size = 1;
              }),
              HasSubstr("no file but has data"));
  EXPECT_THAT(refusal([](TarEntry& e) {
                e.type = TarType::fifo;
                e.type = TarType::block_device;
                e.device_minor = 010000000;
              }),
              HasSubstr("device number"));
}

TEST(TarWriter, HoldsDataToItsSize) {
  StringSink sink;
  TarWriter writer(sink);
  ASSERT_TRUE(writer.add(file_of("a", "abc").entry));
  EXPECT_FALSE(writer.write(as_bytes("abcd")));
  ASSERT_TRUE(writer.write(as_bytes("ab")));
  EXPECT_FALSE(writer.add(file_of("b").entry));
  EXPECT_FALSE(writer.finish());
  ASSERT_TRUE(writer.write(as_bytes("c")));
  EXPECT_FALSE(writer.write(as_bytes("d")));
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(sink.text(), write_tar({file_of("a", "abc")}));
}

}  // namespace
}  // namespace tar_writer_test
}  // namespace dray
