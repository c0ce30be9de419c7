#include "quote.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dray {
namespace quote_test {
namespace {

TEST(Quote, ShowsNothingThatATerminalObeys) {
  EXPECT_EQ(quote("plain text"), "'plain text'");
  EXPECT_EQ(quote("\x1b[31mred\n"), "'?[31mred?'");
  EXPECT_EQ(quote("\x7f-\xc2\x9b-"), "'?-" + std::string(2, '?') + "-'");
  EXPECT_EQ(quote(std::string_view("a\0b", 3)), "'a?b'");
}

TEST(Quote, IsNotEndless) { EXPECT_EQ(quote(std::string(100'000, 'a')), "'" + std::string(160, 'a') + "...'"); }

struct Row {
  const char* name;
  std::string text;
  std::string shown;
};

TEST(QuoteReference, HidesCredentialsAndNothingElse) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::array rows{
      Row{"a tag", "alpine:3", "'alpine:3'"},
      Row{"a digest", "alpine@" + digest, "'alpine@" + digest + "'"},
      Row{"tag and digest", "host:5000/a:3@" + digest, "'host:5000/a:3@" + digest + "'"},
      Row{"upper-case digest", "alpine@SHA256:AB", "'alpine@SHA256:AB'"},
      Row{"a word behind the at", "alpine@latest", "'alpine@latest'"},
      Row{"user and password", "user:hunter2@host/app", "'...host/app'"},
      Row{"password with an at", "user:hun@ter2@host/app", "'...host/app'"},
      Row{"password with a slash", "user:hun/ter2@host/app", "'...host/app'"},
      Row{"password and a bare host", "user:hunter2@localhost", "'...localhost'"},
      Row{"password and a port", "user:hunter2@host:5000", "'...host:5000'"},
      Row{"a host like a digest", "user:hunter2@sha256:5000/app", "'...sha256:5000/app'"},
      Row{"a token for a user", "hunter2@ghcr.io/app", "'...ghcr.io/app'"},
      Row{"a URL", "https://user:hunter2@host/app", "'...host/app'"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(quote_reference(row.text), row.shown);
  }
}

}  // namespace
}  // namespace quote_test
}  // namespace dray
