// The commands that change things: images and indexes made of tars, tags, deletions, single blobs and manifests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/hashing.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace change_test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class Change : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { registry_ = std::make_unique<DockerRegistry>(); }
  static void TearDownTestSuite() { registry_.reset(); }

  [[nodiscard]] static std::string image(std::string_view name) {
    return registry_->host_port() + "/" + std::string(name);
  }
  std::string ok(std::vector<std::string> words, std::string input = {}) const {
    const Outcome outcome = dray(std::move(words), std::move(input));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  Dray dray;
  const std::string first_tar = make_tar({TarEntry{"etc/motd", "hello\n"}});
  const std::string second_tar = make_tar({TarEntry{"etc/issue", "there\n"}});

 private:
  static std::unique_ptr<DockerRegistry> registry_;
};

std::unique_ptr<DockerRegistry> Change::registry_;

TEST_F(Change, AppendMakesTheSameImageOfTheSameTars) {
  dray.write("one.tar", first_tar);
  const std::vector<std::string> rest = {"one.tar",      "--platform", "linux/arm64", "--cmd",  "sh",
                                         "--entrypoint", "/bin/init",  "--env",       "A=b=c",  "--label",
                                         "x=y",          "--workdir",  "/srv",        "--user", "7"};
  auto words = rest;
  words.insert(words.begin(), {"append", "oci:one:a"});
  const auto digest = ok(words);
  words[1] = image("one:a");
  EXPECT_EQ(ok(words), digest);
  EXPECT_EQ(ok({"digest", image("one:a")}), digest);
  EXPECT_EQ(ok({"config", "oci:one:a", "--jq",
                ".architecture, .config.Cmd[0], .config.Entrypoint[0], .config.Env[0], "
                ".config.Labels.x, .config.WorkingDir, .config.User, .created"}),
            "arm64\nsh\n/bin/init\nA=b=c\ny\n/srv\n7\n1970-01-01T00:00:00Z\n");
  EXPECT_EQ(ok({"layers", "oci:one:a", "--jq", ".layers[].diffId"}), digest_of(first_tar) + "\n");
}

TEST_F(Change, AppendPutsALayerOnABase) {
  dray.write("one.tar", first_tar);
  dray.write("two.tar.gz", gzip(second_tar));
  ok({"append", image("base:1"), "one.tar", "--platform", "linux/amd64", "--cmd", "sh"});
  ok({"append", image("app:1"), "two.tar.gz", "--base", image("base:1")});
  EXPECT_EQ(ok({"layers", image("app:1"), "--jq", ".layers[].diffId"}),
            digest_of(first_tar) + "\n" + digest_of(second_tar) + "\n");
  EXPECT_EQ(ok({"layers", image("app:1"), "--jq", ".layers[1].digest"}), digest_of(gzip(second_tar)) + "\n");
  EXPECT_EQ(ok({"config", image("app:1"), "--jq", ".config.Cmd[0]"}), "sh\n");
}

TEST_F(Change, AppendRefusesWhatIsNoTarAndLeavesNoImage) {
  dray.write("not.tar", std::string(2000, 'x'));
  const Outcome outcome = dray({"append", "oci:bad:1", "not.tar", "--platform", "linux/amd64"});
  EXPECT_NE(outcome.status, 0);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("not.tar"));
  for (const auto& file : files_below(dray / "bad")) EXPECT_THAT(file, AnyOf("index.json", "oci-layout"));
  EXPECT_EQ(dray({"digest", "oci:bad:1"}).status, 3);
}

TEST_F(Change, WhatIsMadeIsNamedByATag) {
  dray.write("one.tar", first_tar);
  ok({"append", "oci:one:1", "one.tar", "--platform", "linux/amd64"});
  const auto digest = "@sha256:" + std::string(64, '0');
  for (const auto& words :
       {std::vector<std::string>{"append", image("made" + digest), "one.tar", "--platform", "linux/amd64"},
        {"index", "create", "oci:one" + digest, "oci:one:1"}}) {
    const Outcome outcome = dray(words);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("name it by a tag"));
  }
}

TEST_F(Change, AppendTakesATimeInOneFormAlone) {
  dray.write("one.tar", first_tar);
  const std::vector<std::string> words = {"append", "oci:t:1", "one.tar", "--platform", "linux/amd64", "--created"};
  auto wrong = words;
  wrong.emplace_back("yesterday");
  const Outcome outcome = dray(wrong);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("2024-02-29T12:00:00Z"));
  auto right = words;
  right.emplace_back("2024-02-29T13:00:00.5+01:00");
  EXPECT_EQ(dray(right).status, 0);
}

TEST_F(Change, IndexCreateReadsThePlatformsOfItsMembers) {
  dray.write("one.tar", first_tar);
  ok({"append", "oci:many:amd64", "one.tar", "--platform", "linux/amd64"});
  ok({"append", "oci:many:arm64", "one.tar", "--platform", "linux/arm64"});
  const auto digest = ok({"index", "create", "oci:many:all", "oci:many:amd64", "oci:many:arm64"});
  EXPECT_EQ(ok({"digest", "oci:many:all"}), digest);
  EXPECT_EQ(ok({"inspect", "oci:many:all", "--jq", ".manifests[].platform.architecture"}), "amd64\narm64\n");
  EXPECT_EQ(ok({"resolve", "oci:many:all", "--platform", "linux/arm64", "--jq", ".digest"}),
            ok({"digest", "oci:many:arm64"}));
  EXPECT_EQ(ok({"push", "oci:many:all", image("many:all"), "--jq", ".digest"}), digest);
  const Outcome twice = dray({"index", "create", "oci:many:twice", "oci:many:amd64", "oci:many:amd64"});
  EXPECT_EQ(twice.status, 2);
  EXPECT_TRUE(is_one_sentence(twice.err)) << twice.err;
}

TEST_F(Change, TagSetsMore) {
  dray.write("one.tar", first_tar);
  const auto digest = ok({"append", image("tagged:1.4.2"), "one.tar", "--platform", "linux/amd64"});
  EXPECT_EQ(ok({"tag", image("tagged:1.4.2"), "1.4", "1"}), "1.4  " + digest + "1  " + digest);
  EXPECT_EQ(ok({"tags", image("tagged"), "--jq", ".tags | sort | join(\" \")"}), "1 1.4 1.4.2\n");
}

TEST_F(Change, SingleBlobsAndManifests) {
  const Image made = make_image({.format = Format::oci});
  for (const Blob* blob : {&made.config, &made.layers[0].blob}) {
    dray.write("blob", *blob->bytes);
    EXPECT_EQ(ok({"blob", "put", image("parts"), "blob"}), blob->digest + "\n");
    EXPECT_EQ(ok({"blob", "put", image("parts"), "blob", "--jq", ".uploaded"}), "false\n");
  }
  EXPECT_EQ(ok({"manifest", "put", image("parts:1")}, *made.manifest.bytes), made.manifest.digest + "\n");
  EXPECT_EQ(ok({"manifest", "get", image("parts:1"), "--format", "raw"}), *made.manifest.bytes);
  const Outcome wrong = dray({"manifest", "put", image("parts@sha256:" + std::string(64, '0'))}, *made.manifest.bytes);
  EXPECT_EQ(wrong.status, 5);
  EXPECT_TRUE(is_one_sentence(wrong.err)) << wrong.err;
  const Outcome orphan = dray({"manifest", "put", image("other:1")}, *made.manifest.bytes);
  EXPECT_NE(orphan.status, 0);
  EXPECT_TRUE(is_one_sentence(orphan.err)) << orphan.err;
  EXPECT_EQ(ok({"manifest", "delete", image("parts@" + made.manifest.digest)}),
            "deleted " + made.manifest.digest + "\n");
  EXPECT_EQ(ok({"blob", "delete", image("parts@" + made.config.digest)}), "deleted " + made.config.digest + "\n");
  EXPECT_EQ(dray({"blob", "head", image("parts@" + made.config.digest)}).status, 3);
}

}  // namespace
}  // namespace change_test
}  // namespace dray::testing
