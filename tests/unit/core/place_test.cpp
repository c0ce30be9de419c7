#include <gtest/gtest.h>

#include <dray/core/place.hpp>

namespace dray {
namespace place_test {
namespace {

TEST(Place, IsARepositoryOrAPlaceOnDisk) {
  const auto repository = Place::parse("localhost:5000/team/app").value();
  EXPECT_EQ(repository.kind(), PlaceKind::registry);
  EXPECT_EQ(repository.text(), "localhost:5000/team/app");
  EXPECT_EQ(repository.address().text(), "localhost:5000/team/app:latest");
  EXPECT_EQ(Place::parse("alpine").value().text(), "docker.io/library/alpine");
  const auto layout = Place::parse("oci:some/dir").value();
  EXPECT_EQ(layout.kind(), PlaceKind::oci_layout);
  EXPECT_EQ(layout.text(), "oci:some/dir");
  EXPECT_EQ(layout.address().text(), "oci:some/dir");
}

TEST(Place, RefusesTheNameOfOneImage) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const std::string& text :
       {std::string("alpine:3"), std::string("localhost:5000/app:1"), "alpine" + digest, std::string("oci:dir:1"),
        "oci:dir" + digest, std::string("docker-archive:file.tar:app:1")}) {
    EXPECT_EQ(Place::parse(text).error().code(), ErrorCode::invalid_input) << text;
  }
}

}  // namespace
}  // namespace place_test
}  // namespace dray
