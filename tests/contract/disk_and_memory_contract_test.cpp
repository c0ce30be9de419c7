#include <dray/store/memory_store.hpp>
#include <dray/store/oci_layout.hpp>

#include "content_store_contract.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {
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

INSTANTIATE_TEST_SUITE_P(Store, ContentStoreContract,
                         ::testing::Values(StoreMaker{"Memory", [] { return std::make_unique<Memory>(); }},
                                           StoreMaker{"OciLayout", [] { return std::make_unique<Layout>(); }}),
                         store_name);

}  // namespace
}  // namespace dray::testing
