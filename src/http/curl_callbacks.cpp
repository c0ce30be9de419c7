#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <dray/http/address.hpp>
#include <dray/http/limits.hpp>

#include "curl_transfer.hpp"

namespace dray::http {
namespace {

constexpr std::size_t refused = 0;  ///< taken less than offered: libcurl gives the exchange up

struct SocketAddress {
  AddressClass leads_to;
  std::string text;
};

/// nullopt for an address family that is not the internet's.
std::optional<SocketAddress> read_address(const curl_sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, &address.addr, sizeof(in));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    return SocketAddress{classify_ipv4(bytes), text.data()};
  }
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    // libcurl's struct shows a short `addr`, behind which the rest of the address lies.
    std::memcpy(&in, static_cast<const void*>(&address.addr), sizeof(in));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
    return SocketAddress{classify_ipv6(bytes), text.data()};
  }
  return std::nullopt;
}

/// Where a TLS context keeps the transfer that it was made for.
int transfer_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

std::size_t CurlTransfer::on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (auto taken = transfer.head_reader_.take({data, size}); !taken) {
    transfer.cause_ = std::move(taken).error();
    return refused;
  }
  transfer.patience_.moved(size);
  return size;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (!transfer.head_reader_.complete()) return size;  // belongs to a head that is passed over
  const bool is_full =
      transfer.filled_ == transfer.target_.size() && transfer.overflow_.size() >= limits::receive_buffer_bytes;
  if (is_full) {
    transfer.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return transfer.place(std::as_bytes(std::span(data, size)));
}

std::size_t CurlTransfer::place(ByteView data) {
  const auto direct = std::min(data.size(), target_.size() - filled_);
  if (direct > 0) std::memcpy(target_.data() + filled_, data.data(), direct);
  filled_ += direct;
  overflow_.insert(overflow_.end(), data.begin() + static_cast<std::ptrdiff_t>(direct), data.end());
  body_bytes_ += data.size();
  patience_.moved(data.size());
  return data.size();
}

std::size_t CurlTransfer::on_upload(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const auto left = transfer.request_.body->size - transfer.uploaded_;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, left));
  if (wanted == 0) return 0;
  auto count = transfer.upload_->read(std::as_writable_bytes(std::span(data, wanted)));
  if (!count) {
    transfer.cause_ = std::move(count).error();
    return CURL_READFUNC_ABORT;
  }
  if (*count == 0) {
    transfer.cause_ =
        Error(ErrorCode::invalid_input, "the body to be sent ended after " + std::to_string(transfer.uploaded_) +
                                            " of " + std::to_string(transfer.request_.body->size) + " bytes");
    return CURL_READFUNC_ABORT;
  }
  transfer.uploaded_ += *count;
  transfer.patience_.moved(*count);
  return *count;
}

int CurlTransfer::on_rewind(void* self, curl_off_t offset, int origin) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  auto again = transfer.request_.body->open();
  if (!again) {
    transfer.cause_ = std::move(again).error();
    return CURL_SEEKFUNC_FAIL;
  }
  transfer.upload_ = *std::move(again);
  transfer.uploaded_ = 0;
  return CURL_SEEKFUNC_OK;
}

curl_socket_t CurlTransfer::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  auto reached = read_address(*address);
  if (!reached) return CURL_SOCKET_BAD;
  if (!transfer.behind_proxy_ && transfer.deny(reached->leads_to, reached->text)) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode CurlTransfer::on_tls_begin(CURL*, void* context, void* self) noexcept {
  static_cast<CurlTransfer*>(self)->securing_ = true;
  auto* const tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_ex_data(tls, transfer_index(), self);
  SSL_CTX_set_client_cert_cb(tls, &CurlTransfer::on_certificate_asked);
  return CURLE_OK;
}

/// Called in the handshake, which belongs to the transfer that began it; only where no certificate is set.
int CurlTransfer::on_certificate_asked(SSL* ssl, X509**, EVP_PKEY**) noexcept {
  auto* const self = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), transfer_index());
  static_cast<CurlTransfer*>(self)->asked_who_we_are_ = true;
  return 0;  // none
}

int CurlTransfer::on_connected(void* self, char* remote, char*, int, int) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  // A connection that is used again opened no socket: its address is judged here.
  if (!transfer.behind_proxy_) {
    const auto reached = classify_host(remote);
    if (!reached || transfer.deny(*reached, remote)) return CURL_PREREQFUNC_ABORT;
    transfer.head_.connected_to = *reached;
  }
  transfer.cause_.reset();  // another address of the host was denied before this one
  transfer.connected_ = true;
  return CURL_PREREQFUNC_OK;
}

bool CurlTransfer::deny(AddressClass to, std::string_view address) {
  if (allows(request_.addresses, to)) return false;
  cause_ = Error(ErrorCode::denied,
                 fmt::format("it leads into a private network, to {}; --allow-private permits this", address));
  return true;
}

}  // namespace dray::http
