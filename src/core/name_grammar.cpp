#include "name_grammar.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chars.hpp"
#include "quote.hpp"

namespace dray::name_grammar {
namespace {

Error mistake(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }

bool is_image_id(std::string_view text) { return text.size() == 64 && std::ranges::all_of(text, chars::is_lower_hex); }

std::string_view without_user(std::string_view url_rest) {
  const auto at = url_rest.substr(0, url_rest.find('/')).rfind('@');
  return at == std::string_view::npos ? url_rest : url_rest.substr(at + 1);
}

Result<void> refuse_schemes(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos) return {};
  const auto scheme = text.substr(0, end);
  const auto rest = without_user(text.substr(end + 3));
  if (scheme == "https") return mistake("a reference has no 'https://': write " + quote_reference(rest));
  if (scheme == "http") {
    const auto host = rest.substr(0, rest.find('/'));
    return mistake("a reference has no 'http://': write " + quote_reference(rest) + " and allow plain HTTP for " +
                   quote_reference(host) + " by --plain-http");
  }
  return mistake("a reference has no scheme " + quote(scheme) + ": write REGISTRY/REPOSITORY:TAG");
}

Result<void> refuse_hash_for_at(std::string_view text) {
  const auto hash = text.find('#');
  if (hash == std::string_view::npos) return {};
  const auto rest = text.substr(hash + 1);
  if (!rest.starts_with("sha256:") && !rest.starts_with("sha512:")) return mistake("a reference has no '#'");
  return mistake("a digest stands behind '@', not '#': did you mean '@'?");
}

// Docker's rule; only what says so itself or cannot be a repository's first part is a registry.
bool names_a_registry(std::string_view first_part) {
  return first_part == "localhost" || first_part.find_first_of(".:[") != std::string_view::npos ||
         chars::has_upper(first_part);
}

}  // namespace

std::size_t end_of_name(std::string_view name_and_tag) noexcept {
  const auto colon = name_and_tag.find_last_of(":/]");  // a `:` in the brackets of an IPv6 address is none
  return colon != std::string_view::npos && name_and_tag[colon] == ':' ? colon : name_and_tag.size();
}

std::string_view without_docker_scheme(std::string_view text) noexcept {
  for (const std::string_view scheme : {"docker://", "docker-pullable://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return text;
}

Result<void> refuse_known_mistakes(std::string_view text) {
  if (text.empty()) return mistake("a reference is empty: write [REGISTRY/]REPOSITORY[:TAG][@DIGEST]");
  DRAY_TRY(refuse_schemes(text));
  DRAY_TRY(refuse_hash_for_at(text));
  if (!std::ranges::all_of(text, [](char c) { return chars::is_printable(c) && c != ' '; })) {
    return mistake("a reference has a blank or a character outside ASCII");
  }
  if (is_image_id(text)) {
    return mistake("64 hex digits alone look like an image ID, which no registry knows: write REPOSITORY@sha256:" +
                   std::string(text) + " if it is a manifest's digest");
  }
  if (Digest::parse(text)) {
    return mistake("a digest alone names no repository: write REPOSITORY@" + std::string(text));
  }
  return {};
}

Result<RepositoryName> parse_name(std::string_view text) {
  const auto slash = text.find('/');
  const auto first_part = text.substr(0, slash);
  if (slash == std::string_view::npos) {
    if (text.starts_with('[')) return mistake("a registry alone names no repository: write REGISTRY/REPOSITORY");
    return RepositoryName::make(Registry::docker_hub(), text);
  }
  if (!names_a_registry(first_part)) return RepositoryName::make(Registry::docker_hub(), text);
  DRAY_TRY_ASSIGN(auto registry, Registry::parse(first_part));
  return RepositoryName::make(std::move(registry), text.substr(slash + 1));
}

}  // namespace dray::name_grammar
