#include <dray/base/guarded.hpp>
#include <dray/store/memory_store.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <regex>
#include <thread>

#include "registry_fixture.hpp"

namespace dray::server {
namespace pull_through_test {
namespace {

/// A registry elsewhere: counts what it is asked, may be away, lie, break its lines, or hold back a blob's bytes.
class Elsewhere final : public ContentSource {
 public:
  explicit Elsewhere(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}

  std::atomic<int> resolved = 0;
  std::atomic<int> manifests = 0;
  std::atomic<int> blobs = 0;
  std::atomic<bool> away = false;
  std::atomic<bool> lies = false;
  std::atomic<std::uint64_t> cut_every = 0;  ///< A line ends after so many bytes; 0: never.

  void hold_back() { hold(true); }
  void let_go() { hold(false); }

  [[nodiscard]] std::string describe() const override { return "elsewhere"; }
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    ++resolved;
    if (away) return is_away();
    return store_->resolve(name, stop);
  }
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    ++manifests;
    if (away) return is_away();
    return store_->get_manifest(name, stop);
  }
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override {
    ++blobs;
    if (away) return is_away();
    DRAY_TRY_ASSIGN(auto opened, store_->open_blob(blob, range, stop));
    DRAY_TRY_ASSIGN(auto bytes, read_all(*opened.bytes, 1 << 30));
    if (lies && !bytes.empty()) bytes.back() = '!';
    return OpenedBlob{std::make_unique<Line>(*this, std::move(bytes)), opened.begin};
  }
  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override {
    return store_->list_tags(stop);
  }

 private:
  class Line final : public ByteSource {
   public:
    Line(Elsewhere& from, std::string bytes) : from_(from), bytes_(std::move(bytes)) {}
    [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
      if (at_ > 0) from_.wait();
      if (from_.cut_every > 0 && at_ >= from_.cut_every) return Error(ErrorCode::unavailable, "the line broke");
      auto count = std::min<std::size_t>({into.size(), bytes_.size() - at_, 1000});
      std::copy_n(as_bytes(bytes_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
      at_ += count;
      return count;
    }

   private:
    Elsewhere& from_;
    std::string bytes_;
    std::size_t at_ = 0;
  };

  static Error is_away() { return {ErrorCode::unavailable, "nobody answers"}; }
  void hold(bool held) {
    {
      const std::lock_guard lock(mutex_);
      held_ = held;
    }
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !held_; });
  }

  std::shared_ptr<MemoryStore> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
};

class Provider final : public UpstreamProvider {
 public:
  explicit Provider(std::shared_ptr<Elsewhere> source) : source_(std::move(source)) {}
  [[nodiscard]] Result<std::shared_ptr<ContentSource>> source(const std::string& repository) override {
    asked_.with([&](auto& asked) { asked.push_back(repository); });
    if (!repository.starts_with("docker.io/")) return Error(ErrorCode::not_found, "no upstream");
    return std::shared_ptr<ContentSource>(source_);
  }
  [[nodiscard]] Result<std::uint64_t> blob_size(const std::string& /*repository*/, const Digest& digest,
                                                const std::stop_token& /*stop*/) override {
    if (source_->away) return Error(ErrorCode::unavailable, "nobody answers");
    const auto found = sizes.find(digest);
    if (found == sizes.end()) return Error(ErrorCode::not_found, "no such blob");
    return found->second;
  }
  std::vector<std::string> asked() const {
    return asked_.with([](const auto& asked) { return asked; });
  }
  std::map<Digest, std::uint64_t> sizes;

 private:
  std::shared_ptr<Elsewhere> source_;
  Guarded<std::vector<std::string>> asked_;
};

class PullThroughTest : public RegistryFixture {
 protected:
  PullThroughTest() {
    RegistryOptions options;
    options.tag_age = std::chrono::minutes(5);
    serve(std::move(options), open_access(), provider_);
  }

  Descriptor put_blob(const std::string& bytes) {
    const Descriptor blob{.media_type = MediaType::of(media_types::oci_layer),
                          .digest = Digest::of(as_bytes(bytes)),
                          .size = bytes.size()};
    EXPECT_TRUE(store_->put_blob(
        blob, [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(bytes); }, {}));
    provider_->sizes[blob.digest] = blob.size;
    return blob;
  }
  /// A blob's bytes as a stream, for a client that reads them itself.
  std::unique_ptr<ByteSource> open(const Digest& digest) {
    auto request = make_request(Method::get, blob_url(digest));
    auto handled = service_->handle(request);
    if (auto* const response = std::get_if<Response>(&handled)) return source_of(std::move(*response));
    return source_of(std::get<std::unique_ptr<BodyTaker>>(handled)->finish());
  }
  static std::unique_ptr<ByteSource> source_of(Response response) {
    if (auto* const stream = std::get_if<StreamBody>(&response.body)) return std::move(stream->bytes);
    if (auto* const file = std::get_if<FileBody>(&response.body)) {
      return std::make_unique<FileSource>(std::move(file->file), file->range);
    }
    throw std::runtime_error("the answer is no blob");
  }
  RawManifest put_image(const std::string& tag, const std::string& text) {
    auto config = put_blob(R"({"text":")" + text + "\"}");
    config.media_type = MediaType::of(media_types::oci_config);
    const Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest), .config = config};
    RawManifest raw{{.media_type = manifest.media_type, .digest = Digest::of({})}, manifest.serialize()};
    raw.descriptor.digest = Digest::of(as_bytes(raw.bytes));
    raw.descriptor.size = raw.bytes.size();
    EXPECT_TRUE(store_->set_tag(tag, raw, {}));
    return raw;
  }
  Answer manifest(const std::string& name) { return get("/v2/docker.io/library/alpine/manifests/" + name); }
  std::string blob_url(const Digest& digest) { return "/v2/docker.io/library/alpine/blobs/" + digest.text(); }

  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  std::shared_ptr<Elsewhere> elsewhere_ = std::make_shared<Elsewhere>(store_);
  std::shared_ptr<Provider> provider_ = std::make_shared<Provider>(elsewhere_);
};

TEST_F(PullThroughTest, ManifestsComeOnceAndStay) {
  const auto raw = put_image("latest", "one");
  EXPECT_EQ(manifest("latest").body, raw.bytes);
  EXPECT_EQ(manifest("latest").body, raw.bytes);
  EXPECT_EQ(manifest(raw.descriptor.digest.text()).body, raw.bytes);
  EXPECT_EQ(elsewhere_->manifests, 1);
  EXPECT_EQ(elsewhere_->resolved, 0);
}

TEST_F(PullThroughTest, P3TagIsAskedForAgainWhenItIsOld) {
  const auto first = put_image("latest", "one");
  manifest("latest");
  clock_.advance(std::chrono::minutes(6));
  EXPECT_EQ(manifest("latest").body, first.bytes);
  EXPECT_EQ(elsewhere_->resolved, 1);
  EXPECT_EQ(elsewhere_->manifests, 1) << "the same digest needs no bytes";
  const auto second = put_image("latest", "two");
  EXPECT_EQ(manifest("latest").body, first.bytes) << "it is young enough";
  clock_.advance(std::chrono::minutes(6));
  EXPECT_EQ(manifest("latest").body, second.bytes);
}

TEST_F(PullThroughTest, P3WhatIsHereIsServedWhenTheUpstreamIsAwayAndSaysSo) {
  const auto raw = put_image("latest", "one");
  manifest("latest");
  clock_.advance(std::chrono::minutes(6));
  elsewhere_->away = true;
  const auto stale = manifest("latest");
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.body, raw.bytes);
  // distribution-spec 1.1, "Warnings"
  EXPECT_TRUE(std::regex_match(stale.header("Warning"), std::regex(R"(299 - "[ -!#-\[\]-~]{1,4000}")")))
      << stale.header("Warning");
  EXPECT_EQ(manifest("other").status, 502);
  elsewhere_->away = false;
  EXPECT_EQ(manifest("latest").header("Warning"), "");
}

TEST_F(PullThroughTest, P3AbsenceIsBelievedForTenSecondsOnly) {
  EXPECT_EQ(manifest("latest").code(), "MANIFEST_UNKNOWN");
  EXPECT_EQ(manifest("latest").status, 404);
  EXPECT_EQ(elsewhere_->manifests, 1);
  put_image("latest", "one");
  clock_.advance(std::chrono::seconds(11));
  EXPECT_EQ(manifest("latest").status, 200);
}

TEST_F(PullThroughTest, BlobsStreamWhileTheyAreStored) {
  const auto blob = put_blob(std::string(100'000, 'x'));
  EXPECT_EQ(ask(Method::head, blob_url(blob.digest)).header("Content-Length"), "100000");
  EXPECT_EQ(elsewhere_->blobs, 0) << "HEAD needs no bytes";
  EXPECT_TRUE(get(blob_url(blob.digest)).body == std::string(100'000, 'x'));
  elsewhere_->away = true;
  EXPECT_TRUE(get(blob_url(blob.digest)).body == std::string(100'000, 'x'));
  EXPECT_EQ(elsewhere_->blobs, 1);
}

TEST_F(PullThroughTest, RangesOfWhatComesAreAnswered) {
  const auto blob = put_blob("0123456789");
  const auto part = get(blob_url(blob.digest), {{"Range", "bytes=3-5"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "345");
  EXPECT_EQ(part.header("Content-Range"), "bytes 3-5/10");
}

TEST_F(PullThroughTest, BrokenLineGoesOnWhereItBroke) {
  const auto blob = put_blob(std::string(50'000, 'y'));
  elsewhere_->cut_every = 10'000;
  EXPECT_TRUE(get(blob_url(blob.digest)).body == std::string(50'000, 'y'));
  EXPECT_EQ(elsewhere_->blobs, 5);
}

TEST_F(PullThroughTest, P3WrongBytesAreNeitherStoredNorCompleted) {
  const auto blob = put_blob(std::string(5'000, 'z'));
  elsewhere_->lies = true;
  const auto read = read_all(*open(blob.digest), 1 << 20);
  ASSERT_FALSE(read) << "the last byte was given out unverified";
  EXPECT_EQ(read.error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(storage_->open_blob("docker.io/library/alpine", blob.digest));
  elsewhere_->lies = false;
  EXPECT_TRUE(get(blob_url(blob.digest)).body == std::string(5'000, 'z'));
}

TEST_F(PullThroughTest, P4ClientThatLeavesDoesNotEndTheFetch) {
  const auto blob = put_blob(std::string(20'000, 'w'));
  for (std::size_t offset = 0; offset < 50; ++offset) {
    std::vector<std::byte> some(offset * 399 + 1);
    ASSERT_TRUE(read_exactly(*open(blob.digest), some));
  }
  EXPECT_TRUE(get(blob_url(blob.digest)).body == std::string(20'000, 'w'));
  EXPECT_EQ(elsewhere_->blobs, 1);
}

TEST_F(PullThroughTest, P5HundredClientsAreOneFetch) {
  const auto blob = put_blob(std::string(30'000, 'v'));
  elsewhere_->hold_back();
  std::atomic<int> right = 0;
  std::atomic<int> begun = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 100; ++i) {
      clients.emplace_back([&] {
        const auto bytes = open(blob.digest);
        if (++begun == 100) elsewhere_->let_go();
        const auto read = read_all(*bytes, 1 << 20);
        if (read && *read == std::string(30'000, 'v')) ++right;
      });
    }
  }
  EXPECT_EQ(right, 100);
  EXPECT_EQ(elsewhere_->blobs, 1);
}

TEST_F(PullThroughTest, P5HundredClientsAskForATagOnce) {
  const auto raw = put_image("latest", "one");
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 100; ++i) {
      clients.emplace_back([&] { right += manifest("latest").body == raw.bytes ? 1 : 0; });
    }
  }
  EXPECT_EQ(right, 100);
  EXPECT_EQ(elsewhere_->manifests, 1);
}

TEST_F(PullThroughTest, NothingIsPushedToACopy) {
  EXPECT_EQ(ask(Method::post, "/v2/docker.io/library/alpine/blobs/uploads/").status, 405);
  EXPECT_EQ(push_image("own/app", "1", "one").text().size(), 71U);
}

TEST_F(PullThroughTest, NamespaceOfContainerdIsTheUpstreamsName) {
  const auto raw = put_image("latest", "one");
  EXPECT_EQ(get("/v2/library/alpine/manifests/latest?ns=docker.io").body, raw.bytes);
  EXPECT_EQ(get("/v2/library/alpine/manifests/latest?ns=evil.example").status, 404);
}

TEST_F(PullThroughTest, P2NoHostComesFromARequest) {
  get("/v2/evil.example/app/manifests/latest", {{"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example"}});
  for (const auto& repository : provider_->asked()) EXPECT_EQ(repository, "evil.example/app");
  EXPECT_EQ(elsewhere_->manifests, 0);
}

TEST_F(PullThroughTest, P2ForeignLayersAreNotFetched) {
  const auto config = put_blob("{}");
  auto foreign = put_blob("windows");
  provider_->sizes.erase(foreign.digest);
  foreign.urls = {"http://169.254.169.254/latest/meta-data", "file:///etc/passwd"};
  foreign.media_type = MediaType::of(media_types::docker_foreign_layer_gzip);
  const auto bytes =
      Manifest{.media_type = MediaType::of(media_types::oci_manifest), .config = config, .layers = {foreign}}
          .serialize();
  const Descriptor descriptor{.media_type = MediaType::of(media_types::oci_manifest),
                              .digest = Digest::of(as_bytes(bytes)),
                              .size = bytes.size()};
  ASSERT_TRUE(store_->set_tag("windows", {descriptor, bytes}, {}));
  EXPECT_EQ(manifest("windows").body, bytes);
  EXPECT_EQ(get(blob_url(foreign.digest)).code(), "BLOB_UNKNOWN");
  EXPECT_EQ(elsewhere_->blobs, 0);
  for (const auto& repository : provider_->asked()) EXPECT_EQ(repository, "docker.io/library/alpine");
}

TEST_F(PullThroughTest, S39DamagedBlobIsSetAsideAndComesAgain) {
  const auto blob = put_blob(std::string(5'000, 'q'));
  EXPECT_EQ(get(blob_url(blob.digest)).status, 200);
  const std::string hex(blob.digest.hex());
  testing::write_bytes(directory_ / "registry/docker/registry/v2/blobs/sha256" / hex.substr(0, 2) / hex / "data",
                       std::string(5'000, 'Q'));
  const auto verified = storage_->verify(true, {});
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(verified->damage.size(), 1U);
  EXPECT_TRUE(get(blob_url(blob.digest)).body == std::string(5'000, 'q'));
  EXPECT_EQ(elsewhere_->blobs, 2);
}

TEST_F(PullThroughTest, TagsAreThoseThatWereAskedForHere) {
  put_image("one", "one");
  put_image("two", "two");
  manifest("one");
  EXPECT_EQ(get("/v2/docker.io/library/alpine/tags/list").body,
            R"({"name":"docker.io/library/alpine","tags":["one"]})");
}

}  // namespace
}  // namespace pull_through_test
}  // namespace dray::server
