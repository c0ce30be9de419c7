#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace dray::testing {

/// What is wrong with a certificate.
enum class CertificateFlaw {
  none,
  expired,
  not_yet_valid,
  wrong_name,  ///< for other.example alone
  self_signed,
  weak_key,      ///< RSA with 1,024 bits
  sha1,          ///< signed with SHA-1
  clients_only,  ///< good for clients, not for servers
  intermediate,  ///< signed by an authority between, whose certificate is not sent along
  wildcard,      ///< no flaw: for *.registry.example and localhost
};

/// A certificate and its key, as PEM files that live as long as the authority.
struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// A certificate authority of its own for one test: P-256 keys, made at construction. Not for use by many threads.
class TlsAuthority {
 public:
  TlsAuthority();
  ~TlsAuthority();
  TlsAuthority(const TlsAuthority&) = delete;
  TlsAuthority& operator=(const TlsAuthority&) = delete;

  /// The authority's certificate as a PEM file: what a client has to trust.
  [[nodiscard]] const std::filesystem::path& ca_file() const noexcept { return ca_file_; }
  /// A certificate for localhost, 127.0.0.1 and ::1 (`wrong_name`: for other.example alone), good for a day
  /// (`expired`: until yesterday), for servers and clients. `CertificateFlaw` tells the exceptions.
  [[nodiscard]] CertificateFiles issue(CertificateFlaw flaw = CertificateFlaw::none);

 private:
  struct Keys;
  [[nodiscard]] Keys make_intermediate() const;
  TempDir directory_;
  std::filesystem::path ca_file_;
  std::unique_ptr<Keys> keys_;
  int issued_ = 0;
};

}  // namespace dray::testing
