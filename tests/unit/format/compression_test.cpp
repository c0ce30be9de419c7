#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <array>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <random>

#include "pieces.hpp"
#include "support/subprocess.hpp"

namespace dray {
namespace compression_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Text that compresses, but not to nothing; the same for the same seed.
std::string some_text(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += "word" + std::to_string(random() % 1000) + (random() % 10 == 0 ? "\n" : " ");
  text.resize(size);
  return text;
}

std::string compressed(std::string_view plain, Compression compression, std::size_t piece = 65536) {
  StringSink out;
  auto sink = compress(out, compression);
  if (!sink) throw std::runtime_error(sink.error().message());
  for (std::size_t at = 0; at < plain.size(); at += piece) {
    if (!(*sink)->write(as_bytes(plain.substr(at, piece)))) throw std::runtime_error("write");
  }
  if (!(*sink)->finish()) throw std::runtime_error("finish");
  return std::move(out).text();
}

/// Reads everything, `step` bytes at a time.
Result<std::string> drained(ByteSource& source, std::size_t step) {
  std::vector<std::byte> buffer(step);
  std::string out;
  while (true) {
    DRAY_TRY_ASSIGN(const auto got, source.read(buffer));
    if (got == 0) return out;
    out += as_text(ByteView(buffer).first(got));
  }
}

Result<std::string> decompressed(std::string bytes, Compression compression, std::size_t piece = 65536,
                                 std::size_t step = 65536) {
  DRAY_TRY_ASSIGN(const auto source,
                  decompress(std::make_unique<testing::PieceSource>(std::move(bytes), piece), compression));
  return drained(*source, step);
}

std::string shell(const std::string& script, std::string input) {
  const auto outcome = testing::run({.words = {"sh", "-c", script}, .input = std::move(input)});
  if (outcome.status != 0) throw std::runtime_error(outcome.err);
  return outcome.out;
}

/// A gzip member with a header of our choice: `flags`, and `fields` behind the ten fixed bytes.
std::string member(std::string_view plain, unsigned flags = 0, std::string_view fields = "") {
  const std::string usual = compressed(plain, Compression::gzip);
  std::string header = usual.substr(0, 10);
  header[3] = static_cast<char>(flags);
  header += fields;
  if ((flags & 2U) != 0) {
    const auto sum =
        crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size()));
    header += static_cast<char>(sum & 0xffU);
    header += static_cast<char>(sum >> 8U & 0xffU);
  }
  return header + usual.substr(10);
}

const std::string extra{
    "\x05\x00"
    "extra",
    7};
const std::string name{"name\0", 5};
const std::string comment{"comment\0", 8};

class BothCompressions : public ::testing::TestWithParam<Compression> {};

TEST_P(BothCompressions, GiveBackWhatWasWritten) {
  for (const std::size_t size : {0UL, 1UL, 100UL, 65536UL, 1'000'000UL}) {
    const std::string plain = some_text(size);
    const auto back = decompressed(compressed(plain, GetParam()), GetParam());
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, plain);
  }
}

TEST_P(BothCompressions, WorkInPiecesOfEachSize) {
  const std::string plain = some_text(50'000);
  const std::string bytes = compressed(plain, GetParam());
  for (const std::size_t piece : testing::piece_sizes) {
    EXPECT_EQ(decompressed(bytes, GetParam(), piece).value_or(""), plain) << piece;
    EXPECT_EQ(decompressed(bytes, GetParam(), 65536, piece).value_or(""), plain) << piece;
    EXPECT_EQ(decompressed(compressed(plain, GetParam(), piece), GetParam()).value_or(""), plain) << piece;
  }
}

TEST_P(BothCompressions, WriteTheSameBytesAgain) {
  const std::string plain = some_text(300'000);
  EXPECT_EQ(compressed(plain, GetParam()), compressed(plain, GetParam()));
}

TEST_P(BothCompressions, RefuseEveryTruncation) {
  const std::string bytes = compressed(some_text(3000), GetParam());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto back = decompressed(bytes.substr(0, length), GetParam());
    ASSERT_FALSE(back) << length;
    EXPECT_EQ(back.error().code(), ErrorCode::invalid_input);
    EXPECT_FALSE(decompressed(bytes.substr(0, length), GetParam(), 1)) << length;
  }
}

TEST_P(BothCompressions, RefuseATruncatedSecondPart) {
  const std::string first = compressed("first", GetParam());
  const std::string second = compressed("second", GetParam());
  for (std::size_t length = 1; length < second.size(); ++length) {
    EXPECT_FALSE(decompressed(first + second.substr(0, length), GetParam())) << length;
  }
}

TEST_P(BothCompressions, JoinTheirParts) {
  std::string bytes;
  std::string plain;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string part = some_text(i * 500, i);
    plain += part;
    bytes += compressed(part, GetParam());
  }
  for (const std::size_t piece : testing::piece_sizes) {
    const auto back = decompressed(bytes, GetParam(), piece, 1000);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, plain);
  }
}

TEST_P(BothCompressions, RefuseWhatFollowsTheEnd) {
  const std::string bytes = compressed(some_text(3000), GetParam());
  for (const std::string& rest : {std::string("x"), std::string("rubbish and more of it"), std::string(1, '\0'),
                                  std::string(512, '\0'), std::string("\x1f"), std::string("\x28\xb5")}) {
    const auto back = decompressed(bytes + rest, GetParam());
    ASSERT_FALSE(back) << rest.size();
    EXPECT_EQ(back.error().code(), ErrorCode::invalid_input);
    EXPECT_FALSE(decompressed(bytes + rest, GetParam(), 1));
  }
}

TEST_P(BothCompressions, RefuseEveryFlippedBitOfTheChecksum) {
  const std::string bytes = compressed(some_text(3000), GetParam());
  const std::size_t trailer = GetParam() == Compression::gzip ? 8 : 4;
  for (std::size_t bit = 0; bit < trailer * 8; ++bit) {
    std::string flipped = bytes;
    char& byte = flipped[bytes.size() - trailer + bit / 8];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    EXPECT_FALSE(decompressed(flipped, GetParam())) << bit;
  }
}

TEST_P(BothCompressions, NeverTakeDamagedDataForOther) {
  const std::string plain = some_text(3000);
  const std::string bytes = compressed(plain, GetParam());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto back = decompressed(damaged, GetParam());
    EXPECT_TRUE(!back || *back == plain) << at;
  }
}

TEST_P(BothCompressions, RefuseOtherData) {
  for (const std::string& bytes : {std::string("plain text, not compressed"), std::string(2000, '\0')}) {
    const auto back = decompressed(bytes, GetParam());
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code(), ErrorCode::invalid_input);
  }
}

/// 64 MiB of zeros, made as they are asked for.
class Zeros final : public ByteSource {
 public:
  Result<std::size_t> read(ByteSpan into) override {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    std::ranges::fill(into.first(size), std::byte{0});
    left_ -= size;
    return size;
  }

 private:
  std::uint64_t left_ = 64ULL << 20U;
};

std::string bomb(Compression compression) {
  StringSink out;
  auto sink = compress(out, compression);
  Zeros zeros;
  if (!sink || !pump(zeros, **sink) || !(*sink)->finish()) throw std::runtime_error("bomb");
  return std::move(out).text();
}

long peak_memory_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_P(BothCompressions, StopABombInFlatMemory) {
  const std::string bytes = bomb(GetParam());
  const long before = peak_memory_kib();
  auto source = decompress(std::make_unique<testing::PieceSource>(bytes, 4096), GetParam());
  ASSERT_TRUE(source);
  std::vector<std::byte> buffer(65536);
  std::uint64_t out = 0;
  auto got = (*source)->read(buffer);
  for (; got && *got > 0; got = (*source)->read(buffer)) out += *got;
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::limit_exceeded);
  EXPECT_THAT(got.error().message(), HasSubstr("bomb"));
  EXPECT_LE(out, bytes.size() * limits::max_compression_ratio);
  EXPECT_LT(peak_memory_kib() - before, 32 * 1024);
}

TEST_P(BothCompressions, LetALittleDataCompressWell) {
  const std::string plain(limits::compression_ratio_grace_bytes, '\0');
  const auto back = decompressed(compressed(plain, GetParam()), GetParam());
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(*back, plain);
}

TEST_P(BothCompressions, AreReadByTheirOwnPrograms) {
  const std::string plain = some_text(200'000);
  const std::string program = GetParam() == Compression::gzip ? "gzip" : "zstd";
  EXPECT_EQ(shell(program + " -dc", compressed(plain, GetParam())), plain);
  EXPECT_EQ(shell(program + " -dc", compressed("", GetParam())), "");
}

TEST_P(BothCompressions, ReadWhatTheirOwnProgramsWrite) {
  const std::string plain = some_text(200'000);
  const std::string program = GetParam() == Compression::gzip ? "gzip" : "zstd";
  for (const std::string level : {"-1", "-6", "-9"}) {
    const auto back = decompressed(shell(program + " -c " + level, plain), GetParam(), 1000);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, plain);
  }
}

TEST_P(BothCompressions, PassOnTheSourcesError) {
  class Cut final : public ByteSource {
    Result<std::size_t> read(ByteSpan) override { return Error(ErrorCode::unavailable, "cut"); }
  };
  auto source = decompress(std::make_unique<Cut>(), GetParam());
  ASSERT_TRUE(source);
  std::array<std::byte, 16> buffer{};
  EXPECT_EQ((*source)->read(buffer).error().code(), ErrorCode::unavailable);
}

TEST_P(BothCompressions, PassOnTheSinksError) {
  class Full final : public ByteSink {
    Result<void> write(ByteView) override { return Error(ErrorCode::no_space, "full"); }
  } full;
  auto sink = compress(full, GetParam());
  ASSERT_TRUE(sink);
  Result<void> done;
  for (int i = 0; i < 100 && done; ++i) done = (*sink)->write(as_bytes(some_text(65536, static_cast<unsigned>(i))));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::no_space);
}

INSTANTIATE_TEST_SUITE_P(Compressions, BothCompressions, ::testing::Values(Compression::gzip, Compression::zstd),
                         [](const auto& test) { return std::string(dray::name(test.param)); });

TEST(GzipHeader, IsReadWithEachField) {
  for (const auto& [flags, fields] :
       {std::pair(0U, std::string()), std::pair(1U, std::string()), std::pair(2U, std::string()), std::pair(4U, extra),
        std::pair(8U, name), std::pair(16U, comment), std::pair(6U, extra), std::pair(31U, extra + name + comment)}) {
    const std::string bytes = member("hello", flags, fields);
    for (const std::size_t piece : testing::piece_sizes) {
      const auto back = decompressed(bytes, Compression::gzip, piece);
      ASSERT_TRUE(back) << flags << ": " << back.error().message();
      EXPECT_EQ(*back, "hello");
    }
  }
}

/// Gives out a text in two parts.
class TwoParts final : public ByteSource {
 public:
  TwoParts(std::string text, std::size_t cut) : text_(std::move(text)), cut_(cut) {}
  Result<std::size_t> read(ByteSpan into) override {
    const std::size_t end = at_ < cut_ ? cut_ : text_.size();
    const std::size_t size = std::min(into.size(), end - at_);
    std::ranges::copy(as_bytes(text_).subspan(at_, size), into.begin());
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t cut_;
  std::size_t at_ = 0;
};

TEST(GzipHeader, MayBeCutAtEachByte) {
  const std::string bytes = member("first ", 31, extra + name + comment) + member("second", 2);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    auto source = decompress(std::make_unique<TwoParts>(bytes, cut), Compression::gzip);
    ASSERT_TRUE(source);
    const auto back = drained(**source, 100);
    ASSERT_TRUE(back) << cut << ": " << back.error().message();
    EXPECT_EQ(*back, "first second");
  }
}

TEST(GzipHeader, IsRefusedWhenItIsWrong) {
  const auto says = [](std::string bytes) {
    const auto back = decompressed(std::move(bytes), Compression::gzip);
    return back ? std::string("read") : back.error().message();
  };
  std::string wrong_sum = member("hello", 2);
  wrong_sum[10] = static_cast<char>(wrong_sum[10] ^ 1);
  EXPECT_EQ(says(wrong_sum), "gzip: a header's checksum is wrong");
  std::string method = member("hello");
  method[2] = 7;
  EXPECT_EQ(says(method), "gzip: the compression method is 7; only 8 is known");
  EXPECT_EQ(says(member("hello", 0x20)), "gzip: a header has flags that mean nothing yet");
  EXPECT_EQ(says(""), "gzip: there is no data");
  EXPECT_EQ(says("\x1f"), "gzip: the data ends inside a header");
  EXPECT_EQ(says(member("hello") + "x"), "gzip: something follows the end of the data");
  EXPECT_EQ(says(member("hello").substr(0, 17)), "gzip: the data ends too soon");
}

TEST(GzipSource, RefusesASizeThatIsWrongInTheTrailer) {
  std::string bytes = member(some_text(1000));
  bytes[bytes.size() - 4] = static_cast<char>(bytes[bytes.size() - 4] + 1);
  EXPECT_EQ(decompressed(bytes, Compression::gzip).error().message(), "gzip: the data's checksum or size is wrong");
}

TEST(GzipSink, WritesAHeaderThatSaysNothing) {
  EXPECT_THAT(compressed("hello", Compression::gzip), StartsWith(std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10)));
}

TEST(ZstdSink, WritesAChecksum) {
  const std::string bytes = compressed("hello", Compression::zstd);
  EXPECT_NE(static_cast<unsigned char>(bytes[4]) & 4U, 0U);
}

std::string skippable(std::string_view bytes) {
  std::string frame("\x53\x2a\x4d\x18", 4);
  for (unsigned shift = 0; shift < 32; shift += 8) frame += static_cast<char>(bytes.size() >> shift & 0xffU);
  return frame + std::string(bytes);
}

TEST(ZstdSource, SkipsSkippableFrames) {
  const std::string bytes = skippable("x") + compressed("hello ", Compression::zstd) +
                            skippable(std::string(9000, 'x')) + compressed("you", Compression::zstd) + skippable("");
  for (const std::size_t piece : testing::piece_sizes) {
    EXPECT_EQ(decompressed(bytes, Compression::zstd, piece).value_or("failed"), "hello you");
  }
}

TEST(ZstdSource, RefusesATruncatedSkippableFrame) {
  const std::string bytes = compressed("hello", Compression::zstd) + skippable("12345");
  EXPECT_FALSE(decompressed(bytes.substr(0, bytes.size() - 1), Compression::zstd));
}

TEST(ZstdSource, RefusesALargeWindow) {
  // A frame header that asks for 2 GiB: descriptor 0, window exponent 31 - 10.
  const std::string bytes =
      std::string("\x28\xb5\x2f\xfd\x00", 5) + static_cast<char>(21 << 3) + std::string(100, '\0');
  const auto back = decompressed(bytes, Compression::zstd);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(back.error().message(), "zstd: a frame needs a window of more than 134217728 bytes");
}

TEST(ZstdSource, TakesTheLargestWindow) {
  const std::string plain = some_text(100'000);
  const auto back = decompressed(shell("zstd -c --long=27", plain), Compression::zstd);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(*back, plain);
}

struct Magic {
  const char* name;
  std::string bytes;
  Compression wanted;
};

void PrintTo(const Magic& row, std::ostream* out) { *out << row.name; }

class DetectCompression : public ::testing::TestWithParam<Magic> {};

TEST_P(DetectCompression, ByTheFirstBytes) {
  EXPECT_EQ(detect_compression(as_bytes(GetParam().bytes)), GetParam().wanted);
}

INSTANTIATE_TEST_SUITE_P(Table, DetectCompression,
                         ::testing::Values(Magic{"Nothing", "", Compression::none},
                                           Magic{"Tar", "etc/passwd", Compression::none},
                                           Magic{"Zeros", std::string(512, '\0'), Compression::none},
                                           Magic{"Gzip", "\x1f\x8b\x08", Compression::gzip},
                                           Magic{"HalfGzip", "\x1f", Compression::none},
                                           Magic{"Zstd", "\x28\xb5\x2f\xfd\x04", Compression::zstd},
                                           Magic{"SkippableFirst", "\x50\x2a\x4d\x18", Compression::zstd},
                                           Magic{"SkippableLast", "\x5f\x2a\x4d\x18", Compression::zstd},
                                           Magic{"NotSkippable", "\x60\x2a\x4d\x18", Compression::none},
                                           Magic{"Bzip2", "BZh91A", Compression::unknown},
                                           Magic{"FileCalledBZh", "BZhello", Compression::none},
                                           Magic{"Xz", std::string("\xfd\x37\x7a\x58\x5a\0", 6), Compression::unknown}),
                         [](const auto& test) { return test.param.name; });

TEST(DecompressDetected, ReadsEachKind) {
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    for (const std::size_t piece : testing::piece_sizes) {
      const std::string plain = some_text(5000);
      auto source = decompress_detected(std::make_unique<testing::PieceSource>(compressed(plain, compression), piece));
      ASSERT_TRUE(source);
      EXPECT_EQ(drained(**source, 100).value_or("failed"), plain);
    }
  }
}

TEST(DecompressDetected, TakesNothingForPlain) {
  auto source = decompress_detected(std::make_unique<testing::PieceSource>("", 1));
  ASSERT_TRUE(source);
  EXPECT_EQ(drained(**source, 10).value_or("failed"), "");
}

TEST(DecompressDetected, RefusesWhatItDoesNotRead) {
  const auto source = decompress_detected(std::make_unique<testing::PieceSource>("BZh91AY", 3));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace compression_test
}  // namespace dray
