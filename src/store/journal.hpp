#pragma once

#include <array>
#include <atomic>
#include <dray/base/file.hpp>
#include <dray/core/descriptor.hpp>
#include <string>

#include "range_set.hpp"

// The journal beside a partial blob: which of its ranges are on disk. docs/formats/partial.md describes the bytes.

namespace dray {

inline constexpr std::size_t journal_header_bytes = 192;
inline constexpr std::size_t journal_record_bytes = 24;
/// A journal larger than this is thrown away; it is enough for 2.7 million records.
inline constexpr std::uint64_t max_journal_bytes = 64ULL * 1024 * 1024;

/// A journal that tells of more separate ranges than this is thrown away: our writers leave one for each stream.
inline constexpr std::size_t max_journal_ranges = 10'000;

using JournalHeader = std::array<std::byte, journal_header_bytes>;
using JournalRecord = std::array<std::byte, journal_record_bytes>;

[[nodiscard]] JournalHeader encode_journal_header(const Descriptor& blob);
/// The record's checksum covers the header, so that it counts in the journal of its own blob only.
[[nodiscard]] JournalRecord encode_journal_record(const JournalHeader& header, ByteRange range);
/// What the intact records of a journal say; nothing when the header is torn or that of another blob, or when there are
/// too many ranges. Torn records, and those of ranges that the blob does not have, are passed over.
[[nodiscard]] RangeSet decode_journal(ByteView journal, const Descriptor& blob);

/// An open journal. Appending is safe from many threads.
class Journal {
 public:
  /// Opens `name`, or makes it. `found` is what an earlier process wrote, and empty for a journal that had to be begun
  /// anew.
  [[nodiscard]] static Result<Journal> open(const Directory& root, const std::string& name, const Descriptor& blob);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) noexcept;

  [[nodiscard]] const RangeSet& found() const noexcept { return found_; }
  /// Forgets everything.
  [[nodiscard]] Result<void> clear();
  /// Says that the range is on disk.
  [[nodiscard]] Result<void> append(ByteRange range);

 private:
  Journal(FileDescriptor file, const JournalHeader& header) : file_(std::move(file)), header_(header) {}

  FileDescriptor file_;
  JournalHeader header_;
  RangeSet found_;
  std::atomic<std::uint64_t> next_record_ = 0;
};

}  // namespace dray
