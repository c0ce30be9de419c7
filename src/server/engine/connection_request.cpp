#include <exception>
#include <utility>

#include "engine/connection.hpp"

namespace dray::server::engine {

void Connection::begin_exchange() {
  exchange_ = std::make_unique<Exchange>();
  exchange_->begun = std::chrono::steady_clock::now();
}

Connection::Step Connection::receive_head() {
  if (scan_.scanned() < pending_.size()) {  // came behind the last request
    if (const auto step = examine(pending_)) return *step;
  }
  const auto got = receive(loop_.scratch().first(limits::max_head_bytes));
  if (got.io != Io::done) {
    if (pending_.empty()) pending_ = std::string();
    return wait_for(got.io);
  }
  const auto text = as_text(loop_.scratch().first(got.bytes));
  if (pending_.empty()) {
    if (!first_) since_ = loop_.now();
    if (const auto step = examine(text)) return *step;
    pending_ = text;
    return Step::again;
  }
  pending_ += text;
  return examine(pending_).value_or(Step::again);
}

std::optional<Connection::Step> Connection::examine(std::string_view bytes) {
  switch (scan_.scan(bytes)) {
    case HeadScan::Found::more:
      return std::nullopt;
    case HeadScan::Found::refused:
      begin_exchange();
      refuse_bad(scan_.refusal());
      return Step::again;
    case HeadScan::Found::whole:
      break;
  }
  return begin_request(bytes);
}

Connection::Step Connection::begin_request(std::string_view bytes) {
  begin_exchange();
  auto& head = exchange_->head;
  const auto refusal = parse_head(bytes.substr(scan_.begin(), scan_.end() - scan_.begin()), head);
  const auto end = scan_.end();
  scan_ = HeadScan();
  if (bytes.data() == pending_.data()) {
    pending_.erase(0, end);
  } else {
    pending_ = bytes.substr(end);
  }
  if (refusal) {
    refuse_bad(*refusal);
    return Step::again;
  }
  exchange_->body_left = head.request.body_size;
  head.request.peer = peer_;
  head.request.secure = transport_->secure();
  handle();
  return Step::again;
}

void Connection::handle() {
  auto& head = exchange_->head;
  if (head.whole_server) {
    Response response;
    response.headers.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    respond(std::move(response));
    return;
  }
  std::optional<Handled> handled;
  try {
    handled.emplace(loop_.shared().service->handle(head.request));
  } catch (const std::exception&) {
    handled.reset();
  }
  if (!handled) {
    refuse({500, "the server failed"});
  } else if (auto* const response = std::get_if<Response>(&*handled)) {
    respond(std::move(*response));
  } else {
    begin_taking(std::move(std::get<std::unique_ptr<BodyTaker>>(*handled)));
  }
}

void Connection::begin_taking(std::unique_ptr<BodyTaker> taker) {
  exchange_->upload = std::make_unique<Upload>();
  auto& upload = *exchange_->upload;
  upload.taker = std::move(taker);
  if (!exchange_->body_left) upload.chunks.emplace();
  if (exchange_->head.expects_continue && !exchange_->body_done() && pending_.empty()) {
    exchange_->out.head = "HTTP/1.1 100 Continue\r\n\r\n";
    enter(State::interim);
  } else {
    enter(State::body);
  }
}

void Connection::refuse_bad(const Refusal& refusal) {
  ++loop_.shared().counters.bad_requests;
  refuse(refusal);
}

void Connection::refuse(const Refusal& refusal) {
  Response response;
  try {
    response = loop_.shared().service->refuse_early(refusal.status, refusal.why);
  } catch (const std::exception&) {
    response = Response();
    response.status = refusal.status;
  }
  if (refusal.status == 503 && response.headers.find("Retry-After") == nullptr)
    response.headers.add("Retry-After", std::to_string(limits::busy_retry_after.count()));
  response.close = true;
  exchange_->body_left.reset();  // whatever follows is not looked at
  respond(std::move(response));
}

void Connection::respond(Response response) {
  auto& exchange = *exchange_;
  const auto& head = exchange.head;
  drop_upload();
  drop_stream();
  const bool may_drain =
      exchange.body_left && *exchange.body_left <= limits::max_drained_bytes && !head.expects_continue;
  close_after_ = response.close || !head.keep_alive || loop_.shared().stopping ||
                 !(exchange.body_done() || may_drain) || (head.http_1_0 && !size_of(response.body));
  if (response.status < 200 || response.status > 599) response.status = 500;

  exchange.out = Outgoing();
  auto& out = exchange.out;
  ResponseFraming framing;
  framing.date = loop_.date();
  framing.http_1_0 = head.http_1_0;
  framing.to_head = head.request.method == Method::head;
  framing.close = close_after_;
  framing.keep_alive = head.http_1_0 && !close_after_;
  write_head(out.head, response, framing);
  out.size = size_of(response.body);
  out.sends_body = sends_body(response.status, framing);
  exchange.response = std::move(response);
  if (auto* const stream = std::get_if<StreamBody>(&exchange.response.body)) {
    out.stream = std::move(stream->bytes);
    out.chunked = !out.size && !head.http_1_0;
    out.stream_ended = !out.sends_body || !out.stream || out.size == std::uint64_t{0};
  }
  enter(State::respond);
}

void Connection::tell_served(bool complete) noexcept {
  if (!exchange_ || !exchange_->asked || !loop_.shared().served) return;
  const auto& exchange = *exchange_;
  const auto& request = exchange.head.request;
  Served served;
  served.peer = peer_;
  served.method = exchange.head.target.empty() ? std::string_view() : name(request.method);
  served.target = exchange.head.target;
  if (const auto* const agent = request.headers.find("User-Agent")) served.user_agent = *agent;
  served.status = exchange.response.status;
  served.received_bytes = exchange.received;
  served.sent_bytes = exchange.out.body_sent;
  served.took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - exchange.begun);
  served.complete = complete;
  exchange_->asked = false;
  try {
    loop_.shared().served(served);
  } catch (const std::exception&) {
    return;  // a log that fails stops no transfer
  }
}

}  // namespace dray::server::engine
