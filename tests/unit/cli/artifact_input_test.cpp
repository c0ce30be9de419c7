#include "artifact_input.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace artifact_input_test {
namespace {

TEST(TypedFile, WhatLooksLikeATypeBehindTheLastColonIsOne) {
  const auto typed = parse_typed_file("dir/a:b.txt:text/plain");
  EXPECT_EQ(typed.path, "dir/a:b.txt");
  EXPECT_EQ(typed.media_type, MediaType::of("text/plain"));
}

TEST(TypedFile, EverythingElseIsTheFilesName) {
  for (const std::string text :
       {"a.txt", "a:b", "a:", "a:text", ":text/plain", "c:\\a", "a:text/plain;charset=utf-8"}) {
    const auto typed = parse_typed_file(text);
    EXPECT_EQ(typed.path, text);
    EXPECT_FALSE(typed.media_type);
  }
}

}  // namespace
}  // namespace artifact_input_test
}  // namespace dray::cli
