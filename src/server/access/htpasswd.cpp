#include "htpasswd.hpp"

#include <algorithm>
#include <dray/server/limits.hpp>
#include <utility>

#include "characters.hpp"
#include "password_hasher.hpp"

namespace dray::server {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

Result<std::pair<std::string, std::string>> parse_line(std::string_view line) {
  const auto refuse = [](std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); };
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return refuse("a line must be 'user:hash'");
  const auto user = line.substr(0, colon);
  if (std::ranges::any_of(user, is_control)) return refuse("the user's name has a control character");
  const auto hash = line.substr(colon + 1);
  const auto cost = bcrypt_cost(hash);
  if (cost == 0) return refuse("the password is not hashed with bcrypt; use htpasswd -B");
  if (cost > limits::max_bcrypt_cost) {
    return refuse("the bcrypt cost " + std::to_string(cost) + " is above " + std::to_string(limits::max_bcrypt_cost));
  }
  return std::pair(std::string(user), std::string(hash));
}

}  // namespace

Result<Users> Users::parse(std::string_view text, const std::string& file) {
  Users users;
  unsigned highest = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto where = file + ":" + std::to_string(number);
    const auto line = trimmed(take_line(text));
    if (line.empty() || line.front() == '#') continue;
    auto entry = parse_line(line);
    if (!entry) return std::move(entry).error().context(where);
    highest = std::max(highest, bcrypt_cost(entry->second));
    if (!users.hashes_.insert(std::move(entry).value()).second) {
      return Error(ErrorCode::invalid_input, "this user is in the file twice").context(where);
    }
  }
  if (highest != 0) users.highest_cost_ = highest;
  return users;
}

const std::string* Users::hash_of(std::string_view user) const noexcept {
  const auto found = hashes_.find(user);
  return found == hashes_.end() ? nullptr : &found->second;
}

}  // namespace dray::server
