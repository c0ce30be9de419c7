#include <dray/format/manifest.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <limits>
#include <stdexcept>

#include "support/temp_dir.hpp"

namespace dray {
namespace manifest_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string hash_a = "sha256:" + std::string(64, 'a');
const std::string hash_b = "sha256:" + std::string(64, 'b');
const std::string hash_of_empty_document = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

std::string fixture(const std::string& name) {
  return testing::read_bytes(std::filesystem::path(DRAY_TESTDATA_DIR) / "fixtures" / name);
}

template <class Document>
Document parsed(std::string_view bytes, std::string_view content_type = "") {
  auto any = parse_manifest(bytes, content_type);
  if (!any) throw std::runtime_error(any.error().message());
  return std::get<Document>(*any);
}

std::uint64_t sum_of_layers(const Manifest& manifest) { return manifest.total_size() - manifest.config.size; }

struct ManifestFixture {
  const char* file;
  std::size_t bytes;
  const char* digest;  ///< Empty where none was published.
  std::size_t layers;
  std::uint64_t sum;
};

void PrintTo(const ManifestFixture& row, std::ostream* out) { *out << row.file; }

class ManifestFixtures : public ::testing::TestWithParam<ManifestFixture> {};

TEST_P(ManifestFixtures, AreReadWithTheirPublishedNumbers) {
  const std::string bytes = fixture(GetParam().file);
  EXPECT_EQ(bytes.size(), GetParam().bytes);
  if (*GetParam().digest != '\0') {
    EXPECT_THAT(Digest::of(as_bytes(bytes)).text(), ::testing::StartsWith(GetParam().digest));
  }
  const auto manifest = parsed<Manifest>(bytes, media_types::docker_manifest);
  EXPECT_EQ(manifest.media_type, media_types::docker_manifest);
  EXPECT_EQ(manifest.config.media_type, media_types::docker_config);
  EXPECT_EQ(manifest.layers.size(), GetParam().layers);
  EXPECT_EQ(sum_of_layers(manifest), GetParam().sum);
}

TEST_P(ManifestFixtures, ComeOutAsTheSameBytes) {
  const std::string bytes = fixture(GetParam().file);
  EXPECT_EQ(parsed<Manifest>(bytes).serialize(), bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ManifestFixtures,
    ::testing::Values(ManifestFixture{"mcr/dotnet-core-runtime-3.0.linux-amd64.manifest.json", 1164,
                                      "sha256:9455ca49f5a77ada94eea95dc3cbe86d608ced5efbaa9dcbb9778fcfa6cd0b90", 4,
                                      73'584'118},
                      ManifestFixture{"mcr/dotnet-runtime-7.0.linux-amd64.manifest.json", 1160,
                                      "sha256:344937e3f9ea3f6d04011aa1e8d23270b851dbb5e34eb3a98abb6d90d057d9c5", 4,
                                      78'822'234},
                      ManifestFixture{"redis-alpine.manifest.json", 1571, "", 6, 10'890'506},
                      ManifestFixture{"alpine-3.13.manifest.json", 528, "sha256:def822f9851c", 1, 2'811'969},
                      ManifestFixture{"busybox.manifest.json", 527, "", 1, 755'724},
                      ManifestFixture{"busybox-v2-answer.manifest.json", 944, "", 3, 122'487}),
    [](const auto& test) {
      std::string name = test.param.file;
      std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
      return name;
    });

TEST(ManifestFixture, RedisStandsOnAlpine) {
  const auto redis = parsed<Manifest>(fixture("redis-alpine.manifest.json"));
  const auto alpine = parsed<Manifest>(fixture("alpine-3.13.manifest.json"));
  EXPECT_EQ(redis.layers.front().digest, alpine.layers.front().digest);
}

TEST(IndexFixture, Runtime30HasSevenPlatforms) {
  const std::string bytes = fixture("mcr/dotnet-core-runtime-3.0.list.json");
  EXPECT_EQ(bytes.size(), 2527U);
  EXPECT_THAT(Digest::of(as_bytes(bytes)).text(), ::testing::StartsWith("sha256:e4721eee"));
  const auto index = parsed<Index>(bytes, media_types::docker_index);
  std::vector<std::string> platforms;
  for (const auto& entry : index.manifests) platforms.push_back(entry.platform->text());
  EXPECT_THAT(platforms, ElementsAre("linux/amd64", "linux/arm/v7", "linux/arm64/v8", "windows/amd64:10.0.16299.1029",
                                     "windows/amd64:10.0.17134.648", "windows/amd64:10.0.17763.379",
                                     "windows/arm:10.0.17763.379"));
  EXPECT_EQ(index.manifests[0].digest,
            Digest::of(as_bytes(fixture("mcr/dotnet-core-runtime-3.0.linux-amd64.manifest.json"))));
  EXPECT_EQ(index.manifests[0].size, 1164U);
  EXPECT_EQ(index.serialize(), bytes);
}

TEST(IndexFixture, Runtime70HasFivePlatforms) {
  const std::string bytes = fixture("mcr/dotnet-runtime-7.0.list.json");
  EXPECT_EQ(bytes.size(), 1820U);
  const auto index = parsed<Index>(bytes, media_types::docker_index);
  EXPECT_EQ(index.manifests.size(), 5U);
  EXPECT_EQ(index.manifests[0].digest,
            Digest::of(as_bytes(fixture("mcr/dotnet-runtime-7.0.linux-amd64.manifest.json"))));
  EXPECT_EQ(index.serialize(), bytes);
}

/// A document of our own making: `members` behind the schema version.
std::string document(std::string_view members) { return R"({"schemaVersion":2,)" + std::string(members) + "}"; }

std::string descriptor(std::string_view type, std::string_view more = "") {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + hash_a + R"(","size":7)" + std::string(more) +
         "}";
}

const std::string oci_config_member = R"("config":)" + descriptor(media_types::oci_config);
const std::string oci_layers_member = R"("layers":[)" + descriptor(media_types::oci_layer_gzip) + "]";
const std::string oci_members = oci_config_member + "," + oci_layers_member;
const std::string manifests_member = R"("manifests":[)" + descriptor(media_types::oci_manifest) + "]";

std::string own_type(std::string_view type) { return R"("mediaType":")" + std::string(type) + R"(",)"; }

/// A layer in an otherwise good manifest.
std::string with_layer(std::string_view layer) {
  return document(oci_config_member + R"(,"layers":[)" + std::string(layer) + "]");
}

TEST(ManifestParse, ReadsWhatOciAdds) {
  const auto manifest = parsed<Manifest>(document(
      own_type(media_types::oci_manifest) + R"("artifactType":"application/vnd.example+type",)" + oci_config_member +
      R"(,"layers":[)" +
      descriptor(media_types::oci_foreign_layer_gzip,
                 R"(,"urls":["https://a.example/x"],"annotations":{"k":"v"},"artifactType":"text/x")") +
      R"(],"subject":)" + descriptor(media_types::oci_manifest) + R"(,"annotations":{"b":"2","a":"1"},"unknown":[1])"));
  EXPECT_EQ(manifest.artifact_type, MediaType::of("application/vnd.example+type"));
  ASSERT_TRUE(manifest.subject);
  EXPECT_EQ(manifest.subject->digest.text(), hash_a);
  EXPECT_THAT(manifest.annotations, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  ASSERT_EQ(manifest.layers.size(), 1U);
  EXPECT_THAT(manifest.layers[0].urls, ElementsAre("https://a.example/x"));
  EXPECT_THAT(manifest.layers[0].annotations, ElementsAre(Pair("k", "v")));
  EXPECT_EQ(manifest.layers[0].artifact_type, MediaType::of("text/x"));
  EXPECT_EQ(manifest.total_size(), 14U);
}

TEST(ManifestParse, KeepsUnknownMediaTypesOfBlobs) {
  const auto manifest = parsed<Manifest>(with_layer(descriptor("application/vnd.nobody.knows+this")));
  EXPECT_EQ(manifest.layers[0].media_type.text(), "application/vnd.nobody.knows+this");
}

TEST(ManifestParse, TakesNullForNoLayers) {
  EXPECT_THAT(parsed<Manifest>(document(oci_config_member + R"(,"layers":null)")).layers, IsEmpty());
}

TEST(IndexParse, ReadsPlatforms) {
  const auto index = parsed<Index>(document(
      R"("manifests":[)" +
      descriptor(media_types::oci_manifest, R"(,"platform":{"architecture":"arm","os":"windows","os.version":"10.0.1",)"
                                            R"("os.features":["win32k"],"variant":"v7","features":["sse4"]})") +
      "," + descriptor(media_types::oci_index) + "]"));
  ASSERT_EQ(index.manifests.size(), 2U);
  EXPECT_EQ(index.manifests[0].platform, (Platform{"windows", "arm", "v7", "10.0.1", {"win32k"}}));
  EXPECT_EQ(index.manifests[1].platform, std::nullopt);
}

const std::string schema1_members = R"("name":"library/x","tag":"latest","architecture":"amd64",)"
                                    R"("fsLayers":[{"blobSum":")" +
                                    hash_a + R"("},{"blobSum":")" + hash_b +
                                    R"("}],"history":[{"v1Compatibility":"{}"},{"v1Compatibility":"{}"}])";

TEST(Schema1Parse, TurnsTheLayersToBaseFirst) {
  const auto schema1 = parsed<Schema1>(R"({"schemaVersion":1,)" + schema1_members + "}", "text/plain; charset=utf-8");
  EXPECT_EQ(schema1.media_type, media_types::docker_schema1);
  EXPECT_EQ(schema1.name, "library/x");
  EXPECT_EQ(schema1.tag, "latest");
  EXPECT_EQ(schema1.architecture, "amd64");
  ASSERT_EQ(schema1.layers.size(), 2U);
  EXPECT_EQ(schema1.layers[0].text(), hash_b);
  EXPECT_EQ(schema1.layers[1].text(), hash_a);
}

TEST(Schema1Parse, TellsSignedFromUnsigned) {
  const std::string text = R"({"schemaVersion":1,)" + schema1_members + R"(,"signatures":[{}]})";
  EXPECT_EQ(parsed<Schema1>(text).media_type, media_types::docker_schema1_signed);
  EXPECT_EQ(parsed<Schema1>(text, media_types::docker_schema1_signed).media_type, media_types::docker_schema1_signed);
}

TEST(ArtifactManifestParse, HasItsBlobsAsLayersAndAnEmptyConfig) {
  const std::string text = R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"text/x",)"
                           R"("blobs":[)" +
                           descriptor("text/plain") + R"(],"subject":)" + descriptor(media_types::oci_manifest) + "}";
  const auto manifest = parsed<Manifest>(text);
  EXPECT_EQ(manifest.layers.size(), 1U);
  EXPECT_EQ(manifest.config.media_type, media_types::oci_empty);
  EXPECT_EQ(manifest.config.digest.text(), hash_of_empty_document);
  EXPECT_EQ(manifest.config.data, "{}");
  EXPECT_TRUE(manifest.subject);
  EXPECT_EQ(manifest.media_type, media_types::oci_artifact_manifest);
  EXPECT_EQ(parsed<Manifest>(manifest.serialize()).layers, manifest.layers);
  EXPECT_EQ(Json::parse(manifest.serialize())->find("config"), nullptr);
}

struct TypeCase {
  const char* name;
  std::string document;
  std::string_view content_type;
  std::string_view wanted;
};

void PrintTo(const TypeCase& row, std::ostream* out) { *out << row.name; }

class ManifestTypes : public ::testing::TestWithParam<TypeCase> {};

TEST_P(ManifestTypes, AreDecidedByOneRule) {
  const auto type = manifest_media_type(GetParam().document, GetParam().content_type);
  ASSERT_TRUE(type) << type.error().message();
  EXPECT_EQ(type->text(), GetParam().wanted);
  EXPECT_TRUE(parse_manifest(GetParam().document, GetParam().content_type));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ManifestTypes,
    ::testing::Values(
        TypeCase{"OwnTypeAlone", document(own_type(media_types::oci_manifest) + oci_members), "",
                 media_types::oci_manifest},
        TypeCase{"HeaderAlone", document(oci_members), media_types::oci_manifest, media_types::oci_manifest},
        TypeCase{"HeaderWithParameter", document(oci_members),
                 "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8", media_types::docker_manifest},
        TypeCase{"BothTheSame", document(own_type(media_types::oci_manifest) + oci_members), media_types::oci_manifest,
                 media_types::oci_manifest},
        TypeCase{"HeaderInOtherCase", document(own_type(media_types::oci_manifest) + oci_members),
                 "Application/VND.OCI.image.manifest.v1+JSON", media_types::oci_manifest},
        TypeCase{"PlainJsonHeader", document(own_type(media_types::docker_index) + manifests_member),
                 "application/json", media_types::docker_index},
        TypeCase{"OctetStreamHeader", document(manifests_member), "application/octet-stream", media_types::oci_index},
        TypeCase{"EmptyOwnType", document(own_type("") + manifests_member), "", media_types::oci_index},
        TypeCase{"MembersOfAManifest", document(oci_members), "", media_types::oci_manifest},
        TypeCase{"DockerConfigAlone",
                 document(R"("config":)" + descriptor(media_types::docker_config) + "," + oci_layers_member), "",
                 media_types::docker_manifest},
        TypeCase{"NestedIndex", document(R"("manifests":[)" + descriptor(media_types::oci_index) + "]"), "",
                 media_types::oci_index}),
    [](const auto& test) { return test.param.name; });

struct Refusal {
  const char* name;
  std::string document;
  std::string_view content_type;
  std::string says;
  ErrorCode code = ErrorCode::invalid_input;
};

void PrintTo(const Refusal& row, std::ostream* out) { *out << row.name; }

class ManifestRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(ManifestRefuses, NamingTheReason) {
  const auto manifest = parse_manifest(GetParam().document, GetParam().content_type);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), GetParam().code);
  EXPECT_THAT(manifest.error().message(), HasSubstr(GetParam().says));
}

constexpr auto refusal_name = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Documents, ManifestRefuses,
    ::testing::Values(
        Refusal{"NoJson", "<html>", "", "json: line 1, column 1"}, Refusal{"NoObject", "[]", "", "must be an object"},
        Refusal{"EmptyObject", "{}", "", "neither a manifest nor an index"},
        Refusal{"DuplicateLayers", document(oci_members + "," + oci_layers_member), "", "\"layers\" occurs twice"},
        Refusal{"LayersAndManifests", document(oci_members + "," + manifests_member), "",
                "both 'layers' and 'manifests'"},
        Refusal{"LayersAndManifestsAsManifest",
                document(own_type(media_types::oci_manifest) + oci_members + "," + manifests_member),
                media_types::oci_manifest, "both 'layers' and 'manifests'"},
        Refusal{"IndexWithConfig", document(manifests_member + "," + oci_config_member), media_types::oci_index,
                "has no member 'config'"},
        Refusal{"IndexWithNullConfig", document(manifests_member + R"(,"config":null)"), "", "has no member 'config'"},
        Refusal{"ManifestWithManifests", document(oci_config_member + R"(,"manifests":[])"), media_types::oci_manifest,
                "has no member 'manifests'"},
        Refusal{"ManifestWithFsLayers", document(oci_members + R"(,"fsLayers":[])"), media_types::oci_manifest,
                "has no member 'fsLayers'"},
        Refusal{"ManifestWithBlobs", document(oci_members + R"(,"blobs":[])"), "", "has no member 'blobs'"},
        Refusal{"IndexCalledManifest", document(manifests_member), media_types::oci_manifest,
                "has no member 'manifests'"},
        Refusal{"ManifestCalledIndex", document(oci_members), media_types::oci_index, "has no member 'config'"},
        Refusal{"OwnTypeUnlikeHeader", document(own_type(media_types::oci_manifest) + oci_members),
                media_types::docker_manifest,
                "says that it is a application/vnd.oci.image.manifest.v1+json, the answer's Content-Type that"},
        Refusal{"LayersInOtherCase", document(oci_config_member + R"(,"Layers":[])"), "",
                "\"Layers\" differs from the member 'layers' by case alone"},
        Refusal{"TwoMediaTypesByCase",
                document(own_type(media_types::oci_manifest) + R"("MediaType":"a/b",)" + oci_members), "",
                "\"MediaType\" differs from the member 'mediaType'"},
        Refusal{"DigestsByCase", with_layer(descriptor("a/b", R"(,"Digest":"x")")), "",
                "layers[0].\"Digest\" differs from the member 'digest'"},
        Refusal{"UnknownOwnType", document(own_type("application/vnd.example+json") + oci_members), "",
                "neither a manifest nor an index", ErrorCode::unsupported},
        Refusal{"ConfigAsManifest", document(own_type(media_types::oci_config) + oci_members), "",
                "neither a manifest nor an index", ErrorCode::unsupported},
        Refusal{"UnknownHeader", document(oci_members), "text/html", "neither a manifest nor an index",
                ErrorCode::unsupported},
        Refusal{"HeaderThatIsNone", document(oci_members), "json", "Content-Type"},
        Refusal{"OwnTypeThatIsNone", document(own_type("json") + oci_members), "", "mediaType: "},
        Refusal{"OwnTypeAsNumber", document(R"("mediaType":2,)" + oci_members), "", "mediaType is 2"},
        Refusal{"NoSchemaVersion", "{" + oci_members + "}", "", "schemaVersion is missing"},
        Refusal{"SchemaVersion3", R"({"schemaVersion":3,)" + oci_members + "}", "", "schemaVersion is 3; it must be 2"},
        Refusal{"SchemaVersionAsText", R"({"schemaVersion":"2",)" + oci_members + "}", "", "it must be 2"},
        Refusal{"SchemaVersionAsFraction", R"({"schemaVersion":2.0,)" + oci_members + "}", "", "it must be 2"},
        Refusal{"Version1CalledManifest", R"({"schemaVersion":1,)" + oci_members + "}", media_types::oci_manifest,
                "schemaVersion is 1; it must be 2"},
        Refusal{"Schema1WithLayers", R"({"schemaVersion":1,"layers":[],)" + schema1_members + "}", "",
                "has no member 'layers'"},
        Refusal{"Schema1OfVersion2", document(schema1_members), "", "schemaVersion is 2; it must be 1"},
        Refusal{"Schema1WithoutLayers", R"({"schemaVersion":1,"history":[]})", media_types::docker_schema1,
                "fsLayers is missing"},
        Refusal{"Schema1OfOtherLengths",
                R"({"schemaVersion":1,"fsLayers":[{"blobSum":")" + hash_a + R"("}],"history":[]})", "",
                "differ in length"},
        Refusal{"NoConfig", document(oci_layers_member), "", "config is missing"},
        Refusal{"NoLayers", document(oci_config_member), "", "layers is missing"},
        Refusal{"LayersAsObject", document(oci_config_member + R"(,"layers":{})"), "", "layers is an object"},
        Refusal{"LayerAsText", with_layer(R"("x")"), "", "layers[0] is \"x\"; it must be an object"},
        Refusal{"AnnotationAsNumber", document(oci_members + R"(,"annotations":{"a":1})"), "",
                "annotations.\"a\" is 1; it must be a string"},
        Refusal{"SubjectWithoutSize",
                document(oci_members + R"(,"subject":{"mediaType":"a/b","digest":")" + hash_a + R"("})"), "",
                "subject.size is missing"},
        Refusal{"PlatformAsText", document(R"("manifests":[)" + descriptor("a/b", R"(,"platform":"linux")") + "]"), "",
                "manifests[0].platform is \"linux\""}),
    refusal_name);

std::string layer_of_size(std::string_view size) {
  return with_layer(R"({"mediaType":"a/b","digest":")" + hash_a + R"(","size":)" + std::string(size) + "}");
}

std::string layer_of_digest(std::string_view digest) {
  return with_layer(R"({"mediaType":"a/b","size":1,"digest":")" + std::string(digest) + R"("})");
}

std::string layer_with_data(std::string_view digest, int size, std::string_view data) {
  return with_layer(R"({"mediaType":"a/b","digest":")" + std::string(digest) + R"(","size":)" + std::to_string(size) +
                    R"(,"data":")" + std::string(data) + R"("})");
}

INSTANTIATE_TEST_SUITE_P(
    Descriptors, ManifestRefuses,
    ::testing::Values(
        Refusal{"SizeMinus1", layer_of_size("-1"), "", "layers[0].size is -1; it must be a whole number from 0"},
        Refusal{"Size2To63", layer_of_size("9223372036854775808"), "", "layers[0].size is 9223372036854775808"},
        Refusal{"Size2To64", layer_of_size("18446744073709551616"), "", "does not fit into 64 bits"},
        Refusal{"SizeFraction", layer_of_size("1.5"), "", "layers[0].size is 1.5"},
        Refusal{"SizeWithExponent", layer_of_size("1e3"), "", "layers[0].size is 1000.0"},
        Refusal{"SizeAsText", layer_of_size(R"("7")"), "", "layers[0].size is \"7\""},
        Refusal{"SizeNull", layer_of_size("null"), "", "layers[0].size is missing"},
        Refusal{"DigestAsPath", layer_of_digest("sha256:../../etc/passwd"), "", "layers[0].digest: "},
        Refusal{"DigestUpperCase", layer_of_digest("sha256:" + std::string(64, 'A')), "", "layers[0].digest: "},
        Refusal{"DigestShort", layer_of_digest("sha256:" + std::string(63, 'a')), "", "layers[0].digest: "},
        Refusal{"DigestOfUnknownAlgorithm", layer_of_digest("md5:" + std::string(32, 'a')), "", "layers[0].digest: "},
        Refusal{"DigestWithNul", layer_of_digest("sha256:" + std::string(63, 'a') + "\\u0000"), "",
                "layers[0].digest: "},
        Refusal{"DigestEmpty", layer_of_digest(""), "", "layers[0].digest: "},
        Refusal{"MediaTypeEmpty", with_layer(descriptor("")), "", "layers[0].mediaType: "},
        Refusal{"UrlsAsText", with_layer(descriptor("a/b", R"(,"urls":"https://x")")), "",
                "layers[0].urls is \"https://x\"; it must be a list"},
        Refusal{"DataOfOtherBytes", layer_with_data(hash_of_empty_document, 2, "e30h"), "", "holds 3 bytes",
                ErrorCode::digest_mismatch},
        Refusal{"DataOfOtherDigest", layer_with_data(hash_a, 2, "e30="), "", "layers[0].data has the digest",
                ErrorCode::digest_mismatch},
        Refusal{"DataThatIsNoBase64", layer_with_data(hash_of_empty_document, 2, "e3 0"), "",
                "layers[0].data is not base64"},
        Refusal{"DataWithoutPadding", layer_with_data(hash_of_empty_document, 2, "e30"), "", "is not base64"},
        Refusal{"DataWithSpareBits", layer_with_data(hash_of_empty_document, 2, "e31="), "", "is not base64"}),
    refusal_name);

TEST(ManifestParse, TakesSizesAtBothEnds) {
  EXPECT_EQ(parsed<Manifest>(layer_of_size("0")).layers[0].size, 0U);
  EXPECT_EQ(parsed<Manifest>(layer_of_size("9223372036854775807")).layers[0].size, 9223372036854775807U);
}

TEST(ManifestParse, VerifiesEmbeddedData) {
  EXPECT_EQ(parsed<Manifest>(layer_with_data(hash_of_empty_document, 2, "e30=")).layers[0].data, "{}");
  const std::string hash_of_nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  EXPECT_EQ(parsed<Manifest>(layer_with_data(hash_of_nothing, 0, "")).layers[0].data, "");
}

TEST(ManifestParse, RefusesTooManyEntries) {
  const auto list_of = [](std::size_t n) {
    std::string list = "[{}";
    for (std::size_t i = 1; i < n; ++i) list += ",{}";
    return list + "]";
  };
  const auto manifest =
      parse_manifest(document(oci_config_member + R"(,"layers":)" + list_of(limits::max_layers + 1)), "");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), ErrorCode::limit_exceeded);
  const auto index = parse_manifest(document(R"("manifests":)" + list_of(limits::max_manifest_entries + 1)), "");
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code(), ErrorCode::limit_exceeded);
}

TEST(ManifestTotalSize, StaysAtTheLargestNumber) {
  auto manifest = parsed<Manifest>(layer_of_size("9223372036854775807"));
  manifest.layers.insert(manifest.layers.end(), 3, manifest.layers[0]);
  EXPECT_EQ(manifest.total_size(), std::numeric_limits<std::uint64_t>::max());
}

Descriptor full_descriptor() {
  return {.media_type = MediaType::of(media_types::oci_layer_gzip),
          .digest = *Digest::parse(hash_of_empty_document),
          .size = 2,
          .urls = {"https://a.example/1"},
          .annotations = {{"k", "v"}},
          .platform = Platform{"linux", "arm", "v7", "1", {"f"}},
          .artifact_type = MediaType::of("text/x"),
          .data = "{}"};
}

TEST(DescriptorJson, ReadsBackAsTheSame) {
  const Descriptor wanted = full_descriptor();
  const auto found = descriptor_from_json(to_json(wanted), "x");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, wanted);
}

TEST(ManifestSerialize, WritesOciInTheSameForm) {
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest), .config = full_descriptor()};
  manifest.config.urls.clear();
  manifest.config.platform.reset();
  manifest.artifact_type = MediaType::of("application/x");
  manifest.annotations = {{"b", "2"}, {"a", "1"}};
  EXPECT_EQ(manifest.serialize(), R"({
   "schemaVersion": 2,
   "mediaType": "application/vnd.oci.image.manifest.v1+json",
   "artifactType": "application/x",
   "config": {
      "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
      "size": 2,
      "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      "annotations": {
         "k": "v"
      },
      "data": "e30=",
      "artifactType": "text/x"
   },
   "layers": [],
   "annotations": {
      "a": "1",
      "b": "2"
   }
})");
}

TEST(IndexSerialize, ReadsBackAsTheSame) {
  const Index index{.media_type = MediaType::of(media_types::oci_index),
                    .manifests = {full_descriptor(), full_descriptor()},
                    .subject = full_descriptor(),
                    .annotations = {{"k", "\u00e9\n"}}};
  const auto found = parsed<Index>(index.serialize(), media_types::oci_index);
  EXPECT_EQ(found.manifests, index.manifests);
  EXPECT_EQ(found.subject, index.subject);
  EXPECT_EQ(found.annotations, index.annotations);
}

TEST(ManifestParse, RefusesEveryPrefix) {
  const std::string text = document(oci_members);
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(parse_manifest(std::string_view(text).substr(0, length), "")) << length;
  }
}

}  // namespace
}  // namespace manifest_test
}  // namespace dray
