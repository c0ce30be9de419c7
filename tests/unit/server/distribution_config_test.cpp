#include <gtest/gtest.h>
#include <dray/server/distribution_config.hpp>

#include "support/temp_dir.hpp"

namespace dray::server {
namespace distribution_config_test {
namespace {

using Keys = std::vector<std::string>;

/// What a file comes to, one setting a line, for comparison.
std::string shown(const DistributionConfig& config) {
  std::string text = config.root ? "root " + config.root->string() : "memory";
  text += " at " + config.host + " " + std::to_string(config.port);
  if (config.allow_delete) text += ", delete";
  if (config.read_only) text += ", read-only";
  if (!config.redirects) text += ", no redirects";
  if (config.sparse_indexes) text += ", sparse";
  if (config.tls) text += ", tls " + config.tls->certificate.string() + " " + config.tls->key.string();
  if (config.drain_timeout) text += ", drain " + std::to_string(config.drain_timeout->count());
  if (config.htpasswd) text += ", htpasswd " + config.htpasswd->realm + " " + config.htpasswd->path.string();
  if (config.proxy) {
    text += ", proxy " + config.proxy->remote_url + " " + config.proxy->username + " " + config.proxy->password;
  }
  return text;
}

struct Example {
  const char* name;
  const char* text;
  const char* meaning;
  Keys ignored;
};
void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }
class DistributionConfigs : public ::testing::TestWithParam<Example> {};

TEST_P(DistributionConfigs, AreReadAndTheRestIsNamed) {
  const auto config = parse_distribution_config(GetParam().text, "config.yml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(shown(*config), GetParam().meaning);
  EXPECT_EQ(config->ignored, GetParam().ignored);
}

constexpr const char* debian = R"(version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/docker-registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  htpasswd:
    realm: basic-realm
    path: /etc/docker/registry
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
)";

constexpr const char* image = R"(version: 0.1
log:
  fields:
    service: registry
storage:
    cache:
        blobdescriptor: inmemory
    filesystem:
        rootdirectory: /var/lib/registry
http:
    addr: :5000
    headers:
        X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
)";

constexpr const char* mirror = R"(version: 0.1
storage:
  filesystem:
    rootdirectory: /srv/mirror
    maxthreads: 100
  maintenance:
    uploadpurging:
      enabled: true
      age: 168h
    readonly:
      enabled: yes
  redirect:
    disable: true
http:
  addr: 127.0.0.1:5001
  secret: asecretforlocaldevelopment
  relativeurls: false
  draintimeout: 1m30s
  debug:
    addr: :5001
    prometheus:
      enabled: true
  http2:
    disabled: false
proxy:
  remoteurl: https://registry-1.docker.io
  username: someone
  password: pass word
  ttl: 168h
)";

constexpr const char* with_tls = R"(version: 0.1
loglevel: debug
storage:
  filesystem:
  delete:
  tag:
    concurrencylimit: 8
http:
  addr: "[::1]:443"
  net: tcp
  host: https://registry.example
  prefix: /registry/
  tls:
    certificate: /etc/ssl/registry.pem
    key: /etc/ssl/registry.key
    minimumtls: tls1.2
    clientcas: []
notifications:
  endpoints:
    - name: alistener
      url: https://my.listener.com/event
redis:
  addr: localhost:6379
validation:
  manifests:
    urls:
      allow: ['.*']
    indexes:
      platforms: none
)";

INSTANTIATE_TEST_SUITE_P(
    Table, DistributionConfigs,
    ::testing::Values(
        Example{"debian",
                debian,
                "root /var/lib/docker-registry at :: 5000, delete, htpasswd basic-realm /etc/docker/registry",
                {"log", "storage.cache", "http.headers", "health"}},
        Example{
            "image", image, "root /var/lib/registry at :: 5000", {"log", "storage.cache", "http.headers", "health"}},
        Example{"mirror",
                mirror,
                "root /srv/mirror at 127.0.0.1 5001, read-only, no redirects, drain 90, "
                "proxy https://registry-1.docker.io someone pass word",
                {"storage.filesystem.maxthreads", "storage.maintenance.uploadpurging", "http.secret",
                 "http.relativeurls", "http.debug", "http.http2", "proxy.ttl"}},
        Example{"with_tls",
                with_tls,
                "root /var/lib/registry at ::1 443, sparse, tls /etc/ssl/registry.pem /etc/ssl/registry.key",
                {"loglevel", "storage.tag", "http.host", "http.prefix", "http.tls.minimumtls", "notifications", "redis",
                 "validation.manifests.urls"}},
        Example{"in_memory",
                "version: 0.1\nstorage: {inmemory: }\nhttp: {addr: 'localhost:0'}\n",
                "memory at localhost 0",
                {}},
        Example{"least",
                "version: 0.1\nstorage: {filesystem: {rootdirectory: /r}}\nhttp:\nauth:\nproxy:\n",
                "root /r at :: 5000",
                {}},
        Example{
            "some_platforms",
            "version: 0.1\nstorage: {inmemory: }\nvalidation: {disabled: true, manifests: {indexes: {platforms: list, "
            "platformlist: [{os: linux}]}}}\n",
            "memory at :: 5000",
            {"validation.disabled", "validation.manifests.indexes.platforms",
             "validation.manifests.indexes.platformlist"}}),
    [](const auto& row) { return row.param.name; });

struct BadConfig {
  const char* name;
  std::string text;
  ErrorCode code;
  const char* why;
};
void PrintTo(const BadConfig& config, std::ostream* out) { *out << config.name; }
class DistributionConfigRefuses : public ::testing::TestWithParam<BadConfig> {};

TEST_P(DistributionConfigRefuses, NamingFileAndLine) {
  const auto config = parse_distribution_config(GetParam().text, "config.yml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code(), GetParam().code) << config.error().message();
  EXPECT_TRUE(config.error().message().starts_with("config.yml:")) << config.error().message();
  EXPECT_NE(config.error().message().find(GetParam().why), std::string::npos) << config.error().message();
  EXPECT_EQ(config.error().message().find("hush"), std::string::npos) << "a secret in a message";
}

const std::string start = "version: 0.1\nstorage: {inmemory: }\n";
constexpr auto invalid = ErrorCode::invalid_input;
constexpr auto unsupported = ErrorCode::unsupported;

INSTANTIATE_TEST_SUITE_P(
    Table, DistributionConfigRefuses,
    ::testing::Values(
        BadConfig{"empty", "", invalid, "map"}, BadConfig{"list", "[]", invalid, "map"},
        BadConfig{"no_version", "storage: {inmemory: }", invalid, "'version'"},
        BadConfig{"new_version", "version: 0.2\nstorage: {inmemory: }", unsupported, "0.1"},
        BadConfig{"no_storage", "version: 0.1", invalid, "'storage' is missing"},
        BadConfig{"no_driver", "version: 0.1\nstorage: {delete: {enabled: true}}", invalid, "no driver"},
        BadConfig{"two_drivers", "version: 0.1\nstorage: {inmemory: , filesystem: }", invalid, "two drivers"},
        BadConfig{"storage_text", "version: 0.1\nstorage: filesystem", invalid, "driver"},
        BadConfig{"s3", "version: 0.1\nstorage: {s3: {secretkey: hush}}", unsupported, "driver"},
        BadConfig{"azure", "version: 0.1\nstorage: {azure: {accountkey: hush}}", unsupported, "driver"},
        BadConfig{"gcs", "version: 0.1\nstorage: {gcs: {bucket: b}}", unsupported, "driver"},
        BadConfig{"swift", "version: 0.1\nstorage: {swift: {password: hush}}", unsupported, "driver"},
        BadConfig{"delete_text", "version: 0.1\nstorage: {inmemory: , delete: {enabled: maybe}}", invalid,
                  "true or false"},
        BadConfig{"delete_quoted", "version: 0.1\nstorage: {inmemory: , delete: {enabled: 'true'}}", invalid,
                  "true or false"},
        BadConfig{"root_list", "version: 0.1\nstorage: {filesystem: {rootdirectory: [a]}}", invalid, "text"},
        BadConfig{"http_text", start + "http: x", invalid, "'http' must be a map"},
        BadConfig{"address_without_port", start + "http: {addr: localhost}", invalid, "HOST:PORT"},
        BadConfig{"address_with_named_port", start + "http: {addr: 'a:http'}", invalid, "port"},
        BadConfig{"address_port_too_large", start + "http: {addr: ':65536'}", invalid, "port"},
        BadConfig{"address_port_negative", start + "http: {addr: ':-1'}", invalid, "port"},
        BadConfig{"address_without_brackets", start + "http: {addr: '::1:5000'}", invalid, "brackets"},
        BadConfig{"unix_socket", start + "http: {addr: /run/registry.sock}", invalid, "HOST:PORT"},
        BadConfig{"unix_network", start + "http: {net: unix}", unsupported, "tcp"},
        BadConfig{"certificate_alone", start + "http: {tls: {certificate: a}}", invalid, "key"},
        BadConfig{"client_certificates", start + "http: {tls: {certificate: a, key: b, clientcas: [c]}}", unsupported,
                  "clientcas"},
        BadConfig{"letsencrypt", start + "http: {tls: {letsencrypt: {email: a@b}}}", unsupported, "letsencrypt"},
        BadConfig{"drain", start + "http: {draintimeout: soon}", invalid, "duration"},
        BadConfig{"drain_without_unit", start + "http: {draintimeout: 60}", invalid, "duration"},
        BadConfig{"token_auth", start + "auth: {token: {realm: hush}}", unsupported, "everybody"},
        BadConfig{"silly_auth", start + "auth: {silly: {realm: r, service: s}}", unsupported, "everybody"},
        BadConfig{"two_auths", start + "auth: {htpasswd: {realm: r, path: p}, token: {}}", unsupported, "everybody"},
        BadConfig{"auth_text", start + "auth: htpasswd", invalid, "map"},
        BadConfig{"htpasswd_without_path", start + "auth: {htpasswd: {realm: r}}", invalid, "path"},
        BadConfig{"htpasswd_empty", start + "auth: {htpasswd: }", invalid, "path"},
        BadConfig{"proxy_password_list", start + "proxy: {remoteurl: x, password: [hush]}", invalid, "proxy.password"},
        BadConfig{"key_twice", start + "http: {}\nhttp: {}", invalid, "twice"},
        BadConfig{"alias", start + "http: &a {}\nproxy: *a", invalid, "anchor"},
        BadConfig{"broken", start + "http: {", invalid, ""}),
    [](const auto& row) { return row.param.name; });

TEST(DistributionConfig, IsReadFromAFile) {
  const testing::TempDir folder;
  const auto config = read_distribution_config(folder.write("config.yml", debian));
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->port, 5000);
  const auto missing = read_distribution_config(folder / "none.yml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace distribution_config_test
}  // namespace dray::server
