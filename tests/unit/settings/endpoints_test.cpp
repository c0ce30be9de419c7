#include <gtest/gtest.h>

#include <dray/settings/endpoints.hpp>

namespace dray::settings {
namespace endpoints_test {
namespace {

struct EndpointCase {
  const char* name;
  const char* registry;
  EndpointOptions options;
  const char* base;
};
class EndpointOf : public ::testing::TestWithParam<EndpointCase> {};
TEST_P(EndpointOf, IsDecided) {
  const auto& row = GetParam();
  const auto endpoint = endpoints(row.options)->endpoint(Registry::parse(row.registry).value());
  ASSERT_TRUE(endpoint.has_value()) << endpoint.error().message();
  EXPECT_EQ(endpoint->base.text(), row.base);
}
// C-12: plain HTTP only for loopback names and where it was asked for, for that very host.
const EndpointCase endpoint_cases[] = {
    {"Public", "r.example", {}, "https://r.example/"},
    {"PublicWithPort", "r.example:5000", {}, "https://r.example:5000/"},
    {"Hub", "docker.io", {}, "https://registry-1.docker.io/"},
    {"HubByOldName", "index.docker.io", {}, "https://registry-1.docker.io/"},
    {"Localhost", "localhost:5000", {}, "http://localhost:5000/"},
    {"LocalhostBelow", "a.localhost:5000", {}, "http://a.localhost:5000/"},
    {"LookAlike", "localhost.example", {}, "https://localhost.example/"},
    {"Loopback", "127.0.0.1:5000", {}, "http://127.0.0.1:5000/"},
    {"LoopbackV6", "[::1]:5000", {}, "http://[::1]:5000/"},
    {"Private", "10.0.0.1:5000", {}, "https://10.0.0.1:5000/"},
    {"PlainByHost", "r.example:5000", {{"r.example"}, {}}, "http://r.example:5000/"},
    {"PlainByHostAndPort", "r.example:5000", {{"r.example:5000"}, {}}, "http://r.example:5000/"},
    {"PlainOtherPort", "r.example:5001", {{"r.example:5000"}, {}}, "https://r.example:5001/"},
    {"PlainOtherHost", "s.r.example", {{"r.example"}, {}}, "https://s.r.example/"},
    {"PlainUpperCase", "r.example", {{"R.Example"}, {}}, "http://r.example/"},
    {"TlsOnLoopback", "localhost:5000", {{}, {"localhost:5000"}}, "https://localhost:5000/"},
};
INSTANTIATE_TEST_SUITE_P(Table, EndpointOf, ::testing::ValuesIn(endpoint_cases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace endpoints_test
}  // namespace dray::settings
