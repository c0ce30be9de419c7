// What holds for every answer, whatever was asked: its headers, its error body, the parity of HEAD and GET.
#include <algorithm>
#include <dray/format/json.hpp>

#include "registry_fixture.hpp"
#include "routes.hpp"

namespace dray::server {
namespace answers_test {
namespace {

constexpr Method methods[] = {Method::get,   Method::head, Method::post,    Method::put,
                              Method::patch, Method::del,  Method::options, Method::other};

/// Says no to whoever asks.
class Nobody final : public Access {
 public:
  explicit Nobody(Denied denied) : denied_(std::move(denied)) {}
  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& /*request*/,
                                                       std::span<const Need> /*needs*/) override {
    return Decision(denied_);
  }
  [[nodiscard]] Decision decide(const Request& /*request*/, std::span<const Need> /*needs*/) override {
    return denied_;
  }
  [[nodiscard]] std::string token_path() const override { return "/token"; }
  [[nodiscard]] Response answer_token(const Request& /*request*/, std::string_view /*form*/) override { return {}; }

 private:
  Denied denied_;
};

struct World {
  const char* name;
  RegistryOptions options;
  std::shared_ptr<Access> access;
};

std::vector<World> worlds() {
  RegistryOptions read_only;
  read_only.read_only = true;
  RegistryOptions content;
  content.content_only = SignedLinks("a key of more than sixteen bytes");
  RegistryOptions redirect;
  redirect.redirect.emplace(
      RegistryOptions::Redirect{"https://content.example", SignedLinks("a key of more than sixteen bytes")});
  const auto denied = [](Denied why) { return std::make_shared<Nobody>(std::move(why)); };
  return {{"Open", {}, open_access()},
          {"ReadOnly", read_only, open_access()},
          {"Content", content, open_access()},
          {"Redirect", redirect, open_access()},
          {"Unknown", {}, denied({{R"(Basic realm="dray")"}, "who are you?"})},
          {"Forbidden", {}, denied({{}, "you may not"})},
          {"TooOften", {}, denied({{}, "come back later", true})}};
}

class EveryAnswer : public RegistryFixture {
 protected:
  EveryAnswer() {
    image_ = push_image("team/app", "1", "one").text();
    blob_ = push_blob("team/app", "0123456789").text();
  }

  /// Paths of every route: of what is there, of what is not, and of what cannot be.
  std::vector<std::string> targets() {
    const auto nothing = Digest::of(as_bytes("never pushed")).text();
    const auto upload = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
    std::vector<std::string> all{"/v2/_catalog?n=x",
                                 "/v2/team/app/tags/list?n=-1",
                                 "/v2/Team/tags/list",
                                 "/v2/nowhere/tags/list",
                                 "/nothing",
                                 "/",
                                 "/token",
                                 "/v2/a%ff/tags/list"};
    for (const auto& route : routes()) {
      std::string path(route.shape);
      if (const auto at = path.find("<name>"); at != std::string::npos) path.replace(at, 6, "team/app");
      const auto at = path.find("<last>");
      if (at == std::string::npos) {
        all.push_back(path);
        continue;
      }
      const auto upload_id = upload.substr(upload.rfind('/') + 1);
      for (const auto& last : {image_, blob_, nothing, upload_id, std::string("1"), std::string("sha256:1"),
                               std::string(".bad"), std::string("latest")}) {
        all.push_back(std::string(path).replace(at, 6, last));
      }
    }
    return all;
  }

  static void expect_an_error_body(const Answer& answer, const std::string& where) {
    EXPECT_EQ(answer.header("Content-Type"), "application/json") << where;
    const auto json = Json::parse(answer.body);
    ASSERT_TRUE(json) << where << " " << answer.body;
    const auto* const errors = json->find("errors")->as_array();
    ASSERT_TRUE(errors != nullptr && errors->size() == 1) << where;
    const auto code = *errors->front().find("code")->as_string();
    EXPECT_EQ(code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), std::string::npos) << where << " " << code;
    EXPECT_FALSE(errors->front().find("message")->as_string()->empty()) << where;
  }

  template <class Check>
  void for_each_answer(Check check) {
    for (const auto& world : worlds()) {
      serve(world.options, open_access());
      const auto all = targets();
      serve(world.options, world.access);
      for (const auto& target : all) {
        for (const auto method : methods) {
          const auto where = std::string(world.name) + " " + std::string(name(method)) + " " + target;
          check(ask(method, target, {}, method == Method::get ? "" : "{}"), method, where);
        }
      }
    }
  }

  std::string image_;
  std::string blob_;
};

TEST_F(EveryAnswer, NamesTheVersionOfTheApiOnce) {
  for_each_answer([](const Answer& answer, Method /*method*/, const std::string& where) {
    EXPECT_EQ(answer.headers.all("Docker-Distribution-Api-Version"), std::vector<std::string_view>{"registry/2.0"})
        << where;
  });
}

TEST_F(EveryAnswer, S19IsSniffedByNoBrowserAndOfferedToNoOtherOrigin) {
  for_each_answer([](const Answer& answer, Method /*method*/, const std::string& where) {
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << where;
    for (const auto* const name : {"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Set-Cookie"}) {
      EXPECT_EQ(answer.header(name), "") << where;
    }
    EXPECT_FALSE(answer.header("Content-Type").starts_with("text/html")) << where;
  });
}

TEST_F(EveryAnswer, ThatRefusesHasABodyOfTheSpecification) {
  std::set<int> seen;
  for_each_answer([&seen](const Answer& answer, Method method, const std::string& where) {
    EXPECT_LT(answer.status, 500) << where;
    if (answer.status < 400 || method == Method::head) return;
    seen.insert(answer.status);
    expect_an_error_body(answer, where);
  });
  EXPECT_EQ(seen, (std::set<int>{400, 401, 403, 404, 405, 429}));
}

TEST_F(EveryAnswer, ToWhatNeverBecameARequestIsOfTheSameForm) {
  for (const int status : {400, 408, 413, 414, 417, 431, 500, 501, 503, 505}) {
    auto response = service_->refuse_early(status, "the reason");
    EXPECT_EQ(response.status, status);
    Answer answer{status, response.headers, std::get<std::string>(response.body)};
    expect_an_error_body(answer, std::to_string(status));
    EXPECT_EQ(answer.header("Docker-Distribution-Api-Version"), "registry/2.0");
    EXPECT_EQ(answer.header("Retry-After").empty(), status != 503);
  }
}

TEST_F(EveryAnswer, ToHeadHasTheHeadersOfGet) {
  serve();
  const auto upload = ask(Method::post, "/v2/team/app/blobs/uploads/").header("Location");
  auto all = targets();
  all.push_back(upload);
  const HeaderLines conditions[] = {{}, {{"If-None-Match", "\"" + blob_ + "\""}}, {{"Accept", "text/plain"}}};
  for (const auto& target : all) {
    for (const auto& headers : conditions) {
      const auto of_get = ask(Method::get, target, headers);
      const auto of_head = ask(Method::head, target, headers);
      EXPECT_EQ(of_head.status, of_get.status) << target;
      EXPECT_EQ(of_head.body, "") << target;
      for (const auto* const name : {"Content-Type", "Content-Length", "Docker-Content-Digest", "ETag", "Accept-Ranges",
                                     "Link", "Location", "Range", "Docker-Upload-UUID", "Allow"}) {
        EXPECT_EQ(of_head.header(name), of_get.header(name)) << target << " " << name;
      }
    }
  }
}

TEST_F(EveryAnswer, AboutContentCarriesItsDigestAndTag) {
  for (const auto& target :
       {std::string("/v2/team/app/manifests/1"), "/v2/team/app/manifests/" + image_, "/v2/team/app/blobs/" + blob_}) {
    for (const auto method : {Method::get, Method::head}) {
      const auto answer = ask(method, target);
      EXPECT_EQ(answer.status, 200);
      const auto& digest = answer.header("Docker-Content-Digest");
      EXPECT_EQ(digest, target.find("blobs") == std::string::npos ? image_ : blob_);
      EXPECT_EQ(answer.header("ETag"), "\"" + digest + "\"");
      EXPECT_FALSE(answer.header("Content-Length").empty());
      if (method == Method::get) {
        EXPECT_EQ(Digest::of(as_bytes(answer.body)).text(), digest);
      }
    }
  }
}

TEST_F(EveryAnswer, WithALocationNamesAPathOfThisServer) {
  const auto bytes = make_image("team/app", "two");
  const auto begun = ask(Method::post, "/v2/team/app/blobs/uploads/");
  std::vector<Answer> answers{
      begun,
      ask(Method::patch, begun.header("Location"), {}, "bytes"),
      ask(Method::get, begun.header("Location")),
      ask(Method::put, begun.header("Location") + "?digest=" + Digest::of(as_bytes("bytes")).text()),
      ask(Method::post, "/v2/b/blobs/uploads/?from=team/app&mount=" + blob_),
      push_manifest("team/app", "2", bytes)};
  for (const auto& answer : answers) {
    EXPECT_LT(answer.status, 300) << answer.body;
    EXPECT_TRUE(answer.header("Location").starts_with("/v2/")) << answer.header("Location");
  }
  for (std::size_t i = 3; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].status, 201);
    EXPECT_EQ(get(answers[i].header("Location")).status, 200) << answers[i].header("Location");
  }
}

}  // namespace
}  // namespace answers_test
}  // namespace dray::server
