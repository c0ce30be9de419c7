#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/yaml.hpp>
#include <new>
#include <sstream>
#include <utility>

namespace dray {
namespace {

std::size_t line_of(const YAML::Mark& mark) { return mark.line < 0 ? 1 : static_cast<std::size_t>(mark.line) + 1; }

Error error_at(const std::string& file, std::size_t line, std::string_view why, ErrorCode code) {
  return {code, file + ":" + std::to_string(line) + ": " + std::string(why)};
}

/// Thrown through the parser, which has no other way to be stopped.
struct Refusal {
  std::size_t line;
  const char* why;
  ErrorCode code = ErrorCode::invalid_input;
};

/// Builds the tree from the parser's events: its own tree would follow aliases, and forget which key was there twice.
class Builder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refusal{line_of(mark), "aliases are not allowed here"};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, {}, anchor, {}); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Yaml node;
    node.plain = tag == "?";
    const bool null = node.plain && (value.empty() || value == "~" || value == "null");
    node.kind = null ? Yaml::Kind::nothing : Yaml::Kind::text;
    node.text = value;
    add(mark, tag, anchor, std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Yaml::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Yaml::Kind::map);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] Yaml take() { return std::move(root_); }

 private:
  struct Open {
    Yaml node;
    std::optional<std::string> key = {};  // of a map: the one whose value comes next
    std::size_t key_line = 1;
  };

  static void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) throw Refusal{line_of(mark), "anchors are not allowed here"};
    // `?` for a plain one, `!` for a quoted one.
    if (!tag.empty() && tag != "?" && tag != "!") throw Refusal{line_of(mark), "tags are not allowed here"};
  }

  void add(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Yaml node) {
    check(mark, tag, anchor);
    node.line = line_of(mark);
    put(std::move(node));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Yaml::Kind kind) {
    check(mark, tag, anchor);
    if (open_.size() >= limits::max_yaml_depth) {
      throw Refusal{line_of(mark), "lists and maps are nested too deeply", ErrorCode::limit_exceeded};
    }
    Yaml node;
    node.kind = kind;
    node.line = line_of(mark);
    open_.push_back({.node = std::move(node)});
  }

  void close() {
    Yaml node = std::move(open_.back().node);
    open_.pop_back();
    put(std::move(node));
  }

  void put(Yaml node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& parent = open_.back();
    if (parent.node.kind == Yaml::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.key) {
      parent.node.members.push_back({std::move(*parent.key), std::move(node), parent.key_line});
      parent.key.reset();
    } else {
      take_key(parent, std::move(node));
    }
  }

  static void take_key(Open& parent, Yaml key) {
    if (key.kind != Yaml::Kind::text) throw Refusal{key.line, "a key must be a text"};
    if (parent.node.find(key.text) != nullptr) throw Refusal{key.line, "this key is there twice"};
    parent.key = std::move(key.text);
    parent.key_line = key.line;
  }

  Yaml root_;
  std::vector<Open> open_;
};

}  // namespace

Result<Yaml> Yaml::parse(std::string_view document, const std::string& file) {
  if (document.size() > limits::max_yaml_bytes) {
    return error_at(file, 1, "the file is too large", ErrorCode::limit_exceeded);
  }
  try {
    std::istringstream stream{std::string(document)};
    YAML::Parser parser(stream);
    Builder builder;
    if (!parser.HandleNextDocument(builder)) return Yaml();
    Builder second;
    if (parser.HandleNextDocument(second)) {
      return error_at(file, second.take().line, "the file holds a second document", ErrorCode::invalid_input);
    }
    return builder.take();
  } catch (const Refusal& refusal) {
    return error_at(file, refusal.line, refusal.why, refusal.code);
  } catch (const YAML::Exception& failure) {
    return error_at(file, line_of(failure.mark), failure.msg, ErrorCode::invalid_input);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& failure) {
    return error_at(file, 1, failure.what(), ErrorCode::invalid_input);
  }
}

const Yaml* Yaml::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

std::optional<bool> Yaml::as_bool() const noexcept {
  if (kind != Kind::text || !plain) return std::nullopt;
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

Error yaml_error(const std::string& file, const Yaml& where, std::string_view why) {
  return yaml_error(file, where.line, why);
}

Error yaml_error(const std::string& file, std::size_t line, std::string_view why) {
  return error_at(file, line, why, ErrorCode::invalid_input);
}

}  // namespace dray
