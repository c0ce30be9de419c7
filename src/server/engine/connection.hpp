#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/exchange.hpp"
#include "engine/head_scan.hpp"
#include "engine/loop.hpp"
#include "engine/response_head.hpp"
#include "engine/transport.hpp"

namespace dray::server::engine {

/// One client's connection: goes through its states until the socket would block, then waits once. Belongs to a loop;
/// everything happens on that loop's thread, but for what the workers do with an upload or a stream.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, Newcomer newcomer, std::unique_ptr<Transport> transport);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Goes to work; one that is extra says that the server is full and ends.
  void start();
  /// Looks at the deadlines; `passed` since the last time.
  void sweep(std::chrono::milliseconds passed);
  void begin_stop();
  void cut();

  std::size_t index = 0;  ///< Among the loop's connections.

 private:
  enum class State : std::uint8_t {
    handshake,
    head,     ///< Waits for a request or reads its head.
    interim,  ///< Sends 100 Continue.
    body,     ///< Reads a body for its taker, or waits for the taker.
    respond,
    drain,   ///< Reads away a body that nobody wants.
    linger,  ///< Everything is said; the client may still be talking.
    closed
  };
  enum class Step : std::uint8_t { again, wait };

  // The machine (connection.cpp)
  void advance() noexcept;
  Step step();
  Step wait_for(Io io);
  void wait_readable();
  void wait_writable();
  void advance_later();
  IoResult receive(ByteSpan into);
  void enter(State state);
  Step shake_hands();
  Step drain();
  Step linger();
  void close();
  void stop_watching();
  void drop_exchange();
  void end_sending(bool client_may_talk);
  [[nodiscard]] bool worker_is_busy() const noexcept;
  [[nodiscard]] bool waits_for_peer() const noexcept;
  void check_pace(std::chrono::milliseconds passed);
  void pass_deadline();
  void dispose(std::shared_ptr<void> thing);

  // Requests (connection_request.cpp)
  void begin_exchange();
  Step receive_head();
  std::optional<Step> examine(std::string_view bytes);
  Step begin_request(std::string_view bytes);
  void handle();
  void begin_taking(std::unique_ptr<BodyTaker> taker);
  /// Answers what is no sound request, or cannot be served now, and ends the connection.
  void refuse(const Refusal& refusal);
  void refuse_bad(const Refusal& refusal);
  void respond(Response response);
  void tell_served(bool complete) noexcept;

  // Bodies that come (connection_upload.cpp)
  Step receive_body();
  Step wait_for_buffer(Upload& upload);
  IoResult fill_plain(Upload& upload);
  IoResult fill_chunked(Upload& upload);
  Step after_fill(Upload& upload, Io io);
  void dispatch_piece(Upload& upload);
  void piece_taken();
  void drop_upload();

  // Answers that go (connection_send.cpp)
  Step send_interim();
  Step transmit();
  ByteView ready_bytes(Outgoing& out);
  void account(Outgoing& out, std::size_t bytes);
  Step next_piece(Outgoing& out);
  void piece_read();
  void drop_stream();
  Step finish_response();

  Loop& loop_;
  Seat seat_;
  FileDescriptor descriptor_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  std::unique_ptr<Transport> transport_;
  std::string peer_;
  std::string pending_;  ///< Bytes that came and were not used yet.
  HeadScan scan_;        ///< Of `pending_`, in the state `head`.
  std::unique_ptr<Exchange> exchange_;
  Loop::Time since_;  ///< When the state began to count against its deadline.
  std::chrono::milliseconds waited_{0};
  std::uint64_t moved_ = 0;       ///< Bytes of bodies, both ways.
  std::uint64_t paced_from_ = 0;  ///< What had moved when `waited_` was 0.
  std::uint64_t drain_left_ = 0;
  State state_ = State::head;
  bool first_ = true;     ///< No request was answered yet.
  bool paced_ = false;    ///< `paced_from_` is set.
  bool drained_ = false;  ///< The last receive got less than it could take: the next would block.
  bool close_after_ = false;
  bool reading_ = false;  ///< A wait is under way.
  bool writing_ = false;
};

}  // namespace dray::server::engine
