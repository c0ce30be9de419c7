#include "key_file.hpp"

#include <dray/base/file.hpp>
#include <dray/server/limits.hpp>

namespace dray::server {

Result<std::string> read_key_file(const std::filesystem::path& file, std::size_t least) {
  DRAY_TRY_ASSIGN(auto key, read_file(file, limits::max_key_file_bytes));
  while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
  if (key.size() >= least) return key;
  return Error(ErrorCode::invalid_input, "the key in " + file.string() + " has " + std::to_string(key.size()) +
                                             " bytes; it must have " + std::to_string(least) + " or more");
}

}  // namespace dray::server
