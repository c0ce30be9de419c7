#include "journal.hpp"

#include <algorithm>
#include <cstring>

namespace dray {
namespace {

constexpr std::string_view magic = "draypart";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t version_at = 8;
constexpr std::size_t digest_length_at = 12;
constexpr std::size_t size_at = 16;
constexpr std::size_t digest_at = 24;
constexpr std::size_t header_checksum_at = journal_header_bytes - 8;
constexpr std::size_t record_checksum_at = journal_record_bytes - 8;

/// Little-endian on every machine.
template <class Number>
void put(ByteSpan into, std::size_t at, Number value) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) into[at + i] = static_cast<std::byte>((value >> (8 * i)) & 0xffU);
}

std::uint64_t get_u64(ByteView from, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= static_cast<std::uint64_t>(from[at + i]) << (8 * i);
  return value;
}

/// FNV-1a, 64 bits: it finds torn writes; forgery is found by the blob's digest.
std::uint64_t checksum(ByteView bytes, std::uint64_t seed = 0xcbf29ce484222325ULL) {
  for (const auto byte : bytes) {
    seed ^= static_cast<std::uint64_t>(byte);
    seed *= 0x100000001b3ULL;
  }
  return seed;
}

}  // namespace

JournalHeader encode_journal_header(const Descriptor& blob) {
  JournalHeader header{};
  const auto digest = blob.digest.text_view();
  std::memcpy(header.data(), magic.data(), magic.size());
  put(header, version_at, format_version);
  put(header, digest_length_at, static_cast<std::uint32_t>(digest.size()));
  put(header, size_at, blob.size);
  std::memcpy(header.data() + digest_at, digest.data(), digest.size());
  put(header, header_checksum_at, checksum(ByteView(header).first(header_checksum_at)));
  return header;
}

JournalRecord encode_journal_record(const JournalHeader& header, ByteRange range) {
  JournalRecord record{};
  put(record, 0, range.begin);
  put(record, 8, range.end);
  put(record, record_checksum_at,
      checksum(ByteView(record).first(record_checksum_at), get_u64(header, header_checksum_at)));
  return record;
}

RangeSet decode_journal(ByteView journal, const Descriptor& blob) {
  const auto header = encode_journal_header(blob);
  if (journal.size() < header.size() || !std::equal(header.begin(), header.end(), journal.begin())) return {};
  std::vector<ByteRange> ranges;
  for (auto rest = journal.subspan(header.size()); rest.size() >= journal_record_bytes;
       rest = rest.subspan(journal_record_bytes)) {
    const ByteRange range{get_u64(rest, 0), get_u64(rest, 8)};
    const auto intact = encode_journal_record(header, range);
    if (!std::equal(intact.begin(), intact.end(), rest.begin())) continue;
    if (!range.empty() && range.end <= blob.size) ranges.push_back(range);
  }
  // In order, each is added at the end: a forged journal could choose the order that costs most.
  std::ranges::sort(ranges, {}, &ByteRange::begin);
  RangeSet found;
  for (const auto range : ranges) {
    found.add(range);
    if (found.ranges().size() > max_journal_ranges) return {};
  }
  return found;
}

Journal::Journal(Journal&& other) noexcept
    : file_(std::move(other.file_)),
      header_(other.header_),
      found_(std::move(other.found_)),
      next_record_(other.next_record_.load()) {}

Journal& Journal::operator=(Journal&& other) noexcept {
  file_ = std::move(other.file_);
  header_ = other.header_;
  found_ = std::move(other.found_);
  next_record_ = other.next_record_.load();
  return *this;
}

Result<Journal> Journal::open(const Directory& root, const std::string& name, const Descriptor& blob) {
  DRAY_TRY_ASSIGN(auto file, root.open_or_create_file(name, 0600));
  DRAY_TRY_ASSIGN(const auto size, size_of(file));
  Journal journal(std::move(file), encode_journal_header(blob));
  if (size > 0 && size <= max_journal_bytes) {
    DRAY_TRY_ASSIGN(const auto bytes, read_file(root, name, max_journal_bytes));
    journal.found_ = decode_journal(as_bytes(bytes), blob);
  }
  if (journal.found_.ranges().empty()) {
    DRAY_TRY(journal.clear());
  } else {
    const auto records = size - journal_header_bytes;
    journal.next_record_ = (records + journal_record_bytes - 1) / journal_record_bytes;
  }
  return journal;
}

Result<void> Journal::clear() {
  found_ = {};
  next_record_ = 0;
  DRAY_TRY(resize(file_, 0));
  return write_at(file_, 0, header_);
}

Result<void> Journal::append(ByteRange range) {
  const auto slot = next_record_++;
  return write_at(file_, journal_header_bytes + slot * journal_record_bytes, encode_journal_record(header_, range));
}

}  // namespace dray
