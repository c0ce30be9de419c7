#include <dray/http/host_address.hpp>

#include <gtest/gtest.h>

namespace dray::http {
namespace host_address_test {
namespace {

TEST(HostAddress, ReadsHostPortAndAddress) {
  struct Row {
    const char* text;
    HostAddress means;
  };
  for (const auto& row : {Row{"r.example:443:127.0.0.1", {"r.example", 443, "127.0.0.1"}},
                          Row{"R.Example:5000:10.0.0.1", {"r.example", 5000, "10.0.0.1"}},
                          Row{"r.example:443:::1", {"r.example", 443, "::1"}},
                          Row{"r.example:443:[2001:db8::1]", {"r.example", 443, "2001:db8::1"}}}) {
    const auto read = HostAddress::parse(row.text);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(*read, row.means);
  }
}

TEST(HostAddress, RefusesWhatIsNone) {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, "r.example"sv, "r.example:443"sv, ":443:127.0.0.1"sv, "r.example:0:127.0.0.1"sv,
        "r.example:65536:127.0.0.1"sv, "r.example:x:127.0.0.1"sv, "r.example:443:"sv, "r.example:443:other.example"sv,
        "r.example:443:127.0.0.1,10.0.0.1"sv, "-r.example:443:127.0.0.1"sv, "r\n:443:127.0.0.1"sv, "*:443:127.0.0.1"sv,
        "+r:443:127.0.0.1"sv, "r.example:443:127.0.0.1\0x"sv, "r.example:443:[127.0.0.1"sv}) {
    const auto read = HostAddress::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_input);
  }
}

}  // namespace
}  // namespace host_address_test
}  // namespace dray::http
