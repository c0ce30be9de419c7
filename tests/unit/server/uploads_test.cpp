#include <random>

#include "registry_fixture.hpp"

namespace dray::server {
namespace uploads_test {
namespace {

class Uploads : public RegistryFixture {
 protected:
  std::string begin(const std::string& repository = "team/app") {
    const auto answer = ask(Method::post, "/v2/" + repository + "/blobs/uploads/");
    EXPECT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(answer.header("Range"), "0-0");
    EXPECT_FALSE(answer.header("Docker-Upload-UUID").empty());
    return answer.header("Location");
  }
  Answer patch(const std::string& location, std::string_view bytes, const HeaderLines& headers = {}) {
    return ask(Method::patch, location, headers, bytes);
  }
  Answer finish(const std::string& location, const std::string& all, std::string_view rest = {},
                const HeaderLines& headers = {}) {
    return ask(Method::put, location + "?digest=" + Digest::of(as_bytes(all)).text(), headers, rest);
  }
  std::string stored(const std::string& all) {
    return get("/v2/team/app/blobs/" + Digest::of(as_bytes(all)).text()).body;
  }
};

TEST_F(Uploads, PostThenPutStoresTheBlob) {
  const auto location = begin();
  const auto done = finish(location, "bytes", "bytes");
  EXPECT_EQ(done.status, 201) << done.body;
  EXPECT_EQ(stored("bytes"), "bytes");
  EXPECT_EQ(get(location).code(), "BLOB_UPLOAD_UNKNOWN");
}

TEST_F(Uploads, StreamedPatchThenAnEmptyPutStoresTheBlob) {
  const auto location = begin();
  const auto patched = patch(location, "bytes");
  EXPECT_EQ(patched.status, 202);
  EXPECT_EQ(patched.header("Range"), "0-4");
  EXPECT_EQ(patched.header("Location"), location);
  EXPECT_EQ(finish(location, "bytes").status, 201);
  EXPECT_EQ(stored("bytes"), "bytes");
}

TEST_F(Uploads, ChunksInOrderAreTakenAndTheLastMayComeWithThePut) {
  const auto location = begin();
  EXPECT_EQ(patch(location, "0123", {{"Content-Range", "0-3"}}).header("Range"), "0-3");
  EXPECT_EQ(patch(location, "45", {{"Content-Range", "4-5"}}).header("Range"), "0-5");
  EXPECT_EQ(finish(location, "0123456789", "6789", {{"Content-Range", "6-9"}}).status, 201);
  EXPECT_EQ(stored("0123456789"), "0123456789");
}

TEST_F(Uploads, StatusTellsHowFarItIs) {
  const auto location = begin();
  EXPECT_EQ(get(location).status, 204);
  EXPECT_EQ(get(location).header("Range"), "0-0");
  patch(location, "0123");
  const auto status = get(location);
  EXPECT_EQ(status.status, 204);
  EXPECT_EQ(status.header("Range"), "0-3");
  EXPECT_EQ(status.header("Location"), location);
}

struct ChunkRow {
  const char* name;
  const char* range;
  const char* bytes;
  int status;
};
class S12ChunkBehindFour : public Uploads, public ::testing::WithParamInterface<ChunkRow> {};

TEST_P(S12ChunkBehindFour, IsRefusedAndTheUploadGoesOn) {
  const auto& row = GetParam();
  const auto location = begin();
  patch(location, "0123", {{"Content-Range", "0-3"}});
  const auto refused = patch(location, row.bytes, {{"Content-Range", row.range}});
  EXPECT_EQ(refused.status, row.status) << refused.body;
  if (row.status == 416) {
    EXPECT_EQ(refused.header("Location"), location);
    EXPECT_EQ(refused.header("Range"), "0-3");
  }
  EXPECT_EQ(get(location).header("Range"), "0-3");
  EXPECT_EQ(patch(location, "45", {{"Content-Range", "4-5"}}).status, 202);
  EXPECT_EQ(finish(location, "012345").status, 201);
  EXPECT_EQ(stored("012345"), "012345");
}

INSTANTIATE_TEST_SUITE_P(All, S12ChunkBehindFour,
                         ::testing::Values(ChunkRow{"Gap", "5-6", "56", 416}, ChunkRow{"Again", "0-3", "0123", 416},
                                           ChunkRow{"Overlap", "3-5", "345", 416},
                                           ChunkRow{"Backwards", "6-4", "456", 400},
                                           ChunkRow{"Longer", "4-5", "456", 400}, ChunkRow{"Shorter", "4-9", "45", 400},
                                           ChunkRow{"Words", "a-b", "45", 400}, ChunkRow{"NoEnd", "4-", "45", 400},
                                           ChunkRow{"Negative", "-4-5", "45", 400},
                                           ChunkRow{"Huge", "4-99999999999999999999", "45", 400},
                                           ChunkRow{"Garbage", "4-5x", "45", 400}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Uploads, S10WrongDigestStoresNothingAndTheUploadGoesOn) {
  const auto location = begin();
  const auto wrong = finish(location, "something else", "0123");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.code(), "DIGEST_INVALID");
  EXPECT_EQ(get("/v2/team/app/blobs/" + Digest::of(as_bytes("something else")).text()).status, 404);
  EXPECT_EQ(get("/v2/team/app/blobs/" + Digest::of(as_bytes("0123")).text()).status, 404);
  EXPECT_EQ(get(location).header("Range"), "0-3");
  EXPECT_EQ(finish(location, "012345", "45").status, 201);
}

TEST_F(Uploads, S10MissingAndBadDigestsAreRefusedBeforeTheBody) {
  const auto location = begin();
  EXPECT_EQ(ask(Method::put, location, {}, "0123").code(), "DIGEST_INVALID");
  EXPECT_EQ(ask(Method::put, location + "?digest=sha256:12", {}, "0123").code(), "DIGEST_INVALID");
  EXPECT_EQ(ask(Method::put, location + "?digest=md5:d41d8cd98f00b204e9800998ecf8427e", {}, "0123").status, 400);
  EXPECT_EQ(get(location).header("Range"), "0-0");
}

TEST_F(Uploads, S10BodyThatBreaksOffLeavesWhatCame) {
  const auto location = begin();
  auto request = make_request(Method::patch, location);
  request.body_size = 10;
  auto handled = service_->handle(request);
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<BodyTaker>>(handled));
  ASSERT_TRUE(std::get<std::unique_ptr<BodyTaker>>(handled)->write(as_bytes("0123")));
  handled = Response();
  EXPECT_EQ(get(location).header("Range"), "0-3");
  EXPECT_EQ(finish(location, "0123456789", "456789").status, 201);
}

TEST_F(Uploads, OneBodyAtATimeIsTaken) {
  const auto location = begin();
  auto request = make_request(Method::patch, location);
  request.body_size = 10;
  auto first = service_->handle(request);
  ASSERT_TRUE(std::get<std::unique_ptr<BodyTaker>>(first)->write(as_bytes("0123")));
  const auto second = patch(location, "xyz");
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.code(), "BLOB_UPLOAD_INVALID");
}

TEST_F(Uploads, CancelledOnesAreUnknown) {
  const auto location = begin();
  patch(location, "0123");
  EXPECT_EQ(ask(Method::del, location).status, 204);
  EXPECT_EQ(get(location).status, 404);
  EXPECT_EQ(patch(location, "45").code(), "BLOB_UPLOAD_UNKNOWN");
  EXPECT_EQ(ask(Method::del, location).code(), "BLOB_UPLOAD_UNKNOWN");
}

TEST_F(Uploads, S9BelongToTheirRepository) {
  const auto location = begin("team/app");
  const auto id = location.substr(location.rfind('/') + 1);
  const auto elsewhere = "/v2/team/other/blobs/uploads/" + id;
  EXPECT_EQ(get(elsewhere).code(), "BLOB_UPLOAD_UNKNOWN");
  EXPECT_EQ(patch(elsewhere, "x").code(), "BLOB_UPLOAD_UNKNOWN");
  EXPECT_EQ(finish(elsewhere, "x", "x").code(), "BLOB_UPLOAD_UNKNOWN");
  EXPECT_EQ(ask(Method::del, elsewhere).code(), "BLOB_UPLOAD_UNKNOWN");
  EXPECT_EQ(get(location).status, 204);
}

TEST_F(Uploads, S9IdsAreNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(seen.insert(begin()).second);
}

TEST_F(Uploads, GoOnAfterARestart) {
  const auto location = begin();
  patch(location, "0123");
  service_.reset();
  storage_.reset();
  auto opened = RegistryFolder::open(directory_.path() / "registry", RegistryFolderOptions(), clock_);
  ASSERT_TRUE(opened) << opened.error().message();
  storage_ = std::move(*opened);
  serve();
  EXPECT_EQ(get(location).header("Range"), "0-3");
  EXPECT_EQ(finish(location, "012345", "45").status, 201);
  EXPECT_EQ(stored("012345"), "012345");
}

TEST_F(Uploads, MountsTakeABlobOfAnotherRepository) {
  const auto digest = push_blob("base", "shared");
  const auto mounted = ask(Method::post, "/v2/team/app/blobs/uploads/?mount=" + digest.text() + "&from=base");
  EXPECT_EQ(mounted.status, 201);
  EXPECT_EQ(mounted.header("Location"), "/v2/team/app/blobs/" + digest.text());
  EXPECT_EQ(mounted.header("Docker-Content-Digest"), digest.text());
  EXPECT_EQ(get("/v2/team/app/blobs/" + digest.text()).body, "shared");
}

TEST_F(Uploads, MountsWithoutFromFindTheBlob) {
  const auto digest = push_blob("base", "shared");
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/?mount=" + digest.text()).status, 201);
  EXPECT_EQ(get("/v2/team/app/blobs/" + digest.text()).body, "shared");
}

TEST_F(Uploads, MountsOfWhatIsNotThereBeginAnUpload) {
  const auto digest = Digest::of(as_bytes("nowhere"));
  for (const auto* const from : {"&from=base", "", "&from=Not%20A%20Name", "&from=../.."}) {
    const auto answer = ask(Method::post, "/v2/team/app/blobs/uploads/?mount=" + digest.text() + from);
    EXPECT_EQ(answer.status, 202) << from;
    EXPECT_EQ(finish(answer.header("Location"), "x", "x").status, 201) << from;
  }
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/?mount=sha256:1").code(), "DIGEST_INVALID");
}

TEST_F(Uploads, AlgorithmIsToldWhenTheyBegin) {
  const auto answer = ask(Method::post, "/v2/team/app/blobs/uploads/?digest-algorithm=sha512");
  EXPECT_EQ(answer.status, 202);
  Digester digester(DigestAlgorithm::sha512);
  digester.update(as_bytes("bytes"));
  const auto digest = digester.finish().text();
  EXPECT_EQ(ask(Method::put, answer.header("Location") + "?digest=" + digest, {}, "bytes").status, 201);
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/?digest-algorithm=md5").code(), "UNSUPPORTED");
}

TEST_F(Uploads, ChunkMinimumIsTold) {
  RegistryOptions options;
  options.chunk_min_bytes = 1024;
  serve(std::move(options));
  EXPECT_EQ(ask(Method::post, "/v2/team/app/blobs/uploads/").header("OCI-Chunk-Min-Length"), "1024");
}

struct IdRow {
  const char* name;
  const char* id;
};
class S8HostileUploadId : public Uploads, public ::testing::WithParamInterface<IdRow> {};

TEST_P(S8HostileUploadId, IsUnknown) {
  begin();
  const auto location = std::string("/v2/team/app/blobs/uploads/") + GetParam().id;
  for (const auto method : {Method::get, Method::patch, Method::del}) {
    EXPECT_EQ(ask(method, location, {}, "").status, 404) << GetParam().id;
  }
  EXPECT_EQ(finish(location, "x", "x").status, 404);
}

INSTANTIATE_TEST_SUITE_P(All, S8HostileUploadId,
                         ::testing::Values(IdRow{"Up", ".."}, IdRow{"Here", "."}, IdRow{"UpEncoded", "%2e%2e"},
                                           IdRow{"SlashEncoded", "..%2f.."}, IdRow{"Data", "data"}, IdRow{"Star", "*"},
                                           IdRow{"Zero", "00000000-0000-0000-0000-000000000000"},
                                           IdRow{"Upper", "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"},
                                           IdRow{"NewLine", "a%0ab"}, IdRow{"Control", "%01"}, IdRow{"Tmp", "_dray"}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace uploads_test
}  // namespace dray::server
