// Archives of images, written by one program and read by the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace archive_test {
namespace {

using ::testing::HasSubstr;

class Archive : public ::testing::Test {
 protected:
  Archive() {
    write_layout(dray / "index", index, "v");
    write_layout(dray / "image", image, "v");
    write_layout(dray / "large", large, "v");
  }

  std::string ok(std::vector<std::string> words, std::string input = {}) const {
    const Outcome outcome = dray(std::move(words), std::move(input));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  std::string shell(const std::string& line) const {
    const Outcome outcome = dray.shell(line);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  std::string refused(std::vector<std::string> words, int status) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    return outcome.err;
  }
  [[nodiscard]] std::string at(const std::string& kind, const std::string& name) const {
    return kind + ":" + (dray / name).string();
  }
  void skopeo_copy(const std::string& from, const std::string& to, std::vector<std::string> options = {}) const {
    std::vector<std::string> words{"copy", "--quiet"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(from);
    words.push_back(to);
    const Outcome outcome = skopeo(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  /// podman with a store of its own.
  std::string podman(const std::string& words) const {
    return shell("podman --root '" + (dray / "podman").string() + "' --runroot '" + (dray / "podman-run").string() +
                 "' --storage-driver vfs " + words);
  }

  Dray dray;
  Index index = make_multi_platform(Format::oci);
  Image image = make_layered(3, 200'000, Format::oci);
  Image large = make_layered(2, 20'000'000, Format::docker);
};

// OCI archives

TEST_F(Archive, OciArchiveIsReadBySkopeoWithTheSameDigest) {
  EXPECT_EQ(ok({"copy", "oci:index:v", "oci-archive:out.tar:v", "--jq", ".digest"}), index.manifest.digest + "\n");
  ASSERT_NO_FATAL_FAILURE(
      skopeo_copy(at("oci-archive", "out.tar") + ":v", at("oci", "back") + ":v", {"--all", "--preserve-digests"}));
  expect_same_blobs(dray / "back", dray / "index");
}

TEST_F(Archive, OciArchiveOfSkopeoIsReadWithTheSameDigest) {
  ASSERT_NO_FATAL_FAILURE(
      skopeo_copy(at("oci", "index") + ":v", at("oci-archive", "theirs.tar") + ":v", {"--all", "--preserve-digests"}));
  EXPECT_EQ(ok({"tags", "oci-archive:theirs.tar"}), "v\n");
  EXPECT_EQ(ok({"copy", "oci-archive:theirs.tar:v", "oci:back:v", "--jq", ".digest"}), index.manifest.digest + "\n");
  expect_same_blobs(dray / "back", dray / "index");
}

TEST_F(Archive, TarOfALayoutIsAnOciArchiveAndTheOtherWayRound) {
  shell("tar -C index -czf packed.tar.gz .");
  EXPECT_EQ(ok({"digest", "oci-archive:packed.tar.gz"}), index.manifest.digest + "\n");
  ok({"copy", "oci:index:v", "oci-archive:out.tar:v"});
  shell("mkdir unpacked && tar -C unpacked -xf out.tar");
  EXPECT_EQ(ok({"digest", "oci:unpacked:v"}), index.manifest.digest + "\n");
  const Outcome listed = dray.shell("umoci list --layout unpacked");
  EXPECT_EQ(listed.out, "v\n") << listed.err;
}

TEST_F(Archive, PodmanLoadsAnOciArchive) {
  ok({"copy", "oci:image:v", "oci-archive:out.tar:v"});
  EXPECT_THAT(podman("load -q -i out.tar"), HasSubstr("Loaded image"));
}

// docker's archives

TEST_F(Archive, DockerArchiveKeepsTheDigestAndIsReadBySkopeo) {
  McrTwin twin;
  twin.add("team/app", "1", large);
  const auto source = twin.host_port() + "/team/app:1";
  EXPECT_EQ(ok({"pull", source, "docker-archive:out.tar", "--jq", ".digest"}), large.manifest.digest + "\n");
  EXPECT_EQ(ok({"tags", "docker-archive:out.tar"}), source + "\n");
  EXPECT_EQ(ok({"digest", "docker-archive:out.tar"}), large.manifest.digest + "\n");
  const Outcome config = skopeo({"inspect", "--config", "--raw", at("docker-archive", "out.tar")});
  EXPECT_EQ(config.out, *large.config.bytes) << config.err;
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(at("docker-archive", "out.tar") + ":" + source, at("dir", "theirs")));
  EXPECT_EQ(read_bytes(dray / "theirs" / large.config.digest.substr(7)), *large.config.bytes);
}

TEST_F(Archive, PodmanLoadsDockerArchivesAndDrayReadsWhatItSaves) {
  ok({"copy", "oci:image:v", "docker-archive:out.tar:localhost/app:1"});
  ok({"copy", "oci:large:v", "docker-archive:out.tar:localhost/other:2"});
  const auto loaded = podman("load -q -i out.tar");
  EXPECT_THAT(loaded, HasSubstr("localhost/app:1"));
  EXPECT_THAT(loaded, HasSubstr("localhost/other:2"));
  podman("save -q --multi-image-archive -o saved.tar localhost/app:1 localhost/other:2");
  EXPECT_EQ(ok({"tags", "docker-archive:saved.tar"}), "localhost/app:1\nlocalhost/other:2\n");
  EXPECT_EQ(ok({"config", "docker-archive:saved.tar:localhost/app:1", "--format", "raw"}), *image.config.bytes);
  ok({"copy", "docker-archive:saved.tar:localhost/app:1", "oci:back:v"});
}

TEST_F(Archive, SkopeosDockerArchiveIsPushedAndPulledByOthers) {
  const DockerRegistry registry;
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(at("oci", "image") + ":v", at("docker-archive", "theirs.tar") + ":app:1"));
  const auto target = registry.host_port() + "/app:1";
  ok({"push", "docker-archive:theirs.tar:app:1", target});
  const Outcome config = skopeo({"inspect", "--tls-verify=false", "--config", "--raw", "docker://" + target});
  EXPECT_EQ(config.out, *image.config.bytes) << config.err;
}

TEST_F(Archive, IndexGoesWholeIntoADockerArchiveAndTheHostsImageIsLoaded) {
  ok({"copy", "oci:index:v", "docker-archive:out.tar:app:1"});
  EXPECT_EQ(ok({"digest", "docker-archive:out.tar:app:1"}), index.manifest.digest + "\n");
  auto config = ok({"manifest", "get", "oci:index:v", "--platform", "linux/amd64", "--jq", ".config.digest"});
  config.pop_back();
  EXPECT_THAT(shell("tar -xOf out.tar manifest.json"), HasSubstr(R"([{"Config":"blobs/sha256/)" + config.substr(7)));
}

TEST_F(Archive, SeveralTagsGoIntoOneArchiveAndOutOfItAgain) {
  const DockerRegistry registry;
  const auto place = registry.host_port() + "/app";
  ok({"push", "oci:image:v", place + ":1"});
  ok({"push", "oci:large:v", place + ":2"});
  for (const std::string kind : {"oci-archive", "docker-archive"}) {
    ok({"copy", "--all-tags", place, kind + ":" + kind + ".tar"});
    ok({"copy", "--all-tags", kind + ":" + kind + ".tar", registry.host_port() + "/from-" + kind});
    EXPECT_EQ(shell("dray tags " + registry.host_port() + "/from-" + kind + " | sort"), "1\n2\n");
    EXPECT_EQ(ok({"digest", registry.host_port() + "/from-" + kind + ":2"}), large.manifest.digest + "\n");
  }
}

TEST_F(Archive, ArchiveOfSeveralRepositoriesIsCopiedByNames) {
  ok({"copy", "oci:image:v", "docker-archive:out.tar:app:1"});
  ok({"copy", "oci:large:v", "docker-archive:out.tar:other:1"});
  EXPECT_THAT(refused({"copy", "docker-archive:out.tar", "oci:back:v"}, 3), HasSubstr("say which: app:1, other:1"));
  EXPECT_THAT(refused({"copy", "--all-tags", "docker-archive:out.tar", "oci:back"}, 1),
              HasSubstr("several repositories (app, other)"));
  EXPECT_THAT(refused({"copy", "--all-tags", "oci:image", "docker-archive:new.tar"}, 1),
              HasSubstr("docker-archive:FILE:REPOSITORY:TAG"));
}

TEST_F(Archive, MirrorIsKeptInAnArchive) {
  const DockerRegistry registry;
  const auto place = registry.host_port() + "/app";
  ok({"push", "oci:image:v", place + ":1"});
  dray.write("sync.yaml", "version: 1\nsync:\n  - source: " + place + "\n    destination: docker-archive:mirror.tar\n");
  ok({"sync", "sync.yaml"});
  ok({"push", "oci:large:v", place + ":2"});
  ok({"sync", "sync.yaml"});
  EXPECT_EQ(shell("dray tags docker-archive:mirror.tar | sort"), place + ":1\n" + place + ":2\n");
}

// docker itself

/// Debian's dockerd with a folder of its own and no network.
class Docker {
 public:
  Docker() {
    Command command{.words = {"dockerd", "--data-root", folder_ / "data", "--exec-root", folder_ / "run", "-H", host(),
                              "--pidfile", folder_ / "pid", "--iptables=false", "--bridge=none",
                              "--storage-driver=vfs"}};
    daemon_ = std::make_unique<Process>(std::move(command));
    started_ = daemon_->wait_for_output("API listen on", std::chrono::seconds(30));
  }
  [[nodiscard]] bool started() const { return started_; }
  /// Why it did not.
  [[nodiscard]] std::string last_words() const {
    const auto words = daemon_->err();
    return words.substr(words.size() - std::min<std::size_t>(words.size(), 500));
  }
  [[nodiscard]] std::string host() const { return "unix://" + (folder_ / "socket").string(); }

 private:
  TempDir folder_;
  std::unique_ptr<Process> daemon_;
  bool started_ = false;
};

TEST_F(Archive, DockerLoadsWhatDrayWritesAndDrayReadsWhatDockerSaves) {
  const Docker docker;
  // It wants control groups and mounts of its own, which containers and bare trees may not give.
  if (!docker.started()) GTEST_SKIP() << "dockerd does not start here: " << docker.last_words();
  dray.set_environment("DOCKER_HOST", docker.host());
  ok({"copy", "oci:image:v", "docker-archive:out.tar:app:1"});
  EXPECT_THAT(shell("docker load -i out.tar"), HasSubstr("Loaded image: app:1"));
  EXPECT_EQ(shell("docker image inspect app:1 --format '{{.Id}}'"), image.config.digest + "\n");
  EXPECT_THAT(shell("dray copy oci:large:v docker-archive:-:piped:2 | docker load"),
              HasSubstr("Loaded image: piped:2"));
  shell("docker save app:1 piped:2 -o saved.tar");
  EXPECT_EQ(shell("dray tags docker-archive:saved.tar | sort"), "app:1\npiped:2\n");
  EXPECT_EQ(ok({"config", "docker-archive:saved.tar:piped:2", "--format", "raw"}), *large.config.bytes);
  shell("docker save app:1 | dray copy docker-archive:- oci:back:v");
}

// Changing

TEST_F(Archive, ImagesAreTaggedAndDeletedInAnArchive) {
  ok({"copy", "oci:image:v", "oci-archive:out.tar:1"});
  ok({"copy", "oci:large:v", "oci-archive:out.tar:2"});
  ok({"tag", "oci-archive:out.tar:1", "stable"});
  ok({"delete", "--yes", "oci-archive:out.tar@" + large.manifest.digest});
  EXPECT_EQ(ok({"tags", "oci-archive:out.tar"}), "1\nstable\n");
  EXPECT_LT(std::filesystem::file_size(dray / "out.tar"), 1'000'000U);
}

TEST_F(Archive, DryRunWritesNothing) {
  ok({"copy", "--dry-run", "oci:image:v", "docker-archive:out.tar:app:1"});
  ok({"copy", "--dry-run", "oci:image:v", "docker-archive:-"});
  EXPECT_FALSE(std::filesystem::exists(dray / "out.tar"));
}

// Pipes

TEST_F(Archive, PipesCarryArchivesBothWays) {
  for (const std::string kind : {"oci-archive", "docker-archive"}) {
    shell("dray copy oci:large:v " + kind + ":- | dray copy " + kind + ":- oci:from-" + kind + ":v");
    EXPECT_EQ(ok({"digest", "oci:from-" + kind + ":v"}), large.manifest.digest + "\n");
  }
}

TEST_F(Archive, OnStandardOutputIsTheArchiveAndNothingElse) {
  const Outcome outcome = dray.shell("dray copy oci:image:v oci-archive:-:v > out.tar");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("Now at"));
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(at("oci-archive", "out.tar") + ":v", at("dir", "theirs")));
}

TEST_F(Archive, CompressedPipeIsRead) {
  shell("dray copy oci:image:v docker-archive:-:app:1 | zstd -q | dray copy docker-archive:-:app:1 oci:back:v");
  EXPECT_EQ(ok({"digest", "oci:back:v"}), image.manifest.digest + "\n");
}

TEST_F(Archive, ReaderThatGoesAwayIsNoCrash) {
  const Outcome outcome =
      dray.shell("dray copy oci:large:v oci-archive:- | head -c 1000 > cut.tar; exit ${PIPESTATUS[0]}");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(refused({"inspect", "oci-archive:cut.tar"}, 2), HasSubstr("the archive ends inside"));
}

TEST_F(Archive, FullDiskIsSaidAndLeavesTheOldArchive) {
  ok({"copy", "oci:image:v", "oci-archive:out.tar:v"});
  const auto before = read_bytes(dray / "out.tar");
  const Outcome outcome = dray.shell("ulimit -f 4000; trap '' XFSZ; dray copy oci:large:v oci-archive:out.tar:large");
  EXPECT_EQ(outcome.status, 8) << outcome.err;
  EXPECT_TRUE(read_bytes(dray / "out.tar") == before);
  EXPECT_NE(dray.shell("dray copy oci:large:v oci-archive:- > /dev/full").status, 0);
}

}  // namespace
}  // namespace archive_test
}  // namespace dray::testing
