// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One WebSocket on a connection that has been upgraded: frames in and out, its closing, and its timers.
///
/// It reads and answers as the loop reports readiness, whether or not anybody awaits: pings are answered, and closing
/// goes on, without a task. Messages wait in a bounded queue; when that is full nothing more is read. Client and server
/// differ in what WebSocketRole says, and nowhere else.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/detail/loop_resource.hpp"
#include "coroute/asyncio/detail/loop_wait_list.hpp"
#include "coroute/asyncio/detail/runnable.hpp"
#include "coroute/asyncio/lock.hpp"
#include "coroute/websocket/close_code.hpp"
#include "coroute/websocket/errors.hpp"
#include "coroute/websocket/message.hpp"
#include "coroute/websocket/options.hpp"
#include "frame.hpp"
#include "http/upgraded_connection.hpp"
#include "message_compression.hpp"
#include "message_reader.hpp"

namespace coroute::detail {

/// What the handshake has settled.
struct WebSocketSetup {
  WebSocketRole role = WebSocketRole::Client;
  std::string label;  ///< What errors begin with.
  std::string subprotocol;
  std::optional<CompressionTerms> compression;
  std::string received;  ///< Bytes that came behind the head of the handshake.
  std::string unsent;    ///< Bytes that go out before the first frame.
};

/// Loop thread only. Lives until its users have let go of it and the connection is closed; that goes with the loop at
/// the latest.
class WebSocketSession final : public std::enable_shared_from_this<WebSocketSession>,
                               public LoopResource,
                               private Runnable {
 public:
  static std::shared_ptr<WebSocketSession> open(EventLoop& loop, std::unique_ptr<UpgradedConnection> connection,
                                                WebSocketSetup setup, const WebSocketOptions& options);
  /// Use `open`.
  WebSocketSession(EventLoop& loop, std::unique_ptr<UpgradedConnection> connection, WebSocketSetup setup,
                   const WebSocketOptions& options);
  ~WebSocketSession();

  static Async<std::optional<WebSocketMessage>> receive(std::shared_ptr<WebSocketSession> self);
  static Async<void> send(std::shared_ptr<WebSocketSession> self, WebSocketMessage::Type type, std::string payload);
  /// Without waiting. False: it is closed, or closes now because the peer takes less than is sent (1013).
  bool try_send(WebSocketMessage::Type type, std::string_view payload);
  static Async<Clock::duration> ping(std::shared_ptr<WebSocketSession> self);
  static Async<void> close(std::shared_ptr<WebSocketSession> self, WebSocketCloseCode code, std::string reason);
  /// Begins to close it, unless that has begun. Goes on as long as somebody holds the session. `code` must be sendable;
  /// a reason that is too long for a frame is cut.
  void start_close(WebSocketCloseCode code, std::string_view reason) noexcept;
  static Async<void> wait_closed(std::shared_ptr<WebSocketSession> self);
  /// Nobody uses it any more: closes without waiting for the peer.
  void drop() noexcept;

  /// Null when it has ended.
  EventLoop* loop() const noexcept { return loop_; }
  const std::string& label() const noexcept { return label_; }
  const std::string& subprotocol() const noexcept { return subprotocol_; }
  bool is_open() const noexcept { return state_ == State::Open; }
  /// What is sent may still reach the peer. While messages wait, `is_open` goes on when the connection is lost: what
  /// the peer said before may say why.
  bool is_usable() const noexcept { return is_open() && !write_broken_; }
  std::optional<WebSocketCloseCode> close_code() const noexcept {
    return is_open() && write_broken_ ? WebSocketCloseCode::AbnormalClosure : close_code_;
  }
  const std::string& close_reason() const noexcept { return close_reason_; }
  bool is_compressed() const noexcept { return is_compressed_; }

 private:
  enum class State : unsigned char {
    Open,
    Closing,  ///< Our Close is sent, that of the peer is awaited.
    Ending,   ///< Nothing more is exchanged: what is unsent goes out, then the connection ends.
    Closed,
  };
  struct SessionTimer : Timer {
    explicit SessionTimer(WebSocketSession& owner) noexcept : Timer(&fire_timer), session(&owner) {}
    WebSocketSession* session;
  };
  class Receiving;

  static void on_ready(void* self) noexcept;
  static void run_step(Runnable& node) noexcept;
  static void drop_step(Runnable& node) noexcept;
  void on_loop_end() noexcept override;
  void queue_step() noexcept;
  void step() noexcept;
  void start() noexcept;

  // Reading
  bool is_full() const noexcept;
  void read_available() noexcept;
  bool read_once();
  void on_sign_of_life() noexcept;
  void take_unread();
  void take_input(std::string_view& bytes);
  void handle(MessageReader::Event event);
  void on_message();
  void on_ping();
  void on_pong() noexcept;
  void on_close();
  void on_end_of_input();
  WebSocketMessage next_message();

  // Writing
  std::size_t unsent() const noexcept { return output_.size() - output_start_; }
  void append(WebSocketOpcode opcode, std::string_view payload);
  void append_message(WebSocketMessage::Type type, std::string_view payload);
  void append_close(WebSocketCloseCode code, std::string_view reason);
  std::uint64_t append_ping();
  void flush() noexcept;
  void after_flush() noexcept;

  // The end
  void begin_close(WebSocketCloseCode code, std::string_view reason);
  void check_drain() noexcept;
  void check_open() const;
  void fail(const WebSocketFailure& failure);
  std::exception_ptr error_of(const WebSocketFailure& failure) const;
  void set_abnormal() noexcept;
  /// The connection is gone, or given up.
  void lose(std::exception_ptr error) noexcept;
  void lose_broken() noexcept;
  void begin_ending(bool waits_for_peer) noexcept;
  void finish() noexcept;
  /// RFC 6455 section 7.1.1: the server ends the connection, the client waits for that.
  bool awaits_end_of_peer() const noexcept { return role_ == WebSocketRole::Client; }
  bool is_over() const noexcept { return state_ == State::Ending || state_ == State::Closed; }
  void wake_all() noexcept;
  template <class Error>
  std::exception_ptr abnormal(const std::string& text);  // code 1006

  // Time
  static void fire_timer(Timer& timer) noexcept;
  void check_time();
  bool has_heartbeat() const noexcept { return can_vanish_ && options_.ping_interval.count() > 0; }
  bool awaits_pong() const noexcept { return pinged_at_ && options_.ping_timeout.count() > 0; }
  void check_heartbeat(Clock::time_point now);
  Clock::time_point heartbeat_due() const noexcept;
  void arm_timer() noexcept;
  Clock::time_point next_due() const noexcept;

  std::unique_ptr<UpgradedConnection> connection_;
  EventLoop* loop_;
  const WebSocketRole role_;
  const WebSocketOptions options_;
  const std::string label_;
  const std::string subprotocol_;
  const bool is_compressed_;
  const bool can_vanish_;
  MessageReader reader_;
  std::optional<MessageDeflater> deflater_;

  std::deque<WebSocketMessage> incoming_;
  std::size_t incoming_bytes_ = 0;
  std::string unread_;  // received while the queue was full
  std::size_t unread_begin_ = 0;
  std::string output_;
  std::size_t output_start_ = 0;
  std::optional<std::string> owed_pong_;  // as soon as there is room
  Lock send_turn_;
  LoopWaitList received_;
  LoopWaitList drained_;
  LoopWaitList ponged_;
  LoopWaitList closed_;

  std::exception_ptr error_;
  std::optional<WebSocketCloseCode> close_code_;
  std::string close_reason_;
  std::uint64_t last_ping_ = 0;  // number of the last ping, which is what it carries
  std::uint64_t last_pong_ = 0;
  SessionTimer timer_{*this};
  Clock::time_point last_sign_of_life_;
  std::optional<Clock::time_point> pinged_at_;  // by the heartbeat, and nothing came since
  std::optional<Clock::time_point> write_due_;
  std::optional<Clock::time_point> close_due_;
  std::shared_ptr<WebSocketSession> self_;  // while a step is queued

  State state_ = State::Open;
  bool reading_paused_ = false;
  bool receiving_ = false;  // somebody awaits `receive`
  bool waits_for_peer_ = false;
  bool write_broken_ = false;
  bool is_blocked_ = false;  // the kernel has not taken all
  bool step_queued_ = false;
};

// Implementation

template <class Error>
std::exception_ptr WebSocketSession::abnormal(const std::string& text) {
  return std::make_exception_ptr(Error(label_, text, WebSocketCloseCode::AbnormalClosure));
}

}  // namespace coroute::detail
