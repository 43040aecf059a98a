// SPDX-License-Identifier: BSL-1.0
// What users call, and the life of a session up to its end.
#include "session.hpp"

#include <stdexcept>
#include <utility>

#include "coroute/asyncio/errors.hpp"

namespace coroute::detail {

std::shared_ptr<WebSocketSession> WebSocketSession::open(EventLoop& loop,
                                                         std::unique_ptr<UpgradedConnection> connection,
                                                         WebSocketSetup setup, const WebSocketOptions& options) {
  auto session = std::make_shared<WebSocketSession>(loop, std::move(connection), std::move(setup), options);
  session->join_loop(loop);
  session->start();
  return session;
}

WebSocketSession::WebSocketSession(EventLoop& loop, std::unique_ptr<UpgradedConnection> connection,
                                   WebSocketSetup setup, const WebSocketOptions& options)
    : Runnable(&run_step, &drop_step),
      connection_(std::move(connection)),
      loop_(&loop),
      role_(setup.role),
      options_(options),
      label_(std::move(setup.label)),
      subprotocol_(std::move(setup.subprotocol)),
      is_compressed_(setup.compression.has_value()),
      can_vanish_(connection_->can_vanish()),
      reader_(role_, options_.max_message_bytes, setup.compression),
      unread_(std::move(setup.received)),
      output_(std::move(setup.unsent)),
      last_sign_of_life_(loop.time()) {
  if (setup.compression && setup.compression->send_window_bits > 8) deflater_.emplace(*setup.compression);
}

WebSocketSession::~WebSocketSession() {
  if (loop_ && timer_.queued()) loop_->remove_timer(timer_);
}

/// What arrived before was reported before anybody listened.
void WebSocketSession::start() noexcept {
  connection_->on_ready(&on_ready, this);
  arm_timer();
  flush();
  if (!unread_.empty() || connection_->has_input() || connection_->is_draining()) queue_step();
}

// --- what users call ---

/// Marks that somebody receives.
class WebSocketSession::Receiving {
 public:
  explicit Receiving(WebSocketSession& session) : session_(&session) {
    if (session.receiving_) throw RuntimeError("receive() called while another coroutine is already receiving");
    session.receiving_ = true;
  }
  ~Receiving() { session_->receiving_ = false; }
  Receiving(const Receiving&) = delete;
  Receiving& operator=(const Receiving&) = delete;

 private:
  WebSocketSession* session_;
};

/// A message leaves the queue when this completes, so none is lost with a receive that is cancelled.
Async<std::optional<WebSocketMessage>> WebSocketSession::receive(std::shared_ptr<WebSocketSession> self) {
  const Receiving receiving(*self);
  while (self->incoming_.empty() && !self->is_over())
    co_await self->received_.wait("WebSocket.receive");
  if (!self->incoming_.empty()) co_return self->next_message();
  if (self->error_) std::rethrow_exception(self->error_);
  co_return std::nullopt;
}

WebSocketMessage WebSocketSession::next_message() {
  WebSocketMessage message = std::move(incoming_.front());
  incoming_.pop_front();
  incoming_bytes_ -= message.data().size();
  if (reading_paused_ && !is_full()) read_available();
  return message;
}

Async<void> WebSocketSession::send(std::shared_ptr<WebSocketSession> self, WebSocketMessage::Type type,
                                   std::string payload) {
  Utf8Validator text;
  if (type == WebSocketMessage::Type::Text && !(text.feed(payload) && text.is_complete())) {
    throw std::invalid_argument("a text message must be UTF-8");
  }
  self->check_open();
  const LockGuard turn = co_await self->send_turn_.acquire();
  while (self->is_open() && self->unsent() > self->options_.send_buffer_bytes)
    co_await self->drained_.wait("WebSocket.send");
  self->check_open();
  self->append_message(type, payload);
  self->flush();
}

bool WebSocketSession::try_send(WebSocketMessage::Type type, std::string_view payload) {
  Utf8Validator text;
  if (type == WebSocketMessage::Type::Text && !(text.feed(payload) && text.is_complete())) {
    throw std::invalid_argument("a text message must be UTF-8");
  }
  if (!is_usable()) return false;
  if (unsent() > 0 && unsent() + payload.size() > options_.max_unsent_bytes) {
    begin_close(WebSocketCloseCode::TryAgainLater, "too slow");
    return false;
  }
  append_message(type, payload);
  flush();
  return true;
}

Async<Clock::duration> WebSocketSession::ping(std::shared_ptr<WebSocketSession> self) {
  self->check_open();
  const Clock::time_point sent = self->loop_->time_after(Clock::duration::zero());
  const std::uint64_t number = self->append_ping();
  self->flush();
  while (self->last_pong_ < number && !self->is_over())
    co_await self->ponged_.wait("WebSocket.ping");
  if (self->last_pong_ < number) self->check_open();
  co_return self->loop_->time_after(Clock::duration::zero()) - sent;
}

Async<void> WebSocketSession::close(std::shared_ptr<WebSocketSession> self, WebSocketCloseCode code,
                                    std::string reason) {
  Utf8Validator text;
  if (!is_sendable(code)) throw std::invalid_argument("not a code that a WebSocket can be closed with");
  if (reason.size() > max_control_payload - 2) throw std::invalid_argument("a close reason has at most 123 bytes");
  if (!text.feed(reason) || !text.is_complete()) throw std::invalid_argument("a close reason must be UTF-8");
  if (self->is_open()) self->begin_close(code, reason);
  co_await wait_closed(std::move(self));
}

Async<void> WebSocketSession::wait_closed(std::shared_ptr<WebSocketSession> self) {
  while (self->state_ != State::Closed)
    co_await self->closed_.wait("WebSocket.close");
}

void WebSocketSession::start_close(WebSocketCloseCode code, std::string_view reason) noexcept {
  if (!is_open()) return;
  reason = reason.substr(0, max_control_payload - 2);
  Utf8Validator text;
  while (!reason.empty() && !(text.feed(reason) && text.is_complete())) {
    reason.remove_suffix(1);
    text.reset();
  }
  try {
    begin_close(code, reason);
  } catch (...) {
    lose(std::current_exception());
  }
}

void WebSocketSession::drop() noexcept {
  incoming_.clear();
  incoming_bytes_ = 0;
  if (state_ == State::Closed) return;
  try {
    if (is_open()) append_close(WebSocketCloseCode::GoingAway, {});
    flush();
  } catch (...) {  // the peer is not told
  }
  lose(nullptr);
}

void WebSocketSession::check_open() const {
  if (is_usable()) return;
  if (error_) std::rethrow_exception(error_);
  throw WebSocketClosed(label_, "the WebSocket is closed", close_code_.value_or(WebSocketCloseCode::AbnormalClosure),
                        close_reason_);
}

// --- the end ---

void WebSocketSession::begin_close(WebSocketCloseCode code, std::string_view reason) {
  append_close(code, reason);
  close_code_ = code;
  close_reason_ = reason;
  state_ = State::Closing;
  reader_.discard_messages();  // nothing bounds what would be unpacked in a turn
  if (options_.close_timeout.count() > 0) close_due_ = loop_->time() + options_.close_timeout;
  arm_timer();
  drained_.wake_all();
  flush();
  queue_step();  // what comes from now on is dropped: a full queue doesn't stop reading any more
}

/// While closing it is only a peer that doesn't say Close properly: ours is on its way.
void WebSocketSession::fail(const WebSocketFailure& failure) {
  if (state_ == State::Open) {
    error_ = error_of(failure);
    close_code_ = failure.code;
    append_close(failure.code, failure.text);
  } else {
    set_abnormal();
  }
  begin_ending(awaits_end_of_peer());
  flush();
}

std::exception_ptr WebSocketSession::error_of(const WebSocketFailure& failure) const {
  const std::string text = std::string("the peer sent ") + failure.text;
  if (failure.code == WebSocketCloseCode::MessageTooBig) {
    const std::string limit = " of " + std::to_string(options_.max_message_bytes) + " bytes";
    return std::make_exception_ptr(WebSocketMessageTooLarge(label_, text + limit, failure.code));
  }
  return std::make_exception_ptr(WebSocketProtocolError(label_, text, failure.code));
}

/// The peer has not said Close.
void WebSocketSession::set_abnormal() noexcept {
  close_code_ = WebSocketCloseCode::AbnormalClosure;
  close_reason_.clear();
}

/// The server stops.
void WebSocketSession::check_drain() noexcept {
  if (connection_ && connection_->is_draining()) start_close(WebSocketCloseCode::GoingAway, {});
}

void WebSocketSession::lose(std::exception_ptr error) noexcept {
  if (state_ == State::Open) error_ = std::move(error);
  if (!is_over()) set_abnormal();
  output_.clear();
  output_start_ = 0;
  begin_ending(false);
}

/// `waits_for_peer`: until it has closed, at most `close_timeout`. What it still sends would otherwise make the kernel
/// reset the connection, and the peer might never see our Close.
void WebSocketSession::begin_ending(bool waits_for_peer) noexcept {
  if (state_ == State::Closed) return;
  state_ = State::Ending;
  waits_for_peer_ = waits_for_peer;
  unread_ = std::string();
  unread_begin_ = 0;
  if (!close_due_ && options_.close_timeout.count() > 0) close_due_ = loop_->time() + options_.close_timeout;
  arm_timer();
  wake_all();
  queue_step();  // which ends it, once nothing is unsent
}

void WebSocketSession::wake_all() noexcept {
  received_.wake_all();
  drained_.wake_all();
  ponged_.wake_all();
  if (state_ == State::Closed) closed_.wake_all();
}

void WebSocketSession::finish() noexcept {
  if (state_ == State::Closed) return;
  state_ = State::Closed;
  if (timer_.queued()) loop_->remove_timer(timer_);
  leave_loop();
  connection_.reset();
  output_ = std::string();
  output_start_ = 0;
  wake_all();
}

void WebSocketSession::on_loop_end() noexcept {
  const std::shared_ptr<WebSocketSession> last = std::move(self_);
  if (timer_.queued()) loop_->remove_timer(timer_);
  if (!close_code_) close_code_ = WebSocketCloseCode::AbnormalClosure;
  state_ = State::Closed;
  connection_.reset();
  loop_ = nullptr;
}

void WebSocketSession::lose_broken() noexcept {
  try {
    lose(abnormal<WebSocketClosed>("the connection was lost"));
  } catch (...) {
    lose(std::current_exception());
  }
}

// --- steps ---

/// Connections are closed from the ready queue only, never while the loop goes through its events.
void WebSocketSession::queue_step() noexcept {
  if (step_queued_ || state_ == State::Closed) return;
  step_queued_ = true;
  self_ = shared_from_this();
  loop_->schedule(*this);
}

void WebSocketSession::run_step(Runnable& node) noexcept {
  static_cast<WebSocketSession&>(node).step();
}

void WebSocketSession::drop_step(Runnable& node) noexcept {
  auto& self = static_cast<WebSocketSession&>(node);
  self.step_queued_ = false;
  const auto last = std::move(self.self_);
}

void WebSocketSession::step() noexcept {
  const std::shared_ptr<WebSocketSession> alive = std::move(self_);
  step_queued_ = false;
  if (state_ == State::Closed) return;
  check_drain();
  read_available();
  if (write_broken_ && !is_over() && !reading_paused_) lose_broken();
  if (state_ == State::Ending && unsent() == 0 && !waits_for_peer_) finish();
}

}  // namespace coroute::detail
