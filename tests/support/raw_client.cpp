#include "support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace dray::testing {
namespace {

constexpr int patience_ms = 20'000;

RawAnswer parse_answer_head(std::string_view head) {
  RawAnswer answer;
  if (head.size() < 12 || head.substr(0, 9) != "HTTP/1.1 ") throw std::runtime_error("no answer: " + std::string(head));
  answer.status = std::stoi(std::string(head.substr(9, 3)));
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty() && head.substr(0, 2) != "\r\n") {
    const auto line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) throw std::runtime_error("no header line: " + std::string(line));
    answer.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    head.remove_prefix(line.size() + 2);
  }
  return answer;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string words = std::strerror(errno);
    ::close(fd_);
    throw std::runtime_error("cannot connect to port " + std::to_string(port) + ": " + words);
  }
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) throw std::runtime_error(std::string("cannot send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::finish_sending() { ::shutdown(fd_, SHUT_WR); }

bool RawClient::fill() {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, patience_ms) <= 0) throw std::runtime_error("the server says nothing");
  std::array<char, 65536> piece{};
  const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
  if (got < 0 && errno == ECONNRESET) was_reset_ = true;
  if (got <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

RawAnswer RawClient::read_answer(std::string_view method) {
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!fill()) return {};
  }
  const auto head_size = buffer_.find("\r\n\r\n") + 4;
  RawAnswer answer = parse_answer_head(std::string_view(buffer_).substr(0, head_size));
  buffer_.erase(0, head_size);
  const auto length = answer.headers.find("Content-Length");
  std::optional<std::size_t> wanted;
  if (length) wanted = std::stoull(*length);
  if (method == "HEAD" || answer.status == 204 || answer.status == 304) wanted = 0;
  while (!wanted || buffer_.size() < *wanted) {
    if (!fill()) break;
  }
  answer.complete = wanted && buffer_.size() >= *wanted;
  answer.body = buffer_.substr(0, wanted.value_or(buffer_.size()));
  buffer_.erase(0, answer.body.size());
  return answer;
}

RawAnswer RawClient::ask(std::string_view method, std::string_view target, const Headers& headers,
                         std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers.lines()) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n");
  send(body);
  return read_answer(method);
}

std::string RawClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

RawAnswer ask_once(std::string_view method, std::string_view url, const Headers& headers, std::string_view body) {
  constexpr std::string_view prefix = "http://127.0.0.1:";
  if (url.substr(0, prefix.size()) != prefix) throw std::runtime_error("no loopback URL: " + std::string(url));
  url.remove_prefix(prefix.size());
  const auto slash = std::min(url.find('/'), url.size());
  RawClient client(static_cast<std::uint16_t>(std::stoi(std::string(url.substr(0, slash)))));
  return client.ask(method, slash == url.size() ? "/" : url.substr(slash), headers, body);
}

}  // namespace dray::testing
