// receive_loop HOST PORT PATH FILE: the yardstick of a pull. One plain socket, one thread: receive, SHA-256, write,
// sync. Nothing is retried, checked or resumed; a client that does all that should cost little more.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(const char* host, const char* port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, host, &address.sin_addr) != 1) fail(host);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  return socket;
}

void send_request(int socket, const char* host, const char* port, const char* path) {
  const auto request =
      std::string("GET ") + path + " HTTP/1.1\r\nHost: " + host + ":" + port + "\r\nConnection: close\r\n\r\n";
  if (::write(socket, request.data(), request.size()) != static_cast<ssize_t>(request.size())) fail("send");
}

// Reads until the head is complete; what came of the body behind it is left at the front of `buffer`.
std::size_t skip_head(int socket, std::vector<char>& buffer) {
  std::size_t filled = 0;
  while (true) {
    const auto count = ::read(socket, buffer.data() + filled, buffer.size() - filled);
    if (count <= 0) fail("the answer's head");
    filled += static_cast<std::size_t>(count);
    const std::string_view seen(buffer.data(), filled);
    const auto end = seen.find("\r\n\r\n");
    if (end == std::string_view::npos) continue;
    if (seen.find(" 200 ") == std::string_view::npos) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(seen.find("\r\n")), buffer.data());
      std::exit(1);
    }
    const auto body = filled - (end + 4);
    std::memmove(buffer.data(), buffer.data() + end + 4, body);
    return body;
  }
}

void take(EVP_MD_CTX* hash, int file, const char* bytes, std::size_t size) {
  if (EVP_DigestUpdate(hash, bytes, size) != 1) fail("hash");
  while (size > 0) {
    const auto count = ::write(file, bytes, size);
    if (count <= 0) fail("write");
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: receive_loop HOST PORT PATH FILE\n", stderr);
    return 2;
  }
  const int socket = connect_to(argv[1], argv[2]);
  send_request(socket, argv[1], argv[2], argv[3]);
  const int file = ::open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail(argv[4]);
  EVP_MD_CTX* hash = EVP_MD_CTX_new();
  if (EVP_DigestInit_ex(hash, EVP_sha256(), nullptr) != 1) fail("hash");

  std::vector<char> buffer(buffer_bytes);
  auto count = static_cast<ssize_t>(skip_head(socket, buffer));
  while (count >= 0) {
    take(hash, file, buffer.data(), static_cast<std::size_t>(count));
    count = ::read(socket, buffer.data(), buffer.size());
    if (count == 0) break;
  }
  if (count < 0) fail("receive");
  if (::fsync(file) != 0) fail("sync");

  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(hash, digest, &size);
  EVP_MD_CTX_free(hash);
  for (unsigned i = 0; i < size; ++i) std::printf("%02x", digest[i]);
  std::printf("\n");
  return 0;
}
