#include "served.hpp"

#include <csignal>
#include <stdexcept>

namespace dray::testing {
namespace {

constexpr std::string_view announcement = "://127.0.0.1:";

std::string make_htpasswd() {
  // The lowest cost that bcrypt has: many requests of a test prove themselves with Basic.
  const Outcome outcome = run({{"htpasswd", "-nbBC", "4", Served::user, Served::password}});
  if (outcome.status != 0) throw std::runtime_error("htpasswd failed: " + outcome.err);
  return outcome.out;
}

}  // namespace

Served::Served(const Dray& dray, std::filesystem::path directory, ServedDoor door, std::vector<std::string> words)
    : door_(door), directory_(std::move(directory)) {
  words.insert(words.begin(), {"serve", directory_.string(), "--listen", "127.0.0.1:0"});
  if (door_.tls) {
    authority_ = std::make_unique<TlsAuthority>();
    const auto files = authority_->issue();
    words.insert(words.end(), {"--tls-cert", files.certificate.string(), "--tls-key", files.key.string()});
    write_bytes(ca_file(), read_bytes(authority_->ca_file()));
  }
  if (door_.password) {
    words.insert(words.end(), {"--htpasswd", files_.write("htpasswd", make_htpasswd()).string()});
    if (door_.tokens) words.push_back("--tokens");
  }
  process_ = std::make_unique<Process>(dray.command(std::move(words)));
  if (!process_->wait_for_output(announcement)) {
    throw std::runtime_error("dray serve did not start; it wrote:\n" + process_->out() + process_->err());
  }
  const auto log = process_->err();
  const auto at = log.find(announcement) + announcement.size();
  host_port_ = "127.0.0.1:" + log.substr(at, log.find_first_not_of("0123456789", at) - at);
}

std::filesystem::path Served::ca_file() const {
  return door_.tls ? files_.path() / "certs" / "ca.crt" : std::filesystem::path();
}

Outcome Served::stop() {
  process_->kill(SIGTERM);
  return process_->wait();
}

}  // namespace dray::testing
