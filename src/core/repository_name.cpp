#include <fmt/format.h>

#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>

#include "chars.hpp"
#include "name_grammar.hpp"
#include "quote.hpp"

namespace dray {
namespace {

constexpr std::string_view official = "library/";

// One `.`, one or two `_`, or any number of `-`; 0 where none of them stands.
std::size_t separator_chars(std::string_view text) {
  if (text.starts_with('.')) return 1;
  if (text.starts_with("__")) return 2;
  if (text.starts_with('_')) return 1;
  return std::min(text.find_first_not_of('-'), text.size());
}

// distribution/reference, `path-component`: [a-z0-9]+((?:[._]|__|[-]+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
  while (true) {
    std::size_t word = 0;
    while (word < text.size() && (chars::is_lower(text[word]) || chars::is_digit(text[word]))) ++word;
    if (word == 0) return false;
    text.remove_prefix(word);
    if (text.empty()) return true;
    const auto separator = separator_chars(text);
    if (separator == 0) return false;
    text.remove_prefix(separator);
  }
}

Error bad_path(std::string why) { return {ErrorCode::invalid_input, std::move(why)}; }

Result<void> check_path(std::string_view path) {
  if (path.empty()) return bad_path("the repository's name is missing");
  if (chars::has_upper(path)) {
    return bad_path("repository name must be lowercase: write " + quote(chars::lowered(path)));
  }
  for (auto rest = path;;) {
    const auto slash = rest.find('/');
    const auto component = rest.substr(0, slash);
    if (component.empty()) return bad_path("repository name " + quote(path) + " has nothing on one side of a '/'");
    if (!is_path_component(component)) {
      return bad_path("repository name " + quote(path) + " has the part " + quote(component) +
                      ": use lower-case letters and digits, between them one '.', one or two '_', or '-'");
    }
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<void> check_repository_path(std::string_view path) {
  if (path.size() > limits::max_name_chars) {
    return bad_path(
        fmt::format("repository name of {} characters; {} are the limit", path.size(), limits::max_name_chars));
  }
  return check_path(path);
}

Result<RepositoryName> RepositoryName::parse(std::string_view text) {
  const auto where = [text](Error error) { return std::move(error).context("repository " + quote_reference(text)); };
  const auto plain = name_grammar::without_docker_scheme(text);
  const auto parse_plain = [plain]() -> Result<RepositoryName> {
    DRAY_TRY(name_grammar::refuse_known_mistakes(plain));
    if (plain.find('@') != std::string_view::npos) return bad_path("a repository is written without a digest");
    const auto end = name_grammar::end_of_name(plain);
    if (end == plain.size()) return name_grammar::parse_name(plain);
    if (const auto reference = Reference::parse(plain); reference && !reference->hint().empty()) {
      return bad_path(reference->hint());
    }
    return bad_path("a repository is written without a tag: " + quote(plain.substr(0, end)));
  };
  return parse_plain().transform_error(where);
}

Result<RepositoryName> RepositoryName::make(Registry registry, std::string_view path) {
  DRAY_TRY(check_path(path));
  std::string full(path);
  if (registry.is_docker_hub() && path.find('/') == std::string_view::npos) full.insert(0, official);
  if (registry.text().size() + 1 + full.size() > limits::max_name_chars) {
    return bad_path("registry and repository name together are longer than " + std::to_string(limits::max_name_chars) +
                    " characters");
  }
  return RepositoryName(std::move(registry), std::move(full));
}

std::string RepositoryName::familiar() const {
  if (!registry_.is_docker_hub()) return text();
  std::string_view path = path_;
  if (path.starts_with(official) && path.find('/', official.size()) == std::string_view::npos) {
    path.remove_prefix(official.size());
  }
  // `docker.io/localhost/x` would read back as a repository of localhost, 64 hex digits as an image ID.
  const auto back = parse(path);
  return back && *back == *this ? std::string(path) : text();
}

}  // namespace dray
