#include "naming.hpp"

#include <gtest/gtest.h>

namespace dray::ops {
namespace naming_test {
namespace {

TEST(PrintableUrl, KeepsNoSecretAndNoControlCharacter) {
  EXPECT_EQ(printable_url("https://host.example/a/b?sig=secret"), "https://host.example/a/b");
  EXPECT_EQ(printable_url("https://user:pass@host.example:81/a@b#x"), "https://host.example:81/a@b");
  EXPECT_EQ(printable_url("user:pass@host.example"), "host.example");
  EXPECT_EQ(printable_url("https://host.example/\x1b[31m\n"), "https://host.example/?[31m?");
  EXPECT_LT(printable_url("https://host.example/" + std::string(5000, 'a')).size(), 300U);
}

TEST(PrintableBytes, UsesTheUnitThatPeopleRead) {
  EXPECT_EQ(printable_bytes(0), "0 B");
  EXPECT_EQ(printable_bytes(999), "999 B");
  EXPECT_EQ(printable_bytes(1000), "1.0 kB");
  EXPECT_EQ(printable_bytes(999'949), "999.9 kB");
  EXPECT_EQ(printable_bytes(999'950), "1.0 MB");
  EXPECT_EQ(printable_bytes(313'300'000), "313.3 MB");
  EXPECT_EQ(printable_bytes(UINT64_MAX), "18.4 EB");
}

}  // namespace
}  // namespace naming_test
}  // namespace dray::ops
