#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/format/tar.hpp>
#include <limits>

#include "pieces.hpp"
#include "tar_testing.hpp"

namespace dray {
namespace tar_reader_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::pax;
using testing::RawTar;
using testing::read_tar;
using testing::TarFile;

std::vector<TarFile> must_read(const std::string& archive) {
  auto files = read_tar(archive);
  EXPECT_TRUE(files) << files.error().message();
  return files ? *std::move(files) : std::vector<TarFile>();
}

/// The only entry of an archive.
TarEntry only(const std::string& archive) {
  const auto files = must_read(archive);
  EXPECT_EQ(files.size(), 1U);
  return files.empty() ? TarEntry() : files[0].entry;
}

const std::string gnu_magic{"ustar  \0", 8};

std::string small_archive() {
  return RawTar()
      .header({.name = "dir/", .type = '5'})
      .file("dir/a", "hello")
      .extension('x', pax("path", "dir/long") + pax("mtime", "1.5"))
      .file("short", std::string(600, 'x'))
      .extension('L', std::string("dir/gnu\0", 8))
      .file("short", "")
      .header({.name = "dir/link", .type = '2', .link = "a"})
      .end();
}

TEST(TarReader, GivesTheSameInPiecesOfEachSize) {
  const std::string archive = small_archive();
  for (const std::size_t piece : testing::piece_sizes) {
    const auto files = read_tar(archive, piece);
    ASSERT_TRUE(files) << files.error().message();
    ASSERT_THAT(testing::names_of(*files), ElementsAre("dir/", "dir/a", "dir/long", "dir/gnu", "dir/link"));
    EXPECT_EQ((*files)[1].data, "hello");
    EXPECT_EQ((*files)[2].data, std::string(600, 'x'));
    EXPECT_EQ((*files)[2].entry.mtime_nanoseconds, 500'000'000U);
    EXPECT_EQ((*files)[4].entry.link_path, "a");
  }
}

TEST(TarReader, SaysWhereEntriesAndTheirDataLie) {
  const auto files = must_read(small_archive());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> offsets;
  for (const auto& file : files) offsets.emplace_back(file.entry.header_offset, file.entry.data_offset);
  EXPECT_THAT(offsets,
              ElementsAre(Pair(0, 512), Pair(512, 1024), Pair(1536, 3072), Pair(4096, 5632), Pair(5632, 6144)));
}

TEST(TarReader, SkipsDataThatNobodyReads) {
  testing::PieceSource source(small_archive(), 100);
  TarReader reader(source);
  std::vector<std::string> names;
  for (auto entry = reader.next(); entry && *entry; entry = reader.next()) names.push_back((*entry)->path);
  EXPECT_EQ(names.size(), 5U);
}

TEST(TarReader, EveryPrefixIsAnErrorOrEndsBetweenEntries) {
  const std::string archive = small_archive();
  const std::vector<std::size_t> ends{0, 512, 1536, 4096, 5632, 6144, 6656, archive.size()};
  for (std::size_t length = 0; length <= archive.size(); ++length) {
    const auto files = read_tar(archive.substr(0, length));
    EXPECT_EQ(files.has_value(), std::ranges::find(ends, length) != ends.end()) << length;
    if (!files) {
      EXPECT_EQ(files.error().code(), ErrorCode::invalid_input);
    }
  }
}

TEST(TarReader, ReadsOnBehindTheEnd) {
  for (const std::string& rest : {std::string(9000, '\0'), std::string("rubbish"), std::string(100'000, 'x')}) {
    testing::PieceSource source(RawTar().file("a", "1").end() + rest, 4096);
    TarReader reader(source);
    ASSERT_TRUE(reader.next());
    const auto end = reader.next();
    ASSERT_TRUE(end) << end.error().message();
    EXPECT_FALSE(*end);
    std::array<std::byte, 1> byte{};
    EXPECT_EQ(*source.read(byte), 0U);
    EXPECT_FALSE(*reader.next());
  }
}

TEST(TarReader, TakesAnEmptyArchive) {
  EXPECT_TRUE(must_read("").empty());
  EXPECT_TRUE(must_read(RawTar().end()).empty());
  EXPECT_TRUE(must_read(RawTar().zeros(1).bytes()).empty());
}

TEST(TarReader, GivesItsErrorAgain) {
  testing::PieceSource source(RawTar().raw(std::string(512, 'x')).end(), 4096);
  TarReader reader(source);
  ASSERT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  std::array<std::byte, 1> byte{};
  EXPECT_FALSE(reader.read(byte));
}

TEST(TarReader, PassesOnTheSourcesError) {
  class Cut final : public ByteSource {
    Result<std::size_t> read(ByteSpan) override { return Error(ErrorCode::unavailable, "cut"); }
  } source;
  TarReader reader(source);
  EXPECT_EQ(reader.next().error().code(), ErrorCode::unavailable);
}

TEST(TarReader, ReadsOldArchives) {
  const auto files = must_read(RawTar()
                                   .header({.name = "d/", .type = '\0', .magic_and_version = std::string(8, '\0')})
                                   .header({.name = "d/f", .type = '\0', .magic_and_version = std::string(8, '\0')})
                                   .end());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].entry.type, TarType::directory);
  EXPECT_EQ(files[1].entry.type, TarType::file);
}

TEST(TarReader, JoinsPrefixAndNameInUstarAlone) {
  EXPECT_EQ(only(RawTar().header({.name = "name", .prefix = "some/dir"}).end()).path, "some/dir/name");
  EXPECT_EQ(only(RawTar().header({.name = "name", .magic_and_version = gnu_magic, .prefix = "1234"}).end()).path,
            "name");
  const std::string full(100, 'n');
  EXPECT_EQ(only(RawTar().header({.name = full, .prefix = std::string(155, 'p')}).end()).path,
            std::string(155, 'p') + "/" + full);
}

TEST(TarReader, ReadsNumbersInEachForm) {
  const std::string blanks = only(RawTar().header({.uid_field = "   123 "}).end()).uid == 0123 ? "ok" : "";
  EXPECT_EQ(blanks, "ok");
  EXPECT_EQ(only(RawTar().header({.uid_field = std::string("000644 \0", 8)}).end()).uid, 0644U);
  EXPECT_EQ(only(RawTar().header({.uid_field = "77777777"}).end()).uid, 077777777U);
  EXPECT_EQ(only(RawTar().header({.uid_field = std::string(8, '\0')}).end()).uid, 0U);
  EXPECT_EQ(only(RawTar().header({.uid_field = std::string("\x80\0\0\0\xff\xff\xff\xff", 8)}).end()).uid, 0xffffffffU);
  EXPECT_EQ(only(RawTar().header({.mtime_field = std::string(12, '\xff')}).end()).mtime_seconds, -1);
  EXPECT_EQ(only(RawTar().header({.mode_field = "0100755"}).end()).mode, 0755U);
}

TEST(TarReader, TakesAChecksumWithSigns) {
  EXPECT_EQ(only(RawTar().header({.name = "\xc3\xa9\xc3\xa9", .signed_checksum = true}).end()).path, "\u00e9\u00e9");
}

TEST(TarReader, ReadsPaxRecords) {
  const std::string long_path = "p/" + std::string(200, 'a');
  const TarEntry entry = only(
      RawTar()
          .extension('x', pax("path", long_path) + pax("uid", "3000000000") + pax("gid", "3000000001") +
                              pax("uname", "u\u00e9") + pax("gname", "g") + pax("mtime", "-1.25") +
                              pax("SCHILY.xattr.user.a", std::string("v\0\n=", 4)) + pax("atime", "1.5") +
                              pax("LIBARCHIVE.creationtime", "7") + pax("MSWINDOWS.rawsd", "x") + pax("comment", "c"))
          .file("a", "")
          .end());
  EXPECT_EQ(entry.path, long_path);
  EXPECT_EQ(entry.uid, 3000000000U);
  EXPECT_EQ(entry.gid, 3000000001U);
  EXPECT_EQ(entry.user, "u\u00e9");
  EXPECT_EQ(entry.group, "g");
  EXPECT_EQ(entry.mtime_seconds, -2);
  EXPECT_EQ(entry.mtime_nanoseconds, 750'000'000U);
  EXPECT_THAT(entry.xattrs, ElementsAre(Pair("user.a", std::string("v\0\n=", 4))));
}

TEST(TarReader, ReadsTimesInEachForm) {
  const auto mtime = [](const std::string& text) {
    const TarEntry entry = only(RawTar().extension('x', pax("mtime", text)).file("a", "").end());
    return std::pair(entry.mtime_seconds, entry.mtime_nanoseconds);
  };
  EXPECT_EQ(mtime("0"), std::pair(std::int64_t{0}, 0U));
  EXPECT_EQ(mtime("1.000000001"), std::pair(std::int64_t{1}, 1U));
  EXPECT_EQ(mtime("1.0000000019"), std::pair(std::int64_t{1}, 1U));
  EXPECT_EQ(mtime("-1"), std::pair(std::int64_t{-1}, 0U));
  EXPECT_EQ(mtime("-0.5"), std::pair(std::int64_t{-1}, 500'000'000U));
  EXPECT_EQ(mtime("-1.9999999999"), std::pair(std::int64_t{-2}, 0U));
  EXPECT_EQ(mtime("-9223372036854775808"), std::pair(std::numeric_limits<std::int64_t>::min(), 0U));
  EXPECT_EQ(mtime("9223372036854775807"), std::pair(std::numeric_limits<std::int64_t>::max(), 0U));
  EXPECT_FALSE(read_tar(RawTar().extension('x', pax("mtime", "9223372036854775808")).file("a", "").end()));
  EXPECT_FALSE(read_tar(RawTar().extension('x', pax("mtime", "-9223372036854775808.1")).file("a", "").end()));
}

TEST(TarReader, TakesAPaxHeaderForOneEntryAlone) {
  const auto files = must_read(RawTar().extension('x', pax("path", "x")).file("a", "").file("b", "").end());
  EXPECT_THAT(testing::names_of(files), ElementsAre("x", "b"));
}

TEST(TarReader, TakesAPaxSizeThatAgrees) {
  EXPECT_EQ(must_read(RawTar().extension('x', pax("size", "5")).file("a", "hello").end())[0].data, "hello");
}

TEST(TarReader, TakesAPaxSizeThatTheHeaderCannotHold) {
  const auto archive = RawTar().extension('x', pax("size", "8589934592")).header({}).bytes();
  testing::PieceSource source(archive, 4096);
  TarReader reader(source);
  const auto entry = reader.next();
  ASSERT_TRUE(entry) << entry.error().message();
  EXPECT_EQ((*entry)->size, 8589934592U);
}

TEST(TarReader, TakesAGlobalHeaderOfComments) {
  const auto archive = RawTar().extension('g', pax("comment", std::string(40, 'a'))).file("a", "").end();
  EXPECT_EQ(only(archive).path, "a");
}

TEST(TarReader, ReadsBothGnuLongNames) {
  const std::string name = "n/" + std::string(250, 'n');
  const std::string link(300, 'l');
  const TarEntry entry = only(RawTar()
                                  .extension('K', link + '\0')
                                  .extension('L', name)
                                  .header({.name = "cut", .type = '2', .link = "cut"})
                                  .end());
  EXPECT_EQ(entry.path, name);
  EXPECT_EQ(entry.link_path, link);
}

TEST(TarReader, ReadsDevices) {
  const TarEntry entry = only(RawTar().header({.type = '4', .major_field = "0000010"}).end());
  EXPECT_EQ(entry.type, TarType::block_device);
  EXPECT_EQ(entry.device_major, 8U);
}

struct Refusal {
  const char* name;
  std::string archive;
  std::string says;
  ErrorCode code = ErrorCode::invalid_input;
};

void PrintTo(const Refusal& row, std::ostream* out) { *out << row.name; }

class TarReaderRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(TarReaderRefuses, NamingOffsetAndReason) {
  const auto files = read_tar(GetParam().archive);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code(), GetParam().code) << files.error().message();
  EXPECT_THAT(files.error().message(), HasSubstr("tar entry at byte "));
  EXPECT_THAT(files.error().message(), HasSubstr(GetParam().says));
}

constexpr auto row_name = [](const auto& test) { return test.param.name; };

std::string with_pax(std::string_view records) { return RawTar().extension('x', records).file("a", "").end(); }
std::string with_header(const RawTar::Header& header) { return RawTar().header(header).end(); }

INSTANTIATE_TEST_SUITE_P(
    Headers, TarReaderRefuses,
    ::testing::Values(
        Refusal{"Rubbish", std::string(1024, 'x'), "at byte 0: this is no tar header"},
        Refusal{"Gzip", "\x1f\x8b" + std::string(1022, '\0'), "this is no tar header"},
        Refusal{"SecondHeaderBroken", RawTar().file("a", "1").raw(std::string(512, 'x')).end(), "at byte 1024: "},
        Refusal{"WrongChecksum", with_header({.checksum_field = std::string("000001\0 ", 8)}), "checksum is wrong"},
        Refusal{"EmptyChecksum", with_header({.checksum_field = std::string(8, '\0')}), "checksum is wrong"},
        Refusal{"UnknownMagic", with_header({.magic_and_version = "ubuntu00"}), "neither V7, ustar nor GNU"},
        Refusal{"NegativeSize", with_header({.size_field = std::string(12, '\xff')}), "size is negative"},
        Refusal{"MinusSign", with_header({.size_field = "-0000000001"}), "size is no number"},
        Refusal{"PlusSign", with_header({.size_field = "+0000000001"}), "size is no number"},
        Refusal{"DecimalDigits", with_header({.size_field = "00000000009"}), "size is no number"},
        Refusal{"RubbishBehindNumber",
                with_header({.size_field = std::string("00000000\0"
                                                       "123",
                                                       12)}),
                "size is no number"},
        Refusal{"BlanksForANumber", with_header({.size_field = std::string(12, ' ')}), "size is no number"},
        Refusal{"HugeBase256", with_header({.size_field = "\x80" + std::string(11, '\xff')}), "size is no number"},
        Refusal{"OtherBase256Mark", with_header({.size_field = "\x81" + std::string(11, '\0')}), "size is no number"},
        Refusal{"SizeOf8EiB",
                with_header({.size_field = std::string("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)}),
                "the archive is larger than", ErrorCode::limit_exceeded},
        Refusal{"NegativeUid", with_header({.uid_field = std::string(8, '\xff')}), "uid is negative"},
        Refusal{"NoMtime", with_header({.mtime_field = "yesterday"}), "mtime is no number"},
        Refusal{"NoPath", with_header({.name = ""}), "the path is empty"},
        Refusal{"SymlinkToNothing", with_header({.type = '2'}), "the link's target is empty"},
        Refusal{"HardLinkToNothing", with_header({.type = '1'}), "the link's target is empty"},
        Refusal{"HardLinkWithData", with_header({.type = '1', .size = 5, .link = "b"}), "is no file but has data"},
        Refusal{"DirectoryWithData", with_header({.type = '5', .size = 512}), "is no file but has data"},
        Refusal{"SlashedFileWithData", with_header({.name = "a/", .size = 512}), "is no file but has data"},
        Refusal{"SymlinkWithData", with_header({.type = '2', .size = 512, .link = "b"}), "is no file but has data"},
        Refusal{"GnuSparse", with_header({.type = 'S', .magic_and_version = gnu_magic}), "sparse files are not read",
                ErrorCode::unsupported},
        Refusal{"UnknownType", with_header({.type = 'Z'}), "entries of type 0x5a are not read", ErrorCode::unsupported},
        Refusal{"MultiVolume", with_header({.type = 'M'}), "are not read", ErrorCode::unsupported},
        Refusal{"DumpDir", with_header({.type = 'D'}), "are not read", ErrorCode::unsupported},
        Refusal{"DeviceOfNoNumber", with_header({.type = '3', .major_field = "x"}), "device number is no number"},
        Refusal{"LoneZeroBlock", RawTar().file("a", "").zeros(1).file("b", "").end(), "follows a lone block of zeros"},
        Refusal{"EndInsideData", RawTar().header({.size = 1024}).raw(std::string(600, 'x')).bytes(),
                "the archive ends inside an entry's data"},
        Refusal{"EndInsidePadding", RawTar().header({.size = 3}).raw("abc").bytes(), "ends inside an entry's data"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Extensions, TarReaderRefuses,
    ::testing::Values(
        Refusal{"PaxSizeSmaller", RawTar().extension('x', pax("size", "0")).file("a", "hello").end(),
                "the PAX header says 0 bytes of data, the header 5"},
        Refusal{"PaxSizeBesideZero", RawTar().extension('x', pax("size", "512")).file("a", "").file("b", "").end(),
                "the PAX header says 512 bytes of data, the header 0"},
        Refusal{"PaxSizeLargerThanAll", with_pax(pax("size", "9223372036854775807")), "the archive is larger than",
                ErrorCode::limit_exceeded},
        Refusal{"PaxSizeNegative", with_pax(pax("size", "-1")), "'size' is no whole number"},
        Refusal{"PaxSize2To63", with_pax(pax("size", "9223372036854775808")), "'size' is no whole number"},
        Refusal{"PaxSizeHex", with_pax(pax("size", "0x0")), "'size' is no whole number"},
        Refusal{"PaxSizeEmpty", with_pax(pax("size", "")), "'size' is no whole number"},
        Refusal{"PaxUidFraction", with_pax(pax("uid", "1.5")), "'uid' is no whole number"},
        Refusal{"PaxMtimeWord", with_pax(pax("mtime", "now")), "'mtime' is no time"},
        Refusal{"PaxMtimeTwoPoints", with_pax(pax("mtime", "1.2.3")), "'mtime' is no time"},
        Refusal{"PaxMtimeTwoSigns", with_pax(pax("mtime", "--1")), "'mtime' is no time"},
        Refusal{"PaxPathEmpty", with_pax(pax("path", "")), "'path' is empty"},
        Refusal{"PaxPathWithNul", with_pax(pax("path", std::string("a\0b", 3))), "'path' holds a NUL"},
        Refusal{"PaxUnknownKey", with_pax(pax("pathology", "x")), "\"pathology\" is unknown"},
        Refusal{"PaxKeyTwice", with_pax(pax("path", "a") + pax("path", "b")), "\"path\" occurs twice"},
        Refusal{"PaxNoKey", with_pax("5 =a\n"), "has no key"}, Refusal{"PaxNoEquals", with_pax("5 ab\n"), "has no key"},
        Refusal{"PaxNoLength", with_pax("path=a\n"), "does not begin with its length"},
        Refusal{"PaxLengthZero", with_pax("0 path=a\n"), "does not begin with its length"},
        Refusal{"PaxLengthPadded", with_pax("010 path=a\n"), "does not begin with its length"},
        Refusal{"PaxLengthNegative", with_pax("-9 path=a\n"), "does not begin with its length"},
        Refusal{"PaxLengthTooLong", with_pax("99 path=a\n"), "length is wrong"},
        Refusal{"PaxLengthHuge", with_pax("99999999999999999999 path=a\n"), "does not begin with its length"},
        Refusal{"PaxLengthTooShort", with_pax("2 path=a\n"), "length is wrong"},
        Refusal{"PaxNoLineEnd", with_pax("9 path=a\n\n"), "does not begin with its length"},
        Refusal{"PaxLineEndElsewhere", with_pax("8 path=a\n"), "does not end where its length says"},
        Refusal{"PaxCharset", with_pax(pax("hdrcharset", "latin1")), "character set"},
        Refusal{"PaxSparse", with_pax(pax("GNU.sparse.major", "1") + pax("GNU.sparse.name", "x")),
                "sparse files are not read", ErrorCode::unsupported},
        Refusal{"PaxSparseOfStar", with_pax(pax("SCHILY.realsize", "1")), "sparse files are not read",
                ErrorCode::unsupported},
        Refusal{"PaxDeviceNumbers", RawTar().extension('x', pax("SCHILY.devmajor", "1")).header({.type = '3'}).end(),
                "device's numbers in PAX records", ErrorCode::unsupported},
        Refusal{"PaxTwice",
                RawTar().extension('x', pax("path", "a")).extension('x', pax("path", "b")).file("c", "").end(),
                "two PAX headers"},
        Refusal{"PaxBeforeGnuName", RawTar().extension('x', pax("path", "a")).extension('L', "b").file("c", "").end(),
                "are mixed"},
        Refusal{"GnuNameBeforePax", RawTar().extension('L', "b").extension('x', pax("size", "0")).file("c", "").end(),
                "are mixed"},
        Refusal{"PaxAtTheEnd", RawTar().extension('x', pax("path", "a")).end(), "before its entry"},
        Refusal{"PaxBeforeNothing", RawTar().extension('x', pax("path", "a")).bytes(), "before its entry"},
        Refusal{"GnuNameAtTheEnd", RawTar().extension('L', "a").end(), "before its entry"},
        Refusal{"GnuNameTwice", RawTar().extension('L', "a").extension('L', "b").file("c", "").end(),
                "two GNU long names"},
        Refusal{"GnuNameEmpty", RawTar().extension('L', std::string(1, '\0')).file("c", "").end(), "is empty"},
        Refusal{"GnuNameGoesOn", RawTar().extension('L', std::string("a\0b", 3)).file("c", "").end(), "behind its NUL"},
        Refusal{"GlobalPath", RawTar().extension('g', pax("path", "x")).file("a", "").end(), "sets \"path\"",
                ErrorCode::unsupported},
        Refusal{"GlobalMalformed", RawTar().extension('g', "x").file("a", "").end(), "length"},
        Refusal{"GlobalBehindPax",
                RawTar().extension('x', pax("path", "a")).extension('g', pax("comment", "c")).file("a", "").end(),
                "between an extension and its entry"},
        Refusal{"ExtensionOf1GiB", with_header({.type = 'x', .size = 1U << 30U}), "extended headers are larger",
                ErrorCode::limit_exceeded},
        Refusal{"EndInsideExtension", RawTar().header({.type = 'x', .size = 100}).bytes(),
                "ends inside an extended header"}),
    row_name);

std::string deep_path(std::size_t depth) {
  std::string path = "a";
  for (std::size_t i = 1; i < depth; ++i) path += "/a";
  return path;
}

TEST(TarReader, HoldsPathsToTheirLimits) {
  const auto read_path = [](const std::string& path) { return read_tar(with_pax(pax("path", path))); };
  EXPECT_TRUE(read_path(deep_path(limits::max_archive_path_depth)));
  EXPECT_EQ(read_path(deep_path(limits::max_archive_path_depth + 1)).error().code(), ErrorCode::limit_exceeded);
  EXPECT_TRUE(read_path(std::string(limits::max_archive_name_bytes, 'n')));
  EXPECT_EQ(read_path(std::string(limits::max_archive_name_bytes + 1, 'n')).error().code(), ErrorCode::limit_exceeded);
  std::string path;
  while (path.size() < limits::max_archive_path_bytes) path += std::string(200, 'n') + "/";
  EXPECT_EQ(read_path(path).error().code(), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace tar_reader_test
}  // namespace dray
