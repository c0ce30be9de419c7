#include "directory_names.hpp"

#include <algorithm>

namespace dray::directory_names {
namespace {

constexpr std::string_view manifest_ending = ".manifest.json";
constexpr std::size_t sha512_chars = 128;
constexpr std::string_view signature_mark = "signature-";

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string hex(const Digest& digest) { return std::string(digest.hex()); }
std::string long_name(const Digest& digest) { return std::string(name(digest.algorithm())) + "-" + hex(digest); }

/// The digest that a text stands for, with its algorithm in front or without.
std::optional<Digest> digest_of(std::string_view text) {
  auto with_algorithm = std::string(text);
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    with_algorithm[dash] = ':';
  } else {
    with_algorithm.insert(0, text.size() == sha512_chars ? "sha512:" : "sha256:");
  }
  auto digest = Digest::parse(with_algorithm);
  if (!digest) return std::nullopt;
  return *std::move(digest);
}

/// Without what stands behind the hash in the names of manifests and signatures.
std::string_view stem(std::string_view name) {
  if (name.ends_with(manifest_ending)) return name.substr(0, name.size() - manifest_ending.size());
  const auto dot = name.rfind('.');
  if (dot != std::string_view::npos && is_root_signature(name.substr(dot + 1))) return name.substr(0, dot);
  return name;
}

}  // namespace

std::string blob(const Digest& digest) { return hex(digest); }
std::string long_blob(const Digest& digest) { return long_name(digest); }
std::string manifest(const Digest& digest) { return hex(digest).append(manifest_ending); }
std::string long_manifest(const Digest& digest) { return long_name(digest).append(manifest_ending); }

bool is_root_signature(std::string_view name) {
  return name.starts_with(signature_mark) && is_number(name.substr(signature_mark.size()));
}

std::optional<Digest> manifest_in(std::string_view name) {
  if (!name.ends_with(manifest_ending)) return std::nullopt;
  return digest_of(stem(name));
}

std::optional<std::string> hex_in(std::string_view name) {
  const auto digest = digest_of(stem(name));
  if (!digest) return std::nullopt;
  return std::string(digest->hex());
}

}  // namespace dray::directory_names
