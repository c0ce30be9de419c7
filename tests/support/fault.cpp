#include "support/fault.hpp"

#include <algorithm>
#include <utility>

namespace dray::testing {
namespace {

void corrupt(Answer& answer, std::uint64_t offset) {
  if (offset < answer.first_byte || offset >= answer.first_byte + answer.body_size) return;
  std::string bytes(answer.body());
  char& byte = bytes[offset - answer.first_byte];
  byte = static_cast<char>(~byte);
  answer.set_body(std::move(bytes));
}

template <class T>
void take(std::optional<T>& into, const std::optional<T>& from) {
  if (from) into = from;
}

}  // namespace

void Fault::apply(Answer& answer) const {
  if (body) answer.set_body(*body);
  if (corrupt_byte) corrupt(answer, *corrupt_byte);
  if (truncate_to) answer.body_size = std::min(answer.body_size, *truncate_to);
  for (const std::string& name : drop) answer.headers.remove(name);
  for (const auto& [name, value] : set.lines()) answer.headers.set(name, value);
  auto* const counter = answer.delivery.counter;
  answer.delivery = delivery;
  answer.delivery.counter = counter;
}

Fault operator+(Fault a, const Fault& b) {
  take(a.instead, b.instead);
  take(a.truncate_to, b.truncate_to);
  take(a.corrupt_byte, b.corrupt_byte);
  take(a.body, b.body);
  take(a.delivery.cut_after, b.delivery.cut_after);
  take(a.delivery.stall_after, b.delivery.stall_after);
  take(a.delivery.content_length, b.delivery.content_length);
  a.close |= b.close;
  a.lose_answer |= b.lose_answer;
  a.stall |= b.stall;
  a.ignore_range |= b.ignore_range;
  a.delivery.until_close |= b.delivery.until_close;
  a.delivery.chunk_bytes = std::max(a.delivery.chunk_bytes, b.delivery.chunk_bytes);
  a.delivery.bytes_per_second = std::max(a.delivery.bytes_per_second, b.delivery.bytes_per_second);
  a.ending = std::max(a.ending, b.ending);
  a.delivery.ending = std::max(a.delivery.ending, b.delivery.ending);
  for (const auto& [name, value] : b.set.lines()) a.set.set(name, value);
  a.drop.insert(a.drop.end(), b.drop.begin(), b.drop.end());
  return a;
}

namespace faults {

Fault cut_after(std::uint64_t bytes, Ending ending) {
  Fault fault;
  fault.delivery.cut_after = bytes;
  fault.delivery.ending = ending;
  return fault;
}

Fault stall_after(std::uint64_t bytes) {
  Fault fault;
  fault.delivery.stall_after = bytes;
  return fault;
}

Fault stall() {
  Fault fault;
  fault.stall = true;
  return fault;
}

Fault close(Ending ending) {
  Fault fault;
  fault.close = true;
  fault.ending = ending;
  return fault;
}

Fault lose_answer() {
  Fault fault;
  fault.lose_answer = true;
  return fault;
}

Fault truncate_to(std::uint64_t bytes) {
  Fault fault;
  fault.truncate_to = bytes;
  return fault;
}

Fault corrupt_byte(std::uint64_t offset) {
  Fault fault;
  fault.corrupt_byte = offset;
  return fault;
}

Fault ignore_range() {
  Fault fault;
  fault.ignore_range = true;
  return fault;
}

Fault content_range(std::string value) { return header("Content-Range", std::move(value)); }

Fault status(int status, Headers headers, std::string body) {
  Fault fault;
  fault.instead.emplace();
  fault.instead->status = status;
  fault.instead->headers = std::move(headers);
  fault.instead->set_body(std::move(body));
  return fault;
}

Fault retry_after(int status, int seconds) {
  Fault fault;
  fault.instead = error_answer(status, status == 429 ? "TOOMANYREQUESTS" : "UNAVAILABLE", "come back later");
  fault.instead->headers.add("Retry-After", std::to_string(seconds));
  return fault;
}

Fault retry_after_date(int status, int seconds) {
  Fault fault = retry_after(status, seconds);
  fault.instead->headers.set("Retry-After",
                             http_date(std::chrono::system_clock::now() + std::chrono::seconds(seconds)));
  return fault;
}

Fault redirect(std::string location, int status) {
  Fault fault;
  fault.instead = redirect_answer(status, location);
  return fault;
}

Fault header(std::string name, std::string value) {
  Fault fault;
  fault.set.add(std::move(name), std::move(value));
  return fault;
}

Fault without_header(std::string name) {
  Fault fault;
  fault.drop.push_back(std::move(name));
  return fault;
}

Fault body(std::string bytes) {
  Fault fault;
  fault.body = std::move(bytes);
  return fault;
}

Fault drip(std::uint64_t bytes_per_second) {
  Fault fault;
  fault.delivery.bytes_per_second = bytes_per_second;
  return fault;
}

Fault chunked(std::size_t chunk_bytes) {
  Fault fault;
  fault.delivery.chunk_bytes = chunk_bytes;
  return fault;
}

Fault claim_length(std::uint64_t bytes) {
  Fault fault;
  fault.delivery.content_length = bytes;
  return fault;
}

}  // namespace faults

void FaultPlan::add(FaultRule rule) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::move(rule)});
}

void FaultPlan::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

std::optional<Fault> FaultPlan::strike(Route route, const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  std::optional<Fault> struck;
  for (Entry& entry : entries_) {
    const FaultRule& rule = entry.rule;
    if (rule.route != Route::any && rule.route != route) continue;
    if (!rule.method.empty() && rule.method != request.method) continue;
    if (request.target.find(rule.containing) == std::string::npos) continue;
    const int nth = entry.seen++;
    const bool hit = nth >= rule.skip && (rule.times == 0 || nth < rule.skip + rule.times);
    if (hit && !struck) struck = rule.fault;
  }
  return struck;
}

}  // namespace dray::testing
