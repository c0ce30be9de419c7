#include "support/mcr_twin.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/hashing.hpp"
#include "support/raw_client.hpp"

namespace dray::testing {
namespace mcr_twin_test {
namespace {

namespace json = boost::json;

const Headers accepts_list = {{"Accept", "application/vnd.docker.distribution.manifest.list.v2+json"}};
const Headers accepts_image = {{"Accept", "application/vnd.docker.distribution.manifest.v2+json"}};
const std::string runtime_layer = "sha256:f7e2b70d04ae3f516c08c24d88de0f82699aaf3ee98af6eb208bd234136142b4";

/// Follows a blob's link as a good client does: without the registry's credentials.
std::string link_of(const McrTwin& twin, const std::string& repository, const std::string& digest) {
  const RawAnswer answer = ask_once("GET", twin.origin() + "/v2/" + repository + "/blobs/" + digest);
  EXPECT_EQ(answer.status, 307);
  return answer.headers.get("Location");
}

TEST(McrTwin, ServesFixturesByteForByte) {
  const McrTwin twin;
  const RawAnswer list = ask_once("GET", twin.origin() + "/v2/dotnet/core/runtime/manifests/3.0", accepts_list);
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.body.size(), 2527U);
  EXPECT_EQ(list.headers.get("Docker-Content-Digest"), digest_of(list.body));
  EXPECT_EQ(json::parse(list.body).at("manifests").as_array().size(), 7U);
  const RawAnswer image =
      ask_once("GET", twin.origin() +
                          "/v2/dotnet/core/runtime/manifests/"
                          "sha256:9455ca49f5a77ada94eea95dc3cbe86d608ced5efbaa9dcbb9778fcfa6cd0b90");
  EXPECT_EQ(image.body.size(), 1164U);
  std::uint64_t sum = 0;
  const json::value document = json::parse(image.body);
  for (const auto& layer : document.at("layers").as_array()) {
    sum += layer.at("size").to_number<std::uint64_t>();
  }
  EXPECT_EQ(sum, 73'584'118U);
}

TEST(McrTwin, AnswersByAccept) {
  McrTwin twin;
  twin.add("oci", "one", make_image({Format::oci}));
  const std::string runtime = twin.origin() + "/v2/dotnet/core/runtime/manifests/3.0";
  EXPECT_EQ(ask_once("GET", runtime, accepts_image).headers.get("Docker-Content-Digest"),
            "sha256:9455ca49f5a77ada94eea95dc3cbe86d608ced5efbaa9dcbb9778fcfa6cd0b90");
  const Headers joined = {{"Accept", "text/html, application/vnd.docker.distribution.manifest.list.v2+json;q=0.1"}};
  EXPECT_EQ(ask_once("GET", runtime, joined).body.size(), 2527U);
  const RawAnswer head = ask_once("HEAD", runtime, accepts_list);
  EXPECT_EQ(head.headers.get("Content-Length"), "2527");
  const RawAnswer refused = ask_once("GET", twin.origin() + "/v2/oci/manifests/one", accepts_image);
  EXPECT_EQ(refused.status, 404);
  EXPECT_NE(refused.body.find("accept header does not support OCI manifests"), std::string::npos);
}

TEST(McrTwin, AnswersSchema1WithLayersTopFirstWithoutAccept) {
  const McrTwin twin;
  for (const Headers& headers : {Headers{}, Headers{{"Accept", "*/*"}}}) {
    const RawAnswer answer =
        ask_once("GET", twin.origin() + "/v2/windows/servercore/manifests/ltsc2019-amd64", headers);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/vnd.docker.distribution.manifest.v1+prettyjws");
    const json::value document = json::parse(answer.body);
    EXPECT_EQ(document.at("fsLayers").at(0).at("blobSum").as_string(), twin.servercore().layers[1].blob.digest);
    EXPECT_EQ(document.at("history").as_array().size(), 2U);
    const auto length = answer.body.find(",\n   \"signatures\"");
    EXPECT_EQ(answer.headers.get("Docker-Content-Digest"), digest_of(answer.body.substr(0, length) + "\n}"));
  }
}

TEST(McrTwin, LinksFixtureBlobsAsMcrDid) {
  const McrTwin twin;
  const std::string link = link_of(twin, "dotnet/core/runtime", runtime_layer);
  EXPECT_TRUE(link.starts_with(twin.content_origin() +
                               "/01031d61e1024861afee5d512651eb9f-h36fskt2ei//docker/registry/v2/blobs/sha256/f7/" +
                               runtime_layer.substr(7) + "/data?P1=1552609781&P2=1&P3=1&P4="))
      << link;
  EXPECT_NE(link.find("&se=2019-03-15T00%3A29%3A41Z&sig="), std::string::npos);
  EXPECT_EQ(ask_once("GET", link).status, 403);
}

TEST(McrTwin, ContentNetworkRefusesCredentialsAndChangedLinks) {
  McrTwin twin;
  const Image image = make_image();
  twin.add("hello", "latest", image);
  const Blob& blob = image.layers[0].blob;
  const std::string link = link_of(twin, "hello", blob.digest);
  EXPECT_EQ(ask_once("GET", link).body, *blob.bytes);
  EXPECT_EQ(twin.blob_bytes_sent(blob.digest), blob.size());
  EXPECT_EQ(ask_once("GET", link, {{"Authorization", "Bearer x"}}).status, 400);
  std::string later = link;
  later.replace(later.find("P1=1") + 3, 1, "2");
  EXPECT_EQ(ask_once("GET", later).status, 403);
  std::string single = link;
  single.replace(single.find("//docker"), 2, "/");
  EXPECT_EQ(ask_once("GET", single).status, 403);
  twin.expire_links();
  EXPECT_EQ(ask_once("GET", link).status, 403);
  twin.set_link_life(std::chrono::hours(1), 1);
  const std::string once = link_of(twin, "hello", blob.digest);
  EXPECT_EQ(ask_once("GET", once).status, 200);
  EXPECT_EQ(ask_once("GET", once).status, 403);
}

TEST(McrTwin, ServesRanges) {
  McrTwin twin;
  const Image image = make_layered(1, 1000);
  const Blob& blob = image.layers[0].blob;
  twin.add("big", "1", image);
  const std::string link = link_of(twin, "big", blob.digest);
  const std::string total = std::to_string(blob.size());
  const RawAnswer middle = ask_once("GET", link, {{"Range", "bytes=10-19"}});
  EXPECT_EQ(middle.status, 206);
  EXPECT_EQ(middle.body, blob.bytes->substr(10, 10));
  EXPECT_EQ(middle.headers.get("Content-Range"), "bytes 10-19/" + total);
  EXPECT_EQ(ask_once("GET", link, {{"Range", "bytes=-5"}}).body, blob.bytes->substr(blob.size() - 5));
  const RawAnswer past = ask_once("GET", link, {{"Range", "bytes=" + total + "-"}});
  EXPECT_EQ(past.status, 416);
  EXPECT_EQ(past.headers.get("Content-Range"), "bytes */" + total);
  twin.fault({Route::cdn, faults::ignore_range()});
  EXPECT_EQ(ask_once("GET", link, {{"Range", "bytes=10-19"}}).status, 200);
}

TEST(McrTwin, KeepsForeignLayerBehindUrls) {
  const McrTwin twin;
  const Layer& layer = twin.servercore().layers[0];
  const RawAnswer refused = ask_once("GET", twin.origin() + "/v2/windows/servercore/blobs/" + layer.blob.digest);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.body, R"({"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry","detail":")" +
                              layer.blob.digest + "\"}]}");
  ASSERT_EQ(layer.urls, std::vector{twin.foreign_origin() + "/fwlink/?linkid=2041275"});
  const RawAnswer redirect = ask_once("GET", layer.urls[0]);
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(ask_once("GET", twin.foreign_origin() + redirect.headers.get("Location")).body, *layer.blob.bytes);
}

TEST(McrTwin, PagesListings) {
  McrTwin twin;
  const std::string url = twin.origin() + "/v2/dotnet/runtime/tags/list";
  EXPECT_EQ(json::parse(ask_once("GET", url).body).at("tags").as_array().size(), 1995U);
  const RawAnswer first = ask_once("GET", url + "?n=2");
  EXPECT_EQ(json::parse(first.body).at("tags").as_array().size(), 2U);
  EXPECT_EQ(first.headers.get("Link"), "</v2/dotnet/runtime/tags/list?last=7.0.1&n=2>; rel=\"next\"");
  EXPECT_EQ(ask_once("GET", url + "?n=x").status, 400);
  twin.set_paging({1000, true});
  EXPECT_EQ(ask_once("GET", url + "?last=7.0.999").headers.has("Link"), false);
  EXPECT_TRUE(ask_once("GET", url).headers.get("Link").starts_with("<" + url + "?last="));
  twin.set_paging({0, false, Paging::Mode::null_entries});
  EXPECT_TRUE(json::parse(ask_once("GET", url).body).at("tags").is_null());
  twin.set_paging({0, false, Paging::Mode::endless});
  EXPECT_NE(ask_once("GET", url + "?last=endless-41&n=1").body.find("endless-42"), std::string::npos);
}

TEST(McrTwin, AsksForTokensAndLetsThemExpire) {
  TwinOptions options;
  options.auth.kind = AuthKind::bearer;
  options.auth.own_origin = true;
  options.auth.token_uses = 1;
  McrTwin twin(options);
  const std::string url = twin.origin() + "/v2/library/alpine/manifests/3.13";
  const RawAnswer challenge = ask_once("GET", url, accepts_image);
  EXPECT_EQ(challenge.status, 401);
  EXPECT_EQ(challenge.headers.get("WWW-Authenticate"), "Bearer realm=\"" + twin.token_server().origin() +
                                                           "/token\",service=\"twin\","
                                                           "scope=\"repository:library/alpine:pull\"");
  const RawAnswer token =
      ask_once("GET", twin.token_server().origin() + "/token?service=twin&scope=repository:library/alpine:pull");
  Headers headers = accepts_image;
  headers.add("Authorization", "Bearer " + json::value_to<std::string>(json::parse(token.body).at("token")));
  EXPECT_EQ(ask_once("GET", url, headers).status, 200);
  const RawAnswer spent = ask_once("GET", url, headers);
  EXPECT_EQ(spent.status, 401);
  EXPECT_TRUE(spent.headers.get("WWW-Authenticate").ends_with("error=\"invalid_token\""));
}

TEST(McrTwin, StrikesWithFaultsInTurn) {
  McrTwin twin;
  const std::string url = twin.origin() + "/v2/library/alpine/manifests/3.13";
  twin.fault({Route::manifest, faults::retry_after(429, 7), 1, 1});
  EXPECT_EQ(ask_once("GET", url, accepts_image).status, 200);
  const RawAnswer limited = ask_once("GET", url, accepts_image);
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.headers.get("Retry-After"), "7");
  EXPECT_EQ(ask_once("GET", url, accepts_image).status, 200);
  EXPECT_EQ(twin.count(Route::manifest), 3);
  twin.fault({Route::manifest, faults::corrupt_byte(5), 0, 0, "", "3.13"});
  EXPECT_NE(digest_of(ask_once("GET", url, accepts_image).body),
            "sha256:def822f9851ca422481ec6fee59a9966f12b351c62ccb9aca841526ffaa9f748");
  twin.clear_faults();
  twin.fault({Route::manifest, faults::cut_after(100)});
  EXPECT_EQ(ask_once("GET", url, accepts_image).body.size(), 100U);
}

TEST(McrTwin, TakesPushesByTheRules) {
  McrTwin twin;
  const Image image = make_image();
  const Blob& blob = image.layers[0].blob;
  RawClient client(twin.registry().port());
  const auto begin = [&] { return client.ask("POST", "/v2/new/blobs/uploads/").headers.get("Location"); };
  const auto push = [&](const Blob& bytes) {
    const std::string location = begin();
    return client.ask("PUT", location + "&digest=" + percent_encode(bytes.digest), {}, *bytes.bytes);
  };
  const Headers type = {{"Content-Type", image.manifest.media_type}};
  const RawAnswer early = client.ask("PUT", "/v2/new/manifests/1", type, *image.manifest.bytes);
  EXPECT_EQ(early.status, 400);
  EXPECT_NE(early.body.find("MANIFEST_BLOB_UNKNOWN"), std::string::npos);

  const std::string first = begin();
  const RawAnswer chunk = client.ask("PATCH", first, {{"Content-Range", "0-4"}}, blob.bytes->substr(0, 5));
  EXPECT_EQ(chunk.status, 202);
  EXPECT_EQ(chunk.headers.get("Range"), "0-4");
  EXPECT_EQ(client.ask("PATCH", first, {}, "x").status, 400) << "an old location was taken";
  const std::string next = chunk.headers.get("Location");
  EXPECT_EQ(client.ask("PATCH", next, {{"Content-Range", "9-9"}}, "x").status, 416);
  EXPECT_EQ(client.ask("PUT", next + "&digest=" + blob.digest, {}, blob.bytes->substr(5)).status, 201);
  EXPECT_EQ(push({"", digest_of("other"), blob.bytes}).status, 400);
  EXPECT_EQ(push(image.config).status, 201);
  EXPECT_EQ(client.ask("PUT", "/v2/new/manifests/1", type, *image.manifest.bytes).status, 201);
  EXPECT_EQ(client.ask("POST", "/v2/two/blobs/uploads/?from=new&mount=" + blob.digest).status, 201);
  EXPECT_EQ(client.ask("DELETE", "/v2/new/manifests/" + image.manifest.digest).status, 202);
  EXPECT_EQ(client.ask("GET", "/v2/new/manifests/1", accepts_image).status, 404);
  EXPECT_EQ(twin.state().open_uploads(), 0U);
}

TEST(McrTwin, LeadsThroughChainsOfRedirects) {
  TwinOptions options;
  options.redirects = 3;
  McrTwin twin(options);
  const Image image = make_image();
  twin.add("hello", "latest", image);
  std::string url = twin.origin() + "/v2/hello/blobs/" + image.config.digest;
  for (int i = 0; i < 3; ++i) {
    const std::string location = ask_once("GET", url).headers.get("Location");
    url = location.starts_with("/") ? twin.content_origin() + location : location;
  }
  EXPECT_EQ(ask_once("GET", url).body, *image.config.bytes);
}

TEST(McrTwin, MakesHostileDocuments) {
  const Image image = make_image();
  EXPECT_EQ(hostile::padded_to(image, 5 << 20).size(), 5U << 20U);
  EXPECT_NE(hostile::duplicate_keys(image).find("\"layers\":[]"), std::string::npos);
  EXPECT_TRUE(json::parse(hostile::both_layers_and_manifests(image)).as_object().contains("manifests"));
  EXPECT_EQ(json::parse(hostile::wrong_layer_size(image, 0, 7)).at("layers").at(0).at("size").as_int64(), 7);
}

}  // namespace
}  // namespace mcr_twin_test
}  // namespace dray::testing
