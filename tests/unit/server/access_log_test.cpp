#include <fcntl.h>
#include <gtest/gtest.h>
#include <dray/format/json.hpp>
#include <dray/server/access_log.hpp>
#include <dray/server/metrics.hpp>

#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {
namespace access_log_test {
namespace {

Served served(std::string_view target) {
  return {.peer = "192.0.2.1",
          .method = "GET",
          .target = target,
          .user_agent = "curl/8",
          .status = 200,
          .received_bytes = 1,
          .sent_bytes = 2,
          .took = std::chrono::microseconds(1500),
          .complete = true};
}

const auto now = testing::FakeClock().wall_now();

TEST(AccessLogLine, HasItsFields) {
  const auto json = Json::parse(log_line(served("/v2/a?n=1"), now)).value();
  EXPECT_EQ(*json.find("time")->as_string(), "2019-03-15T00:29:41.000Z");
  EXPECT_EQ(*json.find("peer")->as_string(), "192.0.2.1");
  EXPECT_EQ(*json.find("method")->as_string(), "GET");
  EXPECT_EQ(*json.find("target")->as_string(), "/v2/a?n=1");
  EXPECT_EQ(json.find("status")->as_int(), 200);
  EXPECT_EQ(json.find("received")->as_uint(), 1U);
  EXPECT_EQ(json.find("sent")->as_uint(), 2U);
  EXPECT_EQ(*json.find("agent")->as_string(), "curl/8");
  EXPECT_TRUE(*json.find("complete")->as_bool());
}

TEST(AccessLogLine, S18WhateverIsSentStaysOneLineOfJson) {
  std::string every;
  for (int c = 1; c < 256; ++c) every += static_cast<char>(c);
  auto one = served(every);
  one.user_agent = every;
  one.method = every;
  one.peer = "::1\r\nforged";
  const auto line = log_line(one, now);
  EXPECT_EQ(line.find_first_of("\r\n\x1b"), std::string::npos);
  for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  EXPECT_TRUE(Json::parse(line)) << line;
}

TEST(AccessLogLine, S11HoldsNoSecret) {
  const auto line = log_line(served("/v2/a/blobs/b?expires=5&sig=SECRET&md5=SECRET&token=SECRET&n=1"), now);
  EXPECT_EQ(line.find("SECRET"), std::string::npos) << line;
  EXPECT_NE(line.find("expires=5"), std::string::npos);
  EXPECT_NE(line.find("n=1"), std::string::npos);
  for (const auto* const target :
       {"/v2/?s%69g=SECRET", "/v2/?SIG=SECRET", "/v2/?a&Password=SECRET", "/v2/?X-Amz-Signature=SECRET",
        "http://alice:SECRET@host/v2/", "http://SECRET@host", "http://a@b:SECRET@host/v2/?n=1", "alice:SECRET@host:443",
        "HTTPS://alice:SECRET@host?n=1"}) {
    EXPECT_EQ(log_line(served(target), now).find("SECRET"), std::string::npos) << target;
  }
  EXPECT_NE(log_line(served("/v2/a/manifests/b@c"), now).find("/v2/a/manifests/b@c"), std::string::npos);
}

TEST(AccessLogFile, HasEveryLineWhenTheLogIsGone) {
  const testing::TempDir directory;
  const auto path = directory / "log";
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  testing::FakeClock clock;
  {
    const auto log = AccessLog::make(file.get(), clock);
    for (int i = 0; i < 5000; ++i) log->note(served("/v2/" + std::to_string(i)));
  }
  const auto text = testing::read_bytes(path);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5000);
  EXPECT_NE(text.find("\"/v2/4999\""), std::string::npos);
}

TEST(MetricsPage, CountsByMethodAndStatus) {
  Metrics metrics;
  metrics.count(served("/v2/"));
  metrics.count(served("/v2/"));
  auto broken = served("/v2/");
  broken.method = "PUT";
  broken.status = 404;
  broken.complete = false;
  metrics.count(broken);
  EngineCounts engine;
  engine.connections_now = 7;
  const auto page = metrics.text(engine);
  for (const auto* const line :
       {"dray_requests_total{method=\"GET\",status=\"200\"} 2\n",
        "dray_requests_total{method=\"PUT\",status=\"404\"} 1\n", "dray_request_seconds_bucket{le=\"0.001\"} 0\n",
        "dray_request_seconds_bucket{le=\"0.005\"} 3\n", "dray_request_seconds_bucket{le=\"+Inf\"} 3\n",
        "dray_request_seconds_count 3\n", "dray_sent_bytes_total 6\n", "dray_broken_off_total 1\n",
        "dray_connections 7\n", "# TYPE dray_requests_total counter\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
}

}  // namespace
}  // namespace access_log_test
}  // namespace dray::server
