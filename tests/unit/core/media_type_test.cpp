#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/media_type.hpp>
#include <functional>

namespace dray {
namespace media_type_test {
namespace {

struct Row {
  std::string_view type;
  std::string_view
      roles;  // letters: i index, m manifest, 1 schema 1, a artifact, c config, l layer, f foreign, d docker, o OCI
  Compression compression;
};

std::string roles_of(const MediaType& type) {
  std::string roles;
  if (type.is_index()) roles += 'i';
  if (type.is_manifest()) roles += 'm';
  if (type.is_schema1()) roles += '1';
  if (type.is_artifact_manifest()) roles += 'a';
  if (type.is_config()) roles += 'c';
  if (type.is_layer()) roles += 'l';
  if (type.is_foreign()) roles += 'f';
  if (type.is_docker()) roles += 'd';
  if (type.is_oci()) roles += 'o';
  return roles;
}

constexpr std::array known_types{
    Row{media_types::oci_index, "io", Compression::unknown},
    Row{media_types::oci_manifest, "mo", Compression::unknown},
    Row{media_types::oci_config, "co", Compression::unknown},
    Row{media_types::oci_layer, "lo", Compression::none},
    Row{media_types::oci_layer_gzip, "lo", Compression::gzip},
    Row{media_types::oci_layer_zstd, "lo", Compression::zstd},
    Row{media_types::oci_foreign_layer, "lfo", Compression::none},
    Row{media_types::oci_foreign_layer_gzip, "lfo", Compression::gzip},
    Row{media_types::oci_foreign_layer_zstd, "lfo", Compression::zstd},
    Row{media_types::oci_descriptor, "o", Compression::unknown},
    Row{media_types::oci_layout_header, "o", Compression::unknown},
    Row{media_types::oci_empty, "o", Compression::unknown},
    Row{media_types::oci_artifact_manifest, "ao", Compression::unknown},
    Row{media_types::docker_index, "id", Compression::unknown},
    Row{media_types::docker_manifest, "md", Compression::unknown},
    Row{media_types::docker_schema1, "1d", Compression::unknown},
    Row{media_types::docker_schema1_signed, "1d", Compression::unknown},
    Row{media_types::docker_config, "cd", Compression::unknown},
    Row{media_types::docker_plugin_config, "d", Compression::unknown},
    Row{media_types::docker_layer, "ld", Compression::none},
    Row{media_types::docker_layer_gzip, "ld", Compression::gzip},
    Row{media_types::docker_layer_zstd, "ld", Compression::zstd},
    Row{media_types::docker_foreign_layer, "lfd", Compression::none},
    Row{media_types::docker_foreign_layer_gzip, "lfd", Compression::gzip},
    Row{media_types::buildkit_cache_config, "", Compression::unknown},
    Row{media_types::in_toto, "", Compression::unknown},
    // Not in the tables, but met.
    Row{"application/vnd.oci.image.layer.v1.tar+lz4", "lo", Compression::unknown},
    Row{"application/vnd.oci.image.layer.v1.target", "o", Compression::unknown},
    Row{"application/vnd.cncf.helm.chart.content.v1.tar+gzip", "", Compression::gzip},
    Row{"application/octet-stream", "", Compression::unknown},
    Row{"text/plain", "", Compression::unknown},
};

TEST(MediaType, KnowsItsRoleAndCompression) {
  for (const auto& row : known_types) {
    SCOPED_TRACE(row.type);
    const auto type = MediaType::parse(row.type);
    ASSERT_TRUE(type);
    EXPECT_EQ(type->text(), row.type);
    EXPECT_EQ(roles_of(*type), row.roles);
    EXPECT_EQ(name(type->compression()), name(row.compression));
    EXPECT_EQ(MediaType::of(row.type), *type);
  }
}

struct Kin {
  std::string_view ordinary;
  std::string_view foreign;
};

TEST(MediaType, ForeignAndOrdinaryLayersLeadToEachOther) {
  const std::array rows{
      Kin{media_types::oci_layer, media_types::oci_foreign_layer},
      Kin{media_types::oci_layer_gzip, media_types::oci_foreign_layer_gzip},
      Kin{media_types::oci_layer_zstd, media_types::oci_foreign_layer_zstd},
      Kin{media_types::docker_layer, media_types::docker_foreign_layer},
      Kin{media_types::docker_layer_gzip, media_types::docker_foreign_layer_gzip},
      Kin{media_types::docker_layer_zstd, "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.ordinary);
    for (const auto text : {row.ordinary, row.foreign}) {
      EXPECT_EQ(MediaType::of(text).as_foreign_layer()->text(), row.foreign);
      EXPECT_EQ(MediaType::of(text).as_ordinary_layer()->text(), row.ordinary);
    }
  }
  for (const auto text : {media_types::oci_config, media_types::oci_manifest, media_types::in_toto}) {
    EXPECT_FALSE(MediaType::of(text).as_foreign_layer());
    EXPECT_FALSE(MediaType::of(text).as_ordinary_layer());
  }
  const auto longest = std::string(media_types::oci_layer) + "+" + std::string(90, 'x');
  EXPECT_FALSE(MediaType::parse(longest).value().as_foreign_layer()) << "the type would be too long";
}

TEST(MediaType, IgnoresCaseButKeepsTheText) {
  const auto type = MediaType::parse("Application/VND.OCI.Image.Layer.v1.TAR+GZIP");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->text(), "Application/VND.OCI.Image.Layer.v1.TAR+GZIP");
  EXPECT_EQ(roles_of(*type), "lo");
  EXPECT_EQ(type->compression(), Compression::gzip);
  EXPECT_EQ(*type, media_types::oci_layer_gzip);
  EXPECT_EQ(*type, MediaType::of(media_types::oci_layer_gzip));
  EXPECT_EQ(std::hash<MediaType>{}(*type), std::hash<MediaType>{}(MediaType::of(media_types::oci_layer_gzip)));
  EXPECT_NE(*type, media_types::oci_layer);
}

struct Text {
  const char* name;
  std::string text;
};

TEST(MediaTypeParse, TakesWhatTheGrammarAllows) {
  const std::array rows{
      Text{"shortest", "a/b"},
      Text{"every character", "a!#$&^_.+-9/Z!#$&^_.+-0"},
      Text{"longest", std::string(127, 'a') + "/" + std::string(127, 'b')},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(MediaType::parse(row.text));
  }
}

TEST(MediaTypeParse, RefusesWhatItDoesNot) {
  const std::array rows{
      Text{"nothing", ""},
      Text{"no slash", "application"},
      Text{"no type", "/json"},
      Text{"no subtype", "application/"},
      Text{"two slashes", "a/b/c"},
      Text{"begins with a dot", "a/.b"},
      Text{"begins with a plus", "+a/b"},
      Text{"parameters", "application/json; charset=utf-8"},
      Text{"blank", "application/ json"},
      Text{"newline", "application/json\n"},
      Text{"NUL", std::string("application/json\0", 17)},
      Text{"quote", "application/\"json\""},
      Text{"not ASCII", "application/js\xc3\xb6n"},
      Text{"star", "*/*"},
      Text{"type too long", std::string(128, 'a') + "/b"},
      Text{"subtype too long", "a/" + std::string(128, 'b')},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto type = MediaType::parse(row.text);
    ASSERT_FALSE(type);
    EXPECT_EQ(type.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(type.error().message(), testing::HasSubstr("is not of the form type/subtype"));
  }
}

struct Header {
  const char* name;
  std::string_view value;
  std::string_view type;  // empty: refused
};

TEST(MediaTypeFromContentType, CutsParametersAndLowersLetters) {
  constexpr std::array rows{
      Header{"plain", "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.index.v1+json"},
      Header{"parameter", "application/json; charset=utf-8", "application/json"},
      Header{"parameter without blank", "application/json;charset=utf-8", "application/json"},
      Header{"blank before the parameter", "application/json ;q=1", "application/json"},
      Header{"blanks around", " \tapplication/json\t ", "application/json"},
      Header{"upper case", "Application/JSON", "application/json"},
      Header{"empty parameter", "application/json;", "application/json"},
      Header{"nothing", "", ""},
      Header{"parameter alone", "; charset=utf-8", ""},
      Header{"two types", "application/json, text/plain", ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto type = MediaType::from_content_type(row.value);
    ASSERT_EQ(type.has_value(), !row.type.empty());
    if (type) {
      EXPECT_EQ(type->text(), row.type);
    }
  }
}

}  // namespace
}  // namespace media_type_test
}  // namespace dray
