// Layers that live behind URLs: which of them a copy brings along, and who reads the result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace {

using ::testing::HasSubstr;

class Foreign : public ::testing::Test {
 protected:
  [[nodiscard]] std::string at(std::string_view name) const { return twin.host_port() + "/" + std::string(name); }
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  [[nodiscard]] std::string servercore() const { return at("windows/servercore:ltsc2019-amd64"); }
  [[nodiscard]] const Blob& foreign_blob() const { return twin.servercore().layers[0].blob; }

  McrTwin twin;
  Dray dray;
};

TEST_F(Foreign, SkipLeavesTheLayerAndTellsWhereItLives) {
  const auto table = ok({"pull", servercore(), "oci:left", "--foreign", "skip"});
  EXPECT_THAT(table, HasSubstr("1 left behind URLs"));
  EXPECT_THAT(table, HasSubstr(foreign_blob().digest + " at " + twin.foreign_origin() + "/fwlink/?linkid="));
  EXPECT_FALSE(std::filesystem::exists(blob_in_layout(dray / "left", foreign_blob().digest)));
  EXPECT_EQ(ok({"digest", "oci:left:ltsc2019-amd64"}), twin.servercore().manifest.digest + "\n");
  EXPECT_EQ(twin.foreign().request_count(), 0U);
  EXPECT_EQ(ok({"pull", servercore(), "oci:left", "--foreign", "skip", "--jq", ".blobs[].from"}),
            "present\nleft\npresent\n");
}

TEST_F(Foreign, WhatWasLeftIsFetchedByALaterInclude) {
  ok({"pull", servercore(), "oci:late", "--foreign", "keep"});
  EXPECT_EQ(ok({"pull", servercore(), "oci:late", "--jq", ".blobs[].from"}), "present\nurls\npresent\n");
  EXPECT_EQ(read_bytes(blob_in_layout(dray / "late", foreign_blob().digest)), *foreign_blob().bytes);
}

TEST_F(Foreign, LayoutWithoutTheLayerIsPushedAndTheRegistryFollowsItsUrls) {
  const DockerRegistry registry;
  ok({"pull", servercore(), "oci:thin:v", "--foreign", "skip"});
  EXPECT_EQ(ok({"push", "oci:thin:v", registry.host_port() + "/thin:v", "--foreign", "keep", "--jq", ".blobs[].from"}),
            "source\nleft\nsource\n");
  EXPECT_EQ(ok({"push", "oci:thin:v", registry.host_port() + "/whole:v", "--jq", ".blobs[].from"}),
            "source\nurls\nsource\n");
  EXPECT_EQ(ok({"blob", "get", registry.host_port() + "/whole@" + foreign_blob().digest}), *foreign_blob().bytes);
}

TEST_F(Foreign, CopyInsideARegistryMountsTheLayerToo) {
  const DockerRegistry registry;
  ok({"copy", servercore(), registry.host_port() + "/one:v"});
  EXPECT_EQ(ok({"copy", registry.host_port() + "/one:v", registry.host_port() + "/two:v", "--foreign", "include",
                "--jq", ".blobs[].from"}),
            "mount\nmount\nmount\n");
}

TEST_F(Foreign, OurRegistryTakesAnImageWhoseLayerIsElsewhere) {
  const Served served(dray, dray / "registry");
  ok({"copy", servercore(), served.host_port() + "/thin:v", "--foreign", "skip"});
  EXPECT_EQ(ok({"digest", served.host_port() + "/thin:v"}), twin.servercore().manifest.digest + "\n");
  EXPECT_EQ(ok({"copy", served.host_port() + "/thin:v", "oci:whole:v", "--jq", ".blobs[].from"}),
            "source\nurls\nsource\n");
}

TEST_F(Foreign, WordThatIsNoneIsRefused) {
  const Outcome outcome = dray({"pull", servercore(), "oci:x", "--foreign", "maybe"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("include, keep or skip"));
}

}  // namespace
}  // namespace dray::testing
