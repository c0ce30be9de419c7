// Blobs and manifests by every kind of digest, of no bytes at all, and by what is no digest.
#include <dray/format/json.hpp>

#include "registry_fixture.hpp"

namespace dray::server {
namespace digests_test {
namespace {

Digest sha512_of(std::string_view bytes) {
  Digester digester(DigestAlgorithm::sha512);
  digester.update(as_bytes(bytes));
  return digester.finish();
}

class Sha512 : public RegistryFixture {
 protected:
  Digest push(const std::string& repository, std::string_view bytes) {
    const auto digest = sha512_of(bytes);
    EXPECT_EQ(ask(Method::post, "/v2/" + repository + "/blobs/uploads/?digest=" + digest.text(), {}, bytes).status,
              201);
    return digest;
  }
};

TEST_F(Sha512, BlobsComeByEveryWayOfPushing) {
  const auto digest = sha512_of("0123456789");
  const auto target = "/v2/team/app/blobs/" + digest.text();
  const auto close = "?digest=" + digest.text();
  const auto begin = [&](const char* query) {
    return ask(Method::post, std::string("/v2/team/app/blobs/uploads/") + query).header("Location");
  };
  const auto expect_it_and_delete = [&] {
    EXPECT_EQ(get(target).body, "0123456789");
    EXPECT_EQ(get(target).header("Docker-Content-Digest"), digest.text());
    EXPECT_EQ(ask(Method::head, target).header("Content-Length"), "10");
    EXPECT_EQ(get(target, {{"Range", "bytes=3-4"}}).body, "34");
    EXPECT_EQ(ask(Method::del, target).status, 202);
    EXPECT_EQ(get(target).status, 404);
  };
  for (const auto* const query : {"", "?digest-algorithm=sha512", "?digest-algorithm=sha256"}) {
    EXPECT_EQ(ask(Method::put, begin(query) + close, {}, "0123456789").status, 201) << query;
    expect_it_and_delete();
    const auto streamed = begin(query);
    EXPECT_EQ(ask(Method::patch, streamed, {}, "01234").status, 202);
    EXPECT_EQ(ask(Method::patch, streamed, {{"Content-Range", "5-9"}}, "56789").status, 202);
    EXPECT_EQ(ask(Method::put, streamed + close).status, 201) << query;
    expect_it_and_delete();
  }
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/" + close, {}, "0123456789").status, 201);
  expect_it_and_delete();
}

TEST_F(Sha512, BlobsAreMountedAndWrongOnesRefused) {
  const auto digest = push("base", "shared");
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/?from=base&mount=" + digest.text()).status, 201);
  EXPECT_EQ(get("/v2/team/app/blobs/" + digest.text()).body, "shared");
  const auto wrong = ask(Method::post, "/v2/team/app/blobs/uploads/?digest=" + sha512_of("other").text(), {}, "bytes");
  EXPECT_EQ(wrong.code(), "DIGEST_INVALID");
}

TEST_F(Sha512, ManifestsHaveItsConfigLayersSubjectAndEntries) {
  const auto config = push("team/app", "{}");
  Manifest manifest{
      .media_type = MediaType::of(media_types::oci_manifest),
      .config = {.media_type = MediaType::of(media_types::oci_config), .digest = config, .size = 2},
      .layers = {
          {.media_type = MediaType::of(media_types::oci_layer), .digest = push("team/app", "layer"), .size = 5}}};
  const auto bytes = manifest.serialize();
  const auto digest = sha512_of(bytes);
  const auto target = "/v2/team/app/manifests/" + digest.text();
  EXPECT_EQ(push_manifest("team/app", digest.text() + "?tag=one", bytes).status, 201);
  EXPECT_EQ(get("/v2/team/app/manifests/one").header("Docker-Content-Digest"), digest.text());
  EXPECT_EQ(get(target, {{"If-None-Match", "\"" + digest.text() + "\""}}).status, 304);

  manifest.subject =
      Descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = digest, .size = bytes.size()};
  const auto referrer = manifest.serialize();
  const auto pushed = push_manifest("team/app", sha512_of(referrer).text(), referrer);
  EXPECT_EQ(pushed.header("OCI-Subject"), digest.text());
  const auto listed = Json::parse(get("/v2/team/app/referrers/" + digest.text()).body).value();
  EXPECT_EQ(*listed.find("manifests")->as_array()->front().find("digest")->as_string(), sha512_of(referrer).text());

  const Index index{
      .media_type = MediaType::of(media_types::oci_index),
      .manifests = {{.media_type = MediaType::of(media_types::oci_manifest), .digest = digest, .size = bytes.size()}}};
  EXPECT_EQ(push_manifest("team/app", "index", index.serialize(), media_types::oci_index).status, 201);
  EXPECT_EQ(ask(Method::del, target).status, 202);
  EXPECT_EQ(get(target).status, 404);
  EXPECT_EQ(get("/v2/team/app/manifests/one").status, 404);
}

class NoBytes : public RegistryFixture {
 protected:
  const Digest digest_ = Digest::of({});
  const std::string target_ = "/v2/team/app/blobs/" + digest_.text();
};

TEST_F(NoBytes, ArePushedInEveryWay) {
  const auto close = "?digest=" + digest_.text();
  const auto begin = [&] { return ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location"); };
  const auto expect_it_and_delete = [&] {
    const auto read = get(target_);
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.body, "");
    EXPECT_EQ(read.header("Content-Length"), "0");
    EXPECT_EQ(ask(Method::head, target_).header("Content-Length"), "0");
    EXPECT_EQ(ask(Method::del, target_).status, 202);
  };
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/" + close).status, 201);
  expect_it_and_delete();
  EXPECT_EQ(ask(Method::put, begin() + close).status, 201);
  expect_it_and_delete();
  const auto streamed = begin();
  EXPECT_EQ(ask(Method::patch, streamed).status, 202);
  EXPECT_EQ(ask(Method::put, streamed + close).status, 201);
  expect_it_and_delete();
  const auto sha512 = sha512_of("").text();
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/?digest=" + sha512).status, 201);
  EXPECT_EQ(get("/v2/team/app/blobs/" + sha512).header("Content-Length"), "0");
}

TEST_F(NoBytes, HaveNoRange) {
  push_blob("team/app", "");
  for (const auto* const range : {"bytes=0-", "bytes=0-0", "bytes=-5", "bytes=5-9"}) {
    const auto answer = get(target_, {{"Range", range}});
    EXPECT_EQ(answer.status, 416) << range;
    EXPECT_EQ(answer.header("Content-Range"), "bytes */0") << range;
    EXPECT_EQ(answer.code(), "RANGE_INVALID") << range;
  }
  EXPECT_EQ(get(target_, {{"Range", "lines=0-"}}).status, 200);
}

TEST_F(NoBytes, AreALayerAndAConfigToo) {
  push_blob("team/app", "");
  const Manifest manifest{
      .media_type = MediaType::of(media_types::oci_manifest),
      .config = {.media_type = MediaType::of(media_types::oci_empty), .digest = digest_, .size = 0},
      .layers = {{.media_type = MediaType::of(media_types::oci_layer), .digest = digest_, .size = 0}}};
  EXPECT_EQ(push_manifest("team/app", "empty", manifest.serialize()).status, 201);
}

TEST_F(NoBytes, AndNoLayersAreAnImageStill) {
  const auto config = push_blob("team/app", "{}");
  const Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                          .config = {.media_type = MediaType::of(media_types::oci_empty), .digest = config, .size = 2}};
  EXPECT_EQ(push_manifest("team/app", "1", manifest.serialize()).status, 201);
  const Index index{.media_type = MediaType::of(media_types::oci_index)};
  EXPECT_EQ(push_manifest("team/app", "2", index.serialize(), media_types::oci_index).status, 201);
}

struct DigestRow {
  const char* name;
  std::string text;  ///< Percent-encoded where a target could not hold it.
};
void PrintTo(const DigestRow& row, std::ostream* out) { *out << row.name; }
class S22HostileDigest : public RegistryFixture, public ::testing::WithParamInterface<DigestRow> {};

TEST_P(S22HostileDigest, IsRefusedWhereverItStands) {
  const auto& text = GetParam().text;
  const auto upload = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
  const std::pair<Method, std::string> asked[] = {
      {Method::get, "/v2/team/app/blobs/" + text},
      {Method::del, "/v2/team/app/blobs/" + text},
      {Method::get, "/v2/team/app/referrers/" + text},
      {Method::get, "/v2/team/app/manifests/" + text},
      {Method::put, "/v2/team/app/manifests/" + text},
      {Method::del, "/v2/team/app/manifests/" + text},
      {Method::post, "/v2/team/app/blobs/uploads/?digest=" + text},
      {Method::post, "/v2/team/app/blobs/uploads/?from=team/other&mount=" + text},
      {Method::put, upload + "?digest=" + text},
  };
  for (const auto& [method, target] : asked) {
    const auto answer = ask(method, target, {{"Content-Type", std::string(media_types::oci_manifest)}}, "");
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << target << " " << answer.status;
    EXPECT_FALSE(answer.code().empty()) << target;
  }
  EXPECT_EQ(get(upload).header("Range"), "0-0");
}

const std::string hex(64, 'a');
INSTANTIATE_TEST_SUITE_P(
    All, S22HostileDigest,
    ::testing::Values(DigestRow{"Up", "sha256:../.."}, DigestRow{"UpEncoded", "sha256:..%2f..%2fetc%2fpasswd"},
                      DigestRow{"UpperHex", "sha256:" + std::string(64, 'A')}, DigestRow{"UpperName", "SHA256:" + hex},
                      DigestRow{"Short", "sha256:" + hex.substr(1)}, DigestRow{"Long", "sha256:" + hex + "a"},
                      DigestRow{"LengthOfTheOther", "sha512:" + hex}, DigestRow{"Unknown", "blake3:" + hex},
                      DigestRow{"Weak", "md5:d41d8cd98f00b204e9800998ecf8427e"}, DigestRow{"NoHex", "sha256:"},
                      DigestRow{"NoName", ":" + hex}, DigestRow{"NotHex", "sha256:" + std::string(64, 'g')},
                      DigestRow{"NewLine", "sha256:" + hex + "%0a"}, DigestRow{"Blank", "%20sha256:" + hex},
                      DigestRow{"TwoColons", "sha256::" + hex}, DigestRow{"Hash", "sha256%23" + hex + ":"},
                      DigestRow{"NoUtf8", "sha256:%ff%fe" + hex.substr(2)}),
    [](const auto& row) { return std::string(row.param.name); });

struct DocumentRow {
  const char* name;
  std::string bytes;
};
void PrintTo(const DocumentRow& row, std::ostream* out) { *out << row.name; }
class S32HostileDocument : public RegistryFixture, public ::testing::WithParamInterface<DocumentRow> {};

TEST_P(S32HostileDocument, IsRefusedWithoutAFailureOfTheServer) {
  for (const auto type : {media_types::oci_manifest, media_types::oci_index, media_types::docker_manifest,
                          media_types::docker_index, std::string_view("application/json"), std::string_view()}) {
    const auto answer = push_manifest("team/app", "1", GetParam().bytes, type);
    EXPECT_EQ(answer.status, 400) << type << answer.body;
    EXPECT_TRUE(Json::parse(answer.body)) << answer.body;
  }
  EXPECT_EQ(get("/v2/team/app/tags/list").status, 404) << "nothing was stored";
}

std::string manifest_with(const std::string& member) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)" + member + "}";
}
std::string repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}
std::string config_of_size(const std::string& size) {
  return manifest_with(R"("config":{"mediaType":"a/b","digest":"sha256:)" + hex + R"(","size":)" + size +
                       R"(},"layers":[])");
}

INSTANTIATE_TEST_SUITE_P(
    All, S32HostileDocument,
    ::testing::Values(
        DocumentRow{"DuplicateKey", manifest_with(R"("layers":[],"layers":[])")},
        DocumentRow{"DuplicateKeyEscaped", manifest_with(R"("layers":[],"layer\u0073":[])")},
        DocumentRow{"Deep", manifest_with(R"("annotations":)" + repeated("[", 65) + repeated("]", 65))},
        DocumentRow{"VeryDeep", repeated("[", 1'000'000)}, DocumentRow{"DeepObjects", repeated(R"({"a":)", 100'000)},
        DocumentRow{"NoUtf8", manifest_with("\"a\":\"\xff\xfe\",\"layers\":[]")},
        DocumentRow{"LoneSurrogate", manifest_with(R"("a":"\ud800","layers":[])")},
        DocumentRow{"NegativeSize", config_of_size("-1")}, DocumentRow{"FractionOfASize", config_of_size("1.5")},
        DocumentRow{"SizeOf2To64", config_of_size("18446744073709551616")},
        DocumentRow{"ExponentOfASize", config_of_size("1e400")}, DocumentRow{"SizeIsText", config_of_size("\"2\"")},
        DocumentRow{"TrailingBytes", manifest_with(R"("layers":[])") + "x"},
        DocumentRow{"TwoDocuments", manifest_with(R"("layers":[])") + manifest_with(R"("layers":[])")},
        DocumentRow{"ByteOrderMark", "\xef\xbb\xbf" + manifest_with(R"("layers":[])")},
        DocumentRow{"Cut", R"({"schemaVersion":2,"layers":[)"}, DocumentRow{"Null", "null"}, DocumentRow{"Number", "2"},
        DocumentRow{"Nul", std::string("{\0}", 3)},
        DocumentRow{"LayersAndManifests", manifest_with(R"("layers":[],"manifests":[])")}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace digests_test
}  // namespace dray::server
