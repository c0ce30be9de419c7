#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <dray/format/base64.hpp>
#include <dray/format/schema1.hpp>

namespace dray {
namespace schema1_test {
namespace {

using ::testing::HasSubstr;

std::string id(char c) { return std::string(64, c); }
std::string blob(char c) { return "sha256:" + id(c); }

std::string base64url(std::string text) {
  text = base64_encode(text);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text.substr(0, text.find('='));
}

std::string signature(std::size_t length, std::string_view tail) {
  const auto form = R"({"formatLength":)" + std::to_string(length) + R"(,"formatTail":")" +
                    base64url(std::string(tail)) + R"(","time":"2015-01-01T00:00:00Z"})";
  return R"({"header":{"alg":"ES256"},"signature":"x","protected":")" + base64url(form) + "\"}";
}

/// `payload` ends in "\n}"; the signatures stand before that.
std::string signed_with(const std::string& payload, const std::string& signatures) {
  return payload.substr(0, payload.size() - 2) + ",\n   \"signatures\": [" + signatures + "]\n}";
}

const std::string payload = "{\n   \"schemaVersion\": 1,\n   \"name\": \"a\"\n}";

TEST(Schema1Payload, IsWhatTheSignaturesAreAbout) {
  const auto one = signature(payload.size() - 2, "\n}");
  EXPECT_EQ(schema1_payload(signed_with(payload, one)).value(), payload);
  EXPECT_EQ(schema1_payload(signed_with(payload, one + "," + one)).value(), payload);
  EXPECT_EQ(schema1_payload(payload).value(), payload) << "there are no signatures";
}

TEST(Schema1Payload, RefusesSignaturesThatLeadElsewhere) {
  const auto good = signature(payload.size() - 2, "\n}");
  const auto shorter = signature(payload.size() - 3, "\n}");
  const auto too_long = signature(100'000, "\n}");
  for (const auto& signatures : {good + "," + shorter, too_long, std::string(R"({"protected":"!!"})"),
                                 std::string(R"({"protected":"e30"})"), std::string(R"({"header":{}})"),
                                 std::string("7"), std::string(R"({"protected":"eyJmb3JtYXRMZW5ndGgiOi0xfQ"})")}) {
    const auto read = schema1_payload(signed_with(payload, signatures));
    ASSERT_FALSE(read) << signatures;
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_input);
  }
}

/// A document of these steps, the top first.
std::string document(const std::vector<std::pair<std::string, std::string>>& steps) {
  Json layers{Json::Array{}};
  Json history{Json::Array{}};
  for (const auto& [digest, compatibility] : steps) {
    Json layer;
    layer.set("blobSum", digest);
    layers.as_array()->push_back(std::move(layer));
    Json entry;
    entry.set("v1Compatibility", compatibility);
    history.as_array()->push_back(std::move(entry));
  }
  Json json;
  json.set("schemaVersion", 1);
  json.set("fsLayers", std::move(layers));
  json.set("history", std::move(history));
  return json.dump();
}

const std::string base =
    R"({"id":")" + id('a') + R"(","created":"2015-01-01T00:00:00Z","container_config":{"Cmd":["/bin/sh","-c","ADD"]}})";
const std::string middle = R"({"id":")" + id('b') + R"(","parent":")" + id('a') +
                           R"(","created":"2015-01-02T00:00:00Z","comment":"why","throwaway":true})";
const std::string top = R"({"id":")" + id('c') + R"(","parent":")" + id('b') +
                        R"(","architecture":"amd64","os":"linux","author":"me","created":"2015-01-03T00:00:00Z",)"
                        R"("config":{"Cmd":["sh"]},"Size":7,"layer_id":"x","parent_id":"y"})";

TEST(Schema1Steps, AreGivenBaseFirst) {
  const auto steps = schema1_steps(document({{blob('3'), top}, {blob('2'), middle}, {blob('1'), base}})).value();
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].blob.text(), blob('1'));
  EXPECT_FALSE(steps[0].empty);
  EXPECT_TRUE(steps[1].empty);
  EXPECT_EQ(steps[2].blob.text(), blob('3'));
}

TEST(Schema1Steps, TheSameStepTwiceCountsOnce) {
  EXPECT_EQ(schema1_steps(document({{blob('1'), base}, {blob('1'), base}})).value().size(), 1U);
  EXPECT_FALSE(schema1_steps(document({{blob('2'), base}, {blob('1'), base}}))) << "another layer";
}

TEST(Schema1Steps, BrokenChainsAreRefused) {
  const std::string no_id = R"({"created":"2015-01-01T00:00:00Z"})";
  const std::string short_id = R"({"id":"abc"})";
  for (const auto& text :
       {document({{blob('3'), top}, {blob('1'), base}}), document({{blob('1'), no_id}}),
        document({{blob('1'), short_id}}), document({{blob('1'), "{"}}), document({{"sha256:1", base}}), document({}),
        std::string(R"({"fsLayers":[{"blobSum":")" + blob('1') + R"("}],"history":[]})"), std::string("{}")}) {
    const auto steps = schema1_steps(text);
    ASSERT_FALSE(steps) << text;
    EXPECT_EQ(steps.error().code(), ErrorCode::invalid_input);
  }
}

TEST(Schema1Config, IsTheTopStepWithHistoryAndDiffIds) {
  const auto steps = schema1_steps(document({{blob('3'), top}, {blob('2'), middle}, {blob('1'), base}})).value();
  const auto config = schema1_config(steps, {DiffId::parse(blob('8')).value(), DiffId::parse(blob('9')).value()});
  EXPECT_EQ(config, R"({"architecture":"amd64","author":"me","config":{"Cmd":["sh"]},"created":"2015-01-03T00:00:00Z",)"
                    R"("history":[{"created":"2015-01-01T00:00:00Z","created_by":"/bin/sh -c ADD"},)"
                    R"({"created":"2015-01-02T00:00:00Z","comment":"why","empty_layer":true},)"
                    R"({"created":"2015-01-03T00:00:00Z","author":"me"}],"os":"linux",)"
                    R"("rootfs":{"type":"layers","diff_ids":[")" +
                        blob('8') + R"(",")" + blob('9') + R"("]}})");
}

}  // namespace
}  // namespace schema1_test
}  // namespace dray
