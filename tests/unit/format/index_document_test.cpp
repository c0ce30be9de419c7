#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/format/index_document.hpp>

namespace dray {
namespace index_document_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Descriptor entry(const std::string& content) {
  return {.media_type = MediaType::of(media_types::oci_manifest),
          .digest = Digest::of(as_bytes(content)),
          .size = content.size()};
}

/// Two entries, with members that nobody knows.
std::string document() {
  const auto text = [](const std::string& content) {
    return R"({"digest":")" + entry(content).digest.text() +
           R"(","mediaType":"application/vnd.oci.image.manifest.v1+json","size":)" + std::to_string(content.size()) +
           R"(,"x-of":")" + content + "\"}";
  };
  return R"({"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2,"x-first":[1.5,null],)"
         R"("manifests":[)" +
         text("one") + "," + text("two") + R"(],"annotations":{"b":"2"},"x-last":{}})";
}

TEST(IndexDocument, KeepsUnknownMembersWhenAnEntryIsAdded) {
  auto index = IndexDocument::parse(document(), "").value();
  index.append(entry("three"));
  const auto text = index.serialize();
  for (const auto* const kept : {"x-first", "x-last", "\"x-of\": \"one\"", "\"x-of\": \"two\""}) {
    EXPECT_THAT(text, HasSubstr(kept));
  }
  const auto again = IndexDocument::parse(text, "").value();
  EXPECT_EQ(again.entries(), index.entries());
  EXPECT_EQ(again.entries().back(), entry("three"));
}

TEST(IndexDocument, RemovesAndReplacesOneEntryAlone) {
  auto index = IndexDocument::parse(document(), "").value();
  index.replace(1, entry("other"));
  index.remove(0);
  ASSERT_EQ(index.entries().size(), 1U);
  EXPECT_EQ(index.entries()[0], entry("other"));
  const auto text = index.serialize();
  EXPECT_THAT(text, Not(HasSubstr("x-of")));
  EXPECT_EQ(IndexDocument::parse(text, "")->entries(), index.entries());
}

TEST(IndexDocument, RetainsEntriesAsTheyAre) {
  auto index = IndexDocument::parse(document(), "").value();
  const auto first = index.entries().front();
  std::vector<bool> keep(index.entries().size(), false);
  keep[0] = true;
  index.retain(keep);
  ASSERT_EQ(index.entries().size(), 1U);
  EXPECT_EQ(index.entries()[0], first);
  EXPECT_THAT(index.serialize(), HasSubstr("x-of"));
}

TEST(IndexDocument, SetsAnAnnotationBesideTheOthers) {
  auto index = IndexDocument::parse(document(), "").value();
  index.annotate("a", "1");
  const auto again = IndexDocument::parse(index.serialize(), "").value();
  EXPECT_EQ(again.index().annotations, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  auto bare = IndexDocument::make(MediaType::of(media_types::docker_index));
  bare.annotate("a", "1");
  EXPECT_EQ(IndexDocument::parse(bare.serialize(), "")->index().annotations.at("a"), "1");
}

TEST(IndexDocument, IsMadeWithoutEntries) {
  const auto index = IndexDocument::make(MediaType::of(media_types::oci_index));
  EXPECT_EQ(index.serialize(), Index{.media_type = MediaType::of(media_types::oci_index)}.serialize());
  EXPECT_TRUE(IndexDocument::parse(index.serialize(), "")->entries().empty());
}

TEST(IndexDocument, NullIsAnEmptyList) {
  auto index = IndexDocument::parse(R"({"schemaVersion":2,"manifests":null})", media_types::oci_index);
  ASSERT_TRUE(index) << index.error().message();
  index->append(entry("one"));
  EXPECT_EQ(index->entries().size(), 1U);
}

TEST(IndexDocument, ManifestIsNone) {
  const auto manifest = Manifest{.media_type = MediaType::of(media_types::oci_manifest), .config = entry("{}")};
  EXPECT_EQ(IndexDocument::parse(manifest.serialize(), "").error().code(), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace index_document_test
}  // namespace dray
