#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <dray/core/limits.hpp>
#include <dray/format/tar.hpp>
#include <dray/ops/pack.hpp>
#include <filesystem>
#include <functional>

#include "support/subprocess.hpp"
#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray::ops {
namespace pack_test {
namespace {

using dray::testing::FailNthCall;
using dray::testing::OnSystemCall;
using dray::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Read {
  TarEntry entry;
  std::string data;
};

std::vector<Read> read(const std::string& tar) {
  StringSource source(tar);
  TarReader reader(source);
  std::vector<Read> all;
  while (true) {
    auto entry = reader.next();
    EXPECT_TRUE(entry) << entry.error().message();
    if (!entry || !*entry) return all;
    std::string data(static_cast<std::size_t>((*entry)->size), '\0');
    for (std::size_t at = 0; at < data.size();) {
      at += reader.read(std::as_writable_bytes(std::span(data)).subspan(at)).value();
    }
    all.push_back({std::move(**entry), std::move(data)});
  }
}

std::vector<std::string> paths(const std::string& tar) {
  std::vector<std::string> all;
  for (const auto& one : read(tar)) all.push_back(one.entry.path);
  return all;
}

void set_time(const std::filesystem::path& path, std::int64_t seconds) {
  const timespec times[2] = {{seconds, 5}, {seconds, 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), &times[0], AT_SYMLINK_NOFOLLOW), 0);
}

/// A folder with one of each kind, made in an order that is not the archive's.
class Pack : public ::testing::Test {
 protected:
  Pack() {
    folder_.write("b/two", "2");
    folder_.write("a.txt", "hello\n");
    folder_.write("b/one", "1");
    folder_.write("a/z", "");
    std::filesystem::create_hard_link(folder_ / "b/one", folder_ / "c");
    std::filesystem::create_symlink("../etc/passwd", folder_ / "b/link");
    ::chmod((folder_ / "a.txt").c_str(), 04755);
    ::chmod((folder_ / "a").c_str(), 01777);
  }
  Result<std::string> pack_it(const PackOptions& options = {}, const std::stop_token& stop = {}) {
    StringSink sink;
    DRAY_TRY(pack(folder_.path(), sink, options, stop));
    return std::move(sink).text();
  }
  Error failure(const PackOptions& options = {}) {
    const auto packed = pack_it(options);
    return packed ? Error(ErrorCode::protocol, "it was packed") : packed.error();
  }

  TempDir folder_;
};

TEST_F(Pack, IsInOrderAndLeavesTheFolderItselfOut) {
  EXPECT_THAT(paths(pack_it().value()), ElementsAre("a/", "a/z", "a.txt", "b/", "b/link", "b/one", "b/two", "c"));
}

TEST_F(Pack, KeepsModesContentAndLinksAndNoOwnersAndTimes) {
  const auto all = read(pack_it().value());
  EXPECT_EQ(all[0].entry.type, TarType::directory);
  EXPECT_EQ(all[0].entry.mode, 01777U);
  EXPECT_EQ(all[2].entry.mode, 04755U);
  EXPECT_EQ(all[2].data, "hello\n");
  EXPECT_EQ(all[4].entry.type, TarType::symlink);
  EXPECT_EQ(all[4].entry.link_path, "../etc/passwd");
  EXPECT_EQ(all[5].data, "1");
  EXPECT_EQ(all[7].entry.type, TarType::hard_link);
  EXPECT_EQ(all[7].entry.link_path, "b/one");
  for (const auto& one : all) {
    EXPECT_EQ(one.entry.uid, 0U);
    EXPECT_EQ(one.entry.user, "");
    EXPECT_EQ(one.entry.mtime_seconds, 0);
  }
}

TEST_F(Pack, TheSameContentElsewhereAndLaterIsTheSameBytes) {
  const auto first = pack_it().value();
  const TempDir other;
  std::filesystem::copy(folder_.path(), other / "copy",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::filesystem::remove(other / "copy/c");
  std::filesystem::create_hard_link(other / "copy/b/one", other / "copy/c");
  ::chmod((other / "copy/a").c_str(), 01777);
  ::chmod((other / "copy/a.txt").c_str(), 04755);
  StringSink sink;
  ASSERT_TRUE(pack(other / "copy", sink, {}, {}));
  EXPECT_EQ(sink.text(), first);
}

TEST_F(Pack, TimesAreClamped) {
  set_time(folder_ / "a.txt", 100);
  set_time(folder_ / "b/two", 300);
  const auto all = read(pack_it({.newest = 200}).value());
  EXPECT_EQ(all[2].entry.mtime_seconds, 100);
  EXPECT_EQ(all[2].entry.mtime_nanoseconds, 0U);
  EXPECT_EQ(all[6].entry.mtime_seconds, 200);
}

TEST_F(Pack, OwnersAreKeptWhereThatIsMeant) {
  const auto all = read(pack_it({.keep_owners = true}).value());
  EXPECT_EQ(all[2].entry.uid, ::getuid());
  EXPECT_EQ(all[2].entry.gid, ::getgid());
}

TEST_F(Pack, LandsInThePrefix) {
  PackOptions options;
  options.prefix = "usr/local";
  EXPECT_THAT(paths(pack_it(options).value()),
              ElementsAre("usr/local/a/", "usr/local/a/z", "usr/local/a.txt", "usr/local/b/", "usr/local/b/link",
                          "usr/local/b/one", "usr/local/b/two", "usr/local/c"));
  options.parents = true;
  const auto all = read(pack_it(options).value());
  EXPECT_EQ(all[0].entry.path, "usr/");
  EXPECT_EQ(all[1].entry.path, "usr/local/");
  EXPECT_EQ(all[1].entry.mode, 0755U);
  EXPECT_EQ(all[9].entry.link_path, "usr/local/b/one");
}

TEST_F(Pack, PrefixesThatClimbAreRefused) {
  for (const auto* const prefix : {"/usr", "../x", "a/../b", "./a", "a//", "a/"}) {
    PackOptions options;
    options.prefix = prefix;
    EXPECT_EQ(failure(options).code(), ErrorCode::invalid_input) << prefix;
  }
}

TEST_F(Pack, WhatReadsAsAWhiteoutIsRefused) {
  folder_.write("b/.wh.one", "");
  EXPECT_EQ(failure().code(), ErrorCode::invalid_input);
  EXPECT_THAT(failure().message(), HasSubstr(".wh.one"));
}

TEST_F(Pack, SocketsAreRefusedAndFifosKept) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read(pack_it().value()).back().entry.type, TarType::fifo);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (folder_ / "socket").string();
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(&address.sun_path[0], path.size());
  const void* const any = &address;
  ASSERT_EQ(::bind(fd, static_cast<const sockaddr*>(any), sizeof address), 0);
  EXPECT_THAT(failure().message(), HasSubstr("socket"));
  ::close(fd);
}

TEST_F(Pack, DevicesAreRefusedUnlessTheyAreMeant) {
  if (::mknod((folder_ / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0)
    GTEST_SKIP() << "only root makes devices";
  EXPECT_THAT(failure().message(), HasSubstr("--devices"));
  const auto last = read(pack_it({.devices = true}).value()).back().entry;
  EXPECT_EQ(last.type, TarType::character_device);
  EXPECT_EQ(last.device_major, 1U);
  EXPECT_EQ(last.device_minor, 3U);
}

TEST_F(Pack, FileCapabilitiesComeAlongAndNoOtherAttributes) {
  // cap_net_raw+ep, as `setcap` writes it. Source: linux/capability.h, struct vfs_cap_data, version 2.
  const std::string net_raw("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  const auto file = folder_ / "a.txt";
  if (::setxattr(file.c_str(), "security.capability", net_raw.data(), net_raw.size(), 0) != 0) {
    // No file can be made that the test would be about.
    GTEST_SKIP() << "only root gives files capabilities, and only where the file system keeps them";
  }
  (void)::setxattr(file.c_str(), "user.note", "x", 1, 0);
  const auto all = read(pack_it().value());
  EXPECT_THAT(all[2].entry.xattrs, ElementsAre(std::pair(std::string("security.capability"), net_raw)));
  for (const auto at : {0, 1, 3, 4, 5, 6, 7}) EXPECT_TRUE(all[static_cast<std::size_t>(at)].entry.xattrs.empty());
}

TEST_F(Pack, LongAndStrangeNamesArriveInGnuTar) {
  folder_.write(std::string(200, 'n') + "/" + std::string(200, 'm'), "long");
  folder_.write("new\nline", "x");
  folder_.write("ümläut", "y");
  folder_.write("bytes\xff", "z");
  const TempDir out;
  const auto tar = out.write("x.tar", pack_it().value());
  const auto outcome = dray::testing::run(
      {.words = {"tar", "--extract", "--file", tar.string(), "--directory", out.path().string(), "--no-same-owner"}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  // It has no need of the record, and says so.
  EXPECT_EQ(outcome.err, "tar: Ignoring unknown extended header keyword 'hdrcharset'\n");
  std::filesystem::remove(tar);
  const auto diff =
      dray::testing::run({.words = {"diff", "--recursive", "--no-dereference", folder_.path(), out.path()}});
  EXPECT_EQ(diff.status, 0) << diff.out;
}

TEST_F(Pack, PathsThatNoReaderTakesAreRefused) {
  auto path = folder_.path();
  std::string deep;
  for (std::size_t i = 0; i <= limits::max_archive_path_depth; ++i) deep += "d/";
  std::filesystem::create_directories(path / deep);
  EXPECT_EQ(failure().code(), ErrorCode::limit_exceeded);
}

TEST_F(Pack, ALargeSparseFileStreams) {
  constexpr std::uint64_t size = 64ULL * 1024 * 1024;
  std::filesystem::resize_file(folder_.write("sparse", "begin"), size);
  class Counting final : public ByteSink {
   public:
    Result<void> write(ByteView bytes) override {
      total += bytes.size();
      largest = std::max(largest, bytes.size());
      return {};
    }
    std::uint64_t total = 0;
    std::size_t largest = 0;
  } sink;
  ASSERT_TRUE(pack(folder_.path(), sink, {}, {}));
  EXPECT_GT(sink.total, size);
  EXPECT_LE(sink.largest, 256U * 1024);
}

// Somebody writes while it is read: at every system call in turn.
TEST_F(Pack, WhatChangesMeanwhileIsNoticed) {
  const auto grow = [&] { folder_.write("b/two", "much longer"); };
  const auto add = [&] { folder_.write("b/three", "3"); };
  const auto packed = pack_it().value();
  for (const auto& change : {std::function<void()>(grow), std::function<void()>(add)}) {
    std::size_t refused = 0;
    for (std::size_t n = 1;; ++n) {
      std::filesystem::remove(folder_ / "b/three");
      folder_.write("b/two", "2");
      set_time(folder_ / "b", 100);  // so that a change shows, however coarse the clock of the disk is
      std::size_t calls = 0;
      bool is_reached = false;
      Result<std::string> result = std::string();
      {
        OnSystemCall faults([&](SystemCall) {
          if (++calls == n) {
            change();
            is_reached = true;
          }
          return 0;
        });
        const ScopedSystemFaults scope(faults);
        result = pack_it();
      }
      if (!is_reached) break;
      // Before or after the file was read it is another file; in between it is refused.
      if (result) {
        EXPECT_TRUE(*result == packed || *result == pack_it().value()) << n;
      } else {
        EXPECT_EQ(result.error().code(), ErrorCode::conflict) << result.error().message();
        ++refused;
      }
    }
    EXPECT_GE(refused, 1U);
  }
}

TEST_F(Pack, FailsWithTheSystemsWordAtAnyCall) {
  std::size_t calls = 0;
  {
    FailNthCall count(0, EIO);
    const ScopedSystemFaults scope(count);
    ASSERT_TRUE(pack_it());
    calls = count.count();
  }
  ASSERT_GT(calls, 8U);
  for (std::size_t n = 1; n <= calls; ++n) {
    FailNthCall fail(n, EIO);
    const ScopedSystemFaults scope(fail);
    const auto packed = pack_it();
    ASSERT_FALSE(packed) << n;
    EXPECT_EQ(packed.error().code(), ErrorCode::io) << n << packed.error().message();
  }
}

TEST_F(Pack, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(pack_it({}, stop.get_token()).error().code(), ErrorCode::cancelled);
}

TEST_F(Pack, AFullSinkEndsIt) {
  class Full final : public ByteSink {
   public:
    Result<void> write(ByteView) override { return Error(ErrorCode::no_space, "full"); }
  } sink;
  EXPECT_EQ(pack(folder_.path(), sink, {}, {}).error().code(), ErrorCode::no_space);
}

}  // namespace
}  // namespace pack_test
}  // namespace dray::ops
