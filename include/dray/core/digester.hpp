#pragma once

#include <dray/base/bytes.hpp>
#include <dray/core/digest.hpp>
#include <memory>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace dray {

/// Hashes bytes as they pass. Used by one thread at a time; moved, and copied only by `clone`.
/// The hash is OpenSSL's, which uses the processor's SHA instructions; the algorithm is fetched at first use, once for
/// the process. Only a lack of memory, or an OpenSSL set up without SHA-2, makes it throw.
class Digester {
 public:
  explicit Digester(DigestAlgorithm algorithm);

  void update(ByteView bytes);
  /// The digest of everything so far. Afterwards the digester is spent: only destroy it or assign to it.
  [[nodiscard]] Digest finish();
  /// A digester of the same bytes so far, which goes its own way.
  [[nodiscard]] Digester clone() const;

  [[nodiscard]] DigestAlgorithm algorithm() const noexcept { return algorithm_; }

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  Digester(const Digester& other, evp_md_ctx_st* context) noexcept : context_(context), algorithm_(other.algorithm_) {}

  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
  DigestAlgorithm algorithm_;
};

}  // namespace dray
