#pragma once

#include <dray/app/app.hpp>
#include <dray/client/repository.hpp>
#include <dray/core/place.hpp>
#include <dray/ops/copy.hpp>
#include <dray/store/blob_cache.hpp>
#include <functional>
#include <memory>
#include <stop_token>

#include "cache_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "terminal.hpp"
#include "trace.hpp"

namespace dray::cli {

/// What a command works with: the common options, understood; the wiring; standard output and error.
class Context {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Context>> make(const Command& command, const Input& input,
                                                             std::shared_ptr<Terminal> terminal, std::stop_token stop);

  [[nodiscard]] const Output& output() const noexcept { return output_; }
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

  /// One client for the command, made when it is first needed.
  [[nodiscard]] const std::shared_ptr<client::RegistryClient>& client();

  /// Where credentials are looked for, and kept.
  [[nodiscard]] settings::CredentialOptions credential_options() const { return dray::credential_options(options_); }
  [[nodiscard]] std::shared_ptr<settings::Credentials> credentials() const {
    return settings::Credentials::make(credential_options());
  }

  /// Where blobs of registries are kept over commands; null where nobody asked for it.
  [[nodiscard]] Result<std::shared_ptr<BlobCache>> cache();

  /// Opens the place of an IMAGE argument.
  [[nodiscard]] Result<OpenedSource> open_source(std::string_view image);
  [[nodiscard]] Result<OpenedSink> open_sink(std::string_view image);
  /// The same for a dry run, which makes nothing.
  [[nodiscard]] Result<OpenedSink> open_sink_to_plan(std::string_view image);
  /// Opens what is there already, to change it.
  [[nodiscard]] Result<OpenedStore> open_store(std::string_view image);
  /// Opens a place, whatever images it holds.
  [[nodiscard]] Result<std::shared_ptr<ContentSource>> open_source_place(const Place& place);
  [[nodiscard]] Result<std::shared_ptr<ContentSink>> open_sink_place(const Place& place, bool to_plan);
  /// For an image that is made here, whose digest nobody knows before: only a tag can name it.
  [[nodiscard]] Result<OpenedSink> open_sink_for_new(std::string_view image);
  /// That tag, before anything is opened.
  [[nodiscard]] static Result<std::string> tag_for_new(std::string_view image);
  /// The repository of an IMAGE that must be on a registry, and the name in it.
  struct OnRegistry {
    std::shared_ptr<client::Repository> repository;
    Reference reference;
    ManifestName name;
  };
  [[nodiscard]] Result<OnRegistry> open_on_registry(std::string_view image);

  /// Copy options with `--platform`, `--jobs`, `--dry-run` and progress put in.
  [[nodiscard]] Result<ops::CopyOptions> copy_options(const Input& input);
  /// `--jobs`, or 0.
  [[nodiscard]] static Result<std::size_t> jobs(const Input& input);
  /// `--platform` given at most once.
  [[nodiscard]] static Result<std::optional<Platform>> one_platform(const Input& input);

  /// What SIGHUP does from now on; empty: it stops the program, as for every other command.
  void on_hangup(std::function<void()> reload) {
    if (set_hangup_) set_hangup_(std::move(reload));
  }
  /// How `on_hangup` reaches the program's signals; set once, by `main`.
  void set_hangup_setter(std::function<void(std::function<void()>)> setter) { set_hangup_ = std::move(setter); }

  /// Gives standard output to an archive, where the address says so. `invalid_input` for a terminal.
  [[nodiscard]] Result<void> yield_stdout(const Address& address);

  /// Something a person should know that is no result.
  void note(std::string_view text) { terminal_->line(text); }

 private:
  Context(Output output, std::shared_ptr<Terminal> terminal, std::stop_token stop)
      : output_(std::move(output)), terminal_(std::move(terminal)), stop_(std::move(stop)) {}

  /// Reads a registry's blobs through the cache, where one is asked for.
  [[nodiscard]] Result<std::shared_ptr<ContentSource>> through_cache(std::shared_ptr<ContentSource> source);

  Output output_;
  std::shared_ptr<Terminal> terminal_;
  std::stop_token stop_;
  Options options_;
  std::shared_ptr<Trace> trace_;
  std::shared_ptr<client::RegistryClient> client_;
  CacheChoice cache_choice_;
  std::shared_ptr<BlobCache> cache_;
  std::function<void(std::function<void()>)> set_hangup_;
};

}  // namespace dray::cli
