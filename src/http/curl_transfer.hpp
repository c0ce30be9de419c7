#pragma once

#include <openssl/types.h>

#include <array>
#include <dray/http/message.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "curl_engine.hpp"
#include "head_reader.hpp"
#include "patience.hpp"

namespace dray::http {

/// One exchange over libcurl. It runs only while somebody is inside `start` or `read`: the body comes at the pace
/// of its reader, straight from libcurl's buffer into the reader's span.
class CurlTransfer final : public Exchange {
 public:
  /// Sends the request and waits for the head of the answer.
  [[nodiscard]] static Result<std::unique_ptr<Exchange>> start(std::shared_ptr<CurlEngine> engine,
                                                               const Request& request, const std::stop_token& stop);
  ~CurlTransfer() override;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  [[nodiscard]] const ResponseHead& head() const noexcept override { return head_; }
  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override;

 private:
  CurlTransfer(std::shared_ptr<CurlEngine> engine, const Request& request, const std::stop_token& stop);

  // Setting up (curl_transfer_setup.cpp)
  [[nodiscard]] Result<void> set_up();
  void set_up_basics();
  [[nodiscard]] Result<void> set_up_proxy();
  void set_up_method();
  [[nodiscard]] Result<void> set_up_headers();
  void add_header(const std::string& line);
  [[nodiscard]] Result<void> set_up_tls();
  void set_up_identity();
  void set_up_callbacks();

  // Running (curl_transfer.cpp)
  [[nodiscard]] Result<void> run_to_head();
  void perform();
  void note_phase();
  [[nodiscard]] Result<void> wait();
  void unpause();
  void take_result();
  void conclude(CURLcode code);
  void let_go();
  std::size_t take_overflow(ByteSpan into);
  [[nodiscard]] std::string what() const;
  [[nodiscard]] Error explained(CURLcode code) const;
  Error fail(Error error);

  // Called by libcurl (curl_callbacks.cpp)
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static std::size_t on_upload(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static int on_rewind(void* self, curl_off_t offset, int origin) noexcept;
  static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
  static int on_certificate_asked(SSL* ssl, X509** certificate, EVP_PKEY** key) noexcept;
  static CURLcode on_tls_begin(CURL* easy, void* context, void* self) noexcept;
  static int on_connected(void* self, char* remote, char* local, int remote_port, int local_port) noexcept;
  std::size_t place(ByteView data);
  [[nodiscard]] bool deny(AddressClass to, std::string_view address);

  struct Waker {
    CURLM* multi;
    void operator()() const noexcept { curl_multi_wakeup(multi); }
  };

  std::shared_ptr<CurlEngine> engine_;
  Request request_;
  std::stop_token stop_;
  std::unique_ptr<Lane> lane_;  ///< Gone as soon as the exchange is over.
  std::optional<std::stop_callback<Waker>> waker_;
  std::shared_ptr<const Trust> trust_;
  CurlList header_lines_;
  std::array<char, CURL_ERROR_SIZE> curl_words_{};

  Patience patience_;
  HeadReader head_reader_;
  ResponseHead head_;
  bool behind_proxy_ = false;
  std::string shown_proxy_;        ///< without user and password
  bool securing_ = false;          ///< TCP is connected, TLS begins.
  bool asked_who_we_are_ = false;  ///< The server wanted a client certificate and got none.
  bool connected_ = false;         ///< The request may be sent.

  std::unique_ptr<ByteSource> upload_;
  std::uint64_t uploaded_ = 0;

  ByteSpan target_;         ///< The reader's span, while it is inside `read`.
  std::size_t filled_ = 0;  ///< of `target_`
  std::vector<std::byte> overflow_;
  std::size_t overflow_begin_ = 0;
  std::uint64_t body_bytes_ = 0;
  bool paused_ = false;

  bool ended_ = false;
  std::optional<Error> cause_;    ///< What a callback has to say when libcurl reports that it was refused.
  std::optional<Error> failure_;  ///< Why the exchange is over; told to whoever asks.
};

}  // namespace dray::http
