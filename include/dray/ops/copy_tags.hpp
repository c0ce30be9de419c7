#pragma once

#include <cstdint>
#include <dray/ops/copy.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace dray::ops {

/// What became of a tag.
enum class TagOutcome : std::uint8_t {
  copied,     ///< In a dry run: would be.
  unchanged,  ///< The destination has it already.
  kept,       ///< The destination has another image under it, which `no_clobber` leaves alone.
  failed,
};
[[nodiscard]] std::string_view name(TagOutcome outcome) noexcept;

struct TagReport {
  std::string tag;
  TagOutcome outcome = TagOutcome::failed;
  std::optional<Digest> source = {};       ///< What it stands for at the source.
  std::optional<Digest> destination = {};  ///< What it stands for at the destination now; in a dry run would.
  std::uint64_t bytes = 0;                 ///< Moved for it; in a dry run, to be moved.
  std::vector<std::string> reasons = {};   ///< Why the two digests differ.
  std::vector<Descriptor> left = {};       ///< Its foreign layers that stay where their URLs lead.
  ReferrersSums referrers = {};            ///< What went along; told with one of the tags of an image.
  std::optional<Error> error = {};         ///< Of a tag that failed.
};

struct TagsReport {
  std::vector<TagReport> tags;          ///< In the order that was asked for.
  std::uint64_t bytes_planned = 0;      ///< Each blob counted once, over all tags.
  std::uint64_t bytes_transferred = 0;  ///< 0 in a dry run.

  [[nodiscard]] std::size_t count(TagOutcome outcome) const;
};

struct CopyTagsOptions {
  /// For each image. `jobs` and `connections` hold over all of them together; `expected` is no matter here.
  CopyOptions copy;
  bool no_clobber = false;  ///< Leave tags alone that the destination has, whatever they stand for.
  /// What the destination is known to hold under a tag for that digest of the source: it is not asked then. May be
  /// empty; called from many threads.
  std::function<std::optional<Digest>(const std::string& tag, const Digest& source)> known = {};
  /// Asked before content is fetched for a tag; its error becomes the tag's. May be empty; called from many threads.
  std::function<Result<void>()> may_fetch = {};
};

/// Copies tags from one place to another. Each tag is first resolved at both ends, without its manifest where the
/// places can tell so: one that stands for the same image costs nothing more. (A sparse copy looks closer: an index
/// alone does not say which of its images are there.) Tags of one digest are copied once, images in parallel, blobs
/// that images share once. With `referrers` what refers to an image is looked at even where its
/// tag is unchanged, and tags that list referrers (`sha256-<hex>`) are no tags here: the destination keeps its own
/// lists. A tag that fails stops no other; `finish` is called when at least one could be written. When it is stopped,
/// the tags that were not reached are `failed` with `cancelled`. Errors: those of `open_sink` and of `finish`; every
/// other is a tag's own.
[[nodiscard]] Result<TagsReport> copy_tags(ContentSource& source, const std::vector<std::string>& tags,
                                           const SinkOpener& open_sink, const CopyTagsOptions& options,
                                           const std::stop_token& stop);

}  // namespace dray::ops
