#include "archive_framing.hpp"

#include <dray/base/stream.hpp>
#include <dray/format/tar.hpp>

namespace dray {
Result<std::string> archive_header(const std::string& path, std::uint64_t size) {
  StringSink sink;
  TarWriter writer(sink);
  TarEntry entry;
  entry.path = path;
  entry.size = size;
  entry.mode = archive_file_mode;
  DRAY_TRY(writer.add(entry));
  return std::move(sink).text();
}

std::optional<Digest> blob_at(std::string_view path) {
  constexpr std::string_view folder = "blobs/";
  if (!path.starts_with(folder)) return std::nullopt;
  std::string text(path.substr(folder.size()));
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  text[slash] = ':';
  auto digest = Digest::parse(text);
  if (!digest) return std::nullopt;
  return *std::move(digest);
}

}  // namespace dray
