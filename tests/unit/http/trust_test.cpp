#include "trust.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "support/temp_dir.hpp"

namespace dray::http {
namespace trust_test {
namespace {

/// Sets a variable of the environment, or takes it away, for one test.
class Variable {
 public:
  explicit Variable(const char* name) : name_(name) {
    if (const auto* const value = std::getenv(name)) before_ = value;
    unsetenv(name);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

  void set(const char* value) { setenv(name_, value, 1); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

constexpr const char* pem = "-----BEGIN CERTIFICATE-----\n";

TEST(SystemTrust, ObeysTheEnvironment) {
  Variable directory("SSL_CERT_DIR");
  {
    Variable file("SSL_CERT_FILE");
    file.set("/some/file");
    EXPECT_EQ(system_trust().file, "/some/file");
    EXPECT_EQ(system_trust().directory, std::nullopt);
    directory.set("/some/dir");
    EXPECT_EQ(system_trust().directory, "/some/dir");
    EXPECT_EQ(system_trust().file, "/some/file");
  }
  const Variable file("SSL_CERT_FILE");
  EXPECT_EQ(system_trust().directory, "/some/dir");
  EXPECT_EQ(system_trust().file, std::nullopt);
}

TEST(SystemTrust, TrustsSomebodyByItself) {
  const Variable directory("SSL_CERT_DIR");
  const Variable file("SSL_CERT_FILE");
  const auto trust = system_trust();
  EXPECT_TRUE(trust.verify);
  EXPECT_TRUE(trust.directory || trust.file);
  EXPECT_FALSE(trust.pem);
}

TEST(TrustFor, IsTheSystemsByDefault) {
  const auto trust = trust_for({}, Trust{true, "/dir", "/file", {}});
  ASSERT_TRUE(trust);
  EXPECT_TRUE(trust->verify);
  EXPECT_EQ(trust->directory, "/dir");
  EXPECT_EQ(trust->file, "/file");
  EXPECT_FALSE(trust->pem);
}

TEST(TrustFor, PutsACaFileBesideTheSystems) {
  const dray::testing::TempDir directory;
  const auto extra = (directory.path() / "extra.pem").string();
  const auto bundle = (directory.path() / "bundle.pem").string();
  std::ofstream(extra) << pem << "extra";
  std::ofstream(bundle) << pem << "bundle";

  const auto beside_directory = trust_for({true, {extra}, {}}, Trust{true, "/dir", {}, {}});
  ASSERT_TRUE(beside_directory);
  EXPECT_EQ(beside_directory->directory, "/dir");
  EXPECT_EQ(beside_directory->pem, std::string(pem) + "extra\n");

  const auto beside_bundle = trust_for({true, {extra}, {}}, Trust{true, {}, bundle, {}});
  ASSERT_TRUE(beside_bundle);
  EXPECT_FALSE(beside_bundle->file);
  EXPECT_EQ(beside_bundle->pem, std::string(pem) + "extra\n" + pem + "bundle");
}

TEST(TrustFor, LoadsNothingWhereNothingIsVerified) {
  const auto trust = trust_for({false, {"/absent"}, {}}, Trust{true, "/dir", "/file", {}});
  ASSERT_TRUE(trust);
  EXPECT_FALSE(trust->verify);
  EXPECT_FALSE(trust->directory || trust->file || trust->pem);
}

}  // namespace
}  // namespace trust_test
}  // namespace dray::http
