#include "file_output.hpp"

#include <utility>

namespace dray::cli {

namespace {

std::string partial_name(const std::string& name) { return "." + name + ".partial"; }

}  // namespace

Result<FileOutput> FileOutput::open(const std::filesystem::path& file) {
  DRAY_TRY_ASSIGN(auto folder,
                  Directory::open(file.has_parent_path() ? file.parent_path() : std::filesystem::path(".")));
  const auto name = file.filename().string();
  DRAY_TRY_ASSIGN(auto opened, folder.open_or_create_file(partial_name(name)));
  DRAY_TRY(resize(opened, 0));
  return FileOutput(std::move(folder), name, std::move(opened));
}

FileOutput::~FileOutput() {
  if (file_) (void)folder_.remove_file(partial_name(name_));
}

Result<void> FileOutput::write(ByteView bytes) {
  DRAY_TRY(write_at(file_, at_, bytes));
  at_ += bytes.size();
  return {};
}

Result<void> FileOutput::commit() {
  DRAY_TRY(sync(file_));
  DRAY_TRY(folder_.rename_and_sync(partial_name(name_), name_));
  file_.close();
  return {};
}

}  // namespace dray::cli
