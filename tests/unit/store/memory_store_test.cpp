#include <dray/store/memory_store.hpp>

#include <gtest/gtest.h>

#include "store_testing.hpp"

// What every store must do is in tests/contract.

namespace dray {
namespace memory_store_test {
namespace {

using testing::blob_of;

TEST(MemoryStore, RefusesARangeOutsideTheBlob) {
  MemoryStore store;
  ASSERT_TRUE(store.put_blob(blob_of("0123456789"), testing::opener("0123456789"), {}));
  EXPECT_EQ(store.open_blob(blob_of("0123456789"), ByteRange{11, 12}, {}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(store.open_blob(blob_of("0123456789"), ByteRange{5, 4}, {}).error().code(), ErrorCode::invalid_input);
}

TEST(MemoryStore, CutsARangeAtTheBlobsEnd) {
  MemoryStore store;
  ASSERT_TRUE(store.put_blob(blob_of("0123456789"), testing::opener("0123456789"), {}));
  const auto opened = store.open_blob(blob_of("0123456789"), ByteRange{7, 100}, {});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->begin, 7U);
  EXPECT_EQ(read_all(*opened->bytes, 100).value(), "789");
}

TEST(MemoryStore, OpenedBlobOutlivesItsRemoval) {
  MemoryStore store;
  ASSERT_TRUE(store.put_blob(blob_of("hello"), testing::opener("hello"), {}));
  const auto opened = store.open_blob(blob_of("hello"), {}, {});
  ASSERT_TRUE(store.remove_blob(blob_of("hello").digest, {}));
  EXPECT_EQ(read_all(*opened->bytes, 100).value(), "hello");
}

}  // namespace
}  // namespace memory_store_test
}  // namespace dray
