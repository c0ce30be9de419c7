#include <dray/core/diff_id.hpp>

namespace dray {

Result<DiffId> DiffId::parse(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto digest, Digest::parse(text));
  return DiffId(digest);
}

}  // namespace dray
