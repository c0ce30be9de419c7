#include <algorithm>
#include <dray/http/address.hpp>
#include <dray/http/limits.hpp>

#include "curl_transfer.hpp"
#include "text.hpp"

namespace dray::http {
namespace {

/// Every option here is known to libcurl 7.88, which is required: it fails only where memory is short, and then the
/// exchange fails as well.
template <class Value>
void set(const CurlEasy& easy, CURLoption option, Value value) {
  curl_easy_setopt(easy.get(), option, value);
}

bool is_text(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return is_control(c) && c != '\t'; });
}

}  // namespace

Result<void> CurlTransfer::set_up() {
  lane_ = engine_->lanes().borrow(request_.url.origin());
  if (!lane_) return Error(ErrorCode::unavailable, "libcurl has no memory left");
  set_up_basics();
  DRAY_TRY(set_up_proxy());
  set_up_callbacks();
  set_up_method();
  DRAY_TRY(set_up_headers());
  DRAY_TRY(set_up_tls());
  if (!request_.body) return {};
  DRAY_TRY_ASSIGN(upload_, request_.body->open());
  return {};
}

void CurlTransfer::set_up_basics() {
  const auto& easy = lane_->easy;
  set(easy, CURLOPT_URL, request_.url.text().c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_SHARE, engine_->share());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // a name server that is silent holds nobody who has given up
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);  // digests cover the bytes as they are sent
  set(easy, CURLOPT_BUFFERSIZE, static_cast<long>(limits::receive_buffer_bytes));
  set(easy, CURLOPT_RESOLVE, engine_->addresses());
  set(easy, CURLOPT_ERRORBUFFER, curl_words_.data());
  // Ours are earlier and have names; libcurl divides this among the addresses of a host.
  const auto& deadlines = engine_->deadlines();
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>((deadlines.connect + deadlines.tls).count()));
}

Result<void> CurlTransfer::set_up_proxy() {
  const auto& easy = lane_->easy;
  const auto proxy = engine_->proxies().proxy_for(request_.url.origin());
  behind_proxy_ = !proxy.empty();
  shown_proxy_ = printable_proxy(proxy);
  set(easy, CURLOPT_PROXY, proxy.c_str());
  set(easy, CURLOPT_NOPROXY, "");
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!behind_proxy_) return {};
  // Its own certificate is checked; none of ours is ever set for it.
  const auto& trust = engine_->system_trust();
  set(easy, CURLOPT_PROXY_CAPATH, trust.directory ? trust.directory->c_str() : nullptr);
  set(easy, CURLOPT_PROXY_CAINFO, trust.file ? trust.file->c_str() : nullptr);
  set(easy, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Where the proxy takes a name cannot be known; an address speaks for itself.
  const auto& host = request_.url.origin().host;
  head_.connected_to = classify_host(host).value_or(AddressClass::global);
  if (deny(head_.connected_to, host)) return *cause_;
  return {};
}

void CurlTransfer::set_up_method() {
  const auto& easy = lane_->easy;
  const auto method = request_.method;
  if (method == Method::head) {
    set(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool is_upload = request_.body || method == Method::post || method == Method::put || method == Method::patch;
  if (is_upload) {
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, static_cast<long>(limits::send_buffer_bytes));
    const auto size = request_.body ? request_.body->size : 0;
    set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    set(easy, CURLOPT_EXPECT_100_TIMEOUT_MS,
        static_cast<long>(std::chrono::milliseconds(limits::continue_deadline).count()));
  }
  set(easy, CURLOPT_CUSTOMREQUEST, name(method).data());
}

Result<void> CurlTransfer::set_up_headers() {
  const auto& headers = request_.headers;
  for (const auto& [name, value] : headers.lines()) {
    if (name.empty() || !std::ranges::all_of(name, is_token_char) || !is_text(value)) {
      return Error(ErrorCode::invalid_input, "a header of the request has characters that cannot be sent");
    }
    add_header(value.empty() ? name + ";" : name + ": " + value);
  }
  // libcurl adds these by itself; a name without a value takes them away.
  if (headers.find("Accept") == nullptr) add_header("Accept:");
  if (!request_.body || request_.body->size <= limits::min_announced_body_bytes) add_header("Expect:");
  if (headers.find("Accept-Encoding") == nullptr) add_header("Accept-Encoding: identity");
  if (headers.find("User-Agent") == nullptr && !engine_->user_agent().empty()) {
    add_header("User-Agent: " + engine_->user_agent());
  }
  set(lane_->easy, CURLOPT_HTTPHEADER, header_lines_.get());
  return {};
}

void CurlTransfer::add_header(const std::string& line) {
  if (auto* const longer = curl_slist_append(header_lines_.get(), line.c_str())) {
    static_cast<void>(header_lines_.release());
    header_lines_.reset(longer);
  }
}

Result<void> CurlTransfer::set_up_tls() {
  if (!request_.url.origin().is_secure()) return {};
  DRAY_TRY_ASSIGN(trust_, engine_->trust(request_.url.origin()));
  const auto& easy = lane_->easy;
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_SSL_CTX_FUNCTION, &CurlTransfer::on_tls_begin);  // tells the phase, where TLS is OpenSSL's
  set(easy, CURLOPT_SSL_CTX_DATA, this);
  set(easy, CURLOPT_SSL_VERIFYPEER, trust_->verify ? 1L : 0L);
  set(easy, CURLOPT_SSL_VERIFYHOST, trust_->verify ? 2L : 0L);
  set(easy, CURLOPT_CAPATH, trust_->directory ? trust_->directory->c_str() : nullptr);
  set(easy, CURLOPT_CAINFO, trust_->file ? trust_->file->c_str() : nullptr);
  if (trust_->pem) {
    curl_blob blob{const_cast<char*>(trust_->pem->data()), trust_->pem->size(), CURL_BLOB_COPY};
    set(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  set_up_identity();
  return {};
}

void CurlTransfer::set_up_identity() {
  if (!trust_->identity || !request_.shows_certificate || !engine_->shows_certificate(request_.url.origin())) return;
  const auto give = [&](CURLoption option, const std::string& text) {
    curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
    set(lane_->easy, option, &blob);
  };
  give(CURLOPT_SSLCERT_BLOB, trust_->identity->certificate);
  give(CURLOPT_SSLKEY_BLOB, trust_->identity->key);
}

void CurlTransfer::set_up_callbacks() {
  const auto& easy = lane_->easy;
  set(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_READFUNCTION, &CurlTransfer::on_upload);
  set(easy, CURLOPT_READDATA, this);
  set(easy, CURLOPT_SEEKFUNCTION, &CurlTransfer::on_rewind);
  set(easy, CURLOPT_SEEKDATA, this);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, this);
  set(easy, CURLOPT_PREREQFUNCTION, &CurlTransfer::on_connected);
  set(easy, CURLOPT_PREREQDATA, this);
}

}  // namespace dray::http
