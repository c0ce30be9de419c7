#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/settings/sync_file.hpp>

namespace dray::settings {
namespace sync_file_test {
namespace {

Result<SyncFile> parse(const std::string& text) { return SyncFile::parse(text, "mirror.yml"); }

constexpr const char* full = R"(version: 1
defaults:
  platforms: [linux/amd64, linux/arm64]
  tags:
    exclude: ['.*-rc.*']
  delete-limit: 10
sync:
  - source: alpine
    destination: localhost:5000/mirror/alpine
    tags:
      include: ['3\.\d+', latest]
    delete: true
  - source: oci:layouts/app
    destination: localhost:5000/app
    platforms: []
    tags:
      names: [v1, v2]
  - registry: localhost:6000
    repositories:
      include: [team/.*]
    destination: localhost:5000/theirs
    sparse: true
    keep-requests: 5
    no-clobber: true
    foreign: skip
    referrers: true
)";

TEST(SyncFile, ReadsEveryKey) {
  const auto file = parse(full).value();
  ASSERT_EQ(file.entries.size(), 3U);
  const auto& alpine = file.entries[0];
  EXPECT_EQ(alpine.source->text(), "docker.io/library/alpine");
  EXPECT_EQ(alpine.destination, "localhost:5000/mirror/alpine");
  EXPECT_EQ(alpine.line, 8U);
  EXPECT_EQ(alpine.choice.platforms.size(), 2U);
  EXPECT_TRUE(alpine.choice.remove);
  EXPECT_EQ(alpine.choice.remove_limit, 10U);
  EXPECT_TRUE(alpine.choice.tags.takes("3.13"));
  EXPECT_TRUE(alpine.choice.tags.takes("latest"));
  EXPECT_FALSE(alpine.choice.tags.takes("edge"));

  const auto& layout = file.entries[1];
  EXPECT_EQ(layout.source->kind(), PlaceKind::oci_layout);
  EXPECT_TRUE(layout.choice.platforms.empty()) << "an entry's own word counts";
  EXPECT_EQ(layout.choice.tag_names, (std::vector<std::string>{"v1", "v2"}));
  EXPECT_FALSE(layout.choice.remove);

  const auto& all = file.entries[2];
  EXPECT_FALSE(all.source);
  EXPECT_EQ(all.choice.foreign, SyncForeign::skip);
  EXPECT_TRUE(all.choice.referrers);
  EXPECT_EQ(layout.choice.foreign, SyncForeign::include);
  EXPECT_FALSE(layout.choice.referrers);
  EXPECT_EQ(all.registry->text(), "localhost:6000");
  EXPECT_TRUE(all.repositories.takes("team/app"));
  EXPECT_FALSE(all.repositories.takes("other/app"));
  EXPECT_TRUE(all.choice.sparse && all.choice.no_clobber);
  EXPECT_EQ(all.choice.keep_requests, 5U);
  EXPECT_FALSE(all.choice.tags.takes("1-rc1")) << "a default";
}

TEST(SyncFile, TakesDefaultsThatStandBehindTheirUse) {
  const auto file = parse("sync: [{source: a, destination: 'localhost:1/a'}]\ndefaults: {delete: true}\nversion: 1\n");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(file->entries[0].choice.remove);
}

struct Row {
  const char* text;   // of an entry, or of a whole file where it begins with `!`
  const char* where;  // line
  const char* says;
};

TEST(SyncFile, RefusesWhatItDoesNotKnowWithLineAndHint) {
  const Row rows[] = {
      {"!", "1", "must be a map"},
      {"!version: 2\nsync: []\n", "1", "version"},
      {"!sync: [{source: a, destination: 'h:1/a'}]\n", "1", "version: 1"},
      {"!version: 1\n", "1", "nothing is to be copied"},
      {"!version: 1\nsync: []\n", "1", "nothing is to be copied"},
      {"!version: 1\nsync: x\n", "2", "list"},
      {"!version: 1\n\nsyncs: []\n", "3", "did you mean 'sync'"},
      {"!version: 1\ndefaults:\n  sorce: a\nsync: []\n", "3", "not known in defaults"},
      {"!version: 1\ncreds:\n  - registry: x\n", "2", "dray login"},
      {"source: a\n    destination: h:1/a\n    plattforms: [linux/amd64]", "5", "did you mean 'platforms'"},
      {"source: a\n    destination: h:1/a\n    zzzzzzz: 1", "5", "there are: source"},
      {"source: a\n    destination: h:1/a\n    password: secret-word", "5", "dray login"},
      {"source: a\n    destination: h:1/a\n    interval: 60m", "5", "cron"},
      {"source: a", "3", "destination"},
      {"destination: h:1/a", "3", "source"},
      {"source: a\n    registry: h:1\n    destination: h:1/a", "3", "either"},
      {"source: a:1\n    destination: h:1/a", "3", "without a tag"},
      {"source: a\n    destination: h:1/a:1", "4", "without a tag"},
      {"source: 'robot:secret-word@h:1/a'\n    destination: h:1/a", "3", "source"},
      {"registry: h/x\n    destination: h:1", "3", "registry"},
      {"registry: h:1\n    destination: h:1/UPPER", "4", "destination"},
      {"source: a\n    repositories: {include: [x]}\n    destination: h:1/a", "4", "registry"},
      {"source: h:1/a\n    destination: h:1/a", "4", "the same"},
      {"source: a\n    destination: h:1/a\n    sparse: true", "3", "platforms"},
      {"source: a\n    destination: h:1/a\n    delete: yes", "5", "true or false"},
      {"source: a\n    destination: h:1/a\n    delete: 'true'", "5", "true or false"},
      {"source: a\n    destination: h:1/a\n    delete: true\n    no-clobber: true", "3", "contradict"},
      {"source: a\n    destination: h:1/a\n    delete-limit: -1", "5", "number"},
      {"source: a\n    destination: h:1/a\n    tags: {include: ['(']}", "5", "pattern"},
      {"source: a\n    destination: h:1/a\n    tags: {include: 1.0}", "5", "list"},
      {"source: a\n    destination: h:1/a\n    tags: {names: ['a b']}", "5", "names"},
      {"source: a\n    destination: h:1/a\n    tags: {names: [[x]]}", "5", "texts"},
      {"source: a\n    destination: h:1/a\n    platforms: [amd64/linux/x/y/z]", "5", "platforms"},
      {"source: &s a\n    destination: h:1/a", "3", "anchors"},
      {"source: a\n    source: b\n    destination: h:1/a", "4", "twice"},
  };
  for (const auto& row : rows) {
    const std::string text = row.text;
    const auto file = parse(text.starts_with('!') ? text.substr(1) : "version: 1\nsync:\n  - " + text + "\n");
    ASSERT_FALSE(file) << row.text;
    EXPECT_EQ(file.error().code(), ErrorCode::invalid_input) << row.text;
    const auto& message = file.error().message();
    EXPECT_EQ(message.find("mirror.yml:" + std::string(row.where) + ":"), 0U) << row.text << "\n" << message;
    EXPECT_NE(message.find(row.says), std::string::npos) << row.text << "\n" << message;
    EXPECT_EQ(message.find("secret-word"), std::string::npos) << message;
  }
}

TEST(SyncFile, HasLimits) {
  std::string list;
  for (std::size_t i = 0; i <= limits::max_sync_list_items; ++i) list += "a" + std::to_string(i) + ", ";
  const std::string entry = "  - {source: a, destination: 'h:1/a'}\n";
  EXPECT_EQ(
      parse("version: 1\nsync:\n  - {source: a, destination: 'h:1/a', tags: {names: [" + list + "]}}\n").error().code(),
      ErrorCode::limit_exceeded);
  std::string many = "version: 1\nsync:\n";
  for (std::size_t i = 0; i < limits::max_sync_entries; ++i) many += entry;
  EXPECT_TRUE(parse(many));
  EXPECT_EQ(parse(many + entry).error().code(), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace sync_file_test
}  // namespace dray::settings
