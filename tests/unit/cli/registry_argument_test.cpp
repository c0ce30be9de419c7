#include "registry_argument.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace registry_argument_test {
namespace {

struct PlaceCase {
  const char* name;
  const char* typed;
  const char* registry;  // empty: refused
  const char* repository;
};
class RegistryPlaceOf : public ::testing::TestWithParam<PlaceCase> {};
TEST_P(RegistryPlaceOf, IsWhatPeopleMean) {
  const auto place = registry_place(GetParam().typed);
  EXPECT_EQ(place ? place->registry.text() : "", GetParam().registry);
  EXPECT_EQ(place ? place->repository : "", GetParam().repository);
  if (place) return;
  EXPECT_EQ(place.error().message().find("s3cret"), std::string::npos) << place.error().message();
}
const PlaceCase place_cases[] = {
    {"Host", "quay.io", "quay.io", ""},
    {"HostAndPort", "localhost:5000", "localhost:5000", ""},
    {"Slash", "quay.io/", "quay.io", ""},
    {"Url", "https://quay.io", "quay.io", ""},
    {"ApiUrl", "http://localhost:5000/v2/", "localhost:5000", ""},
    {"HubsKey", "https://index.docker.io/v1/", "docker.io", ""},
    {"Repository", "quay.io/team/app", "quay.io", "team/app"},
    {"Image", "quay.io/team/app:1.0", "quay.io", "team/app"},
    {"HubImage", "alpine", "docker.io", "library/alpine"},
    {"HubRepository", "team/app", "docker.io", "team/app"},
    {"UserInfo", "bob:s3cret@quay.io", "", ""},
    {"UserInfoInUrl", "https://bob:s3cret@quay.io/v2/", "", ""},
    {"Blank", "quay.io quay.io", "", ""},
    {"LineEnd", "quay.io\nhost=evil.example", "", ""},
    {"Empty", "", "", ""},
};
INSTANTIATE_TEST_SUITE_P(Table, RegistryPlaceOf, ::testing::ValuesIn(place_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RegistryArgument, IsNoRepository) {
  EXPECT_EQ(registry_argument("https://ghcr.io/").value().text(), "ghcr.io");
  EXPECT_FALSE(registry_argument("ghcr.io/team").has_value());
  EXPECT_FALSE(registry_argument("alpine").has_value());
}

}  // namespace
}  // namespace registry_argument_test
}  // namespace dray::cli
