#include <dray/store/directory_image.hpp>
#include <dray/store/image_archive.hpp>
#include <dray/store/memory_store.hpp>
#include <dray/store/oci_layout.hpp>

#include "content_store_contract.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {
namespace disk_and_memory_contract_test {
namespace {

class Memory final : public StoreUnderTest {
 public:
  ContentStore& store() override { return store_; }

 private:
  MemoryStore store_;
};

class Layout final : public StoreUnderTest {
 public:
  ContentStore& store() override { return *store_; }

 private:
  TempDir temp_;
  std::shared_ptr<OciLayout> store_ = OciLayout::create(temp_ / "layout").value();
};

class PlainFolder final : public StoreUnderTest {
 public:
  ContentStore& store() override { return *store_; }
  bool removes_tags() const override { return false; }
  bool takes_unknown_media_types() const override { return false; }  // it keeps no types
  bool holds_one_image() const override { return true; }

 private:
  TempDir temp_;
  std::shared_ptr<DirectoryImage> store_ = DirectoryImage::create(temp_ / "image").value();
};

class Archive final : public StoreUnderTest {
 public:
  explicit Archive(ArchiveKind kind) : store_(ImageArchive::create((temp_ / "archive.tar").string(), kind).value()) {
    store_->call_by(RepositoryName::parse("registry.example/app").value());
  }
  ContentStore& store() override { return *store_; }

 private:
  TempDir temp_;
  std::shared_ptr<ImageArchive> store_;
};

INSTANTIATE_TEST_SUITE_P(
    Store, ContentStoreContract,
    ::testing::Values(StoreMaker{"Memory", [] { return std::make_unique<Memory>(); }},
                      StoreMaker{"OciLayout", [] { return std::make_unique<Layout>(); }},
                      StoreMaker{"OciArchive", [] { return std::make_unique<Archive>(ArchiveKind::oci); }},
                      StoreMaker{"DockerArchive", [] { return std::make_unique<Archive>(ArchiveKind::docker); }},
                      StoreMaker{"DirectoryImage", [] { return std::make_unique<PlainFolder>(); }}),
    store_name);

}  // namespace
}  // namespace disk_and_memory_contract_test
}  // namespace dray::testing
