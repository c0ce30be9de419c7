#include <gtest/gtest.h>
#include <dray/server/signed_links.hpp>

#include <filesystem>
#include <memory>
#include <string>

#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {
namespace signed_links_test {
namespace {

const std::string key = "a-key-of-24-characters.=";
const std::string hex = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
const std::string path = "/v2/team/app/blobs/sha256:" + hex;

/// nginx on a socket file, with the settings of docs/serve.md over a registry's folder with one blob, `foo`.
class Nginx {
 public:
  Nginx() {
    folder_.write("store/docker/registry/v2/blobs/sha256/2c/" + hex + "/data", "foo");
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));  // for nginx's workers
    const auto settings = folder_.write("nginx.conf", R"(daemon off;
pid )" + at("pid") + R"(;
error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path )" + at("body") + R"(;
  proxy_temp_path )" + at("proxy") + R"(;
  fastcgi_temp_path )" + at("fastcgi") + R"(;
  uwsgi_temp_path )" + at("uwsgi") + R"(;
  scgi_temp_path )" + at("scgi") + R"(;
  server {
    listen unix:)" + at("socket") + R"(;
    location ~ "^/v2/.+/blobs/sha256:(?<hex>(?<two>[0-9a-f]{2})[0-9a-f]{62})$" {
      secure_link $arg_md5,$arg_expires;
      secure_link_md5 "$secure_link_expires$uri )" + key + R"(";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }
      alias )" + at("store") + R"(/docker/registry/v2/blobs/sha256/$two/$hex/data;
      default_type application/octet-stream;
    }
  }
}
)");
    process_ = std::make_unique<testing::Process>(
        testing::Command{{"/usr/sbin/nginx", "-e", "stderr", "-p", folder_.path().string(), "-c", settings.string()}});
  }

  [[nodiscard]] bool ready() const { return process_->wait_for_output("start worker processes"); }
  [[nodiscard]] std::string err() const { return process_->err(); }

  /// The answer's body and, behind a blank, its status.
  [[nodiscard]] std::string get(const std::string& target) const {
    const auto outcome = testing::run({{"curl", "--silent", "--unix-socket", at("socket"), "--write-out",
                                        " %{http_code}", "http://localhost" + target}});
    return outcome.out;
  }

 private:
  [[nodiscard]] std::string at(std::string_view name) const { return (folder_ / name).string(); }

  testing::TempDir folder_;
  std::unique_ptr<testing::Process> process_;
};

TEST(SignedLinksOfNginx, AreTheOnesThatNginxTakes) {
  const Nginx nginx;
  ASSERT_TRUE(nginx.ready()) << nginx.err();
  const SignedLinks links(key, LinkForm::nginx);
  const auto now = std::chrono::system_clock::now();
  const auto query = links.query_for(path, now + std::chrono::minutes(10));
  EXPECT_EQ(nginx.get(path + "?" + query), "foo 200") << nginx.err();
  EXPECT_TRUE(nginx.get("/v2/other/blobs/sha256:" + hex + "?" + query).ends_with(" 403")) << "another path";
  EXPECT_TRUE(nginx.get(path + "?" + query + "A").ends_with(" 403"));
  EXPECT_TRUE(nginx.get(path).ends_with(" 403"));
  const auto old = links.query_for(path, now - std::chrono::minutes(1));
  EXPECT_TRUE(nginx.get(path + "?" + old).ends_with(" 410"));
  const auto other = SignedLinks("another-key-of-16", LinkForm::nginx).query_for(path, now + std::chrono::minutes(10));
  EXPECT_TRUE(nginx.get(path + "?" + other).ends_with(" 403"));
}

}  // namespace
}  // namespace signed_links_test
}  // namespace dray::server
