#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "pieces.hpp"
#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"
#include "tar_testing.hpp"

namespace dray {
namespace tar_corpus_test {
namespace {

namespace fs = std::filesystem;

/// A program and a form of archive that it writes; each reads the same folder.
struct Producer {
  const char* name;
  std::vector<std::string> words;
  bool everything = true;
};

void PrintTo(const Producer& row, std::ostream* out) { *out << row.name; }

void make_tree(const testing::TempDir& root, bool everything) {
  root.write("d/hello", "hello\n");
  root.write("d/empty", "");
  root.write("d/a b/two blanks", std::string(513, 'x'));
  root.write("d/block", std::string(512, 'y'));
  fs::create_symlink("hello", root / "d/link");
  fs::create_hard_link(root / "d/hello", root / "d/twin");
  fs::permissions(root / "d/hello", fs::perms(04751));
  if (!everything) return;
  ASSERT_EQ(mkfifo((root / "d/fifo").c_str(), 0600), 0);
  const std::string name(90, 'n');
  root.write("d/" + name + "/" + name + "/" + name + "/file", "deep");
  root.write("d/caf\u00e9/\U0001f600", "utf-8");
  fs::create_symlink(std::string(150, 't'), root / "d/long link");
}

class TarCorpus : public ::testing::TestWithParam<Producer> {};

TEST_P(TarCorpus, IsListedAsOthersListIt) {
  const testing::TempDir root;
  make_tree(root, GetParam().everything);
  const auto made = testing::run({.words = GetParam().words, .env = {{"LC_ALL", "C.UTF-8"}}, .directory = root.path()});
  ASSERT_EQ(made.status, 0) << made.err;

  const auto files = testing::read_tar(made.out, 4096);
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_GE(files->size(), 8U);
  EXPECT_EQ(testing::lines_of(*files), testing::lines_of_gnu_tar(made.out));
  EXPECT_EQ(testing::whole_second_lines_of(*files), testing::lines_of_python(made.out));
}

TEST_P(TarCorpus, HasTheDataThatWasWritten) {
  const testing::TempDir root;
  make_tree(root, GetParam().everything);
  const auto made = testing::run({.words = GetParam().words, .env = {{"LC_ALL", "C.UTF-8"}}, .directory = root.path()});
  const auto files = testing::read_tar(made.out, 7);
  ASSERT_TRUE(files) << files.error().message();
  for (const auto& file : *files) {
    if (file.entry.type != TarType::file) continue;
    EXPECT_EQ(file.data, testing::read_bytes(root / file.entry.path));
  }
}

std::vector<std::string> gnu_tar(const std::string& format) { return {"tar", "--format=" + format, "-cf", "-", "d"}; }
std::vector<std::string> bsdtar(const std::string& format) { return {"bsdtar", "--format", format, "-cf", "-", "d"}; }
std::vector<std::string> python(const std::string& format) {
  return {"python3", "-c",
          "import sys, tarfile\nwith tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=tarfile." + format +
              ") as t:\n    t.add('d')\n"};
}

INSTANTIATE_TEST_SUITE_P(
    Producers, TarCorpus,
    ::testing::Values(Producer{"GnuV7", gnu_tar("v7"), false}, Producer{"GnuUstar", gnu_tar("ustar"), false},
                      Producer{"GnuOldGnu", gnu_tar("oldgnu")}, Producer{"GnuGnu", gnu_tar("gnu")},
                      Producer{"GnuPax", gnu_tar("posix")}, Producer{"BsdUstar", bsdtar("ustar"), false},
                      Producer{"BsdGnu", bsdtar("gnutar")}, Producer{"BsdPax", bsdtar("pax")},
                      Producer{"PythonUstar", python("USTAR_FORMAT"), false},
                      Producer{"PythonGnu", python("GNU_FORMAT")}, Producer{"PythonPax", python("PAX_FORMAT")}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tar_corpus_test
}  // namespace dray
