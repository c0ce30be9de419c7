#include "curl_transfer.hpp"

#include <algorithm>
#include <cstring>
#include <dray/http/address.hpp>
#include <dray/http/limits.hpp>

#include "curl_failure.hpp"
#include "proxy.hpp"

namespace dray::http {

Result<std::unique_ptr<Exchange>> CurlTransfer::start(std::shared_ptr<CurlEngine> engine, const Request& request,
                                                      const std::stop_token& stop) {
  DRAY_TRY(engine->begin());
  std::unique_ptr<CurlTransfer> transfer(new CurlTransfer(std::move(engine), request, stop));
  if (auto ready = transfer->set_up(); !ready) return transfer->fail(std::move(ready).error());
  DRAY_TRY(transfer->run_to_head());
  return transfer;
}

CurlTransfer::CurlTransfer(std::shared_ptr<CurlEngine> engine, const Request& request, const std::stop_token& stop)
    : engine_(std::move(engine)),
      request_(request),
      stop_(stop),
      patience_(engine_->deadlines()),
      head_reader_(request.body && request.body->size > limits::min_announced_body_bytes),
      head_{0, {}, request.url, AddressClass::global} {}

CurlTransfer::~CurlTransfer() { let_go(); }

Result<void> CurlTransfer::run_to_head() {
  if (stop_.stop_requested()) return fail(Error(ErrorCode::cancelled, "stopped"));
  waker_.emplace(stop_, Waker{lane_->multi.get()});
  if (curl_multi_add_handle(lane_->multi.get(), lane_->easy.get()) != CURLM_OK) {
    return fail(Error(ErrorCode::unavailable, "libcurl has no memory left"));
  }
  while (true) {
    perform();
    if (head_reader_.complete()) break;  // even where the body failed already: its reader gets what came of it
    if (failure_) return *failure_;
    if (ended_) return fail(Error(ErrorCode::protocol, "the answer has no head"));
    DRAY_TRY(wait());
  }
  if (behind_proxy_ && head_reader_.status() == proxy_asks_for_password) return fail(refused_by_proxy(shown_proxy_));
  head_.status = head_reader_.status();
  head_.headers = head_reader_.headers();
  return {};
}

Result<std::size_t> CurlTransfer::read(ByteSpan into) {
  if (const auto count = take_overflow(into); count > 0 || into.empty()) return count;
  target_ = into;
  filled_ = 0;
  Result<void> waited;
  while (waited && !ended_ && filled_ < into.size()) {
    const auto before = filled_;
    unpause();
    if (!ended_ && filled_ < into.size()) perform();
    if (filled_ == before && filled_ > 0) break;  // nothing more is here just now
    if (filled_ == 0 && !ended_) waited = wait();
  }
  target_ = {};
  const auto count = std::exchange(filled_, 0);
  if (count > 0) return count;
  if (failure_) return *failure_;
  return count;
}

std::size_t CurlTransfer::take_overflow(ByteSpan into) {
  const auto count = std::min(into.size(), overflow_.size() - overflow_begin_);
  if (count > 0) std::memcpy(into.data(), overflow_.data() + overflow_begin_, count);
  overflow_begin_ += count;
  if (overflow_begin_ == overflow_.size()) {
    overflow_.clear();
    overflow_begin_ = 0;
  }
  return count;
}

void CurlTransfer::unpause() {
  if (!std::exchange(paused_, false)) return;
  // Gives what it holds back to `on_body` before it returns.
  if (const auto code = curl_easy_pause(lane_->easy.get(), CURLPAUSE_CONT); code != CURLE_OK) conclude(code);
}

void CurlTransfer::perform() {
  int running = 0;
  if (curl_multi_perform(lane_->multi.get(), &running) != CURLM_OK) return conclude(CURLE_FAILED_INIT);
  note_phase();
  take_result();
}

void CurlTransfer::note_phase() {
  if (head_reader_.has_status()) return patience_.enter(Phase::receiving);
  if (connected_) {
    const bool all_sent = !request_.body || uploaded_ == request_.body->size;
    return patience_.enter(all_sent ? Phase::awaiting : Phase::sending);
  }
  if (securing_) patience_.enter(Phase::securing);
}

Result<void> CurlTransfer::wait() {
  if (stop_.stop_requested()) return fail(Error(ErrorCode::cancelled, "stopped"));
  const auto left = patience_.left();
  if (left.count() == 0) return fail(patience_.error());
  const auto begun = std::chrono::steady_clock::now();
  const auto code = curl_multi_poll(lane_->multi.get(), nullptr, 0, static_cast<int>(left.count()), nullptr);
  if (code != CURLM_OK) return fail(Error(ErrorCode::unavailable, curl_multi_strerror(code)));
  patience_.waited(std::chrono::steady_clock::now() - begun);
  if (stop_.stop_requested()) return fail(Error(ErrorCode::cancelled, "stopped"));
  return {};
}

void CurlTransfer::take_result() {
  int queued = 0;
  while (const auto* const message = curl_multi_info_read(lane_->multi.get(), &queued)) {
    if (message->msg == CURLMSG_DONE) return conclude(message->data.result);
  }
}

void CurlTransfer::conclude(CURLcode code) {
  ended_ = true;
  if (code != CURLE_OK) {
    fail(explained(code));
  } else {
    lane_->left_connection(request_.url.origin());
    let_go();
  }
}

Error CurlTransfer::explained(CURLcode code) const {
  if (cause_) return *cause_;
  CurlFailure failure;
  failure.code = code;
  failure.words = curl_words_.data();
  curl_easy_getinfo(lane_->easy.get(), CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  curl_easy_getinfo(lane_->easy.get(), CURLINFO_OS_ERRNO, &failure.os_error);
  failure.origin = request_.url.origin();
  failure.behind_proxy = behind_proxy_;
  failure.asked_who_we_are = asked_who_we_are_;
  failure.proxy = shown_proxy_;
  curl_easy_getinfo(lane_->easy.get(), CURLINFO_PROXY_ERROR, &failure.proxy_result);
  curl_easy_getinfo(lane_->easy.get(), CURLINFO_HTTP_CONNECTCODE, &failure.connect_status);
  failure.has_head = head_reader_.complete();
  failure.body_bytes = body_bytes_;
  const auto* const length = head_reader_.headers().find("Content-Length");
  if (length != nullptr) failure.body_length = *length;
  return code == CURLE_OPERATION_TIMEDOUT ? patience_.error() : explain(failure);
}

/// Notes why the exchange is over, and lets go of what it holds.
Error CurlTransfer::fail(Error error) {
  failure_ = std::move(error).context(what());
  ended_ = true;
  let_go();
  return *failure_;
}

void CurlTransfer::let_go() {
  waker_.reset();
  upload_.reset();
  if (!lane_) return;
  // In the middle of an answer this closes the connection.
  curl_multi_remove_handle(lane_->multi.get(), lane_->easy.get());
  curl_easy_reset(lane_->easy.get());
  engine_->lanes().give_back(std::move(lane_));
}

std::string CurlTransfer::what() const {
  return std::string(name(request_.method)) + " " + request_.url.printable().text();
}

}  // namespace dray::http
