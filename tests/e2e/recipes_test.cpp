// The README and docs/recipes.md show what the program does: each `$ ` line is run, and what it prints is what stands
// below it. DRAY_RECORD=1 writes the outputs anew; look at the difference before it is kept.
#include <gtest/gtest.h>

#include <cstdlib>

#include "program.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace recipes_test {
namespace {

constexpr std::string_view block_begin = "```console";
constexpr std::string_view block_end = "```";
constexpr std::string_view prompt = "$ ";

struct Line {
  std::string text;
  enum class What : unsigned char { prose, command, output } what = What::prose;
};

std::vector<Line> read_page(const std::string& page) {
  std::vector<Line> lines;
  bool in_block = false;
  for (std::size_t at = 0; at < page.size();) {
    const auto end = page.find('\n', at);
    auto text = page.substr(at, end - at);
    at = end == std::string::npos ? page.size() : end + 1;
    auto what = Line::What::prose;
    if (text == block_begin) {
      in_block = true;
    } else if (text == block_end) {
      in_block = false;
    } else if (in_block) {
      what = text.starts_with(prompt) ? Line::What::command : Line::What::output;
    }
    lines.push_back({std::move(text), what});
  }
  return lines;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// A multi-platform image as Docker Hub's are, of layers whose bytes no version of zlib changes.
Index python_image() {
  std::vector<Image> images;
  for (const PlatformSpec& platform :
       {PlatformSpec{"linux", "arm", "v5"}, PlatformSpec{"linux", "arm64", "v8"}, PlatformSpec{"linux", "s390x"}}) {
    ImageSpec spec;
    spec.platform = platform;
    spec.layers = {
        LayerSpec{.entries = {TarEntry{"etc/arch", platform.architecture + platform.variant + "\n"}},
                  .packing = Packing::none},
        LayerSpec{.entries = {TarEntry{"usr/share/python", "the same everywhere\n"}}, .packing = Packing::none}};
    spec.entrypoint = {"python3"};
    images.push_back(make_image(spec));
  }
  return make_index(std::move(images));
}

/// The registries of the page, each a twin on this machine.
class Registries {
 public:
  Registries() { hub_.add("repo/python", "latest", python_image()); }

  /// The page's hosts become the twins' ...
  [[nodiscard]] std::string to_twins(std::string text) const {
    for (const auto& [name, host] : hosts()) replace_all(text, name, host);
    return text;
  }
  /// ... and the twins' the page's.
  [[nodiscard]] std::string to_page(std::string text) const {
    for (const McrTwin* twin : {&mcr_, &hub_, &local_}) {
      replace_all(text, twin->content_origin(), "https://mcrwus20.cdn.mscr.io");
      replace_all(text, twin->foreign_origin(), "https://go.microsoft.com");
    }
    for (const auto& [name, host] : hosts()) {
      replace_all(text, "http://" + host, (name.starts_with("localhost") ? "http://" : "https://") + name);
      replace_all(text, host, name);
    }
    replace_all(text, "127.0.0.1", "mcrwus20.cdn.mscr.io");
    return text;
  }

 private:
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> hosts() const {
    return {{"mcr.microsoft.com", mcr_.host_port()},
            {"docker.io", hub_.host_port()},
            {"localhost:5000", local_.host_port()}};
  }

  McrTwin mcr_;
  McrTwin hub_;
  McrTwin local_;
};

struct Page {
  const char* name;
  const char* path;
  int least_commands;
};

class Pages : public ::testing::TestWithParam<Page> {};

TEST_P(Pages, ShowWhatIsPrinted) {
  const auto path = std::filesystem::path(DRAY_SOURCE_DIR) / GetParam().path;
  const auto lines = read_page(read_bytes(path));
  const Registries registries;
  const Dray dray;
  std::string page;
  int commands = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].what == Line::What::output) continue;
    page += lines[i].text + "\n";
    if (lines[i].what != Line::What::command) continue;
    ++commands;
    std::string shown;
    for (auto next = i + 1; next < lines.size() && lines[next].what == Line::What::output; ++next) {
      shown += lines[next].text + "\n";
    }
    const Outcome outcome = dray.shell("exec 2>&1; " + registries.to_twins(lines[i].text.substr(prompt.size())));
    const auto printed = registries.to_page(outcome.out);
    EXPECT_EQ(printed, shown) << lines[i].text;
    page += printed;
  }
  EXPECT_GE(commands, GetParam().least_commands);
  if (std::getenv("DRAY_RECORD") != nullptr) write_bytes(path, page);
}

INSTANTIATE_TEST_SUITE_P(Docs, Pages,
                         ::testing::Values(Page{"Readme", "README.md", 10}, Page{"Recipes", "docs/recipes.md", 25}),
                         [](const auto& row) { return row.param.name; });

TEST(Readme, ShowsTheConsumerAsItIs) {
  const std::filesystem::path root = DRAY_SOURCE_DIR;
  const auto program = read_bytes(root / "tests/consumer/main.cpp");
  EXPECT_NE(read_bytes(root / "README.md").find("```cpp\n" + program + "```\n"), std::string::npos);
}

}  // namespace
}  // namespace recipes_test
}  // namespace dray::testing
