#include "identity.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <dray/base/file.hpp>
#include <dray/http/limits.hpp>
#include <filesystem>
#include <memory>

#include "closer.hpp"

namespace dray::http {
namespace {

using PemText = std::unique_ptr<BIO, Closer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Closer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Closer<EVP_PKEY_free>>;

Error useless(const std::string& what, const std::string& file, const std::string& why) {
  return {ErrorCode::invalid_input, what + " " + file + " " + why};
}

Result<std::string> read_pem(const std::string& what, const std::string& file) {
  auto text = read_file(std::filesystem::path(file), limits::max_ca_file_bytes);
  if (!text) return std::move(text).error().context(what + " " + file).with_code(ErrorCode::invalid_input);
  return text;
}

PemText memory(const std::string& text) { return PemText(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

extern "C" int note_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

Result<Identity> read_identity(const ClientCertificate& files) {
  const std::string certificate_words = "client certificate";
  const std::string key_words = "client key";
  DRAY_TRY_ASSIGN(auto certificate_text, read_pem(certificate_words, files.certificate_file));
  DRAY_TRY_ASSIGN(auto key_text, read_pem(key_words, files.key_file));
  const Certificate certificate(PEM_read_bio_X509(memory(certificate_text).get(), nullptr, nullptr, nullptr));
  bool is_encrypted = false;
  const Key key(PEM_read_bio_PrivateKey(memory(key_text).get(), nullptr, note_passphrase, &is_encrypted));
  const bool match = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!certificate) return useless(certificate_words, files.certificate_file, "holds no certificate in PEM form");
  if (is_encrypted) {
    return useless(key_words, files.key_file,
                   "is encrypted and nobody is asked for its passphrase: name a copy without one, as "
                   "`openssl pkey -in KEY -out COPY` writes it");
  }
  if (!key) return useless(key_words, files.key_file, "holds no private key in PEM form");
  if (!match) return useless(key_words, files.key_file, "does not belong to certificate " + files.certificate_file);
  return Identity{std::move(certificate_text), std::move(key_text)};
}

}  // namespace dray::http
