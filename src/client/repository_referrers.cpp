#include <fmt/format.h>
#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>
#include <dray/http/response.hpp>
#include <dray/store/referrers.hpp>

#include <algorithm>
#include <array>

#include "pages.hpp"
#include "repository_impl.hpp"

namespace dray::client {
namespace {

/// How registries say that they know no such API: by the specification 404, in the wild the others as well.
bool says_no_api(int status) {
  static constexpr std::array statuses{400, 404, 405, 406, 410, 501};
  return std::ranges::find(statuses, status) != statuses.end();
}

/// Old servers answer any path with a page for people.
bool is_index(const http::ResponseHead& head) {
  const auto* const line = head.headers.find("Content-Type");
  if (line == nullptr) return true;
  const auto type = MediaType::from_content_type(*line);
  return type && (type->is_index() || *type == "application/json");
}

class ReferrerPages {
 public:
  explicit ReferrerPages(std::string attempted) : attempted_(std::move(attempted)) {}

  Result<void> take(http::Exchange& answer) {
    if (!is_index(answer.head())) {
      has_api_ = false;
      return Error(ErrorCode::unsupported, attempted_ + ": what came is no index");
    }
    auto body = http::read_body(answer, limits::max_page_bytes);
    if (!body) return std::move(body).error().context(attempted_);
    bytes_ += body->size();
    const auto parsed = parse_manifest(*body, media_types::oci_index);
    if (!parsed) return fail(ErrorCode::protocol, parsed.error().message());
    const auto* const index = std::get_if<Index>(&*parsed);
    if (index == nullptr) return fail(ErrorCode::protocol, "what came is no index");
    entries_.insert(entries_.end(), index->manifests.begin(), index->manifests.end());
    if (entries_.size() > limits::max_referrers || bytes_ > limits::max_referrers_bytes) {
      return fail(ErrorCode::limit_exceeded, fmt::format("more than {} referrers or {} bytes of them",
                                                         limits::max_referrers, limits::max_referrers_bytes));
    }
    return {};
  }

  [[nodiscard]] bool has_api() const noexcept { return has_api_; }
  [[nodiscard]] bool has_begun() const noexcept { return bytes_ > 0; }
  [[nodiscard]] std::vector<Descriptor> all() && { return std::move(entries_); }

 private:
  [[nodiscard]] Error fail(ErrorCode code, const std::string& why) const { return {code, attempted_ + ": " + why}; }

  std::string attempted_;
  std::vector<Descriptor> entries_;
  std::uint64_t bytes_ = 0;
  bool has_api_ = true;
};

std::string filter(const std::optional<MediaType>& artifact_type) {
  return artifact_type ? "?artifactType=" + http::percent_encode(artifact_type->text()) : std::string();
}

}  // namespace

Result<std::optional<std::vector<Descriptor>>> RepositoryImpl::ask_referrers(
    const Digest& subject, const std::optional<MediaType>& artifact_type, const std::stop_token& stop) {
  const PagedList list{name_.registry(),
                       path("referrers/" + subject.text() + filter(artifact_type)),
                       {pull_scope(name_.path())},
                       std::string(media_types::oci_index),
                       attempt("list the referrers of", subject),
                       limits::max_referrers_pages};
  ReferrerPages pages(list.attempted);
  const auto read = read_pages(*client_, list, [&](http::Exchange& answer) { return pages.take(answer); }, stop);
  if (read) return std::optional(std::move(pages).all());
  if (!pages.has_begun() && (!pages.has_api() || says_no_api(read.error().peer_status()))) {
    return std::optional<std::vector<Descriptor>>();
  }
  return read.error();
}

Result<std::vector<Descriptor>> RepositoryImpl::list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto listed, ask_referrers(subject, artifact_type, stop));
  // A registry may say that it filters and not do it, so the entries are looked at in any case.
  if (listed) return select_referrers(*std::move(listed), artifact_type);
  DRAY_TRY_ASSIGN(const auto list, read_referrers_tag(subject, stop));
  return select_referrers(list.document.entries(), artifact_type);
}

/// The list under the subject's tag; one without entries where there is none.
Result<RepositoryImpl::ReferrersList> RepositoryImpl::read_referrers_tag(const Digest& subject,
                                                                         const std::stop_token& stop) {
  const auto tag = referrers_tag(subject);
  const auto manifest = get_manifest(tag, stop);
  if (!manifest && manifest.error().code() == ErrorCode::not_found) {
    return ReferrersList{IndexDocument::make(MediaType::of(media_types::oci_index)), std::nullopt};
  }
  if (!manifest) return manifest.error();
  auto document = parse_referrers(*manifest);
  if (!document) return std::move(document).error().context(attempt("read the referrers under", tag));
  return ReferrersList{*std::move(document), manifest->descriptor.digest};
}

Result<void> RepositoryImpl::write_referrers_tag(const Digest& subject, const ReferrersList& list,
                                                 const std::stop_token& stop) {
  const auto tag = referrers_tag(subject);
  if (list.document.entries().empty() && list.digest) {
    // What was read names this subject's referrers alone, so no other tag has its digest; and the tag may have moved
    // on meanwhile. Where nothing may be deleted, an empty list says the same.
    if (remove("manifests/" + list.digest->text(), attempt("remove", tag), stop)) return {};
  }
  return set_tag(tag, raw_referrers(list.document), stop);
}

/// Changes the list until nothing is left to change: each round reads what the registry has by then, so an entry that
/// somebody else wrote over is written again.
Result<void> RepositoryImpl::change_referrers_tag(const Digest& subject,
                                                  const std::function<bool(IndexDocument&)>& change,
                                                  const std::stop_token& stop) {
  DRAY_TRY(turns_.begin(subject, stop));
  const SubjectTurns::Turn turn(turns_, subject);
  for (int tries = 0; tries < limits::max_referrers_tag_tries; ++tries) {
    DRAY_TRY_ASSIGN(auto list, read_referrers_tag(subject, stop));
    if (!change(list.document)) return {};
    DRAY_TRY(write_referrers_tag(subject, list, stop));
  }
  return Error(ErrorCode::conflict,
               fmt::format("{}:{} lists the referrers, and somebody else writes it again and again; try once more",
                           name_.text(), referrers_tag(subject)));
}

Result<void> RepositoryImpl::unlist_referrer(const Referral& referral, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto listed, ask_referrers(referral.subject, std::nullopt, stop));
  if (listed) return {};
  auto changed = change_referrers_tag(
      referral.subject, [&](IndexDocument& list) { return remove_referrer(list, referral.entry.digest); }, stop);
  if (changed) return changed;
  return std::move(changed).error().context(fmt::format("{} is deleted, but {}:{} still lists it",
                                                        referral.entry.digest.text(), name_.text(),
                                                        referrers_tag(referral.subject)));
}

}  // namespace dray::client
