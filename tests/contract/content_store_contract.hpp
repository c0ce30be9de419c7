#pragma once

#include <gtest/gtest.h>
#include <dray/store/content.hpp>

#include <functional>
#include <memory>
#include <string>

namespace dray::testing {

/// A place under test, made empty for one test. What some places cannot do, they say, and the test of it is skipped.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  [[nodiscard]] virtual ContentStore& store() = 0;

  [[nodiscard]] virtual bool removes_tags() const { return true; }
  [[nodiscard]] virtual bool removes_manifests() const { return true; }
  [[nodiscard]] virtual bool removes_blobs() const { return true; }
  [[nodiscard]] virtual bool takes_sha512() const { return true; }
  [[nodiscard]] virtual bool takes_unknown_media_types() const { return true; }
  /// True when manifests may name blobs that the place lacks.
  [[nodiscard]] virtual bool takes_dangling_manifests() const { return true; }
  [[nodiscard]] virtual bool takes_empty_blobs() const { return true; }
  /// True where a second image takes the first one's place, and its only tag is `latest`.
  [[nodiscard]] virtual bool holds_one_image() const { return false; }
};

struct StoreMaker {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

/// What every ContentStore must do. A room adds its place with, in a source of its own beside
/// content_store_contract.cpp,
///   INSTANTIATE_TEST_SUITE_P(Memory, ContentStoreContract, ::testing::Values(StoreMaker{"memory", …}), store_name);
class ContentStoreContract : public ::testing::TestWithParam<StoreMaker> {
 protected:
  ContentStoreContract() : place_(GetParam().make()) {}
  [[nodiscard]] ContentStore& store() { return place_->store(); }
  /// A tag that the place takes.
  [[nodiscard]] std::string tag() const { return place_->holds_one_image() ? "latest" : "v1"; }

  std::unique_ptr<StoreUnderTest> place_;
};

[[nodiscard]] inline std::string store_name(const ::testing::TestParamInfo<StoreMaker>& row) { return row.param.name; }

}  // namespace dray::testing
