#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <dray/base/guarded.hpp>
#include <dray/http/transport.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dray::client {

/// An answer as a test writes it.
struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  http::AddressClass reached = http::AddressClass::global;
  std::optional<Error> body_error = {};  ///< Comes behind the body.
  std::optional<Error> no_answer = {};   ///< Instead of everything.
};

/// A request as it left.
struct Sent {
  std::string line;  ///< `GET https://r.example/v2/`
  http::Headers headers;
  std::string body;
  http::AddressRule addresses = http::AddressRule::any;

  [[nodiscard]] std::string header(std::string_view name) const {
    const auto* const value = headers.find(name);
    return value != nullptr ? *value : std::string();
  }
};

/// The body of a reply, given out in pieces of at most `piece` bytes.
class ReplyExchange final : public http::Exchange {
 public:
  ReplyExchange(http::ResponseHead head, Reply reply, std::size_t piece)
      : head_(std::move(head)), reply_(std::move(reply)), piece_(piece) {}
  [[nodiscard]] const http::ResponseHead& head() const noexcept override { return head_; }
  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
    const auto count = std::min({into.size(), reply_.body.size() - at_, piece_});
    if (count == 0 && !into.empty() && reply_.body_error) return *reply_.body_error;
    std::memcpy(into.data(), reply_.body.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  http::ResponseHead head_;
  Reply reply_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

/// Answers from a table: the replies to one request line come in turn, and the last stays. A request that is not in
/// the table fails the test. Safe from many threads.
class ScriptedTransport final : public http::Transport {
 public:
  ScriptedTransport& on(const std::string& line, Reply reply) {
    replies_.with([&](auto& replies) { replies[line].push_back(std::move(reply)); });
    return *this;
  }
  void deliver_in_pieces_of(std::size_t bytes) { piece_ = bytes; }

  [[nodiscard]] std::vector<Sent> sent() const {
    return sent_.with([](const auto& sent) { return sent; });
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& request : sent()) lines.push_back(request.line);
    return lines;
  }
  [[nodiscard]] std::size_t count(const std::string& line) const {
    const auto all = lines();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), line));
  }
  /// The last request of that line.
  [[nodiscard]] Sent last(const std::string& line) const {
    const auto all = sent();
    const auto found =
        std::find_if(all.rbegin(), all.rend(), [&](const Sent& request) { return request.line == line; });
    if (found != all.rend()) return *found;
    ADD_FAILURE() << "never sent: " << line;
    return {};
  }

  [[nodiscard]] Result<std::unique_ptr<http::Exchange>> send(const http::Request& request,
                                                             const std::stop_token& stop) override {
    if (stop.stop_requested()) return Error(ErrorCode::cancelled, "stopped");
    Sent sent{std::string(http::name(request.method)) + " " + request.url.text(), request.headers, "",
              request.addresses};
    if (request.body) {
      DRAY_TRY_ASSIGN(auto source, request.body->open());
      DRAY_TRY_ASSIGN(sent.body, read_all(*source, 1'000'000));
    }
    const auto line = sent.line;
    sent_.with([&](auto& all) { all.push_back(std::move(sent)); });
    auto reply = replies_.with([&](auto& replies) -> std::optional<Reply> {
      auto& queue = replies[line];
      if (queue.empty()) return std::nullopt;
      auto front = queue.front();
      if (queue.size() > 1) queue.pop_front();
      return front;
    });
    if (!reply) {
      ADD_FAILURE() << "not expected: " << line;
      return Error(ErrorCode::invalid_input, "not in the script: " + line);
    }
    if (reply->no_answer) return *reply->no_answer;
    http::ResponseHead head{reply->status, {}, request.url, reply->reached};
    for (const auto& [name, value] : reply->headers) head.headers.add(name, value);
    if (request.method == http::Method::head) reply->body.clear();
    return std::make_unique<ReplyExchange>(std::move(head), *std::move(reply), piece_);
  }

 private:
  Guarded<std::map<std::string, std::deque<Reply>>> replies_;
  Guarded<std::vector<Sent>> sent_;
  std::size_t piece_ = 4096;
};

}  // namespace dray::client
