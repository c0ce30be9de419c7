#include <fcntl.h>
#include <cstdio>

#include <cerrno>
#include <dray/base/move_to_new.hpp>

#include "beneath.hpp"
#include "system.hpp"

namespace dray {
namespace {

int rename_new(const beneath::Place& from, const beneath::Place& to) {
  return system::call(SystemCall::rename, [&] {
    return ::renameat2(from.folder, from.last.c_str(), to.folder, to.last.c_str(), RENAME_NOREPLACE);
  });
}

}  // namespace

Result<void> move_to_new(const Directory& directory, const std::string& from, const std::string& to) {
  DRAY_TRY_ASSIGN(const auto source, beneath::locate(directory, from));
  DRAY_TRY_ASSIGN(const auto target, beneath::locate(directory, to));
  const auto attempted = beneath::attempt("rename " + from + " to", directory, to);
  if (rename_new(source, target) == 0) return {};
  const int error = errno;
  // Network file systems and older kernels know no such flag.
  if (error != EINVAL && error != ENOSYS) {
    if (error != EEXIST) return beneath::name_error(attempted, error);
    return Error(ErrorCode::conflict, attempted + ": it is there already");
  }
  const auto there = directory.status(to);
  if (there) return Error(ErrorCode::conflict, attempted + ": it is there already");
  if (there.error().code() != ErrorCode::not_found) return there.error();
  return directory.move(from, to);
}

}  // namespace dray
