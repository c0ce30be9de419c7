#include <gtest/gtest.h>

#include <dray/server/limits.hpp>
#include <string>
#include <thread>

#include "engine_fixture.hpp"
#include "support/hashing.hpp"

namespace dray::server {
namespace engine_bodies_test {
namespace {

using testing::RawClient;

std::string sum_of(const std::string& bytes) { return std::to_string(bytes.size()) + " " + testing::digest_of(bytes); }

std::string chunked(std::string_view bytes, std::size_t piece) {
  std::string out;
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    char size[20];
    out.append(size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", part.size())));
    out.append(part).append("\r\n");
    bytes.remove_prefix(part.size());
  }
  return out + "0\r\n\r\n";
}

/// The body of an answer that came in chunks; what is left must be nothing.
std::string unchunked(std::string_view text) {
  std::string out;
  for (;;) {
    const auto line = text.substr(0, text.find("\r\n"));
    const auto size = std::stoul(std::string(line), nullptr, 16);
    text.remove_prefix(line.size() + 2);
    if (size == 0) break;
    out += text.substr(0, size);
    text.remove_prefix(size + 2);
  }
  EXPECT_EQ(text, "\r\n");
  return out;
}

class EngineUpload : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EngineUpload, HandsABodyOfKnownSizeToItsTaker) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto body = pattern(GetParam());
  for (int round = 0; round < 2; ++round) {
    const auto answer = client.ask("PUT", "/sum", {}, body);
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, sum_of(body));
  }
  const auto served = bed.wait_for_served(2);
  EXPECT_EQ(served.front().received, body.size());
  EXPECT_TRUE(served.front().complete);
}

TEST_P(EngineUpload, HandsAChunkedBodyToItsTaker) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto body = pattern(GetParam());
  for (const std::size_t piece : {std::size_t{700}, std::size_t{65'536}, std::size_t{1'000'000}}) {
    client.send("PUT /sum HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, piece));
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, sum_of(body));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, EngineUpload,
                         ::testing::Values(0, 1, 4096, 262'143, 262'144, 262'145, 3'000'000, 20'000'000));

class EngineDownload : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EngineDownload, SendsEveryKindOfBody) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto size = std::to_string(GetParam());
  const auto body = pattern(GetParam());
  for (const auto* const path : {"/big?n=", "/file?n=", "/stream?n="}) {
    const auto answer = client.ask("GET", path + size);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_TRUE(answer.complete) << path;
    EXPECT_TRUE(answer.body == body) << path;
  }
  const auto served = bed.wait_for_served(3);
  for (const auto& each : served) EXPECT_EQ(each.sent, body.size());
}

TEST_P(EngineDownload, SendsAStreamWithoutASizeInChunks) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto size = std::to_string(GetParam());
  client.send("GET /stream?chunked=1&n=" + size + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.headers.get("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(answer.headers.has("Content-Length"));
  EXPECT_TRUE(unchunked(answer.body) == pattern(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Sizes, EngineDownload, ::testing::Values(0, 1, 4096, 16'384, 16'385, 3'000'000, 20'000'000));

}  // namespace
}  // namespace engine_bodies_test
}  // namespace dray::server
