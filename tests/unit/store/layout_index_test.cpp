#include "layout_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <chrono>
#include <dray/core/limits.hpp>

#include "store_testing.hpp"

namespace dray {
namespace layout_index_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Descriptor manifest(const std::string& content) {
  auto descriptor = testing::blob_of(content);
  descriptor.media_type = MediaType::of(media_types::oci_manifest);
  return descriptor;
}

std::string entry(const Descriptor& manifest, const std::string& more) {
  return R"({"mediaType":")" + manifest.media_type.text() + R"(","digest":")" + manifest.digest.text() +
         R"(","size":)" + std::to_string(manifest.size) + more + "}";
}

std::string named(const Descriptor& manifest, const std::string& name,
                  const std::string& key = "org.opencontainers.image.ref.name") {
  return entry(manifest, R"(,"annotations":{")" + key + R"(":")" + name + "\"}");
}

std::string index_of(std::initializer_list<std::string> entries, const std::string& more = "") {
  std::string text = R"({"schemaVersion":2,"manifests":[)";
  for (const auto& one : entries) text += (text.back() == '[' ? "" : ",") + one;
  return text + "]" + more + "}";
}

TEST(LayoutIndex, BeginsEmptyAndReadsBack) {
  const LayoutIndex empty;
  EXPECT_EQ(empty.serialize(),
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  EXPECT_THAT(LayoutIndex::parse(empty.serialize())->entries(), IsEmpty());
}

TEST(LayoutIndex, FindsATagByEitherHabit) {
  const auto plain = manifest("plain");
  const auto full = manifest("full");
  const auto containerd = manifest("containerd");
  const auto index =
      LayoutIndex::parse(index_of({named(full, "docker.io/library/alpine:3.19"), named(plain, "v1"),
                                   named(containerd, "docker.io/library/busybox:1.36", "io.containerd.image.name")}));
  ASSERT_TRUE(index) << index.error().message();
  EXPECT_EQ(index->find("v1")->digest, plain.digest);
  EXPECT_EQ(index->find("3.19")->digest, full.digest);
  EXPECT_EQ(index->find("docker.io/library/alpine:3.19")->digest, full.digest);
  EXPECT_EQ(index->find("1.36")->digest, containerd.digest);
  EXPECT_EQ(index->find("docker.io/library/busybox:1.36")->digest, containerd.digest);
  for (const auto* const absent : {"", "19", "9", "library/alpine:3.19", "alpine"}) {
    EXPECT_EQ(index->find(absent).error().code(), ErrorCode::not_found) << absent;
  }
  EXPECT_THAT(index->names(), ElementsAre("docker.io/library/alpine:3.19", "v1", "docker.io/library/busybox:1.36"));
}

TEST(LayoutIndex, DigestAtTheEndOfAReferenceIsNoTag) {
  const auto pinned = manifest("pinned");
  const auto index = LayoutIndex::parse(index_of({named(pinned, "example.com/a@" + pinned.digest.text())}));
  EXPECT_EQ(index->find(std::string(pinned.digest.hex())).error().code(), ErrorCode::not_found);
}

TEST(LayoutIndex, ExactNameWinsOverAFullReference) {
  const auto exact = manifest("exact");
  const auto index = LayoutIndex::parse(index_of({named(manifest("full"), "example.com/a:v1"), named(exact, "v1")}));
  EXPECT_EQ(index->find("v1")->digest, exact.digest);
}

TEST(LayoutIndex, NameOfTwoManifestsIsRefused) {
  const auto a = manifest("a");
  const auto b = manifest("b");
  for (const auto& text : {index_of({named(a, "v1"), named(b, "v1")}),
                           index_of({named(a, "example.com/a:v1"), named(b, "example.com/b:v1")})}) {
    const auto found = LayoutIndex::parse(text)->find("v1");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(found.error().message(), HasSubstr(b.digest.text()));
  }
  EXPECT_EQ(LayoutIndex::parse(index_of({named(a, "v1"), named(a, "v1")}))->find("v1")->digest, a.digest);
}

TEST(LayoutIndex, SettingANameKeepsWhatItDoesNotKnow) {
  const auto a = manifest("a");
  const auto b = manifest("b");
  const auto c = manifest("c");
  const auto first = entry(a, R"(,"annotations":{"org.opencontainers.image.ref.name":"one","x":"y"},"x-entry":[1.50])");
  const auto unnamed = entry(b, R"(,"x-entry":{"deep":null})");
  auto index =
      LayoutIndex::parse(index_of({first, unnamed}, R"(,"annotations":{"top":"1"},"x-top":18446744073709551615)"));
  ASSERT_TRUE(index) << index.error().message();
  ASSERT_TRUE(index->set_name("two", c).value());
  const auto text = index->serialize();
  EXPECT_THAT(text, HasSubstr(R"("x-top":18446744073709551615)"));
  EXPECT_THAT(text, HasSubstr(R"("x-entry":[1.5)"));
  EXPECT_THAT(text, HasSubstr(R"("x-entry":{"deep":null})"));
  EXPECT_EQ(index->entries()[0].digest, a.digest);
  EXPECT_EQ(index->entries()[1].digest, b.digest);
  EXPECT_EQ(index->entries()[2].digest, c.digest);
}

TEST(LayoutIndex, SettingANameReplacesTheEntryInItsPlace) {
  const auto a = manifest("a");
  const auto b = manifest("b");
  auto index = LayoutIndex::parse(index_of({named(a, "one"), named(a, "two"), named(manifest("x"), "one")}));
  ASSERT_TRUE(index->set_name("one", b).value());
  EXPECT_EQ(index->find("one")->digest, b.digest);
  EXPECT_EQ(index->find("two")->digest, a.digest);
  EXPECT_THAT(index->names(), ElementsAre("one", "two"));
  EXPECT_EQ(index->entries().size(), 2U);
  EXPECT_FALSE(index->set_name("one", b).value());
}

TEST(LayoutIndex, NameGoesToTheEntryThatHasNone) {
  auto index = LayoutIndex();
  ASSERT_TRUE(index.add(manifest("a")).value());
  EXPECT_FALSE(index.add(manifest("a")).value());
  ASSERT_TRUE(index.set_name("one", manifest("a")).value());
  ASSERT_TRUE(index.set_name("two", manifest("a")).value());
  EXPECT_EQ(index.entries().size(), 2U);
  EXPECT_THAT(index.names(), ElementsAre("one", "two"));
}

TEST(LayoutIndex, AddingDropsTheNameOfAnotherPlace) {
  auto from_elsewhere = manifest("a");
  from_elsewhere.annotations["org.opencontainers.image.ref.name"] = "elsewhere";
  auto index = LayoutIndex();
  ASSERT_TRUE(index.add(from_elsewhere).value());
  EXPECT_THAT(index.names(), IsEmpty());
  EXPECT_EQ(index.entries().size(), 1U);
}

TEST(LayoutIndex, RemovedNameLeavesTheManifestListed) {
  const auto a = manifest("a");
  auto index = LayoutIndex::parse(index_of({named(a, "one"), named(a, "two")}));
  ASSERT_TRUE(index->remove_name("one"));
  EXPECT_EQ(index->entries().size(), 1U);
  ASSERT_TRUE(index->remove_name("two"));
  EXPECT_EQ(index->entries().size(), 1U);
  EXPECT_THAT(index->names(), IsEmpty());
  EXPECT_THAT(index->serialize(), ::testing::Not(HasSubstr("annotations")));
  EXPECT_EQ(index->remove_name("two").error().code(), ErrorCode::not_found);
  EXPECT_TRUE(index->remove(a.digest).value());
  EXPECT_FALSE(index->remove(a.digest).value());
  EXPECT_THAT(index->entries(), IsEmpty());
}

struct HostileCase {
  const char* name;
  std::string text;
};

class HostileLayoutIndex : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileLayoutIndex, IsRefused) {
  const auto index = LayoutIndex::parse(GetParam().text);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code(), ErrorCode::invalid_input) << index.error().message();
  EXPECT_THAT(index.error().message(), HasSubstr("index.json"));
}

TEST(LayoutIndex, NamesOfAFullIndexAreListedInTheirOrder) {
  constexpr std::size_t count = 30'000;
  const auto one = manifest("one");
  std::string text = R"({"schemaVersion":2,"manifests":[)";
  for (auto i = count; i-- > 0;) text += named(one, "n" + std::to_string(i)) + ",";
  text += named(one, "n0") + "]}";
  const auto index = LayoutIndex::parse(text);
  ASSERT_TRUE(index) << index.error().message();
  const auto begun = std::chrono::steady_clock::now();
  const auto names = index->names();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
  ASSERT_EQ(names.size(), count);
  EXPECT_EQ(names.front(), "n29999");
  EXPECT_EQ(names.back(), "n0");
}

TEST(LayoutIndex, ReferenceIsBothOfContainerdsAnnotations) {
  LayoutIndex index;
  const auto one = manifest("one");
  const auto reference = Reference::parse("alpine:3").value();
  EXPECT_TRUE(index.set_reference(reference, one).value());
  EXPECT_FALSE(index.set_reference(reference, one).value());
  EXPECT_THAT(index.serialize(), HasSubstr(R"("io.containerd.image.name":"docker.io/library/alpine:3")"));
  EXPECT_THAT(index.serialize(), HasSubstr(R"("org.opencontainers.image.ref.name":"3")"));
  EXPECT_EQ(index.find(reference)->digest, one.digest);
  EXPECT_THAT(index.references(), ElementsAre(reference));
}

TEST(LayoutIndex, ReferenceMovesAndItsManifestsOtherNamesStay) {
  LayoutIndex index;
  const auto alpine = Reference::parse("alpine:3").value();
  const auto other = Reference::parse("localhost:5000/app:3").value();
  ASSERT_TRUE(index.set_reference(alpine, manifest("one")));
  ASSERT_TRUE(index.set_reference(other, manifest("one")));
  ASSERT_TRUE(index.set_reference(alpine, manifest("two")));
  EXPECT_EQ(index.find(alpine)->digest, manifest("two").digest);
  EXPECT_EQ(index.find(other)->digest, manifest("one").digest);
  ASSERT_TRUE(index.remove_reference(other));
  EXPECT_EQ(index.find(other).error().code(), ErrorCode::not_found);
  EXPECT_NE(index.find(manifest("one").digest), nullptr);
  EXPECT_THAT(index.references(), ElementsAre(alpine));
}

TEST(LayoutIndex, TagsAreNoReferencesAndFullNamesAre) {
  const auto one = manifest("one");
  const auto index = LayoutIndex::parse(index_of({named(one, "latest"), named(one, "quay.io/team/app:1"),
                                                  named(one, "app:2", "io.containerd.image.name")}))
                         .value();
  EXPECT_THAT(index.references(),
              ElementsAre(Reference::parse("quay.io/team/app:1").value(), Reference::parse("app:2").value()));
}

TEST(LayoutIndex, TooDeepADocumentIsRefused) {
  const auto depth = limits::max_json_depth + 1;
  const auto nested = std::string(depth, '[') + std::string(depth, ']');
  EXPECT_EQ(LayoutIndex::parse(index_of({}, R"(,"x":)" + nested)).error().code(), ErrorCode::limit_exceeded);
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileLayoutIndex,
    ::testing::Values(HostileCase{"Empty", ""}, HostileCase{"Array", "[]"},
                      HostileCase{"Truncated", R"({"schemaVersion":2,)"},
                      HostileCase{"NoVersion", R"({"manifests":[]})"},
                      HostileCase{"OtherVersion", R"({"schemaVersion":1,"manifests":[]})"},
                      HostileCase{"NoManifests", R"({"schemaVersion":2})"},
                      HostileCase{"ManifestsAnObject", R"({"schemaVersion":2,"manifests":{}})"},
                      HostileCase{"ManifestAndIndex", R"({"schemaVersion":2,"manifests":[],"layers":[]})"},
                      HostileCase{"OtherType", R"({"schemaVersion":2,"mediaType":"text/plain","manifests":[]})"},
                      HostileCase{"DoubledKey", R"({"schemaVersion":2,"manifests":[],"manifests":[]})"},
                      HostileCase{
                          "ClimbingDigest",
                          index_of({R"({"mediaType":"a/b","digest":"sha256:../../../../etc/passwd","size":1})"})},
                      HostileCase{"UnknownAlgorithm", index_of({R"({"mediaType":"a/b","digest":"md5:00","size":1})"})},
                      HostileCase{"NegativeSize", index_of({R"({"mediaType":"a/b","digest":")" +
                                                            testing::blob_of("x").digest.text() + R"(","size":-1})"})},
                      HostileCase{"EntryANumber", index_of({"7"})}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace layout_index_test
}  // namespace dray
