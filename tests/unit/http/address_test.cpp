#include <gtest/gtest.h>
#include <dray/http/address.hpp>

#include <string>

namespace dray::http {
namespace address_test {
namespace {

struct Row {
  std::string name;
  std::string host;
  std::optional<AddressClass> expected;
};

class ClassifyHost : public ::testing::TestWithParam<Row> {};

TEST_P(ClassifyHost, IsAsListed) { EXPECT_EQ(classify_host(GetParam().host), GetParam().expected); }

constexpr auto loopback = AddressClass::loopback;
constexpr auto link_local = AddressClass::link_local;
constexpr auto private_network = AddressClass::private_network;
constexpr auto global = AddressClass::global;

INSTANTIATE_TEST_SUITE_P(
    Table, ClassifyHost,
    ::testing::Values(
        Row{"Loopback", "127.0.0.1", loopback}, Row{"LoopbackEnd", "127.255.255.255", loopback},
        Row{"BehindLoopback", "128.0.0.1", global}, Row{"Unspecified", "0.0.0.0", loopback},
        Row{"ThisNetwork", "0.1.2.3", loopback}, Row{"Ten", "10.0.0.1", private_network},
        Row{"BeforeTen", "9.255.255.255", global}, Row{"BehindTen", "11.0.0.0", global},
        Row{"CarrierNat", "100.64.0.1", private_network}, Row{"CarrierNatEnd", "100.127.255.255", private_network},
        Row{"BeforeCarrierNat", "100.63.255.255", global}, Row{"BehindCarrierNat", "100.128.0.0", global},
        Row{"CloudMetadata", "169.254.169.254", link_local}, Row{"BehindLinkLocal", "169.255.0.0", global},
        Row{"OneSevenTwo", "172.16.0.1", private_network}, Row{"OneSevenTwoEnd", "172.31.255.255", private_network},
        Row{"BehindOneSevenTwo", "172.32.0.0", global}, Row{"OneNineTwo", "192.168.1.1", private_network},
        Row{"BesideOneNineTwo", "192.169.0.0", global}, Row{"Benchmark", "198.19.255.255", private_network},
        Row{"Documentation", "203.0.113.9", private_network}, Row{"Multicast", "224.0.0.1", link_local},
        Row{"Reserved", "240.0.0.1", link_local}, Row{"Broadcast", "255.255.255.255", link_local},
        Row{"Public", "8.8.8.8", global}, Row{"SixLoopback", "::1", loopback}, Row{"SixUnspecified", "::", loopback},
        Row{"MappedLoopback", "::ffff:127.0.0.1", loopback}, Row{"MappedTen", "::ffff:a00:1", private_network},
        Row{"MappedPublic", "::ffff:8.8.8.8", global}, Row{"CompatibleTen", "::10.0.0.1", private_network},
        Row{"TranslatedTen", "::ffff:0:10.0.0.1", private_network},
        Row{"Nat64Metadata", "64:ff9b::169.254.169.254", link_local}, Row{"Nat64Public", "64:ff9b::8.8.8.8", global},
        Row{"LocalNat64", "64:ff9b:1::1", private_network}, Row{"SixToFourTen", "2002:a00:1::", private_network},
        Row{"SixToFourPublic", "2002:808:808::", global}, Row{"UniqueLocal", "fc00::1", private_network},
        Row{"UniqueLocalEnd", "fdff::1", private_network}, Row{"SixLinkLocal", "fe80::1", link_local},
        Row{"SixLinkLocalEnd", "febf::1", link_local}, Row{"SiteLocal", "fec0::1", private_network},
        Row{"SixMulticast", "ff02::1", link_local}, Row{"SixDocumentation", "2001:db8::1", private_network},
        Row{"Teredo", "2001:0:7f00:1::80ff:fffe", private_network}, Row{"BehindTeredo", "2001:200::1", global},
        Row{"SixPublic", "2a00:1450:4001::1", global}, Row{"Localhost", "localhost", loopback},
        Row{"BelowLocalhost", "registry.localhost", loopback}, Row{"LookAlike", "notlocalhost", std::nullopt},
        Row{"Name", "registry.example", std::nullopt}, Row{"TooLong", std::string(200, '1'), std::nullopt},
        Row{"Empty", "", std::nullopt}),
    [](const auto& row) { return row.param.name; });

TEST(AddressRule, StepsFromLaxToStrict) {
  struct Step {
    AddressRule rule;
    int allowed;  ///< how many classes, counted from the widest
  };
  for (const auto& step : {Step{AddressRule::any, 4}, Step{AddressRule::not_loopback, 3}, Step{AddressRule::routed, 2},
                           Step{AddressRule::public_only, 1}}) {
    int allowed = 0;
    for (const auto to : {global, private_network, link_local, loopback}) {
      EXPECT_EQ(allows(step.rule, to), allowed < step.allowed) << static_cast<int>(step.rule) << static_cast<int>(to);
      ++allowed;
    }
  }
}

TEST(AddressRule, BehindAnAddressAllowsNothingNarrower) {
  for (const auto reached : {loopback, link_local, private_network, global}) {
    for (const auto to : {loopback, link_local, private_network, global}) {
      EXPECT_EQ(allows(rule_behind(reached), to), to >= reached);
    }
  }
}

}  // namespace
}  // namespace address_test
}  // namespace dray::http
