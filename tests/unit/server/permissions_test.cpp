// A registry whose users, passwords and policy are real, asked without a socket.
#include "access_fixture.hpp"
#include "registry_fixture.hpp"

namespace dray::server {
namespace permissions_test {
namespace {

constexpr std::string_view policy_text = R"(rules:
  - repositories: ["team/**"]
    users: [alice]
    actions: [pull, push]
  - repositories: ["team/**"]
    users: [bob]
    actions: [pull, delete]
  - repositories: ["bob/**"]
    users: [bob]
    actions: [pull, push]
  - repositories: ["public/**"]
    users: [anonymous]
    actions: [pull]
  - users: [alice]
    catalog: true
)";

class Permissions : public RegistryFixture {
 protected:
  Permissions() {
    // What is there was pushed before anybody was asked.
    image_ = push_image("team/app", "1", "one");
    push_image("team/app", "latest", "one");
    blob_ = push_blob("team/app", "a layer of the team");
    push_blob("bob/app", "bob's");
    push_image("public/tool", "1", "tool");
    users_.folder.write("policy.yml", policy_text);
    auto options = users_.options();
    options.policy = users_.folder / "policy.yml";
    serve({}, users_.open(options));
  }

  int status(const std::string& credential, Method method, const std::string& target, std::string_view body = {},
             std::string_view type = {}) {
    HeaderLines headers;
    if (!credential.empty()) headers.emplace_back("Authorization", credential);
    if (!type.empty()) headers.emplace_back("Content-Type", std::string(type));
    last_ = ask(method, target, headers, body);
    return last_.status;
  }
  std::string blob_url(const std::string& repository) { return "/v2/" + repository + "/blobs/" + blob_.text(); }

  const std::string alice_ = basic("alice", "secret");
  const std::string bob_ = basic("bob", "hidden");
  AccessFixture users_;
  Digest image_ = Digest::of({});
  Digest blob_ = Digest::of({});
  Answer last_;
};

TEST_F(Permissions, S4BytesAreReachedThroughALinkAndAPermissionOnly) {
  EXPECT_EQ(status(alice_, Method::get, blob_url("team/app")), 200);
  EXPECT_EQ(status(bob_, Method::get, blob_url("team/app")), 200);
  EXPECT_EQ(status("", Method::get, blob_url("team/app")), 401) << "no permission";
  EXPECT_EQ(status(bob_, Method::get, blob_url("bob/app")), 404) << "permission, and no link";
  EXPECT_EQ(status(bob_, Method::head, blob_url("bob/app")), 404);
  EXPECT_EQ(status("", Method::get, blob_url("public/tool")), 404);
  EXPECT_EQ(status(alice_, Method::get, blob_url("bob/app")), 403) << "neither";
  EXPECT_EQ(status(bob_, Method::get, "/v2/bob/app/manifests/" + image_.text()), 404);
}

TEST_F(Permissions, S4MountNeedsPullOnItsSource) {
  const auto mount = [&](const std::string& to, const std::string& from) {
    return "/v2/" + to + "/blobs/uploads/?mount=" + blob_.text() + (from.empty() ? "" : "&from=" + from);
  };
  users_.folder.write("policy.yml", R"(rules:
  - {repositories: ["team/**"], users: [alice], actions: [pull, push]}
  - {repositories: ["bob/**"], users: [bob, alice], actions: [pull, push]}
)");
  EXPECT_EQ(status(bob_, Method::post, mount("bob/app", "team/app")), 202) << "an upload begins instead";
  EXPECT_FALSE(last_.header("Docker-Upload-UUID").empty());
  EXPECT_EQ(status(bob_, Method::get, blob_url("bob/app")), 404);
  EXPECT_EQ(status(bob_, Method::post, mount("bob/app", "")), 202) << "it is not looked for where he may not pull";
  EXPECT_EQ(status(bob_, Method::get, blob_url("bob/app")), 404);
  EXPECT_EQ(status(bob_, Method::post, mount("team/app", "bob/app")), 403) << "nor may he push there";
  EXPECT_EQ(status(alice_, Method::post, mount("bob/app", "team/app")), 201);
  EXPECT_EQ(status(bob_, Method::get, blob_url("bob/app")), 200) << "now it is linked";
  EXPECT_EQ(status(alice_, Method::post, mount("bob/other", "")), 201);
}

TEST_F(Permissions, S4UploadOfKnownBytesNeedsTheBytes) {
  // Naming a digest that another repository has is no way to it.
  EXPECT_EQ(status(bob_, Method::post, "/v2/bob/app/blobs/uploads/?digest=" + blob_.text(), ""), 400);
  EXPECT_EQ(status(bob_, Method::get, blob_url("bob/app")), 404);
  EXPECT_EQ(status(bob_, Method::post, "/v2/bob/app/blobs/uploads/?digest=" + blob_.text(), "a layer of the team"),
            201);
}

TEST_F(Permissions, S4ManifestNamesOnlyWhatItsOwnRepositoryHas) {
  const Manifest manifest{
      .media_type = MediaType::of(media_types::oci_manifest),
      .config = {.media_type = MediaType::of(media_types::oci_config), .digest = blob_, .size = 19}};
  EXPECT_EQ(status(bob_, Method::put, "/v2/bob/app/manifests/1", manifest.serialize(), media_types::oci_manifest), 400);
  EXPECT_EQ(last_.code(), "MANIFEST_BLOB_UNKNOWN");
}

TEST_F(Permissions, S5PushPullAndDeleteAreThreeThings) {
  const auto tag = std::string("/v2/team/app/manifests/1");
  EXPECT_EQ(status(alice_, Method::post, "/v2/team/app/blobs/uploads/"), 202);
  EXPECT_EQ(status(bob_, Method::post, "/v2/team/app/blobs/uploads/"), 403);
  EXPECT_EQ(status(bob_, Method::put, tag, "{}", media_types::oci_manifest), 403);
  EXPECT_EQ(status(alice_, Method::del, tag), 403);
  EXPECT_EQ(status(alice_, Method::del, "/v2/team/app/manifests/" + image_.text()), 403);
  EXPECT_EQ(status(alice_, Method::del, blob_url("team/app")), 403);
  EXPECT_EQ(status("", Method::get, "/v2/public/tool/manifests/1"), 200);
  EXPECT_EQ(status("", Method::post, "/v2/public/tool/blobs/uploads/"), 401);
  EXPECT_FALSE(last_.header("WWW-Authenticate").empty());
  EXPECT_EQ(status(alice_, Method::post, "/v2/public/tool/blobs/uploads/"), 403);
  EXPECT_EQ(status(bob_, Method::del, blob_url("team/app")), 202);
  EXPECT_EQ(status(bob_, Method::del, tag), 202);
}

TEST_F(Permissions, S5LatestIsATagAsAnyOther) {
  for (const auto* const tag : {"1", "latest"}) {
    const auto target = std::string("/v2/team/app/manifests/") + tag;
    EXPECT_EQ(status("", Method::get, target), 401) << tag;
    EXPECT_EQ(status(bob_, Method::put, target, "{}", media_types::oci_manifest), 403) << tag;
    EXPECT_EQ(status(alice_, Method::del, target), 403) << tag;
    EXPECT_EQ(status(alice_, Method::get, target), 200) << tag;
    const auto bytes = last_.body;
    EXPECT_EQ(status(alice_, Method::put, target, bytes, media_types::oci_manifest), 201) << tag;
    EXPECT_EQ(status(bob_, Method::del, target), 202) << tag;
    EXPECT_EQ(status(bob_, Method::get, target), 404) << tag;
  }
}

TEST_F(Permissions, S5RevocationHoldsForTheNextRequestOfAnUploadUnderWay) {
  EXPECT_EQ(status(alice_, Method::post, "/v2/team/app/blobs/uploads/"), 202);
  const auto location = last_.header("Location");
  EXPECT_EQ(status(alice_, Method::patch, location, "0123"), 202);
  users_.folder.write("policy.yml", "rules:\n  - {repositories: ['team/**'], users: [alice], actions: [pull]}\n");
  EXPECT_EQ(status(alice_, Method::patch, location, "4567"), 403);
  EXPECT_EQ(status(alice_, Method::get, location), 403);
  EXPECT_EQ(status(alice_, Method::put, location + "?digest=" + Digest::of(as_bytes("0123")).text()), 403);
  EXPECT_EQ(status(alice_, Method::get, blob_url("team/app")), 200);
  users_.write_users({{"bob", "hidden"}});
  EXPECT_EQ(status(alice_, Method::get, blob_url("team/app")), 401);
  users_.write_users({{"alice", "secret"}, {"bob", "hidden"}});
  users_.folder.write("policy.yml", policy_text);
  EXPECT_EQ(status(alice_, Method::get, location), 204);
  EXPECT_EQ(last_.header("Range"), "0-3") << "nothing was taken meanwhile";
}

TEST_F(Permissions, S9UploadIsItsUsersAlone) {
  users_.folder.write("policy.yml", "rules:\n  - {repositories: ['**'], users: ['*'], actions: [pull, push]}\n");
  EXPECT_EQ(status(alice_, Method::post, "/v2/team/app/blobs/uploads/"), 202);
  const auto location = last_.header("Location");
  for (const auto method : {Method::get, Method::patch, Method::del}) {
    EXPECT_EQ(status(bob_, method, location, ""), 404) << name(method);
  }
  EXPECT_EQ(status(bob_, Method::put, location + "?digest=" + Digest::of({}).text()), 404);
  EXPECT_EQ(status(alice_, Method::get, location), 204);
}

TEST_F(Permissions, CatalogIsAPermissionOfItsOwn) {
  EXPECT_EQ(status(alice_, Method::get, "/v2/_catalog"), 200);
  EXPECT_EQ(last_.body, R"({"repositories":["bob/app","public/tool","team/app"]})");
  EXPECT_EQ(status(bob_, Method::get, "/v2/_catalog"), 403);
  EXPECT_EQ(status("", Method::get, "/v2/_catalog"), 401);
}

TEST_F(Permissions, WhatIsHiddenIsNotToldFromWhatIsNotThere) {
  for (const auto* const path : {"/tags/list", "/manifests/1", "/manifests/nothing"}) {
    EXPECT_EQ(status(alice_, Method::get, "/v2/bob/app" + std::string(path)), 403);
    const auto there = last_.body;
    EXPECT_EQ(status(alice_, Method::get, "/v2/bob/nothing" + std::string(path)), 403);
    EXPECT_EQ(last_.body, there);
  }
}

}  // namespace
}  // namespace permissions_test
}  // namespace dray::server
