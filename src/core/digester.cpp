#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <dray/core/digester.hpp>
#include <new>
#include <stdexcept>
#include <string>

namespace dray {
namespace {

const EVP_MD* fetch(const char* openssl_name) {
  const auto* found = EVP_MD_fetch(nullptr, openssl_name, nullptr);
  if (found == nullptr) throw std::runtime_error("OpenSSL offers no " + std::string(openssl_name));
  return found;
}

// Fetching takes most of a millisecond, so it happens once and only when something is hashed. Never freed: OpenSSL's
// own clean-up at exit may run before ours.
const EVP_MD* method(DigestAlgorithm algorithm) {
  if (algorithm == DigestAlgorithm::sha512) {
    static const EVP_MD* const sha512 = fetch("SHA2-512");
    return sha512;
  }
  static const EVP_MD* const sha256 = fetch("SHA2-256");
  return sha256;
}

evp_md_ctx_st* new_context() {
  auto* context = EVP_MD_CTX_new();
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

void check(int openssl_result) {
  if (openssl_result != 1) throw std::bad_alloc();
}

}  // namespace

void Digester::FreeContext::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Digester::Digester(DigestAlgorithm algorithm) : context_(new_context()), algorithm_(algorithm) {
  check(EVP_DigestInit_ex2(context_.get(), method(algorithm), nullptr));
}

void Digester::update(ByteView bytes) { check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

Digest Digester::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context_.get(), hash.data(), &size));
  return Digest::from_hash(algorithm_, std::as_bytes(std::span(hash).first(size)));
}

Digester Digester::clone() const {
  Digester copy(*this, new_context());
  check(EVP_MD_CTX_copy_ex(copy.context_.get(), context_.get()));
  return copy;
}

}  // namespace dray
