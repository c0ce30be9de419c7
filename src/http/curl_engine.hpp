#pragma once

#include <array>
#include <dray/base/guarded.hpp>
#include <dray/http/transport.hpp>
#include <map>
#include <memory>
#include <mutex>

#include "curl_handle.hpp"
#include "curl_lane.hpp"
#include "patience.hpp"
#include "proxy.hpp"
#include "trust.hpp"

namespace dray::http {

/// What all exchanges of one transport share: lanes, the cache of names and of TLS sessions, proxies, trust.
/// Exchanges keep it alive. Safe from many threads.
class CurlEngine {
 public:
  /// Nothing of libcurl is touched before `begin`.
  explicit CurlEngine(CurlOptions options);
  CurlEngine(const CurlEngine&) = delete;
  CurlEngine& operator=(const CurlEngine&) = delete;

  /// Initialises what the first request needs; the first call costs milliseconds, later ones nothing.
  [[nodiscard]] Result<void> begin();

  [[nodiscard]] const std::string& user_agent() const noexcept { return options_.user_agent; }
  [[nodiscard]] const Deadlines& deadlines() const noexcept { return deadlines_; }
  [[nodiscard]] LanePool& lanes() noexcept { return lanes_; }
  [[nodiscard]] CURLSH* share() const noexcept { return share_.get(); }
  [[nodiscard]] const ProxySettings& proxies() const noexcept { return proxies_; }
  /// Addresses known without a look-up, as libcurl wants them; nullptr when there are none.
  [[nodiscard]] curl_slist* addresses() const noexcept { return addresses_.get(); }
  /// The system's authorities: for a proxy that speaks TLS.
  [[nodiscard]] const Trust& system_trust() const noexcept { return system_trust_; }
  [[nodiscard]] bool shows_certificate(const Origin& origin) const {
    return !options_.shows_certificate || options_.shows_certificate(origin);
  }
  /// How that origin's certificate is checked; the same object at every call.
  [[nodiscard]] Result<std::shared_ptr<const Trust>> trust(const Origin& origin);

 private:
  void initialise();
  static void lock(CURL* easy, curl_lock_data what, curl_lock_access access, void* self) noexcept;
  static void unlock(CURL* easy, curl_lock_data what, void* self) noexcept;

  CurlOptions options_;
  Deadlines deadlines_;
  std::once_flag begun_;
  bool usable_ = false;
  ProxySettings proxies_;
  CurlList addresses_;
  Trust system_trust_;
  Guarded<std::map<Origin, std::shared_ptr<const Trust>>> trusts_;
  std::array<std::mutex, CURL_LOCK_DATA_LAST> share_locks_;
  CurlShare share_;
  LanePool lanes_;  // last, since its handles stand on the share
};

}  // namespace dray::http
