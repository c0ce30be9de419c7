#pragma once

#include <dray/base/bytes.hpp>
#include <dray/core/digest.hpp>
#include <memory>

namespace dray {

/// Hashes bytes as they pass. Used by one thread at a time; moved, and copied only by `clone`.
/// The hash is OpenSSL's, which uses the processor's SHA instructions; the algorithm is fetched at first use, once for
/// the process. The only failure is a lack of memory, which throws `std::bad_alloc`.
class Digester {
 public:
  explicit Digester(DigestAlgorithm algorithm);
  Digester(Digester&& other) noexcept;
  Digester& operator=(Digester&& other) noexcept;
  ~Digester();

  void update(ByteView bytes);
  /// The digest of everything so far. Afterwards the digester is spent: only destroy it or assign to it.
  [[nodiscard]] Digest finish();
  /// A digester of the same bytes so far, which goes its own way.
  [[nodiscard]] Digester clone() const;

  [[nodiscard]] DigestAlgorithm algorithm() const noexcept { return algorithm_; }

 private:
  struct State;
  Digester(DigestAlgorithm algorithm, std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
  DigestAlgorithm algorithm_;
};

}  // namespace dray
