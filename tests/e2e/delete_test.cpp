// `dray delete`: a tag alone, a manifest with its tags, in every kind of place, and where deletion is not allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_places.hpp"
#include "support/hashing.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace delete_test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class Delete : public InEachPlace {
 protected:
  std::string make(const std::string& file, std::string_view rest) {
    dray.write(file, make_tar({TarEntry{"etc/name", file}}));
    return line({"append", at("app", rest), file, "--platform", "linux/amd64"});
  }
  std::string tags() { return line({"tags", at("app", ""), "--jq", ".tags | sort | join(\" \")"}); }
};

TEST_P(Delete, ATagGoesAloneAndTheImageStays) {
  const auto one = make("one.tar", ":1.0");
  ok({"tag", at("app", ":1.0"), "1", "latest"});
  EXPECT_EQ(ok({"delete", at("app", ":1")}), "deleted " + at("app", ":1") + "  " + one + " stays\n");
  EXPECT_EQ(dray({"digest", at("app", ":1")}).status, 3);
  EXPECT_EQ(tags(), "1.0 latest");
  EXPECT_EQ(line({"digest", at("app", ":latest")}), one);
  ok({"copy", at("app", "@" + one), "oci:copy:1"});  // its config and layers are there, too
}

TEST_P(Delete, TheLastTagGoesAndTheImageStaysByItsDigest) {
  const auto one = make("one.tar", ":1.0");
  ok({"delete", at("app", ":1.0")});
  EXPECT_EQ(line({"digest", at("app", "@" + one)}), one);
  // Nothing else is left under the tag, and it can be set again.
  ok({"tag", at("app", "@" + one), "1.0"});
  EXPECT_EQ(line({"digest", at("app", ":1.0")}), one);
}

TEST_P(Delete, AManifestWithTagsWantsToBeMeant) {
  const auto one = make("one.tar", ":1.0");
  make("two.tar", ":2.0");
  ok({"tag", at("app", ":1.0"), "latest"});
  const Outcome refused = dray({"delete", at("app", "@" + one)});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("tags 1.0, latest"), HasSubstr("tags latest, 1.0")));
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_EQ(tags(), "1.0 2.0 latest");
  EXPECT_EQ(line({"delete", "--yes", at("app", "@" + one), "--jq", ".images[0].tags | sort | join(\" \")"}),
            "1.0 latest");
  EXPECT_EQ(tags(), "2.0");
  EXPECT_EQ(dray({"digest", at("app", "@" + one)}).status, 3);
}

TEST_P(Delete, AManifestWithoutTagsNeedsNoWord) {
  const auto one = make("one.tar", ":1.0");
  make("two.tar", ":1.0");
  EXPECT_EQ(ok({"delete", at("app", "@" + one)}), "deleted " + at("app", "@" + one) + "\n");
  EXPECT_EQ(dray({"digest", at("app", "@" + one)}).status, 3);
}

TEST_P(Delete, ATagWithADigestGoesOnlyWhileItPointsThere) {
  const auto one = make("one.tar", ":1.0");
  const auto two = make("two.tar", ":1.0");
  const Outcome moved = dray({"delete", at("app", ":1.0@" + one)});
  EXPECT_EQ(moved.status, 1);
  EXPECT_THAT(moved.err, HasSubstr(two));
  EXPECT_EQ(tags(), "1.0");
  ok({"delete", at("app", ":1.0@" + two)});
  EXPECT_EQ(dray({"digest", at("app", ":1.0")}).status, 3);
  EXPECT_EQ(line({"digest", at("app", "@" + two)}), two);
}

TEST_P(Delete, ADryRunSaysItAndDoesNothing) {
  const auto one = make("one.tar", ":1.0");
  EXPECT_EQ(ok({"delete", "--dry-run", at("app", ":1.0")}), "to delete " + at("app", ":1.0") + "  " + one + " stays\n");
  EXPECT_EQ(ok({"delete", "--dry-run", at("app", "@" + one), "--jq", ".dryRun, .images[0].tags[0], .images[0].by"}),
            "true\n1.0\nnull\n");
  EXPECT_EQ(tags(), "1.0");
}

TEST_P(Delete, SeveralAreAllLookedAtBeforeTheFirstGoes) {
  make("one.tar", ":1.0");
  make("two.tar", ":2.0");
  EXPECT_EQ(dray({"delete", at("app", ":1.0"), at("app", ":none")}).status, 3);
  EXPECT_EQ(tags(), "1.0 2.0");
  EXPECT_EQ(dray({"delete", at("app", ":1.0"), at("app", "")}).status, 2);
  EXPECT_EQ(tags(), "1.0 2.0");
  make("three.tar", ":3.0");
  EXPECT_EQ(ok({"delete", at("app", ":1.0"), at("app", ":2.0"), at("app", ":1.0"), "--jq", ".images[].tag"}),
            "1.0\n2.0\n");
  EXPECT_EQ(tags(), "3.0");
}

INSTANTIATE_TEST_SUITE_P(Places, Delete, ::testing::ValuesIn(change_places()), place_name);

std::string put_referrer(const Dray& dray, const std::string& repository, const std::string& subject) {
  const std::string empty = "{}";
  dray.write("empty", empty);
  EXPECT_EQ(dray({"blob", "put", repository, "empty"}).status, 0);
  const std::string type = "application/vnd.oci.image.manifest.v1+json";
  const auto manifest = R"({"schemaVersion":2,"mediaType":")" + type +
                        R"(","artifactType":"application/vnd.example","config":{"mediaType":)"
                        R"("application/vnd.oci.empty.v1+json","digest":")" +
                        digest_of(empty) + R"(","size":2},"layers":[],"subject":{"mediaType":")" + type +
                        R"(","digest":")" + subject + R"(","size":7}})";
  EXPECT_EQ(dray({"manifest", "put", repository + "@" + digest_of(manifest)}, manifest).status, 0);
  return digest_of(manifest);
}

// Where the registry has no API, the list of referrers under a tag follows.
TEST(DeleteOfAReferrer, LeavesTheListOfReferrersRight) {
  const Dray dray;
  const DockerRegistry registry;
  const auto repository = registry.host_port() + "/app";
  const auto subject = "sha256:" + std::string(64, '1');
  const auto one = put_referrer(dray, repository, subject);
  const auto list = repository + ":sha256-" + std::string(64, '1');
  EXPECT_EQ(dray({"inspect", list, "--quick", "--jq", ".manifests[].digest"}).out, one + "\n");
  const Outcome outcome = dray({"delete", repository + "@" + one});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(dray({"digest", list}).status, 3);
}

TEST(DeleteWhereNothingMayGo, IsRefusedAndChangesNothing) {
  const Dray dray;
  const DockerRegistry registry({.allow_deletes = false});
  const auto image = registry.host_port() + "/app:1";
  dray.write("one.tar", make_tar({TarEntry{"etc/name", "x"}}));
  const Outcome made = dray({"append", image, "one.tar", "--platform", "linux/amd64"});
  ASSERT_EQ(made.status, 0) << made.err;
  const auto before = files_below(registry.storage());
  const Outcome refused = dray({"delete", image});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("storage.delete.enabled"));
  EXPECT_EQ(dray({"digest", image}).out, made.out);
  EXPECT_EQ(files_below(registry.storage()), before);
}

TEST(DeleteOfAFolder, IsNotForTheProgramToDo) {
  const Dray dray;
  const Outcome outcome = dray({"delete", "dir:image"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("remove the folder"));
}

}  // namespace
}  // namespace delete_test
}  // namespace dray::testing
