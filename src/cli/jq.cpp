#include "jq.hpp"

#include <dlfcn.h>
#include <jq.h>
#include <jv.h>

#include <memory>

#include "jq_path.hpp"

// jv.h holds a static function that calls this one and that nobody here calls; unoptimised code keeps it, and a weak
// reference lets it link without libjq.
#pragma weak jv_get_kind

namespace dray::cli {
namespace {

std::string line_of(const Json& value) {
  return (value.as_string() != nullptr ? *value.as_string() : value.dump()) + "\n";
}

// The functions of libjq, found when they are first needed; the library stays loaded until the program ends.
struct LibJq {
  decltype(&::jq_init) init = nullptr;
  decltype(&::jq_teardown) teardown = nullptr;
  decltype(&::jq_compile) compile = nullptr;
  decltype(&::jq_start) start = nullptr;
  decltype(&::jq_next) next = nullptr;
  decltype(&::jq_set_error_cb) set_error_cb = nullptr;
  decltype(&::jv_parse_sized) parse_sized = nullptr;
  decltype(&::jv_get_kind) get_kind = nullptr;
  decltype(&::jv_dump_string) dump_string = nullptr;
  decltype(&::jv_string_value) string_value = nullptr;
  decltype(&::jv_string_length_bytes) string_length = nullptr;
  decltype(&::jv_invalid_has_msg) invalid_has_msg = nullptr;
  decltype(&::jv_invalid_get_msg) invalid_get_msg = nullptr;
  decltype(&::jv_copy) copy = nullptr;
  decltype(&::jv_free) free = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Result<LibJq> load() {
  void* library = ::dlopen("libjq.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return Error(ErrorCode::unsupported,
                 "this --jq expression needs libjq, which is not installed (Debian: libjq1); plain paths such as "
                 ".digest or .layers[].size work without it");
  }
  LibJq jq;
  const bool complete = find(library, "jq_init", jq.init) && find(library, "jq_teardown", jq.teardown) &&
                        find(library, "jq_compile", jq.compile) && find(library, "jq_start", jq.start) &&
                        find(library, "jq_next", jq.next) && find(library, "jq_set_error_cb", jq.set_error_cb) &&
                        find(library, "jv_parse_sized", jq.parse_sized) && find(library, "jv_get_kind", jq.get_kind) &&
                        find(library, "jv_dump_string", jq.dump_string) &&
                        find(library, "jv_string_value", jq.string_value) &&
                        find(library, "jv_string_length_bytes", jq.string_length) &&
                        find(library, "jv_invalid_has_msg", jq.invalid_has_msg) &&
                        find(library, "jv_invalid_get_msg", jq.invalid_get_msg) && find(library, "jv_copy", jq.copy) &&
                        find(library, "jv_free", jq.free);
  if (!complete) return Error(ErrorCode::unsupported, "libjq.so.1 lacks a function that --jq needs");
  return jq;
}

std::string take_text(const LibJq& jq, jv value) {
  if (jq.get_kind(value) != JV_KIND_STRING) value = jq.dump_string(value, 0);
  std::string text(jq.string_value(value), static_cast<std::size_t>(jq.string_length(jq.copy(value))));
  jq.free(value);
  return text;
}

// libjq hands its complaints to a callback; the first line says what is wrong.
struct Complaints {
  const LibJq* jq;
  std::string text;
};

extern "C" void collect_complaint(void* self, jv message) {
  auto& complaints = *static_cast<Complaints*>(self);
  if (!complaints.text.empty()) complaints.text += "; ";
  complaints.text += take_text(*complaints.jq, message);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Result<std::string> collect(const LibJq& jq, jq_state* state) {
  std::string out;
  while (true) {
    auto value = jq.next(state);
    if (jq.get_kind(value) != JV_KIND_INVALID) {
      out += take_text(jq, value) + "\n";
      continue;
    }
    if (jq.invalid_has_msg(jq.copy(value)) == 0) {
      jq.free(value);
      return out;
    }
    return Error(ErrorCode::invalid_input, "--jq: " + first_line(take_text(jq, jq.invalid_get_msg(value))));
  }
}

}  // namespace

Result<std::string> run_jq(std::string_view expression, const Json& input) {
  if (const auto values = walk_plain_path(expression, input)) {
    std::string out;
    for (const auto& value : *values) out += line_of(value);
    return out;
  }
  DRAY_TRY_ASSIGN(const auto jq, load());
  auto* state = jq.init();
  if (state == nullptr) return Error(ErrorCode::unsupported, "libjq could not start");
  const auto teardown = [&jq](jq_state* s) { jq.teardown(&s); };
  const std::unique_ptr<jq_state, decltype(teardown)> owner(state, teardown);
  Complaints complaints{&jq, {}};
  jq.set_error_cb(state, collect_complaint, &complaints);
  if (jq.compile(state, std::string(expression).c_str()) == 0) {
    return Error(ErrorCode::invalid_input, "--jq: " + first_line(complaints.text));
  }
  const auto text = input.dump();
  jq.start(state, jq.parse_sized(text.data(), static_cast<int>(text.size())), 0);
  return collect(jq, state);
}

}  // namespace dray::cli
