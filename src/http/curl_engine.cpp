#include "curl_engine.hpp"

#include <dray/http/limits.hpp>

namespace dray::http {
namespace {

std::chrono::milliseconds or_default(std::chrono::milliseconds chosen, std::chrono::milliseconds limit) {
  return chosen.count() > 0 ? chosen : limit;
}

void append(CurlList& list, const std::string& line) {
  if (auto* const longer = curl_slist_append(list.get(), line.c_str())) {
    static_cast<void>(list.release());
    list.reset(longer);
  }
}

std::string curl_words(const HostAddress& known) {
  const bool is_ipv6 = known.address.find(':') != std::string::npos;
  return known.host + ":" + std::to_string(known.port) + ":" + (is_ipv6 ? "[" + known.address + "]" : known.address);
}

/// libcurl asks for one call per program, before any other.
bool initialise_libcurl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

}  // namespace

CurlEngine::CurlEngine(CurlOptions options)
    : options_(std::move(options)),
      deadlines_{or_default(options_.connect_deadline, limits::connect_deadline),
                 or_default(options_.tls_deadline, limits::tls_deadline),
                 or_default(options_.first_byte_deadline, limits::first_byte_deadline),
                 or_default(options_.stall_deadline, limits::stall_deadline)} {}

Result<void> CurlEngine::begin() {
  std::call_once(begun_, [this] { initialise(); });
  if (!usable_) return Error(ErrorCode::unsupported, "libcurl could not be initialised");
  return {};
}

void CurlEngine::initialise() {
  if (!initialise_libcurl()) return;
  share_.reset(curl_share_init());
  if (!share_) return;
  curl_share_setopt(share_.get(), CURLSHOPT_LOCKFUNC, &CurlEngine::lock);
  curl_share_setopt(share_.get(), CURLSHOPT_UNLOCKFUNC, &CurlEngine::unlock);
  curl_share_setopt(share_.get(), CURLSHOPT_USERDATA, this);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  proxies_ = ProxySettings::from_environment();
  proxies_.everything = options_.proxy;
  for (const auto& known : options_.addresses) append(addresses_, curl_words(known));
  system_trust_ = http::system_trust();
  usable_ = true;
}

Result<std::shared_ptr<const Trust>> CurlEngine::trust(const Origin& origin) {
  auto known = trusts_.with([&](const auto& trusts) {
    const auto at = trusts.find(origin);
    return at == trusts.end() ? nullptr : at->second;
  });
  if (known) return known;
  DRAY_TRY_ASSIGN(const auto tls, options_.tls ? options_.tls(origin) : Result<TlsOptions>(TlsOptions{}));
  DRAY_TRY_ASSIGN(auto fresh, trust_for(tls, system_trust_));
  auto shared = std::make_shared<const Trust>(std::move(fresh));
  return trusts_.with([&](auto& trusts) { return trusts.emplace(origin, shared).first->second; });
}

void CurlEngine::lock(CURL*, curl_lock_data what, curl_lock_access, void* self) noexcept {
  static_cast<CurlEngine*>(self)->share_locks_[what].lock();
}

void CurlEngine::unlock(CURL*, curl_lock_data what, void* self) noexcept {
  static_cast<CurlEngine*>(self)->share_locks_[what].unlock();
}

}  // namespace dray::http
