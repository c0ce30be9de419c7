#include "access/htpasswd.hpp"

#include <gtest/gtest.h>

#include "access/password_hasher.hpp"
#include "access/watched_file.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {
namespace htpasswd_test {
namespace {

// htpasswd -nbB -C 5 alice wonderland
constexpr std::string_view hash_of_wonderland = "$2y$05$1kbceuI5A4nk9iOEgAXJyeebwB3gFAoolGFcJ2M4ozkpJCJYxQC5G";

TEST(Htpasswd, ReadsUsersBetweenCommentsAndEmptyLines) {
  const std::string hash(hash_of_wonderland);
  const auto users = Users::parse("# staff\r\n\n  \nalice:" + hash + "\r\nbob:" + hash, "users");
  ASSERT_TRUE(users) << users.error().message();
  EXPECT_EQ(users->count(), 2U);
  ASSERT_NE(users->hash_of("alice"), nullptr);
  EXPECT_EQ(*users->hash_of("alice"), hash);
  EXPECT_NE(users->hash_of("bob"), nullptr);
  EXPECT_EQ(users->hash_of("carol"), nullptr);
  EXPECT_EQ(users->hash_of(""), nullptr);
  EXPECT_EQ(users->highest_cost(), 5U);
}

TEST(Htpasswd, MayNameNobody) {
  const auto users = Users::parse("", "users");
  ASSERT_TRUE(users);
  EXPECT_EQ(users->count(), 0U);
}

struct BadLine {
  const char* name;
  std::string line;
  const char* why;
};
class HtpasswdRefuses : public ::testing::TestWithParam<BadLine> {};

TEST_P(HtpasswdRefuses, NamingFileAndLine) {
  const auto users = Users::parse("# one\n" + GetParam().line + "\n", "/etc/users");
  ASSERT_FALSE(users);
  EXPECT_EQ(users.error().code(), ErrorCode::invalid_input);
  const auto& message = users.error().message();
  EXPECT_TRUE(message.starts_with("/etc/users:")) << message;
  EXPECT_NE(message.find(GetParam().why), std::string::npos) << message;
  EXPECT_EQ(message.find("1kbceuI5A4nk9"), std::string::npos) << "a hash in a message";
}

std::string line_of(std::string hash) { return "alice:" + hash; }
std::string changed(std::size_t at, char c) {
  std::string hash(hash_of_wonderland);
  hash[at] = c;
  return hash;
}

INSTANTIATE_TEST_SUITE_P(
    Table, HtpasswdRefuses,
    ::testing::Values(
        BadLine{"no_colon", "alice", "user:hash"}, BadLine{"no_user", ":x", "user:hash"},
        BadLine{"control_character", std::string("al\x01ice:") + std::string(hash_of_wonderland), "control"},
        BadLine{"plain_text", line_of("wonderland"), "bcrypt"},
        BadLine{"apache_md5", line_of("$apr1$dTp1MVjJ$WzbCS6EQ5Ep6GNoEMVFmY/"), "bcrypt"},
        BadLine{"sha1", line_of("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), "bcrypt"},
        BadLine{"sha512_crypt", line_of("$6$salt$hash"), "bcrypt"},
        BadLine{"old_bcrypt", line_of(changed(2, 'x')), "bcrypt"},
        BadLine{"short", line_of(std::string(hash_of_wonderland.substr(1))), "bcrypt"},
        BadLine{"trailing_field", line_of(std::string(hash_of_wonderland) + ":x"), "bcrypt"},
        BadLine{"cost_of_letters", line_of(changed(4, 'x')), "bcrypt"},
        BadLine{"cost_too_low", line_of(changed(5, '3')), "bcrypt"},
        BadLine{"cost_too_high", line_of(changed(4, '1').replace(5, 1, "8")), "above 17"},
        BadLine{"cost_beyond_bcrypt", line_of(changed(4, '9')), "bcrypt"},
        BadLine{"foreign_character", line_of(changed(20, '!')), "bcrypt"},
        BadLine{"twice", line_of(std::string(hash_of_wonderland)) + "\n" + line_of(std::string(hash_of_wonderland)),
                "twice"}),
    [](const auto& row) { return row.param.name; });

TEST(CryptHasher, KnowsTheHashesThatHtpasswdMakes) {
  const auto hasher = crypt_hasher();
  EXPECT_TRUE(hasher->matches("wonderland", std::string(hash_of_wonderland)));
  EXPECT_FALSE(hasher->matches("Wonderland", std::string(hash_of_wonderland)));
  EXPECT_FALSE(hasher->matches("", std::string(hash_of_wonderland)));
  EXPECT_TRUE(hasher->matches("wonderland", changed(2, 'b'))) << "the same algorithm by OpenBSD's name";
}

TEST(CryptHasher, DoesTheWorkForAHashThatNothingMatches) {
  const auto hash = unmatched_hash(4);
  EXPECT_EQ(bcrypt_cost(hash), 4U);
  EXPECT_EQ(bcrypt_cost(unmatched_hash(12)), 12U);
  const auto hasher = crypt_hasher();
  EXPECT_FALSE(hasher->matches("", hash));
  EXPECT_FALSE(hasher->matches("x", hash));
}

Result<std::string> parse_text(std::string_view text, const std::string& file) {
  if (text == "broken") return Error(ErrorCode::invalid_input, file + " is broken");
  return std::string(text);
}

class WatchedFileTest : public ::testing::Test {
 protected:
  using File = WatchedFile<std::string>;
  std::unique_ptr<File> open() {
    auto file = File::open(folder_ / "f", 100, &parse_text, clock_,
                           [this](const Error& error) { reports_.push_back(error.message()); });
    return file ? std::move(*file) : nullptr;
  }
  testing::TempDir folder_;
  testing::FakeClock clock_{std::chrono::system_clock::now() + std::chrono::hours(1)};  // the file is an old one
  std::vector<std::string> reports_;
};

TEST_F(WatchedFileTest, IsParsedAgainOnlyWhenItChanged) {
  folder_.write("f", "one");
  const auto file = open();
  ASSERT_NE(file, nullptr);
  const auto first = file->current();
  EXPECT_EQ(*first, "one");
  EXPECT_EQ(file->current(), first);
  folder_.write("f", "three");
  EXPECT_EQ(*file->current(), "three");
}

TEST_F(WatchedFileTest, SeesAFileOfTheSameSizeThatWasRenamedOverIt) {
  folder_.write("f", "one");
  const auto file = open();
  folder_.write("g", "two");
  std::filesystem::last_write_time(folder_ / "g", std::filesystem::last_write_time(folder_ / "f"));
  std::filesystem::rename(folder_ / "g", folder_ / "f");
  EXPECT_EQ(*file->current(), "two");
}

TEST_F(WatchedFileTest, ComparesTheBytesOfOneThatWasWrittenAMomentAgo) {
  const testing::FakeClock now(std::chrono::system_clock::now());
  folder_.write("f", "one");
  auto file = File::open(folder_ / "f", 100, &parse_text, now, {});
  ASSERT_TRUE(file);
  const auto first = (*file)->current();
  EXPECT_EQ((*file)->current(), first) << "the same bytes are the same value";
}

TEST_F(WatchedFileTest, StaysInForceWhileItIsBrokenOrGone) {
  folder_.write("f", "one");
  const auto file = open();
  folder_.write("f", "broken");
  EXPECT_EQ(*file->current(), "one");
  EXPECT_EQ(*file->current(), "one");
  EXPECT_EQ(reports_, std::vector<std::string>{(folder_ / "f").string() + " is broken"}) << "told once";
  std::filesystem::remove(folder_ / "f");
  EXPECT_EQ(*file->current(), "one");
  EXPECT_EQ(reports_.size(), 2U);
  folder_.write("f", "two");
  EXPECT_EQ(*file->current(), "two");
  folder_.write("f", std::string(101, 'x'));
  EXPECT_EQ(*file->current(), "two");
  EXPECT_EQ(reports_.size(), 3U);
}

TEST_F(WatchedFileTest, MustBeThereAndSoundAtTheStart) {
  EXPECT_EQ(open(), nullptr);
  folder_.write("f", "broken");
  EXPECT_EQ(open(), nullptr);
}

}  // namespace
}  // namespace htpasswd_test
}  // namespace dray::server
