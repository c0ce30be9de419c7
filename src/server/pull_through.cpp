#include "pull_through.hpp"

#include <dray/base/guarded.hpp>
#include <dray/server/limits.hpp>
#include <future>
#include <map>
#include <unordered_map>

#include "api_error.hpp"
#include "blob_fill.hpp"
#include "conditional.hpp"
#include "endpoints/blob_answer.hpp"
#include "endpoints/manifest_answer.hpp"
#include "manifest_check.hpp"

namespace dray::server {
namespace {

using ManifestPointer = std::shared_ptr<const RawManifest>;
using TimePoint = std::chrono::steady_clock::time_point;

/// When something was last known, by name; forgets everything rather than grow over its limit.
class Remembered {
 public:
  void note(const std::string& name, TimePoint now) {
    times_.with([&](auto& times) {
      if (times.size() >= limits::max_remembered_names) times.clear();
      times[name] = now;
    });
  }
  void forget(const std::string& name) {
    times_.with([&](auto& times) { times.erase(name); });
  }
  [[nodiscard]] std::optional<TimePoint> when(const std::string& name) const {
    return times_.with([&](const auto& times) -> std::optional<TimePoint> {
      const auto found = times.find(name);
      return found == times.end() ? std::nullopt : std::optional(found->second);
    });
  }

 private:
  Guarded<std::unordered_map<std::string, TimePoint>> times_;
};

/// A manifest as it may be answered.
struct Found {
  ManifestPointer manifest;
  std::optional<std::string> warning;  ///< Set when the upstream could not be asked.
};

class PullThroughCache final : public PullThrough, public std::enable_shared_from_this<PullThroughCache> {
 public:
  PullThroughCache(std::shared_ptr<RegistryStorage> storage, std::shared_ptr<UpstreamProvider> upstream,
                   std::chrono::seconds tag_age, Clock& clock)
      : storage_(std::move(storage)), upstream_(std::move(upstream)), tag_age_(tag_age), clock_(clock) {}

  ~PullThroughCache() override {
    stop_.request_stop();
    fills_.with([](auto& fills) {
      for (const auto& [key, fill] : fills) fill->stop();
    });
  }

  [[nodiscard]] bool is_upstreams(const std::string& repository) override {
    return upstream_->source(repository).has_value();
  }

  [[nodiscard]] Handled get_manifest(const Call& call, const ManifestName& name) override {
    if (is_fresh(call.repository, name)) {
      const auto here = storage_->get_manifest(call.repository, name);
      if (here) return answer_manifest(call.request, *here);
    }
    return later([self = shared_from_this(), request = call.request, repository = call.repository, name] {
      auto found = self->find_together(repository, name);
      if (!found) return refusal(found.error(), ApiCode::manifest_unknown);
      auto response = answer_manifest(request, found->manifest);
      if (found->warning) response.headers.add("Warning", *found->warning);
      return response;
    });
  }

  [[nodiscard]] Handled get_blob(const Call& call, const Digest& digest) override {
    return later([self = shared_from_this(), request = call.request, repository = call.repository, digest] {
      return self->answer_upstreams_blob(request, repository, digest);
    });
  }

 private:
  // ---- manifests

  static std::string key_of(const std::string& repository, const ManifestName& name) {
    return repository + "@" + text(name);
  }

  /// What a digest names never changes; a tag is believed for its age.
  bool is_fresh(const std::string& repository, const ManifestName& name) const {
    if (std::holds_alternative<Digest>(name)) return true;
    const auto checked = checked_tags_.when(key_of(repository, name));
    return checked && clock_.now() - *checked < tag_age_;
  }

  bool is_known_missing(const std::string& key) const {
    const auto noted = missing_.when(key);
    return noted && clock_.now() - *noted < limits::missing_lifetime;
  }

  /// One of those who ask for the same at the same time looks for it; the others wait for what it finds.
  Result<Found> find_together(const std::string& repository, const ManifestName& name) {
    const auto key = key_of(repository, name);
    std::promise<Result<Found>> promise;
    std::shared_future<Result<Found>> other;
    looking_.with([&](auto& looking) {
      const auto [at, is_first] = looking.try_emplace(key);
      if (is_first) {
        at->second = promise.get_future().share();
      } else {
        other = at->second;
      }
    });
    if (other.valid()) return other.get();
    auto found = find(repository, name, key);
    looking_.with([&](auto& looking) { looking.erase(key); });
    promise.set_value(found);
    return found;
  }

  Result<Found> find(const std::string& repository, const ManifestName& name, const std::string& key) {
    auto here = storage_->get_manifest(repository, name);
    if (here && is_fresh(repository, name)) return Found{*here, {}};
    const auto source = upstream_->source(repository);
    if (!source) return here ? Result<Found>(Found{*here, {}}) : here.error();
    if (is_known_missing(key)) return Error(ErrorCode::not_found, "the upstream does not have it");
    auto fetched = here ? revalidate(repository, name, *here, **source) : fetch(repository, name, **source);
    if (fetched) {
      checked_tags_.note(key, clock_.now());
      return Found{*fetched, {}};
    }
    if (fetched.error().code() == ErrorCode::not_found) {
      missing_.note(key, clock_.now());
      return fetched.error();
    }
    if (!here) return fetched.error();
    // distribution-spec 1.1, "Warnings": the code is 299, the agent `-`, and there is no date.
    return Found{*here, R"(299 - "the upstream does not answer; this is what it had when it last did")"};
  }

  Result<ManifestPointer> revalidate(const std::string& repository, const ManifestName& name,
                                     const ManifestPointer& here, ContentSource& source) {
    DRAY_TRY_ASSIGN(const auto now, source.resolve(name, stop_.get_token()));
    if (now.digest == here->descriptor.digest) return here;
    return fetch(repository, name, source);
  }

  Result<ManifestPointer> fetch(const std::string& repository, const ManifestName& name, ContentSource& source) {
    DRAY_TRY_ASSIGN(auto raw, source.get_manifest(name, stop_.get_token()));
    const auto parsed = parse_manifest(raw.bytes, raw.descriptor.media_type.text());
    if (!parsed)
      return Error(ErrorCode::protocol, "the upstream's manifest cannot be read: " + parsed.error().message());
    std::vector<std::string> tags;
    if (const auto* const tag = std::get_if<std::string>(&name)) tags.push_back(*tag);
    DRAY_TRY(storage_->put_manifest(repository, raw, tags, subject_of(*parsed)));
    return ManifestPointer(std::make_shared<const RawManifest>(std::move(raw)));
  }

  // ---- blobs

  Response answer_upstreams_blob(const Request& request, const std::string& repository, const Digest& digest) {
    if (auto here = storage_->open_blob(repository, digest)) return answer_blob(request, digest, std::move(*here));
    const auto key = repository + "@" + digest.text();
    if (is_known_missing(key)) return refusal(ApiCode::blob_unknown, "the upstream does not have this blob");
    const auto size = size_upstream(repository, digest, key);
    if (!size) return refusal(size.error(), ApiCode::blob_unknown);
    return answer_while_filling(request, repository, digest, *size, key);
  }

  Result<std::uint64_t> size_upstream(const std::string& repository, const Digest& digest, const std::string& key) {
    auto size = upstream_->blob_size(repository, digest, stop_.get_token());
    if (!size && size.error().code() == ErrorCode::not_found) missing_.note(key, clock_.now());
    return size;
  }

  Response answer_while_filling(const Request& request, const std::string& repository, const Digest& digest,
                                std::uint64_t size, const std::string& key) {
    // The storage's own answer decides about ranges and conditions; only the bytes come from elsewhere.
    auto response = answer_blob(request, digest, StoredBlob{FileDescriptor(), size});
    auto* const whole = std::get_if<FileBody>(&response.body);
    if (whole == nullptr) return response;
    const auto range = whole->range;
    if (request.method == Method::head) {
      response.body = StreamBody{nullptr, range.size()};
      return response;
    }
    const auto source = upstream_->source(repository);
    if (!source) return refusal(source.error(), ApiCode::blob_unknown);
    const Descriptor blob{.media_type = MediaType::of("application/octet-stream"), .digest = digest, .size = size};
    auto fill = running_fill(key);
    if (!fill) {
      // One may have ended since the storage was asked, and then the bytes are there.
      if (auto here = storage_->open_blob(repository, digest)) return answer_blob(request, digest, std::move(*here));
      fill = join_fill(key, repository, *source, blob);
    }
    if (!fill) {
      auto busy = refusal(ApiCode::unavailable, "too many blobs are on their way from upstreams");
      busy.headers.add("Retry-After", "5");
      return busy;
    }
    response.body = StreamBody{follow(fill, range), range.size()};
    return response;
  }

  /// nullptr when none is under way.
  std::shared_ptr<BlobFill> running_fill(const std::string& key) {
    return fills_.with([&](auto& fills) -> std::shared_ptr<BlobFill> {
      const auto found = fills.find(key);
      return found != fills.end() && !found->second->is_over() ? found->second : nullptr;
    });
  }

  /// nullptr when too many are under way.
  std::shared_ptr<BlobFill> join_fill(const std::string& key, const std::string& repository,
                                      const std::shared_ptr<ContentSource>& source, const Descriptor& blob) {
    std::vector<std::shared_ptr<BlobFill>> over;  // destroyed, and their threads joined, outside the lock
    return fills_.with([&](auto& fills) -> std::shared_ptr<BlobFill> {
      for (auto at = fills.begin(); at != fills.end();) {
        if (!at->second->is_over()) {
          ++at;
          continue;
        }
        over.push_back(std::move(at->second));
        at = fills.erase(at);
      }
      if (const auto running = fills.find(key); running != fills.end()) return running->second;
      if (fills.size() >= limits::max_fills) return nullptr;
      return fills.emplace(key, BlobFill::start(storage_, source, repository, blob)).first->second;
    });
  }

  const std::shared_ptr<RegistryStorage> storage_;
  const std::shared_ptr<UpstreamProvider> upstream_;
  const std::chrono::seconds tag_age_;
  Clock& clock_;
  std::stop_source stop_;
  Remembered checked_tags_;
  Remembered missing_;
  Guarded<std::map<std::string, std::shared_future<Result<Found>>>> looking_;
  Guarded<std::map<std::string, std::shared_ptr<BlobFill>>> fills_;
};

}  // namespace

std::shared_ptr<PullThrough> PullThrough::make(std::shared_ptr<RegistryStorage> storage,
                                               std::shared_ptr<UpstreamProvider> upstream, std::chrono::seconds tag_age,
                                               Clock& clock) {
  return std::make_shared<PullThroughCache>(std::move(storage), std::move(upstream), tag_age, clock);
}

}  // namespace dray::server
