#include <unistd.h>

#include <dray/core/limits.hpp>
#include <dray/ops/select.hpp>
#include <dray/ops/unpack.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/oci_layout.hpp>
#include <utility>

#include "layer_applier.hpp"
#include "layer_archive.hpp"
#include "layer_supply.hpp"
#include "tree_writer.hpp"
#include "work_folder.hpp"

namespace dray::ops {

namespace {

/// Lays one layer over the tree; when it returns, digest and diff ID held and the layer's files have all their rights.
Result<void> add_layer(LayerSupply& supply, const Descriptor& layer, const DiffId& diff_id, LayerApplier& applier,
                       TreeWriter& writer, const std::stop_token& stop) {
  DRAY_TRY(supply.read(layer, diff_id, [&](ByteSource& tar) { return applier.apply(tar, stop); }, stop));
  return writer.trust();
}

/// Layers of a registry are kept where the next try finds them.
bool is_worth_keeping(const Error& error) {
  return error.code() == ErrorCode::cancelled || error.code() == ErrorCode::unavailable ||
         error.code() == ErrorCode::timed_out;
}

CopyOptions transfer_options(const UnpackOptions& options) {
  CopyOptions copy;
  copy.jobs = options.jobs;
  copy.connections = options.connections;
  copy.observer = options.observer;
  copy.clock = options.clock;
  copy.random = options.random;
  return copy;
}

class Unpacking {
 public:
  Unpacking(ContentSource& source, const UnpackOptions& options, const std::stop_token& stop)
      : source_(source), options_(options), stop_(stop) {}

  Result<UnpackReport> run(const ManifestName& name, const std::filesystem::path& folder) {
    DRAY_TRY_ASSIGN(const auto image, select_image(source_, name, options_.platform, stop_));
    if (options_.observer && image.platform) options_.observer->on(Observer::Decided{image.reason});
    DRAY_TRY_ASSIGN(const auto diff_ids, diff_ids_of(source_, image.manifest, stop_));
    UnpackReport report{.image = image.raw.descriptor, .platform = image.platform, .layers = image.manifest.layers};
    DRAY_TRY_ASSIGN(auto work, WorkFolder::open(folder));
    auto done = fill(work, diff_ids, report);
    if (!done) {
      if (is_worth_keeping(done.error())) work.keep_layers();
      return std::move(done).error();
    }
    DRAY_TRY(work.publish());
    return report;
  }

 private:
  Result<void> fill(WorkFolder& work, const std::vector<DiffId>& diff_ids, UnpackReport& report) {
    const bool as_root = ::geteuid() == 0 && !options_.rootless;
    DRAY_TRY_ASSIGN(auto root, work.make_tree());
    TreeWriter writer(std::move(root), {.owners = as_root, .devices = as_root},
                      [&report](const std::string& path, const std::string& what) { leave_out(report, path, what); });
    DRAY_TRY(writer.open());
    std::shared_ptr<OciLayout> store;
    std::unique_ptr<LayerSupply> supply;
    if (dynamic_cast<HasOrigin*>(&source_) != nullptr) {
      DRAY_TRY_ASSIGN(store, OciLayout::create(work.layers()));
      supply = supply_through(source_, *store, report.layers, transfer_options(options_), stop_);
    } else {
      supply = supply_directly(source_, report.layers, transfer_options(options_));
    }
    LayerApplier applier(writer);
    for (std::size_t i = 0; i < report.layers.size(); ++i) {
      DRAY_TRY(add_layer(*supply, report.layers[i], diff_ids[i], applier, writer, stop_));
    }
    DRAY_TRY(writer.finish());
    report.entries = applier.entries();
    report.file_bytes = writer.bytes();
    report.bytes_transferred = supply->bytes_transferred();
    return {};
  }

  static void leave_out(UnpackReport& report, const std::string& path, const std::string& what) {
    ++report.left_out_count;
    if (report.left_out.size() < limits::max_left_out_told) report.left_out.push_back({path, what});
  }

  ContentSource& source_;
  const UnpackOptions& options_;
  const std::stop_token& stop_;
};

}  // namespace

Result<UnpackReport> unpack(ContentSource& source, const ManifestName& name, const std::filesystem::path& folder,
                            const UnpackOptions& options, const std::stop_token& stop) {
  return Unpacking(source, options, stop).run(name, folder);
}

}  // namespace dray::ops
