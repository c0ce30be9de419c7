#include <fmt/format.h>
#include <dray/base/guarded.hpp>
#include <dray/client/mirrored.hpp>
#include <dray/store/blob_sizes.hpp>

#include <optional>
#include <utility>

namespace dray::client {
namespace {

/// What asking somebody else would not mend, or must not hide.
bool is_final(ErrorCode code) {
  return code == ErrorCode::cancelled || code == ErrorCode::digest_mismatch || code == ErrorCode::limit_exceeded;
}

enum class Wanted : std::uint8_t { tag, digest, blob };

Wanted wanted(const ManifestName& name) { return std::holds_alternative<Digest>(name) ? Wanted::digest : Wanted::tag; }

class Mirrored final : public ContentSource,
                       public HasOrigin,
                       public OpensUrls,
                       public ListsReferrers,
                       public TellsBlobSizes,
                       public NamesAnswerer {
 public:
  Mirrored(std::shared_ptr<ContentSource> original, std::vector<MirrorSource> mirrors, Observer& observer)
      : places_(std::move(mirrors)), observer_(observer) {
    places_.push_back({std::move(original), MirrorUse::all});
    state_.with([&](State& state) { state.gone.resize(places_.size(), false); });
  }

  [[nodiscard]] std::string describe() const override { return original().describe(); }

  [[nodiscard]] RepositoryOrigin origin() const override {
    const auto* const known = dynamic_cast<const HasOrigin*>(&original());
    return known != nullptr ? known->origin() : RepositoryOrigin{};
  }

  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    return ask(wanted(name), text(name), [&](ContentSource& source) { return source.resolve(name, stop); });
  }

  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    return ask(wanted(name), text(name), [&](ContentSource& source) { return source.get_manifest(name, stop); });
  }

  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override {
    return ask(Wanted::blob, blob.digest.text(),
               [&](ContentSource& source) { return source.open_blob(blob, range, stop); });
  }

  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override {
    return original().list_tags(stop);
  }

  [[nodiscard]] Result<std::vector<Descriptor>> list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) override {
    auto* const lister = dynamic_cast<ListsReferrers*>(&original());
    if (lister == nullptr) return Error(ErrorCode::unsupported, describe() + " lists no referrers");
    return lister->list_referrers(subject, artifact_type, stop);
  }

  [[nodiscard]] Result<OpenedBlob> open_url(const Descriptor& blob, const std::string& url,
                                            const std::optional<ByteRange>& range,
                                            const std::stop_token& stop) override {
    auto* const opener = dynamic_cast<OpensUrls*>(&original());
    if (opener == nullptr) return Error(ErrorCode::unsupported, describe() + " opens no URLs");
    return opener->open_url(blob, url, range, stop);
  }

  [[nodiscard]] Result<std::uint64_t> blob_size(const Digest& digest, const std::stop_token& stop) override {
    return ask(Wanted::blob, digest.text(), [&](ContentSource& source) -> Result<std::uint64_t> {
      auto* const teller = dynamic_cast<TellsBlobSizes*>(&source);
      if (teller == nullptr) return Error(ErrorCode::unsupported, source.describe() + " tells no sizes of blobs");
      return teller->blob_size(digest, stop);
    });
  }

  [[nodiscard]] std::string answered_by() const override {
    const auto who = state_.with([](const State& state) { return state.answered; });
    return who ? places_[*who].source->describe() : std::string();
  }

 private:
  struct State {
    std::vector<bool> gone;            ///< Not asked again.
    std::optional<std::size_t> first;  ///< Asked before the others.
    std::optional<std::size_t> answered;
  };

  [[nodiscard]] ContentSource& original() const { return *places_.back().source; }
  [[nodiscard]] bool is_original(std::size_t place) const { return place + 1 == places_.size(); }

  [[nodiscard]] bool serves(std::size_t place, Wanted what, bool is_first) const {
    const auto use = places_[place].use;
    if (what == Wanted::blob || use == MirrorUse::all || is_first)
      return what != Wanted::tag || use != MirrorUse::digests;
    return (what == Wanted::tag) == (use == MirrorUse::tags);
  }

  [[nodiscard]] std::vector<std::size_t> order(Wanted what) const {
    return state_.with([&](const State& state) {
      std::vector<std::size_t> all;
      if (state.first) all.push_back(*state.first);
      for (std::size_t i = 0; i < places_.size(); ++i) {
        if (i != state.first) all.push_back(i);
      }
      std::erase_if(
          all, [&](std::size_t i) { return !is_original(i) && (state.gone[i] || !serves(i, what, i == state.first)); });
      return all;
    });
  }

  template <class Ask>
  auto ask(Wanted what, const std::string& name, const Ask& ask_one) -> std::invoke_result_t<Ask, ContentSource&> {
    std::string failures;
    const auto places = order(what);
    for (std::size_t i = 0;; ++i) {
      const auto place = places[i];
      auto answer = ask_one(*places_[place].source);
      if (answer) {
        note_answer(place, what, name, i > 0);
        return answer;
      }
      if (is_final(answer.error().code())) return answer;
      if (i + 1 == places.size()) return with_failures(std::move(answer).error(), failures);
      note_failure(place, answer.error(), places[i + 1]);
      failures += fmt::format("; {} before: {}", places_[place].source->describe(), answer.error().message());
    }
  }

  static Error with_failures(Error error, const std::string& failures) {
    if (failures.empty()) return error;
    return Error(error.code(), error.message() + failures).with_peer(error.peer_status(), error.peer_words());
  }

  void note_answer(std::size_t place, Wanted what, const std::string& name, bool others_failed) {
    const bool is_news = state_.with([&](State& state) {
      if (what == Wanted::blob) return false;
      const bool changed = state.answered != place;
      state.answered = place;
      if (others_failed || !is_original(place)) state.first = place;
      return changed;
    });
    if (!is_news) return;
    observer_.on(Observer::Note{fmt::format("{} {} is answered by {}{}", describe(), name,
                                            is_original(place) ? "the registry itself, " : "its mirror ",
                                            places_[place].source->describe())});
  }

  void note_failure(std::size_t place, const Error& error, std::size_t next) {
    const bool is_gone = !is_original(place) && error.code() != ErrorCode::not_found;
    state_.with([&](State& state) {
      if (is_gone) state.gone[place] = true;
      if (is_gone && state.first == place) state.first.reset();
    });
    observer_.on(
        Observer::Note{fmt::format("{} failed ({}){}; asking {}", places_[place].source->describe(), error.message(),
                                   is_gone ? " and is not asked again" : "", places_[next].source->describe())});
  }

  std::vector<MirrorSource> places_;  ///< the original last
  Observer& observer_;
  Guarded<State> state_;
};

Result<Places> places_of(RegistryClient& client, const RepositoryName& name) {
  auto* const policy = client.mirrors();
  if (policy == nullptr) return Places{name};
  DRAY_TRY_ASSIGN(auto places, policy->places(name));
  if (places.original != name) {
    client.observer().on(
        Observer::Note{fmt::format("{} is at {}, says {}", name.text(), places.original.text(), places.origin)});
  }
  return places;
}

}  // namespace

std::shared_ptr<ContentSource> make_mirrored(std::shared_ptr<ContentSource> original, std::vector<MirrorSource> mirrors,
                                             Observer& observer) {
  if (mirrors.empty()) return original;
  return std::make_shared<Mirrored>(std::move(original), std::move(mirrors), observer);
}

Result<std::shared_ptr<ContentSource>> open_mirrored(const std::shared_ptr<RegistryClient>& client,
                                                     const RepositoryName& name) {
  DRAY_TRY_ASSIGN(auto places, places_of(*client, name));
  std::vector<MirrorSource> mirrors;
  for (auto& mirror : places.mirrors) mirrors.push_back({Repository::make(client, std::move(mirror.name)), mirror.use});
  return make_mirrored(Repository::make(client, std::move(places.original)), std::move(mirrors), client->observer());
}

Result<std::shared_ptr<Repository>> open_repository(const std::shared_ptr<RegistryClient>& client,
                                                    const RepositoryName& name) {
  DRAY_TRY_ASSIGN(auto places, places_of(*client, name));
  return Repository::make(client, std::move(places.original));
}

}  // namespace dray::client
