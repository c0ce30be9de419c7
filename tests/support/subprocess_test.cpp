#include "support/subprocess.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>
#include <string>

#include "support/temp_dir.hpp"

namespace dray::testing {
namespace subprocess_test {
namespace {

TEST(Subprocess, PassesInputEnvironmentAndFolderAndKeepsOutput) {
  const TempDir directory;
  Command command{{"sh", "-c", "cat; printf %s \"$DRAY_X\"; pwd >&2; exit 3"}};
  command.env["DRAY_X"] = "value";
  command.input = std::string(300'000, 'i');
  command.directory = directory.path();
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, command.input + "value");
  EXPECT_EQ(outcome.err, directory.path().string() + "\n");
  EXPECT_GT(outcome.peak_memory_kib, 0);
}

TEST(Subprocess, UnsetsVariables) {
  Command command{{"sh", "-c", "printf %s \"${HOME-none}\""}};
  command.env["HOME"] = std::nullopt;
  EXPECT_EQ(run(command).out, "none");
}

TEST(Subprocess, EndsBySignal) {
  Process process({{"sh", "-c", "echo ready; exec sleep 100"}});
  ASSERT_TRUE(process.wait_for_output("ready"));
  EXPECT_TRUE(process.running());
  process.kill(SIGTERM);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_EQ(outcome.status, 128 + SIGTERM);
}

TEST(Subprocess, KillsWhatPassesItsDeadline) {
  EXPECT_THROW(run({{"sleep", "100"}}, std::chrono::milliseconds(20)), std::runtime_error);
}

TEST(Subprocess, DoesNotWaitForGrandchildrenThatKeepThePipe) {
  EXPECT_EQ(run({{"sh", "-c", "sleep 100 & echo done"}}, std::chrono::seconds(10)).out, "done\n");
}

TEST(Subprocess, NamesMissingProgram) {
  try {
    run({{"dray-no-such-program"}});
    FAIL() << "a missing program was run";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("dray-no-such-program is missing"), std::string::npos);
  }
}

}  // namespace
}  // namespace subprocess_test
}  // namespace dray::testing
