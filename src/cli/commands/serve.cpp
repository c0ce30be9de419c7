#include <fmt/format.h>
#include <sys/resource.h>

#include <condition_variable>
#include <dray/app/serve.hpp>
#include <mutex>

#include "../context.hpp"
#include "../serve_options.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [&] { return stop.stop_requested(); });
}

/// A connection is a descriptor: the soft limit is for programs that cannot deal with more than 1024.
void allow_all_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));  // where it is refused, the engine takes fewer connections
}

std::string start_line(const ServeOptions& options, const RegistryServer& server) {
  const char* const scheme = options.engine.tls ? "https" : "http";
  const char* const what = options.role == ServeOptions::Role::content ? "blobs of" : "registry in";
  std::string who = options.access ? "users of " + options.access->htpasswd.string() : "nobody is asked who they are";
  if (options.role == ServeOptions::Role::content) who = "signed links alone";
  return fmt::format("{} {} at {}://{} ({}{})", what, options.directory.string(), scheme, server.address(), who,
                     options.registry.read_only ? ", read-only" : "");
}

Result<int> run_serve(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(auto options, serve_options(input, context));
  allow_all_descriptors();
  DRAY_TRY_ASSIGN(const auto server, RegistryServer::start(options));
  context.on_hangup([&] {
    const auto reloaded = server->reload();
    context.note(reloaded ? "certificates read again" : "the old certificates stay: " + reloaded.error().message());
  });
  context.note(start_line(options, *server));
  wait_for(context.stop());
  context.on_hangup({});
  context.note("stopping: transfers under way may finish; once more to stop at once");
  server->stop();
  return 0;
}

}  // namespace

Command serve_command() {
  return {
      .name = "serve",
      .group = "Serve",
      .summary = "Run a registry on a folder",
      .arguments = {{"DIR", "the folder; one of the CNCF distribution registry's goes on where that left it", false}},
      .options =
          {{"--listen", "[HOST]:PORT", "where; 127.0.0.1:5000 when left out, port 0 is any free one"},
           {"--tls-cert", "FILE", "PEM, the chain; read again on SIGHUP"},
           {"--tls-key", "FILE", "PEM"},
           {"--htpasswd", "FILE", "users and their bcrypt passwords (htpasswd -B)"},
           {"--policy", "FILE", "who may pull, push and delete what (YAML)"},
           {"--anonymous-pull", "", "nobody is asked who they are to pull"},
           {"--tokens", "", "bearer tokens of its own service rather than Basic at each request"},
           {"--token-realm", "URL", "the token service as clients reach it; left out: made of their Host header"},
           {"--token-key", "FILE", "signs tokens; left out: a new one at each start"},
           {"--anyone", "", "listen beyond this machine although nobody is asked who they are"},
           {"--read-only", "", "no push and no deletion"},
           {"--no-delete", "", "no deletion"},
           {"--no-catalog", "", "do not list the repositories"},
           {"--sparse-indexes", "", "take an index although manifests that it names are not here"},
           {"--chunk-min", "BYTES", "the smallest chunk that clients shall send"},
           {"--upstream", "NAME[=URL]", "fetch and keep what is asked for below NAME/, as docker.io/library/alpine",
            true},
           {"--mirror-of", "NAME[=URL]", "fetch and keep everything else from there, as a Docker daemon's mirror"},
           {"--tag-age", "TIME", "how long a fetched tag is believed; 5m when left out"},
           {"--blob-redirect", "URL", "answer blobs with a signed link below this URL"},
           {"--sign-key", "FILE", "signs and checks these links"},
           {"--link-form", "dray|nginx", "whose links: dray's, or nginx's secure_link"},
           {"--link-lifetime", "TIME", "how long a link is good; 10m when left out, 20m at most"},
           {"--role", "registry|content", "content: give only what a signed link names, out of a registry's folder"},
           {"--gc-every", "TIME", "collect what nothing points at, this often"},
           {"--gc-untagged", "", "collect manifests that no tag reaches, too"},
           {"--gc-grace", "TIME", "leave what is younger alone; 1h when left out"},
           {"--store-mode", "0700|0750", "of the folders; 0750 lets a group read"},
           {"--access-log", "FILE|-", "a line of JSON for each request; - is standard output"},
           {"--max-connections", "N", "beyond it 503 is answered; left out: what the descriptors allow"},
           {"--config", "FILE", "a config.yml of distribution: what both have is taken from there"}},
      .examples = {{"dray serve ./registry", "on this machine, at 127.0.0.1:5000"},
                   {"dray serve /srv/registry --listen :443 --tls-cert cert.pem --tls-key key.pem --htpasswd users",
                    "for everybody who has a password"},
                   {"dray serve ./cache --upstream docker.io --upstream mcr.microsoft.com",
                    "a cache: pull localhost:5000/docker.io/library/alpine"}},
      .details = "SIGTERM lets transfers finish; SIGHUP reads the certificates again. docs/serve.md has the rest.",
      .run = run_serve};
}

}  // namespace dray::cli
