#include <dray/server/message.hpp>

namespace dray::server {
namespace {

struct NamedMethod {
  std::string_view name;
  Method method;
};
constexpr NamedMethod methods[] = {{"GET", Method::get},        {"HEAD", Method::head},   {"POST", Method::post},
                                   {"PUT", Method::put},        {"PATCH", Method::patch}, {"DELETE", Method::del},
                                   {"OPTIONS", Method::options}};

}  // namespace

Method parse_method(std::string_view text) noexcept {
  for (const auto& known : methods) {
    if (known.name == text) return known.method;
  }
  return Method::other;
}

std::string_view name(Method method) noexcept {
  for (const auto& known : methods) {
    if (known.method == method) return known.name;
  }
  return "other";
}

const std::string* Request::parameter(std::string_view wanted) const noexcept {
  for (const auto& [key, value] : query) {
    if (key == wanted) return &value;
  }
  return nullptr;
}

std::vector<std::string_view> Request::parameters(std::string_view wanted) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : query) {
    if (key == wanted) values.emplace_back(value);
  }
  return values;
}

std::optional<std::uint64_t> size_of(const Body& body) noexcept {
  struct Sizes {
    std::optional<std::uint64_t> operator()(const std::string& text) const { return text.size(); }
    std::optional<std::uint64_t> operator()(const std::shared_ptr<const std::string>& text) const {
      return text ? text->size() : 0;
    }
    std::optional<std::uint64_t> operator()(const FileBody& file) const { return file.range.size(); }
    std::optional<std::uint64_t> operator()(const StreamBody& stream) const { return stream.size; }
  };
  return std::visit(Sizes{}, body);
}

}  // namespace dray::server
