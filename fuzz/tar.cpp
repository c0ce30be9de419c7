#include <dray/format/tar.hpp>
#include <utility>
#include <vector>

#include "fuzz_target.hpp"

namespace {

using Files = std::vector<std::pair<dray::TarEntry, std::string>>;

dray::Result<Files> read(std::string archive) {
  dray::StringSource source(std::move(archive));
  dray::TarReader reader(source);
  Files files;
  while (true) {
    DRAY_TRY_ASSIGN(auto entry, reader.next());
    if (!entry) return files;
    std::string data;
    std::byte buffer[300];
    while (true) {
      DRAY_TRY_ASSIGN(const auto got, reader.read(buffer));
      if (got == 0) break;
      data += dray::as_text({buffer, got});
    }
    files.emplace_back(std::move(*entry), std::move(data));
  }
}

dray::Result<std::string> write(const Files& files) {
  dray::StringSink sink;
  dray::TarWriter writer(sink);
  for (const auto& [entry, data] : files) {
    DRAY_TRY(writer.add(entry));
    DRAY_TRY(writer.write(dray::as_bytes(data)));
  }
  DRAY_TRY(writer.finish());
  return std::move(sink).text();
}

bool same(const dray::TarEntry& a, const dray::TarEntry& b) {
  return a.type == b.type && a.path == b.path && a.link_path == b.link_path && a.size == b.size && a.mode == b.mode &&
         a.uid == b.uid && a.gid == b.gid && a.user == b.user && a.group == b.group &&
         a.mtime_seconds == b.mtime_seconds && a.mtime_nanoseconds == b.mtime_nanoseconds &&
         a.device_major == b.device_major && a.device_minor == b.device_minor && a.xattrs == b.xattrs;
}

}  // namespace

/// What was read and can be written reads back as the same entries.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = read(std::string(dray::fuzz::text_of(data, size)));
  if (!files) return 0;
  const auto written = write(*files);
  if (!written) return 0;
  const auto again = read(*written);
  dray::fuzz::require(again.has_value() && again->size() == files->size());
  for (std::size_t i = 0; i < files->size(); ++i) {
    dray::fuzz::require(same((*files)[i].first, (*again)[i].first) && (*files)[i].second == (*again)[i].second);
  }
  return 0;
}
