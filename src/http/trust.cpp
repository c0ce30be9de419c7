#include "trust.hpp"

#include <algorithm>
#include <cstdlib>
#include <dray/base/file.hpp>
#include <dray/http/limits.hpp>
#include <filesystem>
#include <system_error>

#include "curl_handle.hpp"
#include "text.hpp"

namespace dray::http {
namespace {

std::optional<std::string> variable(const char* name) {
  const auto* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

/// `062cdee6.0`: what `openssl rehash` makes and OpenSSL looks for.
bool is_hash_name(const std::string& name) {
  if (name.size() < 10 || name[8] != '.' || !is_digit(name[9])) return false;
  return std::all_of(name.begin(), name.begin() + 8, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_hashed_directory(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (is_hash_name(at->path().filename().string())) return true;
  }
  return false;
}

Result<std::string> read_authorities(const std::string& file) {
  auto text = read_file(std::filesystem::path(file), limits::max_ca_file_bytes);
  if (!text) return std::move(text).error().context("CA file " + file).with_code(ErrorCode::invalid_input);
  if (text->find("-----BEGIN") == std::string::npos) {
    return Error(ErrorCode::invalid_input, "CA file " + file + " holds no certificate in PEM form");
  }
  return text;
}

}  // namespace

Trust system_trust() {
  Trust trust;
  trust.file = variable("SSL_CERT_FILE");
  trust.directory = variable("SSL_CERT_DIR");
  if (trust.file || trust.directory) return trust;
  const std::string usual = "/etc/ssl/certs";
  if (is_hashed_directory(usual)) {
    trust.directory = usual;
    return trust;
  }
  const auto* const built_with = curl_version_info(CURLVERSION_NOW);
  if (built_with->cainfo != nullptr) trust.file = built_with->cainfo;
  if (built_with->capath != nullptr) trust.directory = built_with->capath;
  return trust;
}

Result<Trust> trust_for(const TlsOptions& tls, const Trust& system) {
  auto trust = tls.verify ? system : Trust{false, {}, {}, {}};
  if (tls.client) {
    DRAY_TRY_ASSIGN(trust.identity, read_identity(*tls.client));
  }
  if (!tls.verify || tls.ca_files.empty()) return trust;
  trust.pem.emplace();
  for (const auto& file : tls.ca_files) {
    DRAY_TRY_ASSIGN(const auto extra, read_authorities(file));
    trust.pem->append(extra).append("\n");
  }
  if (system.file) {
    // libcurl takes either a file or a text: both become one text.
    DRAY_TRY_ASSIGN(const auto bundle, read_file(std::filesystem::path(*system.file), limits::max_ca_file_bytes));
    trust.pem->append(bundle);
    trust.file.reset();
  }
  return trust;
}

}  // namespace dray::http
