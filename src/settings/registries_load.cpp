#include <algorithm>
#include <dray/base/file.hpp>
#include <dray/core/limits.hpp>
#include <dray/settings/registries.hpp>
#include <mutex>
#include <system_error>
#include <utility>

namespace dray::settings {
namespace {

using std::filesystem::path;

bool is_there(const path& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

std::optional<path> user_file(const Environment& environment) {
  if (const auto folder = set_variable(environment, "XDG_CONFIG_HOME")) {
    return path(*folder) / "containers" / "registries.conf";
  }
  if (const auto home = set_variable(environment, "HOME")) return path(*home) / ".config/containers/registries.conf";
  return std::nullopt;
}

Result<Registries> read(const path& file) {
  auto text = read_file(file, limits::max_settings_bytes);
  if (!text) return std::move(text).error().context(file.string());
  return Registries::parse(*text, file.string());
}

Result<std::vector<path>> drop_ins(const path& folder) {
  std::vector<path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".conf") files.push_back(at->path());
    if (files.size() > limits::max_settings_files) {
      return Error(ErrorCode::limit_exceeded,
                   folder.string() + " holds more than " + std::to_string(limits::max_settings_files) + " files");
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Error(ErrorCode::io, "cannot read " + folder.string() + ": " + error.message());
  }
  std::ranges::sort(files);
  return files;
}

Result<void> add_drop_ins(Registries& all, const path& file) {
  DRAY_TRY_ASSIGN(const auto files, drop_ins(file.string() + ".d"));
  for (const auto& drop_in : files) {
    DRAY_TRY_ASSIGN(auto more, read(drop_in));
    all.add(std::move(more));
  }
  return {};
}

/// What the person named; it must be there.
std::optional<path> named(const RegistriesOptions& options, const Environment& environment) {
  if (options.file) return options.file;
  if (const auto variable = set_variable(environment, "CONTAINERS_REGISTRIES_CONF")) return path(*variable);
  return std::nullopt;
}

}  // namespace

Result<Registries> load_registries(const RegistriesOptions& options, const Environment& environment) {
  Registries all;
  if (options.none) return all;
  const auto user = user_file(environment);
  const auto given = named(options, environment);
  const bool users_own = !given && user && is_there(*user);
  const auto main = given ? *given : users_own ? *user : options.system;
  if (given || is_there(main)) {
    DRAY_TRY_ASSIGN(all, read(main));
  }
  DRAY_TRY(add_drop_ins(all, main));
  if (!given && !users_own && user) DRAY_TRY(add_drop_ins(all, *user));
  return all;
}

struct RegistriesConf::State {
  RegistriesOptions options;
  Environment environment;
  std::once_flag once;
  std::optional<Result<Registries>> loaded;
};

RegistriesConf::RegistriesConf(RegistriesOptions options, Environment environment) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->environment = std::move(environment);
}

RegistriesConf::~RegistriesConf() = default;

Result<const Registries*> RegistriesConf::get() {
  std::call_once(state_->once, [this] {
    const auto& options = state_->options;
    state_->loaded = load_registries(options, state_->environment);
    if (!*state_->loaded) return;
    const auto& registries = state_->loaded->value();
    if (options.warn) std::ranges::for_each(registries.warnings(), options.warn);
    if (options.note) std::ranges::for_each(registries.notes(), options.note);
  });
  if (!*state_->loaded) return state_->loaded->error();
  return &state_->loaded->value();
}

Result<client::Places> RegistriesConf::places(const RepositoryName& name) {
  DRAY_TRY_ASSIGN(const auto* const registries, get());
  return registries->places(name);
}

}  // namespace dray::settings
