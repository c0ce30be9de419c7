#pragma once

#include <dray/core/digester.hpp>
#include <dray/store/registry_storage.hpp>
#include <memory>
#include <optional>
#include <string>

#include "registry_core.hpp"
#include "registry_upload_state.hpp"

namespace dray {

/// An upload into a registry's folder. Its bytes are in a temporary file until it is parked for the first time, and in
/// the repository's `_uploads/<id>/data` from then on. Holds its id in the table as long as it lives.
class FolderUpload final : public BlobUpload {
 public:
  struct Begin {
    std::string id;
    UploadState state;  ///< Its offset is how many bytes are there, synced.
    FileDescriptor file;
    std::string path;                  ///< Of the temporary file; empty when it is parked.
    std::optional<Digester> digester;  ///< Of the bytes that are there; none: they are hashed at the end.
  };
  FolderUpload(std::shared_ptr<RegistryCore> core, Begin begin);
  ~FolderUpload() override;
  FolderUpload(const FolderUpload&) = delete;
  FolderUpload& operator=(const FolderUpload&) = delete;

  [[nodiscard]] const std::string& id() const noexcept override { return id_; }
  [[nodiscard]] std::uint64_t offset() const noexcept override { return offset_; }
  [[nodiscard]] Result<void> write(ByteView bytes) override;
  [[nodiscard]] Result<FileDescriptor> open_written() const override;
  [[nodiscard]] Result<void> park() override;
  [[nodiscard]] Result<void> commit(const Digest& expected) override;

 private:
  [[nodiscard]] bool parked_before() const noexcept { return temporary_.empty(); }
  [[nodiscard]] std::string data_path() const;
  [[nodiscard]] Result<void> check_usable() const;
  [[nodiscard]] Result<void> sync_data();
  [[nodiscard]] Result<Digest> digest_as(DigestAlgorithm algorithm);
  [[nodiscard]] Result<void> publish(const Digest& digest);
  void remove_rest();

  const std::shared_ptr<RegistryCore> core_;
  const std::string id_;
  UploadState state_;
  FileDescriptor file_;
  std::string temporary_;
  std::optional<Digester> digester_;
  std::uint64_t offset_;
  std::uint64_t written_back_;
  bool ragged_ = false;  // bytes beyond the offset may be in the file
  bool broken_ = false;  // a sync failed: what the file holds is not known any more
  bool ended_ = false;
};

}  // namespace dray
