#include "context.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <dray/app/cached.hpp>
#include <dray/client/mirrored.hpp>
#include <system_error>

#include "network_options.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace dray::cli {
namespace {

Result<std::size_t> positive_number(std::string_view option, const std::string& text, std::size_t most) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > most) {
    return Error(ErrorCode::invalid_input,
                 std::string(option) + " takes a number from 1 to " + std::to_string(most) + ", not '" + text + "'");
  }
  return number;
}

std::set<std::string> hosts(const Input& input, std::string_view option) {
  const auto values = input.all(option);
  return {values.begin(), values.end()};
}

constexpr std::size_t most_jobs = 64;

// A file that is named on the command line: a wrong name is a wrong word, and is said before anything is asked.
Result<std::optional<std::string>> named_file(const Input& input, std::string_view option) {
  auto file = input.option(option);
  if (file && ::access(file->c_str(), R_OK) != 0) {
    return Error(ErrorCode::invalid_input,
                 std::string(option) + ": cannot read " + *file + ": " + std::generic_category().message(errno));
  }
  return file;
}

Result<std::size_t> jobs_of(const Input& input) {
  const auto jobs = input.option("--jobs");
  if (!jobs) return std::size_t{0};
  return positive_number("--jobs", *jobs, most_jobs);
}

Result<ProgressStyle> progress_of(const Input& input) {
  const auto style = input.option("--progress").value_or("auto");
  if (style == "auto") return ProgressStyle::automatic;
  if (style == "plain") return ProgressStyle::plain;
  if (style == "none") return ProgressStyle::none;
  return Error(ErrorCode::invalid_input, "--progress takes auto, plain or none, not '" + style + "'");
}

}  // namespace

namespace {

Result<ops::ForeignLayers> foreign_of(const Input& input) {
  const auto word = input.option("--foreign").value_or("include");
  if (word == "include") return ops::ForeignLayers::include;
  if (word == "keep") return ops::ForeignLayers::keep;
  if (word == "skip") return ops::ForeignLayers::skip;
  return Error(ErrorCode::invalid_input, "--foreign takes include, keep or skip, not '" + word + "'");
}

}  // namespace

Result<std::unique_ptr<Context>> Context::make(const Command& command, const Input& input,
                                               std::shared_ptr<Terminal> terminal, std::stop_token stop) {
  DRAY_TRY_ASSIGN(auto output, Output::make(input));
  auto context = std::unique_ptr<Context>(new Context(std::move(output), std::move(terminal), std::move(stop)));
  auto& options = context->options_;
  options.plain_http = hosts(input, "--plain-http");
  options.https = hosts(input, "--tls");
  options.insecure = input.has("--insecure");
  DRAY_TRY_ASSIGN(options.ca_file, named_file(input, "--cacert"));
  DRAY_TRY(read_network_options(input, options));
  options.warn = [to = context->terminal_](const std::string& text) { to->line("dray: warning: " + printable(text)); };
  options.allow_private = input.has("--allow-private");
  options.token_servers = hosts(input, "--token-server");
  DRAY_TRY_ASSIGN(const auto auth_file,
                  command.makes_auth_file ? input.option("--authfile") : named_file(input, "--authfile"));
  if (auth_file) options.auth_file = *auth_file;
  DRAY_TRY_ASSIGN(context->cache_choice_, cache_choice(input, settings::process_environment()));
  // Every command takes these two; those that move nothing refuse a wrong word all the same.
  DRAY_TRY(jobs_of(input));
  DRAY_TRY(progress_of(input));
  if (input.has("--trace")) {
    context->trace_ = std::make_shared<Trace>(context->terminal_);
    options.http_observer = context->trace_;
    options.client_observer = context->trace_;
  }
  return context;
}

const std::shared_ptr<client::RegistryClient>& Context::client() {
  if (!client_) client_ = make_registry_client(options_);
  return client_;
}

Result<std::shared_ptr<BlobCache>> Context::cache() {
  if (cache_choice_.folder && !cache_) {
    DRAY_TRY_ASSIGN(cache_, BlobCache::open(*cache_choice_.folder, cache_choice_.max_bytes));
  }
  return cache_;
}

Result<std::shared_ptr<ContentSource>> Context::through_cache(std::shared_ptr<ContentSource> source) {
  DRAY_TRY_ASSIGN(auto blobs, cache());
  return blobs ? cached(std::move(source), std::move(blobs)) : std::move(source);
}

Result<OpenedSource> Context::open_source(std::string_view image) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  if (address.kind() != PlaceKind::registry) return dray::open_source(address, nullptr);
  DRAY_TRY_ASSIGN(auto opened, dray::open_source(address, client()));
  DRAY_TRY_ASSIGN(opened.source, through_cache(std::move(opened.source)));
  return opened;
}

Result<void> Context::yield_stdout(const Address& address) {
  if (!writes_to_standard_output(address)) return {};
  if (::isatty(STDOUT_FILENO) == 1) {
    return Error(ErrorCode::invalid_input, "'" + address.text() +
                                               "' goes to standard output, which is a terminal: send it to a file or "
                                               "into a pipe");
  }
  output_.leave_stdout();
  return {};
}

Result<OpenedSink> Context::open_sink(std::string_view image) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  DRAY_TRY(yield_stdout(address));
  return dray::open_sink(address, address.kind() == PlaceKind::registry ? client() : nullptr);
}

Result<OpenedSink> Context::open_sink_to_plan(std::string_view image) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  return dray::open_sink_to_plan(address, address.kind() == PlaceKind::registry ? client() : nullptr);
}

Result<OpenedStore> Context::open_store(std::string_view image) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  return dray::open_store(address, address.kind() == PlaceKind::registry ? client() : nullptr);
}

Result<std::shared_ptr<ContentSource>> Context::open_source_place(const Place& place) {
  if (place.kind() != PlaceKind::registry) return open_place(place.address(), nullptr);
  DRAY_TRY_ASSIGN(auto source, open_place(place.address(), client()));
  return through_cache(std::move(source));
}

Result<std::shared_ptr<ContentSink>> Context::open_sink_place(const Place& place, bool to_plan) {
  const auto address = place.address();
  const auto registries = place.kind() == PlaceKind::registry ? client() : nullptr;
  if (!to_plan) DRAY_TRY(yield_stdout(address));
  DRAY_TRY_ASSIGN(auto opened,
                  to_plan ? dray::open_sink_to_plan(address, registries) : dray::open_sink(address, registries));
  return std::move(opened.sink);
}

Result<OpenedSink> Context::open_sink_for_new(std::string_view image) {
  DRAY_TRY(tag_for_new(image));
  return open_sink(image);
}

Result<std::string> Context::tag_for_new(std::string_view image) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  if (address.digest()) {
    return Error(ErrorCode::invalid_input, "'" + std::string(image) +
                                               "' names a digest, but what is made here gets a digest of its own: "
                                               "name it by a tag");
  }
  return tag_at(address).value();
}

Result<Context::OnRegistry> Context::open_on_registry(std::string_view image) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  if (address.kind() != PlaceKind::registry) {
    return Error(ErrorCode::invalid_input,
                 "this command speaks to a registry; '" + std::string(image) + "' is a place on disk");
  }
  const auto& reference = address.reference();
  const auto name = reference.digest() ? ManifestName(*reference.digest()) : ManifestName(*reference.tag());
  DRAY_TRY_ASSIGN(auto repository, client::open_repository(client(), reference.repository_name()));
  return OnRegistry{std::move(repository), reference, name};
}

Result<ops::CopyOptions> Context::copy_options(const Input& input) {
  ops::CopyOptions options;
  for (const auto& text : input.all("--platform")) {
    DRAY_TRY_ASSIGN(auto platform, Platform::parse(text));
    options.platforms.push_back(std::move(platform));
  }
  DRAY_TRY_ASSIGN(options.jobs, jobs_of(input));
  options.sparse = input.has("--sparse");
  DRAY_TRY_ASSIGN(options.foreign, foreign_of(input));
  options.referrers = input.has("--referrers");
  options.dry_run = input.has("--dry-run");
  DRAY_TRY_ASSIGN(const auto style, progress_of(input));
  std::function<void(const std::string&)> decisions;
  if (trace_) {
    decisions = [trace = trace_](const std::string& text) { trace->decision(text); };
  }
  options.observer = make_progress(style, terminal_, std::move(decisions));
  return options;
}

Result<std::size_t> Context::jobs(const Input& input) { return jobs_of(input); }

Result<std::optional<Platform>> Context::one_platform(const Input& input) {
  const auto values = input.all("--platform");
  if (values.empty()) return std::optional<Platform>();
  if (values.size() > 1) return Error(ErrorCode::invalid_input, "this command takes one --platform");
  DRAY_TRY_ASSIGN(auto platform, Platform::parse(values.front()));
  return std::optional<Platform>(std::move(platform));
}

}  // namespace dray::cli
