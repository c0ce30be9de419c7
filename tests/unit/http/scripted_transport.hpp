#pragma once

#include <dray/http/transport.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dray::http {

/// One answer of a `ScriptedTransport`.
struct Scripted {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  AddressClass connected_to = AddressClass::global;
  std::optional<Error> error;  ///< Instead of an answer.
};

/// Answers the n-th request with the n-th line of its script, and keeps what it was asked.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::vector<Scripted> script) : script_(std::move(script)) {}

  Result<std::unique_ptr<Exchange>> send(const Request& request, const std::stop_token&) override {
    requests.push_back(request);
    bodies.push_back(request.body ? read_all(**request.body->open(), 1024).value_or("?") : "");
    if (requests.size() > script_.size()) return Error(ErrorCode::protocol, "the script has ended");
    const auto& line = script_[requests.size() - 1];
    if (line.error) return *line.error;
    ResponseHead head{line.status, {}, request.url, line.connected_to};
    for (const auto& [name, value] : line.headers) head.headers.add(name, value);
    return std::make_unique<ScriptedExchange>(std::move(head), line.body);
  }

  std::vector<Request> requests;
  std::vector<std::string> bodies;

 private:
  class ScriptedExchange final : public Exchange {
   public:
    ScriptedExchange(ResponseHead head, std::string body) : head_(std::move(head)), body_(std::move(body)) {}
    const ResponseHead& head() const noexcept override { return head_; }
    Result<std::size_t> read(ByteSpan into) override { return body_.read(into); }

   private:
    ResponseHead head_;
    StringSource body_;
  };

  std::vector<Scripted> script_;
};

}  // namespace dray::http
