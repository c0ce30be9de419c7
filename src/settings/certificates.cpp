#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/settings/certificates.hpp>
#include <optional>
#include <string>
#include <system_error>

namespace dray::settings {
namespace {

using std::filesystem::path;

constexpr std::uint16_t https_port = 443;
constexpr std::string_view docker_hub_api = "registry-1.docker.io";

/// How the folder of this origin may be called.
std::vector<std::string> names_of(const http::Origin& origin) {
  const auto host = origin.host.find(':') == std::string::npos ? origin.host : "[" + origin.host + "]";
  std::vector<std::string> names{host + ":" + std::to_string(origin.port)};
  if (origin.port != https_port) return names;
  names.push_back(host);
  if (host == docker_hub_api) names.emplace_back("docker.io");
  return names;
}

std::optional<path> find_folder(const http::Origin& origin, const std::vector<path>& folders) {
  for (const auto& folder : folders) {
    for (const auto& name : names_of(origin)) {
      std::error_code error;
      if (std::filesystem::is_directory(folder / name, error)) return folder / name;
    }
  }
  return std::nullopt;
}

Result<std::vector<path>> files_of(const path& folder) {
  std::vector<path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    files.push_back(at->path());
    if (files.size() > limits::max_settings_files) {
      return Error(ErrorCode::limit_exceeded,
                   folder.string() + " holds more than " + std::to_string(limits::max_settings_files) + " files");
    }
  }
  if (error) return Error(ErrorCode::invalid_input, "cannot read " + folder.string() + ": " + error.message());
  std::ranges::sort(files);
  return files;
}

Error alone(const path& file, const path& missing) {
  return {ErrorCode::invalid_input,
          file.string() + " stands without " + missing.filename().string() + "; an authority's file is called *.crt"};
}

}  // namespace

std::vector<path> certificate_folders(const Environment& environment) {
  std::vector<path> folders;
  if (const auto folder = set_variable(environment, "XDG_CONFIG_HOME")) {
    folders.push_back(path(*folder) / "containers/certs.d");
  } else if (const auto home = set_variable(environment, "HOME")) {
    folders.push_back(path(*home) / ".config/containers/certs.d");
  }
  folders.emplace_back("/etc/containers/certs.d");
  folders.emplace_back("/etc/docker/certs.d");
  return folders;
}

Result<http::TlsOptions> certificates_for(const http::Origin& origin, const std::vector<path>& folders) {
  http::TlsOptions tls;
  const auto folder = find_folder(origin, folders);
  if (!folder) return tls;
  DRAY_TRY_ASSIGN(const auto files, files_of(*folder));
  const auto has = [&](const path& file) { return std::ranges::binary_search(files, file); };
  for (const auto& file : files) {
    const auto kind = file.extension();
    if (kind == ".crt") tls.ca_files.push_back(file.string());
    const auto key = path(file).replace_extension(".key");
    const auto certificate = path(file).replace_extension(".cert");
    if (kind == ".key" && !has(certificate)) return alone(file, certificate);
    if (kind != ".cert") continue;
    if (!has(key)) return alone(file, key);
    if (tls.client) {
      return Error(ErrorCode::invalid_input, folder->string() + " holds more than one client certificate, " +
                                                 tls.client->certificate_file + " and " + file.string());
    }
    tls.client = http::ClientCertificate{file.string(), key.string()};
  }
  return tls;
}

}  // namespace dray::settings
