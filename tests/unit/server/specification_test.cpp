// Sentences of the distribution specification 1.1 that no other file of tests asks for, and our departures from it.
#include <dray/format/json.hpp>

#include "registry_fixture.hpp"

namespace dray::server {
namespace specification_test {
namespace {

class Specification : public RegistryFixture {
 protected:
  std::string url(const std::string& name) { return "/v2/team/app/manifests/" + name; }
  static Descriptor described(const std::string& bytes, std::string_view type) {
    return {.media_type = MediaType::of(type), .digest = Digest::of(as_bytes(bytes)), .size = bytes.size()};
  }
  Json first_referrer(const Digest& subject) {
    const auto json = Json::parse(get("/v2/team/app/referrers/" + subject.text()).body).value();
    const auto* const all = json.find("manifests")->as_array();
    return all->empty() ? Json() : all->front();
  }
};

TEST_F(Specification, NamesOfRepositoriesAreThoseOfTheGrammar) {
  const std::string deep = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p";
  for (const std::string& name :
       std::vector<std::string>{"a", "0", "library/alpine", "a.b", "a_b", "a__b", "a-b", "a--b", "a---b", "a.b/c_d/e-f",
                                deep, "tags/list", "manifests/blobs", "blobs/uploads", "v2", std::string(255, 'a')}) {
    const auto digest = push_image(name, "1", "one");
    EXPECT_EQ(get("/v2/" + name + "/manifests/1").header("Docker-Content-Digest"), digest.text()) << name;
    EXPECT_EQ(get("/v2/" + name + "/tags/list").body, R"({"name":")" + name + R"(","tags":["1"]})");
  }
  for (const auto* const name : {"A", "a/B", "a/", "a..b", "a._b", "a___b", "-a", "a-", "_a", "a_", ".a", "a/.b"}) {
    const auto answer = get(std::string("/v2/") + name + "/tags/list");
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << name << answer.status;
    EXPECT_FALSE(answer.code().empty()) << name;
  }
}

TEST_F(Specification, TagsAreThoseOfTheGrammar) {
  const auto bytes = make_image("team/app", "one");
  for (const std::string& tag :
       std::vector<std::string>{"latest", "1", "_", "A", "a.b-c_d", "1.0.0-rc.1", "v", "Z9", "__--..",
                                std::string(128, 'x'), "sha256-" + std::string(64, 'a') + ".sig"}) {
    EXPECT_EQ(push_manifest("team/app", tag, bytes).status, 201) << tag;
    EXPECT_EQ(get(url(tag)).body, bytes) << tag;
    EXPECT_EQ(ask(Method::del, url(tag)).status, 202) << tag;
  }
  for (const std::string& tag : std::vector<std::string>{".a", "-a", "a%2Bb", "a%20b", "a%23b", "caf%c3%a9", "a%0a",
                                                         "a%40b", "*", "~", std::string(129, 'x')}) {
    const auto refused = push_manifest("team/app", tag, bytes);
    EXPECT_EQ(refused.status, 400) << tag;
    EXPECT_EQ(refused.code(), "TAG_INVALID") << tag;
  }
}

TEST_F(Specification, AcceptIsNotLookedAt) {
  const auto digest = push_image("team/app", "1", "one");
  for (const auto* const accept : {"text/plain", "application/vnd.docker.distribution.manifest.v1+prettyjws", "*/*",
                                   "application/vnd.oci.image.index.v1+json;q=0.1", ",;"}) {
    const auto answer = get(url("1"), {{"Accept", accept}});
    EXPECT_EQ(answer.status, 200) << accept;
    EXPECT_EQ(answer.header("Content-Type"), media_types::oci_manifest) << accept;
    EXPECT_EQ(answer.header("Docker-Content-Digest"), digest.text()) << accept;
  }
}

TEST_F(Specification, IfMatchIsNotLookedAt) {
  push_image("team/app", "1", "one");
  const auto bytes = make_image("team/app", "two");
  const auto pushed =
      ask(Method::put, url("1"),
          {{"Content-Type", std::string(media_types::oci_manifest)}, {"If-Match", "\"" + Digest::of({}).text() + "\""}},
          bytes);
  EXPECT_EQ(pushed.status, 201);
  EXPECT_EQ(get(url("1")).body, bytes);
}

TEST_F(Specification, S20TypeOfTheHeaderAndOfTheDocumentAreOne) {
  const auto bytes = make_image("team/app", "one");
  EXPECT_EQ(push_manifest("team/app", "1", bytes, "application/vnd.oci.image.manifest.v1+json; charset=utf-8").status,
            201);
  EXPECT_EQ(get(url("1")).header("Content-Type"), media_types::oci_manifest);
  for (const auto type : {media_types::oci_index, media_types::docker_manifest, media_types::docker_index}) {
    const auto refused = push_manifest("team/app", "2", bytes, type);
    EXPECT_EQ(refused.code(), "MANIFEST_INVALID") << type;
  }
  EXPECT_EQ(get(url("2")).status, 404);
}

TEST_F(Specification, Schema1ThatIsHereIsServedAndNoMoreIsTaken) {
  const std::string bytes =
      R"({"schemaVersion":1,"name":"team/app","tag":"old","architecture":"amd64","fsLayers":[],"history":[]})";
  const RawManifest old{described(bytes, media_types::docker_schema1), bytes};
  ASSERT_TRUE(storage_->put_manifest("team/app", old, {"old"}, {}));
  const auto read = get(url("old"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, bytes);
  EXPECT_EQ(read.header("Docker-Content-Digest"), old.descriptor.digest.text());
  EXPECT_EQ(push_manifest("team/app", "new", bytes, media_types::docker_schema1).code(), "MANIFEST_INVALID");
}

TEST_F(Specification, ManifestThatAnIndexNamesMayBeDeleted) {
  const auto child = push_image("team/app", "child", "one");
  const auto bytes = get(url("child")).body;
  const Index index{.media_type = MediaType::of(media_types::oci_index),
                    .manifests = {described(bytes, media_types::oci_manifest)}};
  EXPECT_EQ(push_manifest("team/app", "index", index.serialize(), media_types::oci_index).status, 201);
  EXPECT_EQ(ask(Method::del, url(child.text())).status, 202);
  EXPECT_EQ(get(url(child.text())).status, 404);
  EXPECT_EQ(get(url("index")).body, index.serialize()) << "the index stays as it was pushed";
  const auto again = push_manifest("team/app", "index2", index.serialize(), media_types::oci_index);
  EXPECT_EQ(again.code(), "MANIFEST_BLOB_UNKNOWN");
  EXPECT_EQ(push_manifest("team/app", "child", bytes).status, 201);
  EXPECT_EQ(push_manifest("team/app", "index2", index.serialize(), media_types::oci_index).status, 201);
}

TEST_F(Specification, BlobThatAManifestNamesMayBeDeleted) {
  push_image("team/app", "1", "one");
  const auto layer = Digest::of(as_bytes("the layer of one"));
  EXPECT_EQ(ask(Method::del, "/v2/team/app/blobs/" + layer.text()).status, 202);
  EXPECT_EQ(get("/v2/team/app/blobs/" + layer.text()).status, 404);
  EXPECT_EQ(get(url("1")).status, 200);
}

TEST_F(Specification, DeletionOfWhatIsNotThereIs404) {
  push_image("team/app", "1", "one");
  const auto nothing = Digest::of(as_bytes("nothing")).text();
  EXPECT_EQ(ask(Method::del, url(nothing)).code(), "MANIFEST_UNKNOWN");
  EXPECT_EQ(ask(Method::del, url("nothing")).code(), "MANIFEST_UNKNOWN");
  EXPECT_EQ(ask(Method::del, "/v2/team/app/blobs/" + nothing).code(), "BLOB_UNKNOWN");
  EXPECT_EQ(ask(Method::del, "/v2/nowhere/manifests/1").code(), "NAME_UNKNOWN");
}

TEST_F(Specification, RepositoryWithoutTagsHasAnEmptyList) {
  push_image("team/app", "1", "one");
  EXPECT_EQ(ask(Method::del, url("1")).status, 202);
  EXPECT_EQ(get("/v2/team/app/tags/list").body, R"({"name":"team/app","tags":[]})");
}

TEST_F(Specification, BodyOfAPostWithoutADigestIsTheFirstPart) {
  const auto begun = ask(Method::post, "/v2/team/app/blobs/uploads/", {}, "0123");
  EXPECT_EQ(begun.status, 202);
  EXPECT_EQ(begun.header("Range"), "0-3");
  const auto done = ask(Method::put, begun.header("Location") + "?digest=" + Digest::of(as_bytes("012345")).text(),
                        {{"Content-Range", "4-5"}}, "45");
  EXPECT_EQ(done.status, 201) << done.body;
}

TEST_F(Specification, MountIntoItsOwnRepositoryIsNoWork) {
  const auto digest = push_blob("team/app", "bytes");
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/?from=team/app&mount=" + digest.text()).status, 201);
  EXPECT_EQ(get("/v2/team/app/blobs/" + digest.text()).body, "bytes");
}

TEST_F(Specification, TypeOfAReferrerIsItsConfigsWhereItNamesNone) {
  const auto subject = push_image("team/app", "1", "one");
  const auto config = push_blob("team/app", "{}");
  Manifest manifest{
      .media_type = MediaType::of(media_types::oci_manifest),
      .config = {.media_type = MediaType::of("application/vnd.example.config"), .digest = config, .size = 2},
      .subject = Descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = subject, .size = 7}};
  const auto pushed = push_manifest("team/app", "signature", manifest.serialize());
  EXPECT_EQ(pushed.header("OCI-Subject"), subject.text());
  const auto entry = first_referrer(subject);
  EXPECT_EQ(*entry.find("artifactType")->as_string(), "application/vnd.example.config");
  EXPECT_EQ(*entry.find("mediaType")->as_string(), media_types::oci_manifest);
  EXPECT_EQ(entry.find("size")->as_uint(), manifest.serialize().size());
  const auto filtered =
      get("/v2/team/app/referrers/" + subject.text() + "?artifactType=application%2Fvnd.example.config");
  EXPECT_NE(filtered.body.find("sha256:"), std::string::npos);
}

TEST_F(Specification, IndexMayBeAReferrer) {
  const auto subject = push_image("team/app", "1", "one");
  Index index{.media_type = MediaType::of(media_types::oci_index)};
  index.subject = Descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = subject, .size = 7};
  index.annotations = {{"note", "index"}};
  const auto pushed = push_manifest("team/app", "attestations", index.serialize(), media_types::oci_index);
  EXPECT_EQ(pushed.header("OCI-Subject"), subject.text());
  const auto entry = first_referrer(subject);
  EXPECT_EQ(*entry.find("mediaType")->as_string(), media_types::oci_index);
  EXPECT_EQ(entry.find("artifactType"), nullptr);
  EXPECT_EQ(*entry.find("annotations")->find("note")->as_string(), "index");
}

TEST_F(Specification, ReferrersStayWhenTheirSubjectGoes) {
  const auto subject = push_image("team/app", "1", "one");
  Index index{.media_type = MediaType::of(media_types::oci_index)};
  index.subject = Descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = subject, .size = 7};
  EXPECT_EQ(push_manifest("team/app", "referrer", index.serialize(), media_types::oci_index).status, 201);
  EXPECT_EQ(ask(Method::del, url(subject.text())).status, 202);
  EXPECT_EQ(*first_referrer(subject).find("digest")->as_string(), Digest::of(as_bytes(index.serialize())).text());
}

TEST_F(Specification, PushWithoutASubjectSaysNothingOfOne) {
  const auto bytes = make_image("team/app", "one");
  EXPECT_EQ(push_manifest("team/app", "1", bytes).header("OCI-Subject"), "");
}

TEST_F(Specification, UnknownMembersAndSpacesOfAManifestAreKept) {
  const auto config = push_blob("team/app", "{}");
  const auto bytes = R"({   "schemaVersion" : 2,
   "mediaType":"application/vnd.oci.image.manifest.v1+json", "org.example.unknown" : [1, 2.50, "\u00e9"],
   "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
                     config.text() + "\",\"size\":2,\"more\":null},\"layers\":[]}\n\n";
  EXPECT_EQ(push_manifest("team/app", "1", bytes).status, 201);
  EXPECT_EQ(get(url("1")).body, bytes);
}

}  // namespace
}  // namespace specification_test
}  // namespace dray::server
