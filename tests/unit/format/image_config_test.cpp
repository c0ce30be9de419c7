#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>

namespace dray {
namespace image_config_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::string diff_a = "sha256:" + std::string(64, 'a');
const std::string diff_b = "sha256:" + std::string(64, 'b');

const std::string full = R"({"architecture":"arm","variant":"v7","os":"linux","os.version":"1.2","os.features":["f"],)"
                         R"("x-ours":{"z":1,"a":[1.5,null]},"created":"2020-01-02T03:04:05Z","author":"me",)"
                         R"("config":{"User":"app","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Env":["PATH=/bin","A="],)"
                         R"("Entrypoint":["/init"],"Cmd":["-x","y"],"Volumes":{"/data":{}},"WorkingDir":"/srv",)"
                         R"("Labels":{"k":"v"},"StopSignal":"SIGTERM","Healthcheck":{"Interval":30000000000}},)"
                         R"("rootfs":{"type":"layers","diff_ids":[")" +
                         diff_a +
                         R"("]},"history":[{"created_by":"ADD x","x-note":true},)"
                         R"({"created":"2020-01-02T03:04:05Z","created_by":"ENV A=","author":"me",)"
                         R"("comment":"buildkit","empty_layer":true}]})";

ImageConfig parsed(std::string_view text) {
  auto config = ImageConfig::parse(text);
  EXPECT_TRUE(config) << config.error().message();
  return config ? *config : ImageConfig();
}

TEST(ImageConfigParse, ReadsEveryMember) {
  const ImageConfig config = parsed(full);
  EXPECT_EQ(config.platform, (Platform{"linux", "arm", "v7", "1.2", {"f"}}));
  EXPECT_EQ(config.created, "2020-01-02T03:04:05Z");
  EXPECT_EQ(config.author, "me");
  EXPECT_EQ(config.user, "app");
  EXPECT_EQ(config.working_dir, "/srv");
  EXPECT_EQ(config.stop_signal, "SIGTERM");
  EXPECT_THAT(config.entrypoint, ElementsAre("/init"));
  EXPECT_THAT(config.cmd, ElementsAre("-x", "y"));
  EXPECT_THAT(config.env, ElementsAre("PATH=/bin", "A="));
  EXPECT_THAT(config.exposed_ports, ElementsAre("80/tcp", "53/udp"));
  EXPECT_THAT(config.volumes, ElementsAre("/data"));
  EXPECT_THAT(config.labels, ElementsAre(Pair("k", "v")));
  ASSERT_EQ(config.diff_ids.size(), 1U);
  EXPECT_EQ(config.diff_ids[0].text(), diff_a);
  ASSERT_EQ(config.history.size(), 2U);
  EXPECT_EQ(config.history[0].created_by, "ADD x");
  EXPECT_FALSE(config.history[0].empty_layer);
  EXPECT_EQ(config.history[1].comment, "buildkit");
  EXPECT_TRUE(config.history[1].empty_layer);
}

TEST(ImageConfigParse, TakesNullAndMissingForEmpty) {
  const ImageConfig config = parsed(R"({"config":{"Cmd":null,"Labels":null,"Volumes":null},"history":null})");
  EXPECT_TRUE(config.cmd.empty());
  EXPECT_TRUE(config.platform.os.empty());
  EXPECT_TRUE(parsed("{}").diff_ids.empty());
}

TEST(ImageConfigParse, TakesOneStringForACommand) {
  EXPECT_THAT(parsed(R"({"config":{"Entrypoint":"/bin/sh"}})").entrypoint, ElementsAre("/bin/sh"));
}

struct Mistake {
  const char* name;
  const char* text;
  const char* says;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

class ImageConfigRefuses : public ::testing::TestWithParam<Mistake> {};

TEST_P(ImageConfigRefuses, NamingTheMember) {
  const auto config = ImageConfig::parse(GetParam().text);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(config.error().message(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ImageConfigRefuses,
    ::testing::Values(
        Mistake{"NoObject", "[]", "the document is a list; it must be an object"},
        Mistake{"LabelsAsList", R"({"config":{"Labels":["a"]}})", "config.Labels is a list; it must be an object"},
        Mistake{"LabelOfNumber", R"({"config":{"Labels":{"a":1}}})", "config.Labels.\"a\" is 1; it must be a string"},
        Mistake{"EnvAsObject", R"({"config":{"Env":{"A":"b"}}})", "config.Env is an object; it must be a list"},
        Mistake{"EnvOfNull", R"({"config":{"Env":["a",null]}})", "config.Env[1] is null; it must be a string"},
        Mistake{"UserAsNumber", R"({"config":{"User":0}})", "config.User is 0; it must be a string"},
        Mistake{"ConfigAsText", R"({"config":"x"})", "config is \"x\"; it must be an object"},
        Mistake{"OsAsList", R"({"os":[]})", "os is a list; it must be a string"},
        Mistake{"DiffIdsAsText", R"({"rootfs":{"diff_ids":"x"}})", "rootfs.diff_ids is \"x\"; it must be a list"},
        Mistake{"DiffIdThatIsNone", R"({"rootfs":{"diff_ids":["sha256:12"]}})", "rootfs.diff_ids[0]: "},
        Mistake{"EmptyLayerAsText", R"({"history":[{"empty_layer":"yes"}]})",
                "history[0].empty_layer is \"yes\"; it must be true or false"},
        Mistake{"HistoryOfTexts", R"({"history":["a"]})", "history[0] is \"a\"; it must be an object"},
        Mistake{"DuplicateKey", R"({"os":"a","os":"b"})", "the key \"os\" occurs twice"}),
    [](const auto& test) { return test.param.name; });

TEST(ImageConfigParse, RefusesTooManyDiffIds) {
  Json::Array ids(limits::max_layers + 1, Json(diff_a));
  Json document;
  document.set("rootfs", Json(Json::Object{{"diff_ids", std::move(ids)}}));
  const auto config = ImageConfig::parse(document.dump());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code(), ErrorCode::limit_exceeded);
}

TEST(ImageConfigSerialize, GivesBackWhatItRead) {
  EXPECT_EQ(parsed(full).serialize(), full);
  const std::string with_empty = R"({"architecture":"amd64","variant":"","os":"linux","rootfs":{"type":"layers",)"
                                 R"("diff_ids":[]},"history":[]})";
  EXPECT_EQ(parsed(with_empty).serialize(), with_empty);
}

TEST(ImageConfigSerialize, PutsEditsIntoTheDocument) {
  ImageConfig config = parsed(full);
  config.platform = {"linux", "arm64", "", "", {}};
  config.created = "2021-01-01T00:00:00Z";
  config.diff_ids.push_back(*DiffId::parse(diff_b));
  config.history.push_back({"2021-01-01T00:00:00Z", "append", "", "", false});
  const std::string text = config.serialize();

  EXPECT_THAT(text, ::testing::StartsWith(R"({"architecture":"arm64","os":"linux","x-ours":{"z":1,"a":[1.5,null]},)"
                                          R"("created":"2021-01-01T00:00:00Z","author":"me")"));
  EXPECT_THAT(text, HasSubstr(R"("diff_ids":[")" + diff_a + R"(",")" + diff_b + R"("]})"));
  EXPECT_THAT(text, HasSubstr(R"([{"created_by":"ADD x","x-note":true},)"));
  EXPECT_THAT(text, HasSubstr(R"({"created":"2021-01-01T00:00:00Z","created_by":"append"}]})"));
  const ImageConfig again = parsed(text);
  EXPECT_EQ(again.platform, config.platform);
  EXPECT_EQ(again.diff_ids, config.diff_ids);
  EXPECT_EQ(again.history, config.history);
}

TEST(ImageConfigSerialize, MakesADocumentFromNothing) {
  ImageConfig config;
  config.platform = {"linux", "amd64", "", "", {}};
  config.diff_ids.push_back(*DiffId::parse(diff_a));
  EXPECT_EQ(config.serialize(),
            R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[")" + diff_a + R"("]}})");
}

}  // namespace
}  // namespace image_config_test
}  // namespace dray
