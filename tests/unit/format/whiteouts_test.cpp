#include <gtest/gtest.h>

#include <dray/format/whiteouts.hpp>
#include <ostream>

namespace dray {
namespace whiteouts_test {
namespace {

struct Row {
  const char* name;
  std::string_view base_name;
  Whiteout wanted;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class ClassifyWhiteout : public ::testing::TestWithParam<Row> {};

TEST_P(ClassifyWhiteout, ByName) { EXPECT_EQ(classify_whiteout(GetParam().base_name), GetParam().wanted); }

INSTANTIATE_TEST_SUITE_P(Table, ClassifyWhiteout,
                         ::testing::Values(Row{"Ordinary", "passwd", {}}, Row{"Empty", "", {}},
                                           Row{"OneDot", ".wh", {}}, Row{"PrefixInside", "a.wh.b", {}},
                                           Row{"OtherCase", ".WH.a", {}},
                                           Row{"Remove", ".wh.passwd", {WhiteoutKind::remove, "passwd"}},
                                           Row{"RemoveHiddenFile", ".wh..profile", {WhiteoutKind::remove, ".profile"}},
                                           Row{"RemoveThreeDots", ".wh....", {WhiteoutKind::remove, "..."}},
                                           Row{"RemoveBlank", ".wh. ", {WhiteoutKind::remove, " "}},
                                           Row{"RemoveWh", ".wh..wh", {WhiteoutKind::remove, ".wh"}},
                                           Row{"Opaque", ".wh..wh..opq", {WhiteoutKind::opaque, {}}},
                                           Row{"AufsLinks", ".wh..wh.plnk", {WhiteoutKind::aufs_metadata, {}}},
                                           Row{"AufsOrphans", ".wh..wh.orph", {WhiteoutKind::aufs_metadata, {}}},
                                           Row{"AufsItself", ".wh..wh.aufs", {WhiteoutKind::aufs_metadata, {}}},
                                           Row{"DoublePrefix", ".wh..wh.", {WhiteoutKind::aufs_metadata, {}}},
                                           Row{"NearlyOpaque", ".wh..wh..opq2", {WhiteoutKind::aufs_metadata, {}}},
                                           Row{"PrefixAlone", ".wh.", {WhiteoutKind::invalid, {}}},
                                           Row{"FolderItself", ".wh..", {WhiteoutKind::invalid, {}}},
                                           Row{"Parent", ".wh...", {WhiteoutKind::invalid, {}}},
                                           Row{"Slash", ".wh.a/b", {WhiteoutKind::invalid, {}}}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace whiteouts_test
}  // namespace dray
