#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include "registry_fixture.hpp"

namespace dray::server {
namespace manifests_test {
namespace {

class Manifests : public RegistryFixture {
 protected:
  std::string url(const std::string& name) { return "/v2/team/app/manifests/" + name; }
  std::string index_of(const std::vector<Descriptor>& entries) {
    return Index{.media_type = MediaType::of(media_types::oci_index), .manifests = entries}.serialize();
  }
  static Descriptor entry(const Digest& digest, std::uint64_t size) {
    return {.media_type = MediaType::of(media_types::oci_manifest), .digest = digest, .size = size};
  }
};

TEST_F(Manifests, AreReadBackAsTheyWerePushed) {
  const auto bytes = make_image("team/app", "one");
  const auto digest = Digest::of(as_bytes(bytes));
  const auto pushed = push_manifest("team/app", "1.0", bytes);
  EXPECT_EQ(pushed.status, 201) << pushed.body;
  EXPECT_EQ(pushed.header("Location"), url(digest.text()));
  EXPECT_EQ(pushed.header("Docker-Content-Digest"), digest.text());
  for (const auto& name : {std::string("1.0"), digest.text()}) {
    const auto read = get(url(name));
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.body, bytes);
    EXPECT_EQ(read.header("Content-Type"), media_types::oci_manifest);
    EXPECT_EQ(read.header("Docker-Content-Digest"), digest.text());
    EXPECT_EQ(read.header("ETag"), "\"" + digest.text() + "\"");
    const auto head = ask(Method::head, url(name));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), std::to_string(bytes.size()));
    EXPECT_EQ(head.header("Docker-Content-Digest"), digest.text());
    EXPECT_EQ(head.body, "");
  }
}

TEST_F(Manifests, DockersTypesNeedNoFlag) {
  const auto config = push_blob("team/app", "{}");
  const Manifest manifest{
      .media_type = MediaType::of(media_types::docker_manifest),
      .config = {.media_type = MediaType::of(media_types::docker_config), .digest = config, .size = 2}};
  const auto bytes = manifest.serialize();
  EXPECT_EQ(push_manifest("team/app", "docker", bytes, media_types::docker_manifest).status, 201);
  const Index list{.media_type = MediaType::of(media_types::docker_index),
                   .manifests = {{.media_type = MediaType::of(media_types::docker_manifest),
                                  .digest = Digest::of(as_bytes(bytes)),
                                  .size = bytes.size()}}};
  EXPECT_EQ(push_manifest("team/app", "list", list.serialize(), media_types::docker_index).status, 201);
  EXPECT_EQ(get(url("list")).header("Content-Type"), media_types::docker_index);
  EXPECT_EQ(get(url("docker")).body, bytes);
}

TEST_F(Manifests, WhatTheClientHasIsNotSentAgain) {
  const auto digest = push_image("team/app", "1", "one");
  EXPECT_EQ(get(url("1"), {{"If-None-Match", "\"" + digest.text() + "\""}}).status, 304);
  push_image("team/app", "1", "two");
  EXPECT_EQ(get(url("1"), {{"If-None-Match", "\"" + digest.text() + "\""}}).status, 200);
}

TEST_F(Manifests, UnknownNamesAreTold) {
  EXPECT_EQ(get(url("latest")).code(), "NAME_UNKNOWN");
  push_image("team/app", "1", "one");
  const auto unknown = get(url("latest"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.code(), "MANIFEST_UNKNOWN");
  EXPECT_EQ(get(url(Digest::of(as_bytes("no")).text())).code(), "MANIFEST_UNKNOWN");
  EXPECT_EQ(get(url("sha256:12")).code(), "DIGEST_INVALID");
  EXPECT_EQ(get(url(".hidden")).code(), "TAG_INVALID");
  EXPECT_EQ(get(url(std::string(129, 'a'))).code(), "TAG_INVALID");
}

TEST_F(Manifests, MissingPartsAreNamed) {
  auto bytes = make_image("elsewhere", "one");
  const auto refused = push_manifest("team/app", "1", bytes);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "MANIFEST_BLOB_UNKNOWN");
  EXPECT_EQ(get(url("1")).status, 404);
  const auto child = Digest::of(as_bytes("never pushed"));
  EXPECT_EQ(push_manifest("team/app", "index", index_of({entry(child, 100)}), media_types::oci_index).code(),
            "MANIFEST_BLOB_UNKNOWN");
}

TEST_F(Manifests, SparseIndexesAreTakenWhenTheyAreWanted) {
  RegistryOptions options;
  options.sparse_indexes = true;
  serve(std::move(options));
  const auto child = Digest::of(as_bytes("never pushed"));
  EXPECT_EQ(push_manifest("team/app", "index", index_of({entry(child, 100)}), media_types::oci_index).status, 201);
}

TEST_F(Manifests, WrongSizeOfALayerIsToldAsSuch) {
  const auto config = push_blob("team/app", "{}");
  const Manifest manifest{
      .media_type = MediaType::of(media_types::oci_manifest),
      .config = {.media_type = MediaType::of(media_types::oci_config), .digest = config, .size = 3}};
  EXPECT_EQ(push_manifest("team/app", "1", manifest.serialize()).code(), "SIZE_INVALID");
}

TEST_F(Manifests, ForeignLayersMayBeAbsent) {
  const auto config = push_blob("team/app", "{}");
  const Manifest manifest{
      .media_type = MediaType::of(media_types::docker_manifest),
      .config = {.media_type = MediaType::of(media_types::docker_config), .digest = config, .size = 2},
      .layers = {{.media_type = MediaType::of(media_types::docker_foreign_layer_gzip),
                  .digest = Digest::of(as_bytes("windows")),
                  .size = 100,
                  .urls = {"https://go.microsoft.com/fwlink/?linkid=1"}}}};
  EXPECT_EQ(push_manifest("team/app", "windows", manifest.serialize(), media_types::docker_manifest).status, 201);
}

TEST_F(Manifests, IndexOfBlobsIsTakenAsBuildKitsCacheHasIt) {
  const auto layer = push_blob("team/app", "cache");
  const auto bytes =
      index_of({{.media_type = MediaType::of(media_types::oci_layer_gzip), .digest = layer, .size = 5},
                {.media_type = MediaType::of(media_types::buildkit_cache_config), .digest = layer, .size = 5}});
  EXPECT_EQ(push_manifest("team/app", "cache", bytes, media_types::oci_index).status, 201);
}

struct BadRow {
  const char* name;
  const char* bytes;
  const char* type;
};
class BadManifest : public Manifests, public ::testing::WithParamInterface<BadRow> {};

TEST_P(BadManifest, IsRefusedAndNotStored) {
  const auto answer = push_manifest("team/app", "1", GetParam().bytes, GetParam().type);
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_EQ(answer.code(), "MANIFEST_INVALID") << answer.body;
  EXPECT_EQ(get(url("1")).status, 404);
}

constexpr const char* oci = "application/vnd.oci.image.manifest.v1+json";
INSTANTIATE_TEST_SUITE_P(
    All, BadManifest,
    ::testing::Values(
        BadRow{"Empty", "", oci}, BadRow{"NoJson", "not json", oci}, BadRow{"Array", "[]", oci},
        BadRow{"NoMembers", "{}", oci},
        BadRow{"DuplicateKeys", R"({"schemaVersion":2,"schemaVersion":2,"layers":[]})", oci},
        BadRow{"LayersAndManifests", R"({"schemaVersion":2,"layers":[],"manifests":[]})", oci},
        BadRow{"OtherTypeInside",
               R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[]})",
               oci},
        BadRow{"Schema1", R"({"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[]})",
               "application/vnd.docker.distribution.manifest.v1+json"},
        BadRow{"UnknownType", R"({"schemaVersion":2})", "application/x-other"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(Manifests, S16LargestIsTakenAndOneOverTheLimitIs413BeforeItsBody) {
  const auto config = push_blob("team/app", "{}");
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = {.media_type = MediaType::of(media_types::oci_config), .digest = config, .size = 2}};
  manifest.annotations["filler"] = std::string(3'999'000, 'x');
  EXPECT_EQ(push_manifest("team/app", "large", manifest.serialize()).status, 201);
  auto request = make_request(Method::put, url("huge"));
  request.body_size = dray::limits::max_manifest_bytes + 1;
  const auto handled = service_->handle(request);
  ASSERT_TRUE(std::holds_alternative<Response>(handled)) << "the body would be read";
  EXPECT_EQ(std::get<Response>(handled).status, 413);
}

TEST_F(Manifests, S16BodyWithoutALengthIsCutAtTheLimit) {
  auto request = make_request(Method::put, url("huge"));
  request.body_size.reset();
  auto handled = service_->handle(request);
  auto& taker = *std::get<std::unique_ptr<BodyTaker>>(handled);
  const std::string piece(1024UL * 1024, ' ');
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(taker.write(as_bytes(piece)));
  const auto over = taker.write(as_bytes("x"));
  ASSERT_FALSE(over);
  EXPECT_EQ(taker.refuse(over.error()).status, 413);
}

TEST_F(Manifests, DigestInTheUrlMustBeTheBodys) {
  const auto bytes = make_image("team/app", "one");
  const auto wrong = push_manifest("team/app", Digest::of(as_bytes("other")).text(), bytes);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.code(), "DIGEST_INVALID");
  EXPECT_EQ(push_manifest("team/app", Digest::of(as_bytes(bytes)).text(), bytes).status, 201);
}

TEST_F(Manifests, Sha512DigestIsKeptAsItWasPushed) {
  const auto bytes = make_image("team/app", "one");
  Digester digester(DigestAlgorithm::sha512);
  digester.update(as_bytes(bytes));
  const auto digest = digester.finish().text();
  const auto pushed = push_manifest("team/app", digest + "?tag=long", bytes);
  EXPECT_EQ(pushed.status, 201) << pushed.body;
  EXPECT_EQ(pushed.header("Docker-Content-Digest"), digest);
  EXPECT_EQ(get(url(digest)).body, bytes);
  EXPECT_EQ(get(url("long")).header("Docker-Content-Digest"), digest);
}

TEST_F(Manifests, PushByDigestMayNameTags) {
  const auto bytes = make_image("team/app", "one");
  const auto digest = Digest::of(as_bytes(bytes)).text();
  const auto pushed = push_manifest("team/app", digest + "?tag=a&tag=b", bytes);
  EXPECT_EQ(pushed.status, 201);
  EXPECT_EQ(pushed.headers.all("OCI-Tag"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(get(url("a")).body, bytes);
  EXPECT_EQ(get(url("b")).body, bytes);
  EXPECT_EQ(push_manifest("team/app", digest + "?tag=..", bytes).code(), "TAG_INVALID");
  std::string many = "?tag=0";
  for (int i = 1; i < 11; ++i) many += "&tag=" + std::to_string(i);
  EXPECT_EQ(push_manifest("team/app", digest + many, bytes).status, 414);
}

TEST_F(Manifests, TagDeletionLeavesTheManifest) {
  const auto digest = push_image("team/app", "1", "one");
  push_manifest("team/app", "2", get(url("1")).body);
  EXPECT_EQ(ask(Method::del, url("1")).status, 202);
  EXPECT_EQ(get(url("1")).status, 404);
  EXPECT_EQ(get(url("2")).status, 200);
  EXPECT_EQ(get(url(digest.text())).status, 200);
  EXPECT_EQ(ask(Method::del, url("1")).code(), "MANIFEST_UNKNOWN");
}

TEST_F(Manifests, DeletionByDigestTakesItsTagsAlong) {
  const auto digest = push_image("team/app", "1", "one");
  push_manifest("team/app", "2", get(url("1")).body);
  push_image("team/app", "other", "two");
  EXPECT_EQ(ask(Method::del, url(digest.text())).status, 202);
  EXPECT_EQ(get(url("1")).status, 404);
  EXPECT_EQ(get(url("2")).status, 404);
  EXPECT_EQ(get(url(digest.text())).status, 404);
  EXPECT_EQ(get(url("other")).status, 200);
  EXPECT_EQ(get("/v2/team/app/tags/list").body, R"({"name":"team/app","tags":["other"]})");
}

struct NameRow {
  const char* name;
  const char* repository;
};
class S8HostileRepositoryName : public Manifests, public ::testing::WithParamInterface<NameRow> {};

TEST_P(S8HostileRepositoryName, IsRefusedAndTouchesNothing) {
  const auto paths = [&] {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      all.insert(entry.path().string());
    }
    return all;
  };
  const auto before = paths();
  const std::string base = std::string("/v2/") + GetParam().repository;
  for (const auto& target : {base + "/manifests/latest", base + "/blobs/" + Digest::of(as_bytes("x")).text(),
                             base + "/tags/list", base + "/blobs/uploads/"}) {
    for (const auto method : {Method::get, Method::put, Method::post, Method::del}) {
      const auto answer = ask(method, target, {}, "{}");
      EXPECT_GE(answer.status, 400) << target;
      EXPECT_LT(answer.status, 500) << target;
    }
  }
  EXPECT_EQ(paths(), before);
}

INSTANTIATE_TEST_SUITE_P(
    All, S8HostileRepositoryName,
    ::testing::Values(NameRow{"Up", ".."}, NameRow{"UpTwice", "../.."}, NameRow{"UpEncoded", "%2e%2e"},
                      NameRow{"UpInside", "a/../b"}, NameRow{"Here", "."}, NameRow{"HereInside", "a/./b"},
                      NameRow{"EmptyInside", "a//b"}, NameRow{"LeadingSlash", "/a"}, NameRow{"Absolute", "%2fetc"},
                      NameRow{"Upper", "Team"}, NameRow{"Blank", "a%20b"}, NameRow{"NewLine", "a%0ab"},
                      NameRow{"Nul", "a%00b"}, NameRow{"Underscore", "_dray"}, NameRow{"Layers", "a/_layers"},
                      NameRow{"Manifests", "a/_manifests"}, NameRow{"Uploads", "a/_uploads"},
                      NameRow{"Referrers", "a/_referrers"}, NameRow{"DotFirst", ".a"}, NameRow{"DotLast", "a."},
                      NameRow{"TwoDots", "a..b"}, NameRow{"ThreeUnderscores", "a___b"}, NameRow{"Colon", "a:b"},
                      NameRow{"At", "a@b"}, NameRow{"Backslash", "a%5cb"}, NameRow{"Tilde", "~root"},
                      NameRow{"Star", "*"}, NameRow{"Utf8", "caf%c3%a9"}, NameRow{"NoUtf8", "%ff%fe"},
                      NameRow{"Dash", "-a"}, NameRow{"Percent", "a%"}, NameRow{"Pipe", "a%7cb"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(Manifests, S8NamesAreNoLongerThanTheirLimit) {
  const std::string longest(255, 'a');
  EXPECT_EQ(get("/v2/" + longest + "/tags/list").code(), "NAME_UNKNOWN");
  const auto answer = get("/v2/" + longest + "a/tags/list");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "NAME_INVALID");
}

class Referrers : public Manifests {
 protected:
  Digest attach(const Digest& subject, const std::string& type, const std::string& note) {
    const auto empty = push_blob("team/app", "{}");
    Manifest manifest{
        .media_type = MediaType::of(media_types::oci_manifest),
        .config = {.media_type = MediaType::of(media_types::oci_empty), .digest = empty, .size = 2},
        .layers = {{.media_type = MediaType::of(media_types::oci_empty), .digest = empty, .size = 2}},
        .artifact_type = MediaType::of(type),
        .subject = Descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = subject, .size = 7},
        .annotations = {{"note", note}}};
    const auto bytes = manifest.serialize();
    const auto digest = Digest::of(as_bytes(bytes));
    const auto pushed = push_manifest("team/app", digest.text(), bytes);
    EXPECT_EQ(pushed.status, 201) << pushed.body;
    EXPECT_EQ(pushed.header("OCI-Subject"), subject.text());
    return digest;
  }
  std::vector<std::string> digests(const Answer& answer) {
    std::vector<std::string> all;
    const auto json = Json::parse(answer.body);
    EXPECT_TRUE(json) << answer.body;
    for (const auto& one : *json->find("manifests")->as_array()) all.push_back(*one.find("digest")->as_string());
    return all;
  }
};

TEST_F(Referrers, AreListedWithTypeAndAnnotations) {
  const auto subject = push_image("team/app", "1", "one");
  const auto digest = attach(subject, "application/vnd.example.sbom", "first");
  const auto answer = get("/v2/team/app/referrers/" + subject.text());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), media_types::oci_index);
  EXPECT_EQ(digests(answer), std::vector{digest.text()});
  const auto json = Json::parse(answer.body).value();
  const auto& entry = json.find("manifests")->as_array()->front();
  EXPECT_EQ(*entry.find("artifactType")->as_string(), "application/vnd.example.sbom");
  EXPECT_EQ(*entry.find("annotations")->find("note")->as_string(), "first");
}

TEST_F(Referrers, AreAnEmptyIndexWhereThereAreNone) {
  const auto answer = get("/v2/nowhere/referrers/" + Digest::of(as_bytes("x")).text());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(digests(answer), std::vector<std::string>());
  EXPECT_EQ(get("/v2/team/app/referrers/latest").code(), "DIGEST_INVALID");
}

TEST_F(Referrers, SubjectMayComeLater) {
  const auto bytes = make_image("team/app", "later");
  const auto subject = Digest::of(as_bytes(bytes));
  const auto digest = attach(subject, "application/vnd.example.sbom", "early");
  push_manifest("team/app", "later", bytes);
  EXPECT_EQ(digests(get("/v2/team/app/referrers/" + subject.text())), std::vector{digest.text()});
}

TEST_F(Referrers, FilterIsAppliedAndSaysSo) {
  const auto subject = push_image("team/app", "1", "one");
  const auto sbom = attach(subject, "application/vnd.example.sbom", "a");
  attach(subject, "application/vnd.example.signature", "b");
  const auto answer = get("/v2/team/app/referrers/" + subject.text() + "?artifactType=application/vnd.example.sbom");
  EXPECT_EQ(digests(answer), std::vector{sbom.text()});
  EXPECT_EQ(answer.header("OCI-Filters-Applied"), "artifactType");
}

TEST_F(Referrers, DeletedOnesAreNotListed) {
  const auto subject = push_image("team/app", "1", "one");
  const auto digest = attach(subject, "application/vnd.example.sbom", "a");
  EXPECT_EQ(ask(Method::del, url(digest.text())).status, 202);
  EXPECT_EQ(digests(get("/v2/team/app/referrers/" + subject.text())), std::vector<std::string>());
}

TEST_F(Referrers, LongListsComeInPages) {
  const auto subject = push_image("team/app", "1", "one");
  std::set<std::string> pushed;
  for (int i = 0; i < 6; ++i) {
    pushed.insert(
        attach(subject, "application/vnd.example.sbom", std::string(1'000'000, static_cast<char>('a' + i))).text());
  }
  std::set<std::string> seen;
  std::string target = "/v2/team/app/referrers/" + subject.text() + "?artifactType=application/vnd.example.sbom";
  int pages = 0;
  while (!target.empty()) {
    ++pages;
    const auto answer = get(target);
    EXPECT_LE(answer.body.size(), 4UL * 1024 * 1024);
    for (const auto& digest : digests(answer)) EXPECT_TRUE(seen.insert(digest).second);
    const auto link = answer.header("Link");
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    ASSERT_LT(pages, 10);
  }
  EXPECT_EQ(seen, pushed);
  EXPECT_GT(pages, 1);
}

}  // namespace
}  // namespace manifests_test
}  // namespace dray::server
