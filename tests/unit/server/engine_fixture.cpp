#include "engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <dray/base/file.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/hashing.hpp"

namespace dray::server {
namespace {

std::uint64_t number(const Request& request, std::string_view name) {
  const auto* const text = request.parameter(name);
  return text == nullptr ? 0 : std::stoull(*text);
}

Response text_response(std::string text, int status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

/// Gives a pattern out in odd pieces.
class PatternSource final : public ByteSource {
 public:
  PatternSource(std::size_t size, std::size_t fail_at) : bytes_(pattern(size)), fail_at_(fail_at) {}

  Result<std::size_t> read(ByteSpan into) override {
    if (fail_at_ > 0 && at_ + 1 >= fail_at_) return Error(ErrorCode::unavailable, "the source is gone");
    auto size = std::min({into.size(), bytes_.size() - at_, std::size_t{60'001}});
    if (fail_at_ > 0) size = std::min(size, fail_at_ - 1 - at_);
    std::copy_n(std::as_bytes(std::span(bytes_)).begin() + static_cast<std::ptrdiff_t>(at_), size, into.begin());
    at_ += size;
    return size;
  }

 private:
  std::string bytes_;
  std::size_t fail_at_;
  std::size_t at_ = 0;
};

class SummingTaker : public BodyTaker {
 public:
  SummingTaker(TakerLog& log, Gate* gate) : log_(log), gate_(gate) {}
  ~SummingTaker() override {
    ++log_.destroyed;
    if (!finished_) ++log_.unfinished;
  }
  Result<void> write(ByteView bytes) override {
    if (gate_ != nullptr) gate_->wait();
    bytes_ += as_text(bytes);
    log_.bytes += bytes.size();
    return {};
  }
  Response finish() override {
    if (gate_ != nullptr) gate_->wait();
    finished_ = true;
    ++log_.finished;
    return text_response(std::to_string(bytes_.size()) + " " + testing::digest_of(bytes_), 201);
  }
  Response refuse(const Error&) override { return text_response("refused", 413); }

 protected:
  std::string bytes_;

 private:
  TakerLog& log_;
  Gate* gate_;
  bool finished_ = false;
};

class PickyTaker final : public SummingTaker {
 public:
  using SummingTaker::SummingTaker;
  Result<void> write(ByteView bytes) override {
    DRAY_TRY(SummingTaker::write(bytes));
    if (bytes_.size() > 1000) return Error(ErrorCode::limit_exceeded, "too much");
    return {};
  }
};

class ThrowingTaker final : public BodyTaker {
 public:
  Result<void> write(ByteView) override { return {}; }
  Response finish() override { throw std::runtime_error("by design"); }
  Response refuse(const Error&) override { return {}; }
};

Response describe(const Request& request) {
  std::string text = std::string(name(request.method)) + " " + request.path + "\n";
  for (const auto& [key, value] : request.query) text += "? " + key + " = " + value + "\n";
  for (const auto& [key, value] : request.headers.lines()) text += key + ": " + value + "\n";
  return text_response(text + "from " + request.peer + (request.secure ? " by TLS\n" : "\n"));
}

Response odd_headers() {
  Response response = text_response("hello");
  response.headers.add("X-Good", "fine");
  response.headers.add("X-Split", "a\r\nX-Injected: yes");
  response.headers.add("X-Nul", std::string("a\0b", 3));
  response.headers.add("X Blank", "name");
  response.headers.add("Content-Length", "7");
  response.headers.add("transfer-encoding", "chunked");
  return response;
}

Response stream(const Request& request) {
  Response response;
  StreamBody body;
  const auto size = number(request, "n");
  body.bytes = std::make_unique<PatternSource>(size, number(request, "fail_at"));
  if (number(request, "chunked") == 0) body.size = size;
  response.body = std::move(body);
  return response;
}

Response file(const Request& request, const std::filesystem::path& folder) {
  auto directory = Directory::open(folder).value();
  const auto size = number(request, "n");
  auto made = directory.open_or_create_file("f" + std::to_string(size)).value();
  if (size_of(made).value() != size) {
    EXPECT_TRUE(write_at(made, 0, as_bytes(pattern(size))));
  }
  Response response;
  const auto from = number(request, "from");
  response.body = FileBody{std::move(made), {from, from + (size - from) + number(request, "beyond")}};
  return response;
}

}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::wait() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.wait(lock, [this] { return open_; });
  --waiting_;
}

Handled TestService::handle(Request& request) {
  ++handled;
  const auto& path = request.path;
  if (path == "/text") return text_response("hello");
  if (path == "/shared") {
    Response response;
    response.body = std::make_shared<const std::string>("shared hello");
    return response;
  }
  if (path == "/echo" || path == "/") return describe(request);
  if (path == "/big") return text_response(pattern(number(request, "n")));
  if (path == "/file") return file(request, files_.path());
  if (path == "/stream") return stream(request);
  if (path == "/slow") return std::make_unique<SummingTaker>(takers, &gate);
  if (path == "/throw") throw std::runtime_error("by design");
  if (path == "/throw-later") return std::make_unique<ThrowingTaker>();
  if (path == "/status") return text_response("words", static_cast<int>(number(request, "code")));
  if (path == "/odd-headers") return odd_headers();
  if (path == "/sum") return std::make_unique<SummingTaker>(takers, nullptr);
  if (path == "/held") return std::make_unique<SummingTaker>(takers, &gate);
  if (path == "/picky") return std::make_unique<PickyTaker>(takers, nullptr);
  if (path == "/unread") return text_response("who are you", 401);
  return text_response("no such thing", 404);
}

Response TestService::refuse_early(int status, std::string_view why) {
  return text_response("refused: " + std::string(why), status);
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (auto& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

EngineBed::EngineBed(EngineOptions options, engine::Tuning tuning) : service_(std::make_shared<TestService>()) {
  if (options.loops == 0) options.loops = 2;
  auto started = engine::start(options, tuning, service_, [this](const Served& served) {
    const std::lock_guard lock(mutex_);
    served_.push_back({std::string(served.peer), std::string(served.method), std::string(served.target),
                       std::string(served.user_agent), served.status, served.received_bytes, served.sent_bytes,
                       served.complete});
    changed_.notify_all();
  });
  if (!started) throw std::runtime_error(started.error().message());
  engine_ = std::move(started).value();
}

EngineBed::~EngineBed() {
  service_->gate.open();
  engine_.reset();
}

std::vector<ServedRecord> EngineBed::served() {
  const std::lock_guard lock(mutex_);
  return served_;
}

std::vector<ServedRecord> EngineBed::wait_for_served(std::size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return served_.size() >= count; }));
  return served_;
}

bool eventually(const std::function<bool()>& holds) {
  for (int tries = 0; tries < 4000; ++tries) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

void send_in_pieces(testing::RawClient& client, std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    client.send(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(bytes.size(), piece));
  }
}

}  // namespace dray::server
