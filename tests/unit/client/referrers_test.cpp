#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/store/referrers.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace referrers_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Digest subject = Digest::of(as_bytes("subject"));
const std::string base = "https://r.example/v2/app/";
const std::string api_line = "GET " + base + "referrers/" + subject.text();
const std::string tag_url = base + "manifests/" + referrers_tag(subject);
const auto sbom = MediaType::of("application/vnd.example.sbom");

Descriptor entry(const std::string& content, std::string_view type = "application/vnd.example.sbom") {
  return {.media_type = MediaType::of(media_types::oci_manifest),
          .digest = Digest::of(as_bytes(content)),
          .size = content.size(),
          .artifact_type = MediaType::of(type)};
}

std::string index_of(const std::vector<Descriptor>& entries) {
  return Index{.media_type = MediaType::of(media_types::oci_index), .manifests = entries}.serialize();
}

Reply list_reply(const std::vector<Descriptor>& entries, const std::string& link = "") {
  Reply reply{200, {{"Content-Type", std::string(media_types::oci_index)}}, index_of(entries)};
  if (!link.empty()) reply.headers.emplace_back("Link", link);
  return reply;
}

/// A manifest with our subject.
RawManifest referrer(const std::string& content = "{}") {
  auto bytes = Manifest{.media_type = MediaType::of(media_types::oci_manifest),
                        .config = entry(content, media_types::oci_empty),
                        .artifact_type = sbom,
                        .subject = Descriptor{MediaType::of(media_types::oci_manifest), subject, 7}}
                   .serialize();
  return {{MediaType::of(media_types::oci_manifest), Digest::of(as_bytes(bytes)), bytes.size()}, bytes};
}

std::vector<Digest> list(const ClientUnderTest& t, const std::optional<MediaType>& type = {}) {
  const auto found = t.repository()->list_referrers(subject, type, {});
  EXPECT_TRUE(found) << found.error().message();
  std::vector<Digest> digests;
  if (found) {
    for (const auto& each : *found) digests.push_back(each.digest);
  }
  return digests;
}

Error list_error(const ClientUnderTest& t) {
  const auto found = t.repository()->list_referrers(subject, {}, {});
  return found ? Error(ErrorCode::io, "it was listed") : found.error();
}

TEST(ListReferrers, AsksTheRegistryAndFollowsItsPages) {
  ClientUnderTest t;
  t.wire->on(api_line, list_reply({entry("a")}, "</v2/app/referrers/" + subject.text() + "?last=1>; rel=\"next\""));
  t.wire->on(api_line + "?last=1", list_reply({entry("b"), entry("a")}));
  EXPECT_THAT(list(t), ElementsAre(entry("a").digest, entry("b").digest));
}

// C-33: the registry says that it filters, and does not.
TEST(ListReferrers, FiltersAgainWhatTheRegistrySaysItFiltered) {
  ClientUnderTest t;
  auto reply = list_reply({entry("a"), entry("b", "application/vnd.example.other")});
  reply.headers.emplace_back("OCI-Filters-Applied", "artifactType");
  t.wire->on(api_line + "?artifactType=application%2Fvnd.example.sbom", reply);
  EXPECT_THAT(list(t, sbom), ElementsAre(entry("a").digest));
}

TEST(ListReferrers, ReadsTheTagWhereTheRegistryHasNoApi) {
  for (const int status : {400, 404, 405, 501}) {
    SCOPED_TRACE(status);
    ClientUnderTest t;
    t.wire->on(api_line, {status, {}, "{}"});
    t.wire->on("GET " + tag_url, list_reply({entry("a"), entry("b", "text/plain")}));
    EXPECT_THAT(list(t), ElementsAre(entry("a").digest, entry("b").digest));
  }
}

TEST(ListReferrers, FiltersWhatTheTagLists) {
  ClientUnderTest t;
  t.wire->on(api_line + "?artifactType=application%2Fvnd.example.sbom", {404});
  t.wire->on("GET " + tag_url, list_reply({entry("a"), entry("b", "text/plain")}));
  EXPECT_THAT(list(t, sbom), ElementsAre(entry("a").digest));
}

TEST(ListReferrers, PageForPeopleIsNoApi) {
  ClientUnderTest t;
  t.wire->on(api_line, {200, {{"Content-Type", "text/html"}}, "<html>welcome</html>"});
  t.wire->on("GET " + tag_url, {404});
  EXPECT_THAT(list(t), IsEmpty());
}

TEST(ListReferrers, TagThatIsNoIndexIsAnError) {
  ClientUnderTest t;
  t.wire->on(api_line, {404});
  const auto manifest = referrer();
  t.wire->on("GET " + tag_url, {200, {{"Content-Type", std::string(media_types::oci_manifest)}}, manifest.bytes});
  EXPECT_EQ(list_error(t).code(), ErrorCode::invalid_input);
  EXPECT_THAT(list_error(t).message(), HasSubstr(referrers_tag(subject)));
}

TEST(ListReferrers, RefusalIsNoMissingApi) {
  ClientUnderTest t;
  t.wire->on("GET https://r.example/v2/", {200});
  t.wire->on(api_line, {403, {}, R"({"errors":[{"code":"DENIED","message":"not for you"}]})"});
  EXPECT_EQ(list_error(t).code(), ErrorCode::denied);
}

TEST(ListReferrers, WhatIsNoIndexIsAnError) {
  ClientUnderTest t;
  for (const auto* const body : {"", "[]", R"({"manifests":{}})", R"({"schemaVersion":2,"manifests":[{"size":1}]})"}) {
    t.wire->on(api_line, {200, {{"Content-Type", std::string(media_types::oci_index)}}, body});
    EXPECT_EQ(list_error(t).code(), ErrorCode::protocol) << body;
  }
}

TEST(ListReferrers, PagesThatGoRoundAreAnError) {
  ClientUnderTest t;
  t.wire->on(api_line, list_reply({entry("a")}, "<" + base + "referrers/" + subject.text() + ">; rel=\"next\""));
  EXPECT_EQ(list_error(t).code(), ErrorCode::protocol);
}

TEST(ListReferrers, EndlessPagesAreLimited) {
  ClientUnderTest t;
  const auto next = [](std::size_t page) { return "?last=" + std::to_string(page); };
  const auto link = [&](std::size_t page) {
    return "</v2/app/referrers/" + subject.text() + next(page) + ">; rel=\"next\"";
  };
  t.wire->on(api_line, list_reply({}, link(0)));
  for (std::size_t page = 0; page < limits::max_referrers_pages; ++page) {
    t.wire->on(api_line + next(page), list_reply({}, link(page + 1)));
  }
  EXPECT_EQ(list_error(t).code(), ErrorCode::limit_exceeded);
}

TEST(ListReferrers, NumberOfReferrersIsLimited) {
  ClientUnderTest t;
  // Pages of the same entries: each has fewer than the limit, all together more.
  const std::vector<Descriptor> entries(limits::max_referrers / 8 + 1, entry("a"));
  const auto link = [&](int page) {
    return "</v2/app/referrers/" + subject.text() + "?last=" + std::to_string(page) + ">; rel=\"next\"";
  };
  t.wire->on(api_line, list_reply(entries, link(0)));
  for (int page = 0; page < 8; ++page) {
    t.wire->on(api_line + "?last=" + std::to_string(page), list_reply(entries, link(page + 1)));
  }
  EXPECT_EQ(list_error(t).code(), ErrorCode::limit_exceeded);
}

class PushReferrer : public ::testing::Test {
 protected:
  const RawManifest manifest_ = referrer();
  const std::string put_line_ = "PUT " + base + "manifests/" + manifest_.descriptor.digest.text();
  const Descriptor entry_ = referral_of(manifest_)->entry;
  ClientUnderTest t_;
};

TEST_F(PushReferrer, IsLeftToARegistryThatSawTheSubject) {
  t_.wire->on(put_line_, {201, {{"OCI-Subject", subject.text()}}});
  ASSERT_TRUE(t_.repository()->put_manifest(manifest_, {}));
  EXPECT_THAT(t_.wire->lines(), ElementsAre(put_line_));
}

TEST_F(PushReferrer, IsListedUnderTheTagOfARegistryThatDidNot) {
  t_.wire->on(put_line_, {201});
  t_.wire->on("GET " + tag_url, list_reply({entry("old")}));
  t_.wire->on("GET " + tag_url, list_reply({entry("old"), entry_}));
  t_.wire->on("PUT " + tag_url, {201});
  ASSERT_TRUE(t_.repository()->put_manifest(manifest_, {}));
  EXPECT_EQ(t_.wire->last("PUT " + tag_url).body, index_of({entry("old"), entry_}));
}

TEST_F(PushReferrer, IsWrittenAgainWhenSomebodyElseWroteOverIt) {
  t_.wire->on(put_line_, {201});
  t_.wire->on("GET " + tag_url, {404});
  t_.wire->on("GET " + tag_url, list_reply({entry("other")}));
  t_.wire->on("GET " + tag_url, list_reply({entry("other"), entry_}));
  t_.wire->on("PUT " + tag_url, {201});
  ASSERT_TRUE(t_.repository()->put_manifest(manifest_, {}));
  EXPECT_EQ(t_.wire->count("PUT " + tag_url), 2U);
  EXPECT_EQ(t_.wire->last("PUT " + tag_url).body, index_of({entry("other"), entry_}));
}

TEST_F(PushReferrer, GivesUpWhereItsEntryNeverStays) {
  t_.wire->on(put_line_, {201});
  t_.wire->on("GET " + tag_url, list_reply({entry("other")}));
  t_.wire->on("PUT " + tag_url, {201});
  EXPECT_EQ(t_.repository()->put_manifest(manifest_, {}).error().code(), ErrorCode::conflict);
  EXPECT_EQ(t_.wire->count("PUT " + tag_url), std::size_t{limits::max_referrers_tag_tries});
}

TEST_F(PushReferrer, KeepsWhatItDoesNotKnowOfTheList) {
  const auto foreign = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","x-note":"kept",)"
                       R"("manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":")" +
                       entry("old").digest.text() + R"(","x-more":[1]}]})";
  t_.wire->on(put_line_, {201});
  t_.wire->on("GET " + tag_url, {200, {{"Content-Type", std::string(media_types::oci_index)}}, foreign});
  t_.wire->on("GET " + tag_url, list_reply({entry_}));
  t_.wire->on("PUT " + tag_url, {201});
  ASSERT_TRUE(t_.repository()->put_manifest(manifest_, {}));
  const auto body = t_.wire->last("PUT " + tag_url).body;
  EXPECT_THAT(body, HasSubstr("\"x-note\": \"kept\""));
  EXPECT_THAT(body, HasSubstr("\"x-more\""));
  EXPECT_THAT(body, HasSubstr(manifest_.descriptor.digest.text()));
}

class RemoveReferrer : public PushReferrer {
 protected:
  RemoveReferrer() {
    t_.wire->on("GET " + url_, {200, {{"Content-Type", std::string(media_types::oci_manifest)}}, manifest_.bytes});
    t_.wire->on("DELETE " + url_, {202});
  }
  const std::string url_ = base + "manifests/" + manifest_.descriptor.digest.text();
};

TEST_F(RemoveReferrer, IsLeftToARegistryWithTheApi) {
  t_.wire->on(api_line, list_reply({}));
  ASSERT_TRUE(t_.repository()->remove_manifest(manifest_.descriptor.digest, {}));
  EXPECT_EQ(t_.wire->count("PUT " + tag_url), 0U);
}

TEST_F(RemoveReferrer, IsTakenOffTheTagsList) {
  t_.wire->on(api_line, {404});
  t_.wire->on("GET " + tag_url, list_reply({entry("other"), entry_}));
  t_.wire->on("GET " + tag_url, list_reply({entry("other")}));
  t_.wire->on("PUT " + tag_url, {201});
  ASSERT_TRUE(t_.repository()->remove_manifest(manifest_.descriptor.digest, {}));
  EXPECT_EQ(t_.wire->last("PUT " + tag_url).body, index_of({entry("other")}));
}

TEST_F(RemoveReferrer, LastOneTakesTheListWithIt) {
  const auto list = index_of({entry_});
  t_.wire->on(api_line, {404});
  t_.wire->on("GET " + tag_url, list_reply({entry_}));
  t_.wire->on("GET " + tag_url, {404});
  t_.wire->on("DELETE " + base + "manifests/" + Digest::of(as_bytes(list)).text(), {202});
  ASSERT_TRUE(t_.repository()->remove_manifest(manifest_.descriptor.digest, {}));
  EXPECT_EQ(t_.wire->count("PUT " + tag_url), 0U);
}

TEST_F(RemoveReferrer, SaysThatTheListStillHasItWhenItCannotBeWritten) {
  t_.wire->on(api_line, {404});
  t_.wire->on("GET " + tag_url, list_reply({entry("other"), entry_}));
  t_.wire->on("GET https://r.example/v2/", {200});
  t_.wire->on("PUT " + tag_url, {403, {}, "{}"});
  const auto removed = t_.repository()->remove_manifest(manifest_.descriptor.digest, {});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::denied);
  EXPECT_THAT(removed.error().message(), HasSubstr("is deleted, but"));
}

TEST(ReferrersTag, NamesAlgorithmAndHash) {
  EXPECT_EQ(referrers_tag(subject), "sha256-" + std::string(subject.hex()));
  const auto longer = Digest::parse("sha512:" + std::string(128, 'a')).value();
  EXPECT_EQ(referrers_tag(longer), "sha512-" + std::string(64, 'a'));
}

}  // namespace
}  // namespace referrers_test
}  // namespace dray::client
