#include "login_limits.hpp"

#include <arpa/inet.h>

#include <array>
#include <dray/server/limits.hpp>

namespace dray::server {
namespace {

/// `::ffff:a.b.c.d`, which a socket for both families gives for IPv4.
bool is_mapped(const std::array<unsigned char, 16>& bytes) {
  for (std::size_t i = 0; i < 10; ++i) {
    if (bytes[i] != 0) return false;
  }
  return bytes[10] == 0xff && bytes[11] == 0xff;
}

}  // namespace

std::string login_limit_key(std::string_view address) {
  std::string text(address.substr(0, address.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  const auto* const begin = reinterpret_cast<const char*>(bytes.data());
  if (!is_mapped(bytes)) return {begin, 8};
  std::array<char, INET_ADDRSTRLEN> shown{};
  return inet_ntop(AF_INET, bytes.data() + 12, shown.data(), shown.size()) == nullptr ? text
                                                                                      : std::string(shown.data());
}

void LoginLimits::forget_old(Entry& entry, Time now) {
  std::erase_if(entry.failures, [&](Time failed) { return now - failed >= limits::failed_login_window; });
}

LoginLimits::Entry& LoginLimits::entry_of(Table& table, std::string key) {
  if (const auto found = table.by_key.find(key); found != table.by_key.end()) {
    table.entries.splice(table.entries.begin(), table.entries, found->second);
    return table.entries.front();
  }
  if (table.entries.size() >= limits::max_remembered_addresses) {
    table.by_key.erase(table.entries.back().key);
    table.entries.pop_back();
  }
  table.entries.push_front({.key = std::move(key), .failures = {}});
  table.by_key.emplace(table.entries.front().key, table.entries.begin());
  return table.entries.front();
}

bool LoginLimits::refuses(std::string_view address) {
  const auto key = login_limit_key(address);
  const auto now = clock_.now();
  return table_.with([&](Table& table) {
    const auto found = table.by_key.find(key);
    if (found == table.by_key.end()) return false;
    forget_old(*found->second, now);
    return found->second->failures.size() >= limits::max_failed_logins;
  });
}

bool LoginLimits::begin(std::string_view address) {
  auto key = login_limit_key(address);
  const auto now = clock_.now();
  return table_.with([&](Table& table) {
    auto& entry = entry_of(table, std::move(key));
    forget_old(entry, now);
    if (entry.failures.size() >= limits::max_failed_logins) return false;
    entry.failures.push_back(now);
    return true;
  });
}

void LoginLimits::succeeded(std::string_view address) {
  const auto key = login_limit_key(address);
  table_.with([&](Table& table) {
    const auto found = table.by_key.find(key);
    if (found == table.by_key.end()) return;
    auto& failures = found->second->failures;
    if (!failures.empty()) failures.pop_back();
    if (!failures.empty()) return;
    const auto entry = found->second;
    table.by_key.erase(found);
    table.entries.erase(entry);
  });
}

std::size_t LoginLimits::remembered() const {
  return table_.with([](const Table& table) { return table.entries.size(); });
}

}  // namespace dray::server
