#include "registry_fixture.hpp"

namespace dray::server {
namespace blobs_test {
namespace {

class Blobs : public RegistryFixture {
 protected:
  std::string url(const Digest& digest) { return "/v2/team/app/blobs/" + digest.text(); }
  const std::string bytes_ = "0123456789";
};

TEST_F(Blobs, ArePushedInOneRequestAndReadBack) {
  const auto digest = Digest::of(as_bytes(bytes_));
  const auto pushed = ask(Method::post, "/v2/team/app/blobs/uploads/?digest=" + digest.text(), {}, bytes_);
  EXPECT_EQ(pushed.status, 201) << pushed.body;
  EXPECT_EQ(pushed.header("Location"), url(digest));
  EXPECT_EQ(pushed.header("Docker-Content-Digest"), digest.text());
  const auto read = get(url(digest));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, bytes_);
  EXPECT_EQ(read.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(read.header("Docker-Content-Digest"), digest.text());
  EXPECT_EQ(read.header("ETag"), "\"" + digest.text() + "\"");
  EXPECT_EQ(read.header("Accept-Ranges"), "bytes");
  EXPECT_EQ(read.header("Docker-Distribution-Api-Version"), "registry/2.0");
}

TEST_F(Blobs, HeadTellsTheSizeWithoutTheBytes) {
  const auto digest = push_blob("team/app", bytes_);
  const auto head = ask(Method::head, url(digest));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "10");
  EXPECT_EQ(head.body, "");
}

TEST_F(Blobs, RangesAreAnsweredWithTheirPart) {
  const auto digest = push_blob("team/app", bytes_);
  const auto part = get(url(digest), {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.header("Content-Range"), "bytes 2-4/10");
  const auto behind = get(url(digest), {{"Range", "bytes=10-"}});
  EXPECT_EQ(behind.status, 416);
  EXPECT_EQ(behind.header("Content-Range"), "bytes */10");
  EXPECT_EQ(behind.code(), "RANGE_INVALID");
}

TEST_F(Blobs, S17ManyRangesAreAnsweredOnce) {
  const auto digest = push_blob("team/app", bytes_);
  std::string ranges = "bytes=0-9";
  for (int i = 0; i < 500; ++i) ranges += ",0-9";
  const auto all = get(url(digest), {{"Range", ranges}});
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.body, bytes_);
}

TEST_F(Blobs, WhatTheClientHasIsNotSentAgain) {
  const auto digest = push_blob("team/app", bytes_);
  const auto same = get(url(digest), {{"If-None-Match", "\"" + digest.text() + "\""}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
}

TEST_F(Blobs, UnknownOnesAndBadDigestsAreTold) {
  const auto unknown = get(url(Digest::of(as_bytes("never pushed"))));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.code(), "BLOB_UNKNOWN");
  for (const auto* const bad : {"sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e", "latest", "sha256:"}) {
    const auto answer = get(std::string("/v2/team/app/blobs/") + bad);
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_EQ(answer.code(), "DIGEST_INVALID") << bad;
  }
}

TEST_F(Blobs, S4BelongToTheirRepositoryAlone) {
  const auto digest = push_blob("team/app", bytes_);
  EXPECT_EQ(get("/v2/other/blobs/" + digest.text()).status, 404);
  EXPECT_EQ(ask(Method::head, "/v2/other/blobs/" + digest.text()).status, 404);
  EXPECT_EQ(ask(Method::del, "/v2/other/blobs/" + digest.text()).status, 404);
  EXPECT_EQ(get(url(digest)).status, 200);
}

TEST_F(Blobs, S3DeletedOnesAreGoneAndMayBePushedAgain) {
  const auto digest = push_blob("team/app", bytes_);
  EXPECT_EQ(ask(Method::del, url(digest)).status, 202);
  EXPECT_EQ(ask(Method::head, url(digest)).status, 404);
  EXPECT_EQ(get(url(digest)).code(), "BLOB_UNKNOWN");
  EXPECT_EQ(ask(Method::del, url(digest)).status, 404);
  push_blob("team/app", bytes_);
  EXPECT_EQ(get(url(digest)).body, bytes_);
}

TEST_F(Blobs, MayHaveSha512Digests) {
  Digester digester(DigestAlgorithm::sha512);
  digester.update(as_bytes(bytes_));
  const auto digest = digester.finish();
  EXPECT_EQ(ask(Method::post, "/v2/a/blobs/uploads/?digest=" + digest.text(), {}, bytes_).status, 201);
  EXPECT_EQ(get("/v2/a/blobs/" + digest.text()).body, bytes_);
}

class BlobLinks : public RegistryFixture {
 protected:
  BlobLinks() : digest_(push_blob("team/app", "bytes")) {
    RegistryOptions options;
    options.redirect.emplace(RegistryOptions::Redirect{.base_url = "https://content.example", .links = links_});
    serve(std::move(options));
  }
  std::string location() { return get("/v2/team/app/blobs/" + digest_.text()).header("Location"); }
  void serve_content() {
    RegistryOptions options;
    options.content_only = links_;
    serve(std::move(options));
  }

  SignedLinks links_{"a key of more than sixteen bytes"};
  Digest digest_;
};

TEST_F(BlobLinks, GetIsSentElsewhereAndHeadIsNot) {
  const auto answer = get("/v2/team/app/blobs/" + digest_.text());
  EXPECT_EQ(answer.status, 307);
  EXPECT_TRUE(answer.header("Location")
                  .starts_with("https://content.example/v2/team/app/blobs/" + digest_.text() + "?expires="))
      << answer.header("Location");
  EXPECT_EQ(ask(Method::head, "/v2/team/app/blobs/" + digest_.text()).status, 200);
  EXPECT_EQ(get("/v2/team/app/blobs/" + Digest::of(as_bytes("no")).text()).status, 404);
}

TEST_F(BlobLinks, TheOtherSideGivesWhatTheLinkNamesAndNothingElse) {
  const auto target = location().substr(std::string_view("https://content.example").size());
  serve_content();
  EXPECT_EQ(get(target).body, "bytes");
  EXPECT_EQ(ask(Method::head, target).status, 200);
  EXPECT_EQ(get("/v2/team/app/blobs/" + digest_.text()).status, 403);
  EXPECT_EQ(get("/v2/team/app/tags/list").status, 403);
  EXPECT_EQ(get("/v2/team/app/manifests/latest").status, 403);
  EXPECT_EQ(get("/v2/_catalog").status, 405);
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/").status, 405);
  EXPECT_EQ(ask(Method::del, target).status, 405);
}

TEST_F(BlobLinks, S23ExpireAndHoldForOnePath) {
  const auto target = location().substr(std::string_view("https://content.example").size());
  const auto other = push_blob("team/app", "");
  serve_content();
  const auto query = target.substr(target.find('?'));
  EXPECT_EQ(get("/v2/team/app/blobs/" + other.text() + query).status, 403);
  EXPECT_EQ(get("/v2/team/b/blobs/" + digest_.text() + query).status, 403);
  clock_.advance(std::chrono::minutes(11));
  EXPECT_EQ(get(target).status, 403);
}

}  // namespace
}  // namespace blobs_test
}  // namespace dray::server
