// dray-twin: the twin of Microsoft's registry, to be tried by hand.
#include <signal.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/mcr_twin.hpp"

namespace {

constexpr const char* help =
    "usage: dray-twin [--tls] [--basic | --bearer]\n"
    "Serves the fixtures, hello:latest (five platforms, OCI; its Windows images have a foreign layer) and "
    "sixty:latest\n"
    "(sixty layers) on loopback until it is ended, and takes pushes. Basic: user `user`, password `pass word`.\n";

dray::testing::TwinOptions parse(int argc, char** argv) {
  dray::testing::TwinOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tls") {
      options.tls = true;
    } else if (name == "--basic") {
      options.auth.kind = dray::testing::AuthKind::basic;
    } else if (name == "--bearer") {
      options.auth.kind = dray::testing::AuthKind::bearer;
    } else {
      throw std::runtime_error("no such option: " + std::string(name));
    }
  }
  return options;
}

void add_images(dray::testing::McrTwin& twin) {
  using namespace dray::testing;
  Index hello = make_multi_platform(Format::oci);
  for (Image& image : hello.images) {
    if (image.platform.os == "windows") image = twin.make_foreign(std::move(image), 0);
  }
  twin.add("hello", "latest", make_index(std::move(hello.images), Format::oci));
  twin.add("sixty", "latest", make_layered(60, 100'000));
}

void serve(const dray::testing::TwinOptions& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  dray::testing::McrTwin twin(options);
  add_images(twin);
  std::printf("%s\n", twin.origin().c_str());
  std::printf("content network: %s, foreign layers: %s\n", twin.content_origin().c_str(),
              twin.foreign_origin().c_str());
  if (options.tls) std::printf("authority: %s\n", twin.ca_file().c_str());
  for (const std::string& repository : twin.state().repositories()) {
    const auto tags = twin.state().tags(repository);
    std::printf("  %s/%s:%s%s\n", twin.host_port().c_str(), repository.c_str(), tags.front().c_str(),
                tags.size() > 1 ? (" and " + std::to_string(tags.size() - 1) + " more").c_str() : "");
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    serve(parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dray-twin: %s\n%s", error.what(), help);
    return 2;
  }
}
