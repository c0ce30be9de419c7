#include "artifact_source.hpp"

#include <algorithm>
#include <dray/base/stop.hpp>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/verify.hpp>
#include <utility>

namespace dray::ops {

namespace {

constexpr std::string_view empty_document = "{}";

/// Stands for a config, or for the one layer that there should be: image-spec 1.1, manifest.md, "Guidance for an Empty
/// Descriptor". Its bytes are in it, so that nobody has to fetch them.
Descriptor empty_descriptor() {
  Descriptor empty{MediaType::of(media_types::oci_empty), Digest::of(as_bytes(empty_document)), empty_document.size()};
  empty.data = std::string(empty_document);
  return empty;
}

Result<Digest> digest_of(const ArtifactFile& file, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto source, file.open(ByteRange{0, file.size}));
  Digester digester(DigestAlgorithm::sha256);
  std::vector<std::byte> buffer(256UL * 1024);
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, source->read(buffer));
    if (count == 0) return digester.finish();
    digester.update(ByteView(buffer).first(count));
  }
}

Result<void> check(const std::vector<ArtifactFile>& files, const ArtifactOptions& options) {
  if (files.size() > limits::max_layers) {
    return Error(ErrorCode::limit_exceeded,
                 "an artifact has at most " + std::to_string(limits::max_layers) + " files; pack them into an archive");
  }
  if (!options.artifact_type && !options.config) {
    return Error(ErrorCode::invalid_input, "an artifact without a config of its own needs a type (--artifact-type)");
  }
  std::vector<FileTitle> titles;
  for (const auto& file : files) {
    if (file.title) titles.push_back(*file.title);
  }
  return check_titles(std::move(titles));
}

}  // namespace

Result<std::unique_ptr<ArtifactSource>> ArtifactSource::make(const std::vector<ArtifactFile>& files,
                                                             const ArtifactOptions& options,
                                                             const std::stop_token& stop) {
  DRAY_TRY(check(files, options));
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = empty_descriptor(),
                    .artifact_type = options.artifact_type,
                    .subject = options.subject,
                    .annotations = options.annotations};
  auto source = std::unique_ptr<ArtifactSource>(new ArtifactSource(std::move(manifest)));
  DRAY_TRY(source->add_all(files, options, stop));
  DRAY_TRY(source->write());
  return source;
}

Result<void> ArtifactSource::add_all(const std::vector<ArtifactFile>& files, const ArtifactOptions& options,
                                     const std::stop_token& stop) {
  if (options.config) {
    DRAY_TRY_ASSIGN(manifest_.config, add(*options.config, stop));
  }
  for (const auto& file : files) {
    DRAY_TRY_ASSIGN(auto layer, add(file, stop));
    if (file.title) layer.annotations.emplace(FileTitle::annotation, file.title->text());
    manifest_.layers.push_back(std::move(layer));
  }
  if (files.empty()) manifest_.layers.push_back(empty_descriptor());
  return {};
}

Result<Descriptor> ArtifactSource::add(const ArtifactFile& file, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto digest, digest_of(file, stop));
  Descriptor blob{file.media_type, std::move(digest), file.size};
  files_.emplace(blob.digest, file);
  return blob;
}

Result<void> ArtifactSource::write() {
  raw_.bytes = manifest_.serialize();
  raw_.descriptor = {manifest_.media_type, Digest::of(as_bytes(raw_.bytes)), raw_.bytes.size()};
  return check_manifest(raw_);
}

Result<RawManifest> ArtifactSource::get_manifest(const ManifestName& name, const std::stop_token&) {
  if (const auto* const wanted = std::get_if<Digest>(&name); wanted != nullptr && *wanted == digest()) return raw_;
  return Error(ErrorCode::not_found, "there is no manifest " + text(name));
}

Result<Descriptor> ArtifactSource::resolve(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto raw, get_manifest(name, stop));
  return std::move(raw.descriptor);
}

Result<OpenedBlob> ArtifactSource::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token&) {
  const auto file = files_.find(blob.digest);
  if (file == files_.end()) return Error(ErrorCode::not_found, "there is no blob " + blob.digest.text());
  const auto part = range.value_or(ByteRange{0, blob.size});
  DRAY_TRY_ASSIGN(auto bytes, file->second.open(part));
  return OpenedBlob{std::move(bytes), part.begin};
}

}  // namespace dray::ops
