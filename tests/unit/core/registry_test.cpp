#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/reference.hpp>
#include <optional>

namespace dray {
namespace registry_test {
namespace {

using testing::HasSubstr;

struct Good {
  const char* name;
  std::string_view text;
  std::string_view canonical;
  std::string_view host;
  std::optional<std::uint16_t> port;
  bool loopback = false;
};

TEST(RegistryParse, ReadsHostAndPort) {
  constexpr std::array rows{
      Good{"DNS name", "mcr.microsoft.com", "mcr.microsoft.com", "mcr.microsoft.com", {}},
      Good{"DNS name and port", "ghcr.io:443", "ghcr.io:443", "ghcr.io", 443},
      Good{"hyphens", "my--own-registry.example", "my--own-registry.example", "my--own-registry.example", {}},
      Good{"one word with a port", "registry:5000", "registry:5000", "registry", 5000},
      Good{"one word with an upper-case letter", "FOO", "FOO", "FOO", {}},
      Good{"case is kept", "MCR.microsoft.com", "MCR.microsoft.com", "MCR.microsoft.com", {}},
      Good{"highest port", "a.b:65535", "a.b:65535", "a.b", 65535},
      Good{"Docker Hub", "docker.io", "docker.io", "docker.io", {}},
      Good{"Docker Hub's index", "index.docker.io", "docker.io", "docker.io", {}},
      Good{"Docker Hub's registry", "registry-1.docker.io", "docker.io", "docker.io", {}},
      Good{"Docker Hub in capitals", "Index.Docker.IO", "docker.io", "docker.io", {}},
      Good{"no Docker Hub", "registry-2.docker.io", "registry-2.docker.io", "registry-2.docker.io", {}},
      Good{"IPv4", "192.168.0.1", "192.168.0.1", "192.168.0.1", {}},
      Good{"IPv6", "[2001:db8::1]", "[2001:db8::1]", "[2001:db8::1]", {}},
      Good{"IPv6 and port", "[2001:DB8::1]:5000", "[2001:DB8::1]:5000", "[2001:DB8::1]", 5000},
      Good{"localhost", "localhost", "localhost", "localhost", {}, true},
      Good{"localhost and port", "localhost:5000", "localhost:5000", "localhost", 5000, true},
      Good{"localhost in capitals", "LOCALHOST:1", "LOCALHOST:1", "LOCALHOST", 1, true},
      Good{"below localhost", "registry.localhost", "registry.localhost", "registry.localhost", {}, true},
      Good{"IPv4 loopback", "127.0.0.1:5000", "127.0.0.1:5000", "127.0.0.1", 5000, true},
      Good{"far end of the IPv4 loopback", "127.255.255.254", "127.255.255.254", "127.255.255.254", {}, true},
      Good{"IPv6 loopback", "[::1]", "[::1]", "[::1]", {}, true},
      Good{"IPv6 loopback in full", "[0:0:0:0:0:0:0:1]:80", "[0:0:0:0:0:0:0:1]:80", "[0:0:0:0:0:0:0:1]", 80, true},
      Good{"name that begins as a loopback", "127.0.0.1.example", "127.0.0.1.example", "127.0.0.1.example", {}},
      Good{"name that begins as localhost", "localhost.example", "localhost.example", "localhost.example", {}},
      Good{"name that ends as localhost", "notlocalhost:5000", "notlocalhost:5000", "notlocalhost", 5000},
      Good{"any address", "0.0.0.0", "0.0.0.0", "0.0.0.0", {}},
      Good{"short IPv4 is a name", "127.1", "127.1", "127.1", {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto registry = Registry::parse(row.text);
    ASSERT_TRUE(registry) << registry.error().message();
    EXPECT_EQ(registry->text(), row.canonical);
    EXPECT_EQ(registry->host(), row.host);
    EXPECT_EQ(registry->port(), row.port);
    EXPECT_EQ(registry->is_loopback_name(), row.loopback);
    EXPECT_EQ(registry->is_docker_hub(), row.canonical == "docker.io");
    EXPECT_EQ(*Registry::parse(registry->text()), *registry);
  }
}

struct Bad {
  const char* name;
  std::string text;
  const char* says;
};

TEST(RegistryParse, RefusesWithAHint) {
  const std::array rows{
      Bad{"nothing", "", "has no host"},
      Bad{"port alone", ":5000", "has no host"},
      Bad{"URL", "https://ghcr.io", "is written without 'https://'"},
      Bad{"URL with a slash", "http://localhost:5000/", "is written without 'http://'"},
      Bad{"repository", "ghcr.io/app", "without a repository"},
      Bad{"one word", "registry", "write its port too, as in 'registry:443'"},
      Bad{"no port", "ghcr.io:", "has no port"},
      Bad{"port zero", "ghcr.io:0", "has no port"},
      Bad{"port too high", "ghcr.io:65536", "has no port"},
      Bad{"port far too high", "ghcr.io:99999999999999999999", "has no port"},
      Bad{"port with a sign", "ghcr.io:+80", "has no port"},
      Bad{"port with a letter", "ghcr.io:80a", "has no port"},
      Bad{"underscore", "my_registry.example", "no DNS name"},
      Bad{"hyphen in front", "-a.example", "no DNS name"},
      Bad{"hyphen behind", "a-.example", "no DNS name"},
      Bad{"two dots", "a..example", "no DNS name"},
      Bad{"dot behind", "a.example.", "no DNS name"},
      Bad{"blank", "a b.example", "no DNS name"},
      Bad{"not ASCII",
          "b\xc3\xbc"
          "cher.example",
          "no DNS name"},
      Bad{"NUL", std::string("a.b\0c", 5), "no DNS name"},
      Bad{"IPv6 without brackets", "::1", "write an IPv6 address in brackets"},
      Bad{"IPv6 without brackets, with a port", "2001:db8::1:5000", "write an IPv6 address in brackets"},
      Bad{"empty brackets", "[]", "no IPv6 address"},
      Bad{"bracket left open", "[::1", "no IPv6 address"},
      Bad{"IPv4 in brackets", "[127.0.0.1]", "no IPv6 address"},
      Bad{"zone", "[fe80::1%eth0]", "no IPv6 address"},
      Bad{"NUL in IPv6", std::string("[::1\0]", 6), "no IPv6 address"},
      Bad{"too many groups", "[1:2:3:4:5:6:7:8:9]", "no IPv6 address"},
      Bad{"words behind the brackets", "[::1]x", "has no port"},
      Bad{"too long", std::string(252, 'a') + ".com", "longer than 255"},
      Bad{"credentials", "user:hunter2@ghcr.io", "without a credential"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto registry = Registry::parse(row.text);
    ASSERT_FALSE(registry) << registry->text();
    EXPECT_EQ(registry.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(registry.error().message(), HasSubstr(row.says));
    EXPECT_THAT(registry.error().message(), Not(HasSubstr("hunter2")));
  }
}

TEST(Registry, OfDockerHubIsItsName) { EXPECT_EQ(Registry::docker_hub(), *Registry::parse("docker.io")); }

}  // namespace
}  // namespace registry_test
}  // namespace dray
