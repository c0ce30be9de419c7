// dray-proxy: a slow, long or breaking line in front of a server on this machine.
#include <signal.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/fault_proxy.hpp"

namespace {

constexpr const char* help =
    "usage: dray-proxy --to HOST:PORT [--listen 127.0.0.1:0] [--rtt-ms MS] [--rate-bytes BYTES_PER_SECOND]\n"
    "                  [--cut-bytes BYTES] [--cuts COUNT] [--stall-bytes BYTES]\n"
    "Prints the address it listens on; at SIGTERM or SIGINT it prints what passed, as JSON, and ends.\n";

struct Arguments {
  std::string to;
  std::string listen = "127.0.0.1:0";
  dray::testing::LineOptions line;
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("not a number: " + std::string(text));
  }
  return value;
}

void take(Arguments& arguments, std::string_view name, std::string_view value) {
  if (name == "--to") {
    arguments.to = value;
  } else if (name == "--listen") {
    arguments.listen = value;
  } else if (name == "--rtt-ms") {
    arguments.line.one_way_delay = std::chrono::microseconds(number(value) * 500);
  } else if (name == "--rate-bytes") {
    arguments.line.bytes_per_second = number(value);
  } else if (name == "--cut-bytes") {
    arguments.line.cut_after = number(value);
  } else if (name == "--cuts") {
    arguments.line.cuts = static_cast<int>(number(value));
  } else if (name == "--stall-bytes") {
    arguments.line.stall_after = number(value);
  } else {
    throw std::runtime_error("no such option: " + std::string(name));
  }
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) throw std::runtime_error("a value is missing after " + std::string(argv[i]));
    take(arguments, argv[i], argv[i + 1]);
  }
  if (arguments.to.empty()) throw std::runtime_error("--to is missing");
  return arguments;
}

void serve(const Arguments& arguments) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const dray::testing::FaultProxy proxy(arguments.to, arguments.line, arguments.listen);
  std::printf("%s\n", proxy.host_port().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  const auto counters = proxy.counters();
  std::printf("{\"connections\":%d,\"cuts\":%d,\"up_bytes\":%llu,\"down_bytes\":%llu}\n", counters.connections,
              counters.cuts, static_cast<unsigned long long>(counters.up_bytes),
              static_cast<unsigned long long>(counters.down_bytes));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    serve(parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dray-proxy: %s\n%s", error.what(), help);
    return 2;
  }
}
