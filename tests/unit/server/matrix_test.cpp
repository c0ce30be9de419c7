#include <filesystem>
#include <map>

#include "registry_fixture.hpp"
#include "routes.hpp"

namespace dray::server {
namespace matrix_test {
namespace {

namespace fs = std::filesystem;

struct Setting {
  const char* name;
  RegistryOptions options;
  bool push;
  bool remove;
};

std::vector<Setting> settings() {
  RegistryOptions read_only;
  read_only.read_only = true;
  RegistryOptions keep;
  keep.allow_delete = false;
  RegistryOptions content;
  content.content_only = SignedLinks("a key of more than sixteen bytes");
  return {{"Open", {}, true, true},
          {"ReadOnly", read_only, false, false},
          {"NoDelete", keep, true, false},
          {"Content", content, false, false}};
}

/// Names and bytes of every file below a folder.
std::map<std::string, std::string> files_below(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) files[entry.path().string()] = testing::read_bytes(entry.path());
  }
  return files;
}

constexpr Method methods[] = {Method::get,   Method::head, Method::post,    Method::put,
                              Method::patch, Method::del,  Method::options, Method::other};

class Matrix : public RegistryFixture {
 protected:
  /// A path of the route that means something: an image, a blob and an upload are there.
  std::string target(const Route& route) {
    std::string path(route.shape);
    const auto replace = [&path](std::string_view what, const std::string& with) {
      if (const auto at = path.find(what); at != std::string::npos) path.replace(at, what.size(), with);
    };
    replace("<name>", "team/app");
    const bool blob = path.find("/blobs/<last>") != std::string::npos;
    const bool upload = path.find("/uploads/<last>") != std::string::npos;
    const bool referrers = path.find("/referrers/") != std::string::npos;
    replace("<last>", blob ? blob_ : upload ? upload_ : referrers ? image_ : "1");
    return path;
  }
  void fill() {
    serve();
    image_ = push_image("team/app", "1", "one").text();
    blob_ = push_blob("team/app", "bytes").text();
    const auto location = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
    upload_ = location.substr(location.rfind('/') + 1);
    ask(Method::patch, location, {}, "0123");
  }

  std::string image_;
  std::string blob_;
  std::string upload_;
};

TEST_F(Matrix, S2EveryMethodOfEveryRouteDoesWhatTheSettingsAllow) {
  bool changed = true;
  for (const auto& setting : settings()) {
    for (const auto& route : routes()) {
      for (const auto method : methods) {
        if (changed) fill();
        serve(setting.options);
        const auto where = std::string(setting.name) + " " + std::string(name(method)) + " " + std::string(route.shape);
        const auto before = files_below(directory_.path());
        const auto answer = ask(method, target(route), {}, method == Method::get ? "" : "{}");
        changed = files_below(directory_.path()) != before;
        const auto* const operation = find_operation(route, method);
        const bool offered = operation != nullptr && is_offered(operation->use, setting.options);
        EXPECT_LT(answer.status, 500) << where << answer.body;
        if (method == Method::options) {
          EXPECT_EQ(answer.status, 204) << where;
          EXPECT_EQ(answer.header("Allow"), allowed_methods(route, setting.options)) << where;
        } else if (!offered) {
          EXPECT_EQ(answer.status, 405) << where;
          EXPECT_EQ(answer.header("Allow"), allowed_methods(route, setting.options)) << where;
          if (method != Method::head) {
            EXPECT_EQ(answer.code(), "UNSUPPORTED") << where;
          }
        }
        const bool may_change = offered && ((operation->use == Use::push && setting.push) ||
                                            (operation->use == Use::remove && setting.remove));
        if (!may_change) {
          EXPECT_FALSE(changed) << where;
        }
      }
    }
  }
}

/// Writes down what it was asked, and says no.
class Recorder final : public Access {
 public:
  std::vector<Need> asked;
  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& /*request*/,
                                                       std::span<const Need> needs) override {
    asked.assign(needs.begin(), needs.end());
    return Decision(Denied{{R"(Basic realm="dray")"}, "who are you?"});
  }
  [[nodiscard]] Decision decide(const Request& request, std::span<const Need> needs) override {
    return *decide_at_once(request, needs);
  }
  [[nodiscard]] std::string token_path() const override { return {}; }
  [[nodiscard]] Response answer_token(const Request& /*request*/, std::string_view /*form*/) override { return {}; }
};

TEST_F(Matrix, S5EveryOperationAsksForWhatItNeedsAndIsRefusedWithoutIt) {
  fill();
  const auto recorder = std::make_shared<Recorder>();
  serve({}, recorder);
  const auto before = files_below(directory_.path());
  for (const auto& route : routes()) {
    for (const auto& operation : route.operations) {
      recorder->asked.clear();
      const auto where = std::string(name(operation.method)) + " " + std::string(route.shape);
      const auto answer = ask(operation.method, target(route), {}, "{}");
      if (operation.use == Use::open) {
        EXPECT_EQ(answer.status, 200) << where;
        continue;
      }
      EXPECT_EQ(answer.status, 401) << where;
      EXPECT_EQ(answer.code(), "UNAUTHORIZED") << where;
      EXPECT_EQ(answer.header("WWW-Authenticate"), R"(Basic realm="dray")") << where;
      std::string asked;
      for (const auto& need : recorder->asked) {
        asked += (asked.empty() ? "" : " ") + need.repository + ":" + std::string(name(need.action));
      }
      const std::map<Use, std::string> wanted{{Use::version, ""},
                                              {Use::catalog, ":pull"},
                                              {Use::pull, "team/app:pull"},
                                              {Use::push, "team/app:pull team/app:push"},
                                              {Use::remove, "team/app:delete"}};
      EXPECT_EQ(asked, wanted.at(operation.use)) << where;
    }
  }
  EXPECT_EQ(files_below(directory_.path()), before);
}

/// Lets a password be checked on a worker only, and then says yes or no.
class Slow final : public Access {
 public:
  explicit Slow(bool yes) : yes_(yes) {}
  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& /*request*/,
                                                       std::span<const Need> /*needs*/) override {
    return std::nullopt;
  }
  [[nodiscard]] Decision decide(const Request& /*request*/, std::span<const Need> /*needs*/) override {
    if (yes_) return Granted{"alice"};
    return Denied{{}, "not you"};
  }
  [[nodiscard]] std::string token_path() const override { return "/token"; }
  [[nodiscard]] Response answer_token(const Request& /*request*/, std::string_view form) override {
    Response response;
    response.body = "token for " + std::string(form);
    return response;
  }

 private:
  bool yes_;
};

TEST_F(Matrix, DecisionThatTakesLongComesBeforeTheBody) {
  serve({}, std::make_shared<Slow>(true));
  const auto digest = push_image("team/app", "1", "one");
  EXPECT_EQ(get("/v2/team/app/manifests/1").header("Docker-Content-Digest"), digest.text());
  serve({}, std::make_shared<Slow>(false));
  const auto before = files_below(directory_.path());
  const auto refused = ask(Method::post, "/v2/team/app/blobs/uploads/?digest=" + digest.text(), {}, "bytes");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.code(), "DENIED");
  EXPECT_EQ(files_below(directory_.path()), before);
}

TEST_F(Matrix, S9UploadsBelongToTheirUser) {
  serve({}, std::make_shared<Slow>(true));
  const auto location = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
  EXPECT_EQ(get(location).status, 204);
  serve();
  EXPECT_EQ(get(location).code(), "BLOB_UPLOAD_UNKNOWN");
}

TEST_F(Matrix, TokensAreAskedForWithGetAndPost) {
  serve({}, std::make_shared<Slow>(false));
  EXPECT_EQ(ask(Method::post, "/token", {}, "form").body, "token for form");
  EXPECT_EQ(get("/token?service=dray").body, "token for ");
  EXPECT_EQ(ask(Method::put, "/token").status, 405);
  EXPECT_EQ(ask(Method::post, "/token", {}, std::string(20'000, 'x')).status, 413);
}

}  // namespace
}  // namespace matrix_test
}  // namespace dray::server
