// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One client connection: one coroutine that reads requests, has them answered and writes the answers.
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include "connection_body.hpp"
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"
#include "exchange.hpp"
#include "http/upgraded_connection.hpp"
#include "response_writer.hpp"
#include "tls/byte_stream.hpp"
#include "worker.hpp"

namespace coroute::detail {

class FileBody;
class UpgradedServerConnection;

class Connection final : public ListNode, private ConnectionUpgrader {
 public:
  /// Takes the socket over. Throws std::system_error.
  Connection(Worker& worker, int socket, PeerAddress peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves until the connection ends, then destroys it.
  static Async<void> serve(std::unique_ptr<Connection> connection);

  /// Called by the worker's sweep.
  void check_deadline(Clock::time_point now) noexcept;
  /// Ends the connection if it has no request in progress.
  void close_if_idle() noexcept;
  /// The server stops: an upgraded connection is told.
  void begin_drain() noexcept;
  /// The time to drain is over: cancels the handler and then what it left, each once, and ends the connection where
  /// nothing of that runs.
  void end_drain() noexcept;
  /// Nothing is waited for any more. The loop cancels the handler.
  void stop() noexcept;
  /// Sends what is finished while a handler runs.
  void flush_from_loop() noexcept;

 private:
  friend class ConnectionBody;
  friend class UpgradedServerConnection;
  friend class Worker;

  /// What the connection is doing, and so what its deadline means.
  /// Work and Tasks: what the request left goes on, its work after the response and then its tasks.
  enum class Phase : unsigned char { Handshake, Idle, Head, Body, Handler, Upgraded, Write, Work, Tasks, Linger };
  enum class Received : unsigned char { Data, WouldBlock, Closed };
  enum class HeadOutcome : unsigned char { Incomplete, Request, Refused };

  Async<void> run();
  Async<bool> flush_rest(std::string_view tail);
  Async<bool> wait_for_client();

  // Streamed answers: connection_stream.cpp.
  struct StreamFraming;
  bool has_stream_to_send(const Response& response) const noexcept;
  Async<bool> send_stream(Response& response);
  StreamFraming begin_stream(const Response& response);
  Async<bool> send_pieces(AsyncGenerator<std::string>& pieces, const StreamFraming& framing);
  std::string_view put_piece(std::string_view piece, const StreamFraming& framing);
  void end_stream(const StreamFraming& framing, bool complete);

  // Files that the kernel sends: connection_file.cpp.
  std::shared_ptr<const FileBody> file_to_send(const Response& response) const noexcept;
  Async<bool> send_file(std::shared_ptr<const FileBody> body);
  Async<bool> send_range(std::shared_ptr<const FileBody> body, std::uint64_t offset, std::uint64_t size);
  Async<bool> send_cached(std::shared_ptr<const FileBody> body, std::uint64_t offset, std::size_t count);
  Async<bool> send_read(std::shared_ptr<const FileBody> body, std::uint64_t offset, std::size_t count);

  // Before HTTP: connection_start.cpp.
  bool has_preface() const noexcept;
  Async<bool> begin();
  Async<bool> take_proxy_header();
  Async<bool> shake_hands();
  Async<std::optional<char>> first_byte();
  Async<void> refuse_plain();
  void believe_proxy(RequestHead& head);

  Async<bool> drain_body();
  Async<void> linger();

  Received receive();
  HeadOutcome parse_head();
  void begin_request(std::size_t head_end);
  void after_handler(bool failed) noexcept;
  void forget_cancellation() noexcept;
  CancelReason reason_to_end() const noexcept;
  void cancel_tasks(CancelReason reason) noexcept;
  Async<void> finish_what_is_left();
  ResponseContext response_context();
  bool may_stay_open(const Response& response) const noexcept;
  bool more_may_come(ConnectionBody::Rest rest) const noexcept;
  Upgrade upgrade(const Response& head) override;
  /// Serialises the answer; what it returns is to be sent behind the output buffer, without a copy.
  std::string_view write_response(const Response& response);
  void end_request(const Response& response);
  void report_access(const Response& response) noexcept;
  void refuse(const Response& response);
  bool try_flush(std::string_view& tail);
  void enter(Phase phase, std::chrono::milliseconds limit) noexcept;
  void enter_idle() noexcept;
  void release_idle_exchange(bool was_idle) noexcept;
  bool on_wait_aborted();
  bool request_has_arrived() const noexcept;
  void cancel_handler(CancelReason reason) noexcept;
  bool client_is_missed(Clock::time_point now) const noexcept;
  bool runs_something() const noexcept;
  static void on_hangup(void* self) noexcept;

  Worker& worker_;
  ByteStream stream_;
  PeerAddress peer_;
  TaskState* task_ = nullptr;
  std::unique_ptr<Exchange> exchange_;            // null while idle
  UpgradedServerConnection* upgraded_ = nullptr;  // until what follows HTTP has ended
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point phase_began_{};
  Clock::time_point request_began_{};  // only kept when there is an access log
  std::uint32_t requests_ = 0;
  Phase phase_ = Phase::Idle;
  bool peer_is_trusted_ = false;  // as a proxy
  bool keep_alive_ = true;
  bool is_upgraded_ = false;
  bool timed_out_ = false;
  bool must_linger_ = false;
  bool body_ends_with_connection_ = false;  // of the last answer: an orderly end would say that all of it was sent
  bool client_left_ = false;
  bool flush_queued_ = false;
  bool drain_ended_ = false;
  bool told_of_drain_end_ = false;  // the handler, or what it left
  bool tasks_cancelled_ = false;    // of the request in progress
};

}  // namespace coroute::detail
