#include "tar_testing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include "pieces.hpp"
#include "support/subprocess.hpp"

namespace dray::testing {
namespace {

/// Prints the lines of `whole_second_lines_of`, one record an entry.
constexpr const char* python_listing = R"(
import math, stat, sys, tarfile, time
for m in tarfile.open(fileobj=sys.stdin.buffer, mode='r|', encoding='utf-8', errors='surrogateescape'):
    kind = ('h' if m.islnk() else 'l' if m.issym() else 'c' if m.ischr() else 'b' if m.isblk() else
            'd' if m.isdir() else 'p' if m.isfifo() else '-')
    size = '%d,%d' % (m.devmajor, m.devminor) if kind in 'cb' else str(m.size)
    when = time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(math.floor(m.mtime)))
    name = m.name.rstrip('/') + ('/' if kind == 'd' else '')
    name += ' link to ' + m.linkname if kind == 'h' else ' -> ' + m.linkname if kind == 'l' else ''
    line = '%s%s %d/%d %s %s %s\0' % (kind, stat.filemode(m.mode)[1:], m.uid, m.gid, size, when, name)
    sys.stdout.buffer.write(line.encode('utf-8', 'surrogateescape'))
)";

std::vector<std::string> split(std::string_view text, char end) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(end), text.size());
    out.emplace_back(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return out;
}

std::string output_of(std::vector<std::string> words, const std::string& archive) {
  const auto outcome = run({.words = std::move(words),
                            .env = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}, {"PYTHONUTF8", "1"}},
                            .input = archive});
  if (outcome.status != 0) throw std::runtime_error(outcome.out + outcome.err);
  return outcome.out;
}

char letter(TarType type) {
  switch (type) {
    case TarType::file:
      return '-';
    case TarType::hard_link:
      return 'h';
    case TarType::symlink:
      return 'l';
    case TarType::character_device:
      return 'c';
    case TarType::block_device:
      return 'b';
    case TarType::directory:
      return 'd';
    case TarType::fifo:
      return 'p';
  }
  return '?';
}

std::string permissions(std::uint32_t mode) {
  std::string out;
  const auto triple = [&](unsigned shift, unsigned special, char small) {
    const unsigned bits = mode >> shift;
    out += (bits & 4U) != 0 ? 'r' : '-';
    out += (bits & 2U) != 0 ? 'w' : '-';
    const bool x = (bits & 1U) != 0;
    const char with = x ? small : static_cast<char>(small - 'a' + 'A');
    out += (mode & special) != 0 ? with : x ? 'x' : '-';
  };
  triple(6, 04000, 's');
  triple(3, 02000, 's');
  triple(0, 01000, 't');
  return out;
}

/// With fractions, a time before 1970 is printed as GNU tar does it: the fraction counts backwards.
std::string when(const TarEntry& entry, bool fractions) {
  const bool backwards = fractions && entry.mtime_seconds < 0 && entry.mtime_nanoseconds != 0;
  const auto seconds = static_cast<std::time_t>(entry.mtime_seconds + (backwards ? 1 : 0));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::string out(text.data(), size);
  if (!fractions || entry.mtime_nanoseconds == 0) return out;
  out += fmt::format(".{:09}", backwards ? 1'000'000'000 - entry.mtime_nanoseconds : entry.mtime_nanoseconds);
  return out.erase(out.find_last_not_of('0') + 1);
}

std::string line_of(const TarEntry& entry, bool fractions) {
  const bool device = entry.type == TarType::character_device || entry.type == TarType::block_device;
  const std::string size =
      device ? fmt::format("{},{}", entry.device_major, entry.device_minor) : std::to_string(entry.size);
  std::string name = entry.path;
  if (entry.type == TarType::directory && !name.ends_with('/')) name += '/';
  if (entry.type == TarType::hard_link) name += " link to " + entry.link_path;
  if (entry.type == TarType::symlink) name += " -> " + entry.link_path;
  return fmt::format("{}{} {}/{} {} {} {}", letter(entry.type), permissions(entry.mode), entry.uid, entry.gid, size,
                     when(entry, fractions), name);
}

std::vector<std::string> lines(const std::vector<TarFile>& files, bool fractions) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(line_of(file.entry, fractions));
  return out;
}

/// GNU tar lines its columns up; here one blank stands between the first five of them and the name.
std::string without_alignment(std::string_view line) {
  std::string out;
  for (int column = 0; column < 5; ++column) {
    const std::size_t blank = line.find(' ');
    out += std::string(line.substr(0, blank)) + " ";
    line.remove_prefix(std::min(line.find_first_not_of(' ', blank), line.size()));
  }
  return out + std::string(line);
}

std::string octal(std::uint64_t value, std::size_t width) { return fmt::format("{:0{}o}", value, width - 1); }

void put(std::string& block, std::size_t at, std::string_view text) { block.replace(at, text.size(), text); }

void put_checksum(std::string& block, bool with_signs) {
  put(block, 148, "        ");
  std::int64_t sum = 0;
  for (const char c : block) {
    sum += with_signs ? static_cast<std::int64_t>(static_cast<signed char>(c)) : static_cast<unsigned char>(c);
  }
  put(block, 148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
}

}  // namespace

Result<std::vector<TarFile>> read_tar(std::string archive, std::size_t piece) {
  PieceSource source(std::move(archive), piece);
  TarReader reader(source);
  std::vector<TarFile> files;
  while (true) {
    DRAY_TRY_ASSIGN(auto entry, reader.next());
    if (!entry) return files;
    std::string data;
    std::array<std::byte, 1000> buffer{};
    while (true) {
      DRAY_TRY_ASSIGN(const auto got, reader.read(buffer));
      if (got == 0) break;
      data += as_text(ByteView(buffer).first(got));
    }
    files.push_back({std::move(*entry), std::move(data)});
  }
}

std::string write_tar(const std::vector<TarFile>& files) {
  StringSink sink;
  TarWriter writer(sink);
  const auto must = [](const Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().message());
  };
  for (const auto& file : files) {
    must(writer.add(file.entry));
    must(writer.write(as_bytes(file.data)));
  }
  must(writer.finish());
  return std::move(sink).text();
}

RawTar& RawTar::header(const Header& header) {
  std::string block(512, '\0');
  put(block, 0, header.name);
  put(block, 100, header.mode_field.empty() ? octal(0644, 8) : header.mode_field);
  put(block, 108, header.uid_field.empty() ? octal(0, 8) : header.uid_field);
  put(block, 116, octal(0, 8));
  put(block, 124, header.size_field.empty() ? octal(header.size, 12) : header.size_field);
  put(block, 136, header.mtime_field.empty() ? octal(0, 12) : header.mtime_field);
  block[156] = header.type;
  put(block, 157, header.link);
  put(block, 257, header.magic_and_version);
  put(block, 329, header.major_field.empty() ? octal(0, 8) : header.major_field);
  put(block, 337, octal(0, 8));
  put(block, 345, header.prefix);
  put_checksum(block, header.signed_checksum);
  if (!header.checksum_field.empty()) put(block, 148, header.checksum_field);
  bytes_ += block;
  return *this;
}

RawTar& RawTar::data(std::string_view bytes) {
  bytes_ += bytes;
  bytes_.append((512 - bytes.size() % 512) % 512, '\0');
  return *this;
}

RawTar& RawTar::extension(char type, std::string_view records) {
  return header({.name = "extension", .type = type, .size = records.size()}).data(records);
}

RawTar& RawTar::file(std::string_view name, std::string_view bytes) {
  return header({.name = std::string(name), .size = bytes.size()}).data(bytes);
}

RawTar& RawTar::zeros(std::size_t blocks) {
  bytes_.append(blocks * 512, '\0');
  return *this;
}

RawTar& RawTar::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

std::string pax(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::vector<std::string> lines_of(const std::vector<TarFile>& files) { return lines(files, true); }
std::vector<std::string> whole_second_lines_of(const std::vector<TarFile>& files) { return lines(files, false); }

std::vector<std::string> lines_of_gnu_tar(const std::string& archive) {
  auto out = split(output_of({"tar", "--list", "-v", "--full-time", "--numeric-owner", "--quoting-style=literal",
                              "--warning=no-unknown-keyword", "-f", "-"},
                             archive),
                   '\n');
  std::ranges::transform(out, out.begin(), without_alignment);
  return out;
}

std::vector<std::string> lines_of_python(const std::string& archive) {
  return split(output_of({"python3", "-c", python_listing}, archive), '\0');
}

std::vector<std::string> names_of(const std::vector<TarFile>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.entry.path);
  return out;
}

std::vector<std::string> names_of_bsdtar(const std::string& archive) {
  return split(output_of({"bsdtar", "-tf", "-"}, archive), '\n');
}

}  // namespace dray::testing
