#include "support/docker_registry.hpp"

#include <stdexcept>

namespace dray::testing {
namespace {

constexpr std::string_view announcement = "listening on 127.0.0.1:";

std::string make_htpasswd(const std::string& user, const std::string& password) {
  const Outcome outcome = run({{"htpasswd", "-nbB", user, password}});
  if (outcome.status != 0) throw std::runtime_error("htpasswd failed: " + outcome.err);
  return outcome.out;
}

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

/// The port in the line by which the registry says where it listens.
std::string announced_port(const std::string& log) {
  const auto at = log.find(announcement) + announcement.size();
  return log.substr(at, log.find_first_not_of("0123456789", at) - at);
}

}  // namespace

DockerRegistry::DockerRegistry(DockerRegistryOptions options) : options_(std::move(options)) { start(); }

std::string DockerRegistry::ca_file() const {
  return options_.authority ? options_.authority->ca_file().string() : std::string();
}

std::string DockerRegistry::configuration() {
  std::string text =
      "version: 0.1\n"
      "log:\n  level: info\n  accesslog:\n    disabled: true\n"
      "storage:\n  filesystem:\n    rootdirectory: " +
      quoted(storage()) + "\n  delete:\n    enabled: " + (options_.allow_deletes ? "true" : "false") +
      "\nhttp:\n  addr: 127.0.0.1:0\n";
  if (options_.tls) {
    if (!options_.authority) options_.authority = std::make_shared<TlsAuthority>();
    const CertificateFiles files = options_.authority->issue();
    text += "  tls:\n    certificate: " + quoted(files.certificate) + "\n    key: " + quoted(files.key) + "\n";
  }
  if (!options_.user.empty()) {
    const auto path = directory_.write("htpasswd", make_htpasswd(options_.user, options_.password));
    text += "auth:\n  htpasswd:\n    realm: test\n    path: " + quoted(path) + "\n";
  }
  if (options_.allow_foreign_urls) text += "validation:\n  manifests:\n    urls:\n      allow: ['.*']\n";
  return text;
}

// The registry chooses its port itself and says which, so no other program can take it in between.
void DockerRegistry::start() {
  std::filesystem::create_directories(storage());
  const auto path = directory_.write("config.yml", configuration());
  process_ = std::make_unique<Process>(Command{{"docker-registry", "serve", path.string()}, {{"HOME", "/"}}});
  if (!process_->wait_for_output(announcement) || !process_->running()) {
    throw std::runtime_error("docker-registry did not start; it wrote:\n" + process_->out() + process_->err());
  }
  const std::string log = process_->out() + process_->err();
  host_port_ = "127.0.0.1:" + announced_port(log);
}

Outcome skopeo(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline) {
  const TempDir home;
  Command command{{"skopeo", "--insecure-policy"}};
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  for (const char* name : {"HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"}) {
    command.env[name] = home.path().string();
  }
  command.env["REGISTRY_AUTH_FILE"] = std::nullopt;
  return run(std::move(command), deadline);
}

}  // namespace dray::testing
