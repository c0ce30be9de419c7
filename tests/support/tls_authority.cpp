#include "support/tls_authority.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace dray::testing {
namespace {

template <auto Free>
struct Closer {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Closer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Closer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Closer<X509_EXTENSION_free>>;
using PemFile = std::unique_ptr<BIO, Closer<BIO_free_all>>;

constexpr long day_seconds = 24L * 60 * 60;

void require(bool ok, const char* what) {
  if (ok) return;
  char words[256] = "no reason given";
  ERR_error_string_n(ERR_get_error(), words, sizeof words);
  throw std::runtime_error(std::string("openssl cannot ") + what + ": " + words);
}

Key make_key(CertificateFlaw flaw = CertificateFlaw::none) {
  Key key(flaw == CertificateFlaw::weak_key ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256"));
  require(key != nullptr, "make a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "add an extension");
}

void set_name(X509* certificate, const char* common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name), -1,
                                     -1, 0) == 1,
          "set a name");
}

Certificate make_certificate(EVP_PKEY* key, const char* common_name, long from, long until) {
  Certificate certificate(X509_new());
  require(certificate != nullptr, "make a certificate");
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a serial number");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  set_name(certificate.get(), common_name);
  require(X509_set_pubkey(certificate.get(), key) == 1, "set a public key");
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, const EVP_MD* hash = EVP_sha256()) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "set an issuer");
  require(X509_sign(certificate, issuer_key, hash) > 0, "sign a certificate");
}

PemFile create(const std::filesystem::path& path) {
  PemFile file(BIO_new_file(path.c_str(), "wb"));
  require(file != nullptr, "write a PEM file");
  return file;
}

void write_certificate(const std::filesystem::path& path, X509* certificate) {
  require(PEM_write_bio_X509(create(path).get(), certificate) == 1, "write a certificate");
}

void write_key(const std::filesystem::path& path, EVP_PKEY* key) {
  require(PEM_write_bio_PrivateKey(create(path).get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "write a key");
}

}  // namespace

struct TlsAuthority::Keys {
  Key key;
  Certificate certificate;
};

TlsAuthority::TlsAuthority() : ca_file_(directory_ / "ca.pem"), keys_(std::make_unique<Keys>()) {
  keys_->key = make_key();
  keys_->certificate = make_certificate(keys_->key.get(), "dray test authority", -day_seconds, day_seconds);
  X509* ca = keys_->certificate.get();
  add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca, ca, NID_subject_key_identifier, "hash");
  sign(ca, ca, keys_->key.get());
  write_certificate(ca_file_, ca);
}

TlsAuthority::~TlsAuthority() = default;

namespace {

const char* names_of(CertificateFlaw flaw) {
  if (flaw == CertificateFlaw::wrong_name) return "DNS:other.example";
  if (flaw == CertificateFlaw::wildcard) return "DNS:*.registry.example,DNS:localhost";
  return "DNS:localhost,IP:127.0.0.1,IP:::1";
}

struct Validity {
  long from;
  long until;
};

Validity validity_of(CertificateFlaw flaw) {
  if (flaw == CertificateFlaw::expired) return {-2 * day_seconds, -day_seconds};
  if (flaw == CertificateFlaw::not_yet_valid) return {day_seconds, 2 * day_seconds};
  return {-3600L, day_seconds};
}

}  // namespace

TlsAuthority::Keys TlsAuthority::make_intermediate() const {
  Keys between{make_key(), nullptr};
  between.certificate = make_certificate(between.key.get(), "dray test intermediate", -day_seconds, day_seconds);
  add_extension(between.certificate.get(), keys_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  sign(between.certificate.get(), keys_->certificate.get(), keys_->key.get());
  return between;
}

CertificateFiles TlsAuthority::issue(CertificateFlaw flaw) {
  const Key key = make_key(flaw);
  const auto [from, until] = validity_of(flaw);
  const Certificate certificate = make_certificate(key.get(), "dray test server", from, until);
  std::unique_ptr<Keys> between;
  if (flaw == CertificateFlaw::intermediate) between = std::make_unique<Keys>(make_intermediate());
  const Keys& authority = between ? *between : *keys_;
  const bool self_signed = flaw == CertificateFlaw::self_signed;
  X509* issuer = self_signed ? certificate.get() : authority.certificate.get();
  add_extension(certificate.get(), issuer, NID_subject_alt_name, names_of(flaw));
  add_extension(certificate.get(), issuer, NID_ext_key_usage,
                flaw == CertificateFlaw::clients_only ? "clientAuth" : "serverAuth,clientAuth");
  sign(certificate.get(), issuer, self_signed ? key.get() : authority.key.get(),
       flaw == CertificateFlaw::sha1 ? EVP_sha1() : EVP_sha256());

  const std::string stem = "server-" + std::to_string(++issued_);
  CertificateFiles files{directory_ / (stem + ".pem"), directory_ / (stem + ".key")};
  write_certificate(files.certificate, certificate.get());
  write_key(files.key, key.get());
  return files;
}

}  // namespace dray::testing
