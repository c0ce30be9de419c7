#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>

#include "chars.hpp"
#include "name_grammar.hpp"
#include "quote.hpp"

namespace dray {
namespace {

Error mistake(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }

bool is_tag_char(char c) { return chars::is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; }

Result<Digest> parse_digest_part(std::string_view text) {
  if (text.empty()) return mistake("nothing stands behind the '@': write @sha256:<64 hex digits>");
  if (text.find('/') != std::string_view::npos) {
    return mistake("what stands before the '@' looks like a credential: log in instead");
  }
  if (text.find(':') == std::string_view::npos && text.size() != 64 && parse_tag(text)) {
    return mistake("a tag stands behind ':', not '@': did you mean ':" + std::string(text) + "'?");
  }
  if (std::ranges::count(text, ':') > 1) return mistake("the tag stands before the '@', not behind the digest");
  return Digest::parse(text);
}

}  // namespace

Result<std::string> parse_tag(std::string_view text) {
  const auto bad = [text](std::string_view why) { return mistake("tag " + quote(text) + " " + std::string(why)); };
  if (text.empty()) return mistake("the tag behind ':' is empty");
  if (text.size() > limits::max_tag_chars) {
    return bad("is longer than " + std::to_string(limits::max_tag_chars) + " characters");
  }
  if (!std::ranges::all_of(text, is_tag_char)) return bad("may have letters, digits, '_', '.' and '-' only");
  if (text.front() == '.' || text.front() == '-') return bad("may not begin with '.' or '-'");
  return std::string(text);
}

Result<Reference> Reference::parse(std::string_view text) {
  const auto where = [text](Error error) { return std::move(error).context("reference " + quote_reference(text)); };
  const auto plain = name_grammar::without_docker_scheme(text);
  const auto parse_plain = [plain]() -> Result<Reference> {
    DRAY_TRY(name_grammar::refuse_known_mistakes(plain));
    const auto at = plain.find('@');
    std::optional<Digest> digest;
    if (at != std::string_view::npos) {
      DRAY_TRY_ASSIGN(digest, parse_digest_part(plain.substr(at + 1)));
    }
    const auto name_and_tag = plain.substr(0, at);
    const auto end = name_grammar::end_of_name(name_and_tag);
    DRAY_TRY_ASSIGN(auto name, name_grammar::parse_name(name_and_tag.substr(0, end)));
    Reference reference(std::move(name));
    reference.digest_ = digest;
    if (end < name_and_tag.size()) {
      DRAY_TRY_ASSIGN(reference.tag_, parse_tag(name_and_tag.substr(end + 1)));
    } else if (!digest) {
      reference.tag_ = "latest";
    }
    return reference;
  };
  return parse_plain().transform_error(where);
}

Result<Reference> Reference::make(RepositoryName name, std::string_view tag) {
  Reference reference(std::move(name));
  DRAY_TRY_ASSIGN(reference.tag_, parse_tag(tag));
  return reference;
}

std::string Reference::target() const { return digest_ ? digest_->text() : *tag_; }

Reference Reference::with_digest(const Digest& digest) const {
  Reference reference = *this;
  reference.digest_ = digest;
  return reference;
}

std::string Reference::with_target(std::string name) const {
  if (tag_) name.append(":").append(*tag_);
  if (digest_) name.append("@").append(digest_->text_view());
  return name;
}

std::string Reference::text() const { return with_target(name_.text()); }

std::string Reference::familiar() const {
  const auto short_text = with_target(name_.familiar());
  const auto back = parse(short_text);
  return back && *back == *this ? short_text : text();
}

std::string Reference::hint() const {
  const auto& host = registry().text();
  if (host.find_first_of(".:") == std::string::npos && chars::has_upper(host)) {
    return quote(host) + " was read as a registry because it has an upper-case letter: a repository name must be " +
           "lowercase, as in " + quote(chars::lowered(host) + "/" + repository());
  }
  const auto name = name_.familiar();
  const bool looks_like_host =
      name == "localhost" || (name.find('.') != std::string::npos && name.find('/') == std::string::npos);
  if (looks_like_host && tag_ && std::ranges::all_of(*tag_, chars::is_digit)) {
    const auto read = name + ":" + *tag_;
    return quote(read) + " was read as the repository " + quote(name) + " with the tag " + quote(*tag_) +
           " on Docker Hub: to mean a registry, write " + quote(read + "/REPOSITORY");
  }
  return {};
}

}  // namespace dray
