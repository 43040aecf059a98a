// SPDX-License-Identifier: BSL-1.0
// What a session reads and writes, and its timers.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "session.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t chunk_size = 64 * 1024;
constexpr int reads_per_turn = 4;  // of a chunk each; then others get a turn
constexpr std::size_t worth_moving = 64 * 1024;
constexpr std::size_t worth_keeping = 4 * 1024;  // of an empty buffer

using PingPayload = std::array<char, sizeof(std::uint64_t)>;

PingPayload ping_payload(std::uint64_t number) noexcept {
  PingPayload bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

}  // namespace

void WebSocketSession::on_ready(void* context) noexcept {
  auto& self = *static_cast<WebSocketSession*>(context);
  const std::shared_ptr<WebSocketSession> alive = self.shared_from_this();
  if (self.connection_->is_writable()) self.flush();
  self.check_drain();
  self.read_available();
}

// --- reading ---

bool WebSocketSession::is_full() const noexcept {
  if (state_ != State::Open || incoming_.empty()) return false;
  return incoming_.size() >= options_.max_queued_messages || incoming_bytes_ >= options_.max_queued_bytes;
}

void WebSocketSession::read_available() noexcept {
  const std::shared_ptr<WebSocketSession> alive = shared_from_this();
  try {
    for (int turn = 0; state_ != State::Closed; ++turn) {
      reading_paused_ = is_full();
      if (reading_paused_) break;
      if (turn == reads_per_turn) {
        queue_step();
        break;
      }
      if (!read_once()) break;
    }
    flush();
    if (write_broken_ && !reading_paused_) queue_step();
  } catch (...) {
    lose(std::current_exception());
  }
}

/// False: there is no more for now.
bool WebSocketSession::read_once() {
  if (!unread_.empty()) {
    take_unread();
    return true;
  }
  thread_local const auto chunk = std::make_unique_for_overwrite<char[]>(chunk_size);
  const auto received = connection_->receive(chunk.get(), chunk_size);
  if (received.outcome == UpgradedConnection::Outcome::WouldBlock) return false;
  if (received.outcome == UpgradedConnection::Outcome::Closed) {
    on_end_of_input();
    return false;
  }
  on_sign_of_life();
  std::string_view bytes(chunk.get(), received.size);
  take_input(bytes);
  if (!bytes.empty() && !is_over()) unread_ = bytes;
  return true;
}

void WebSocketSession::on_sign_of_life() noexcept {
  last_sign_of_life_ = loop_->time();
  pinged_at_.reset();
}

void WebSocketSession::take_unread() {
  std::string all = std::exchange(unread_, {});
  std::string_view bytes = std::string_view(all).substr(std::exchange(unread_begin_, 0));
  take_input(bytes);
  if (bytes.empty() || is_over()) return;
  unread_begin_ = all.size() - bytes.size();
  unread_ = std::move(all);
}

/// Up to where the queue is full.
void WebSocketSession::take_input(std::string_view& bytes) {
  while (!bytes.empty() && !is_over() && !is_full())
    handle(reader_.next(bytes));
}

void WebSocketSession::handle(MessageReader::Event event) {
  switch (event) {
    case MessageReader::Event::None:
      return;
    case MessageReader::Event::Message:
      return on_message();
    case MessageReader::Event::Ping:
      return on_ping();
    case MessageReader::Event::Pong:
      return on_pong();
    case MessageReader::Event::Close:
      return on_close();
    case MessageReader::Event::Failed:
      return fail(reader_.failure());
  }
}

void WebSocketSession::on_message() {
  WebSocketMessage message = reader_.take_message();
  incoming_bytes_ += message.data().size();
  incoming_.push_back(std::move(message));
  received_.wake_all();
}

/// A peer that sends pings and doesn't read gets one answer, to the last (RFC 6455 section 5.5.3).
void WebSocketSession::on_ping() {
  if (state_ != State::Open) return;
  if (unsent() > options_.send_buffer_bytes) {
    owed_pong_ = reader_.payload();
  } else {
    append(WebSocketOpcode::Pong, reader_.payload());
  }
}

void WebSocketSession::on_pong() noexcept {
  std::uint64_t number = 0;
  if (reader_.payload().size() != sizeof number) return;
  std::memcpy(&number, reader_.payload().data(), sizeof number);
  if (number > last_ping_ || number <= last_pong_) return;  // nobody asked
  last_pong_ = number;
  ponged_.wake_all();
}

void WebSocketSession::on_close() {
  close_code_ = reader_.close_code();
  close_reason_ = reader_.payload();
  if (state_ == State::Open) append_close(*close_code_, {});
  begin_ending(awaits_end_of_peer());
  flush();
}

void WebSocketSession::on_end_of_input() {
  if (state_ == State::Ending) {
    if (std::exchange(waits_for_peer_, false)) queue_step();  // it may still take what is unsent
  } else {
    lose(abnormal<WebSocketClosed>("the connection was closed without a Close frame"));
  }
}

// --- writing ---

void WebSocketSession::append(WebSocketOpcode opcode, std::string_view payload) {
  append_frame(output_, role_, opcode, payload);
}

void WebSocketSession::append_message(WebSocketMessage::Type type, std::string_view payload) {
  const auto opcode = type == WebSocketMessage::Type::Text ? WebSocketOpcode::Text : WebSocketOpcode::Binary;
  if (!deflater_ || payload.size() < options_.compression.min_bytes) return append(opcode, payload);
  append_frame(output_, role_, opcode, deflater_->deflate(payload), true);
}

void WebSocketSession::append_close(WebSocketCloseCode code, std::string_view reason) {
  std::string payload;
  if (code != WebSocketCloseCode::NoStatusReceived) {
    payload += static_cast<char>(to_number(code) >> 8U);
    payload += static_cast<char>(to_number(code) & 0xFFU);
    payload += reason;
  }
  append(WebSocketOpcode::Close, payload);
}

std::uint64_t WebSocketSession::append_ping() {
  const PingPayload payload = ping_payload(++last_ping_);
  append(WebSocketOpcode::Ping, {payload.data(), payload.size()});
  return last_ping_;
}

void WebSocketSession::flush() noexcept {
  if (unsent() == 0 || !connection_) return;
  if (!connection_->is_writable()) return after_flush();
  std::string_view rest = std::string_view(output_).substr(output_start_);
  const std::size_t before = rest.size();
  const auto outcome = connection_->send(rest);
  output_start_ = output_.size() - rest.size();
  if (outcome == UpgradedConnection::Outcome::Closed) {
    write_broken_ = true;  // what the peer has sent before may say why
    output_start_ = output_.size();
    waits_for_peer_ = false;
    queue_step();
  } else if (rest.size() < before) {
    write_due_.reset();
    if (is_blocked_) on_sign_of_life();  // the peer has taken some; a ping may wait behind the rest
  }
  after_flush();
}

void WebSocketSession::after_flush() noexcept {
  is_blocked_ = unsent() > 0;
  if (unsent() == 0) {
    output_.clear();
    if (output_.capacity() > worth_keeping) output_ = std::string();
    output_start_ = 0;
    write_due_.reset();
    if (state_ == State::Ending && !waits_for_peer_) queue_step();
  } else {
    if (output_start_ >= worth_moving && output_start_ >= output_.size() / 2) {
      output_.erase(0, output_start_);
      output_start_ = 0;
    }
    if (!write_due_ && options_.write_timeout.count() > 0) {
      write_due_ = loop_->time() + options_.write_timeout;
      arm_timer();
    }
  }
  if (unsent() > options_.send_buffer_bytes) return;
  if (owed_pong_ && state_ == State::Open) {
    const std::string payload = std::move(*owed_pong_);
    owed_pong_.reset();
    append(WebSocketOpcode::Pong, payload);
    return flush();
  }
  drained_.wake_all();
}

// --- time ---

void WebSocketSession::fire_timer(Timer& timer) noexcept {
  WebSocketSession& self = *static_cast<SessionTimer&>(timer).session;
  const std::shared_ptr<WebSocketSession> alive = self.shared_from_this();
  try {
    self.check_time();
  } catch (...) {
    self.lose(std::current_exception());
  }
}

void WebSocketSession::check_time() {
  const Clock::time_point now = loop_->time();
  if (close_due_ && now >= *close_due_) {
    close_due_.reset();
    return lose(nullptr);
  }
  if (write_due_ && now >= *write_due_) {
    write_due_.reset();
    return lose(abnormal<WebSocketWriteTimeout>("the peer took no byte within " +
                                                std::to_string(options_.write_timeout.count()) + " ms"));
  }
  if (state_ == State::Open) check_heartbeat(now);
  arm_timer();
}

/// A peer that we don't read from is not a silent one.
void WebSocketSession::check_heartbeat(Clock::time_point now) {
  if (reading_paused_) on_sign_of_life();
  if (!has_heartbeat()) return;
  if (now < heartbeat_due()) return;
  if (awaits_pong()) {
    return lose(abnormal<WebSocketPingTimeout>("no answer to a ping within " +
                                               std::to_string(options_.ping_timeout.count()) + " ms"));
  }
  append_ping();
  pinged_at_ = now;
  flush();
}

Clock::time_point WebSocketSession::heartbeat_due() const noexcept {
  if (awaits_pong()) return *pinged_at_ + options_.ping_timeout;
  return pinged_at_.value_or(last_sign_of_life_) + options_.ping_interval;
}

Clock::time_point WebSocketSession::next_due() const noexcept {
  Clock::time_point due = Clock::time_point::max();
  if (close_due_) due = std::min(due, *close_due_);
  if (write_due_) due = std::min(due, *write_due_);
  if (state_ != State::Open || !has_heartbeat()) return due;
  return std::min(due, heartbeat_due());
}

/// A timer that fires too early, because something came, is set again: receiving doesn't touch it.
void WebSocketSession::arm_timer() noexcept {
  if (state_ == State::Closed || !loop_) return;
  const Clock::time_point due = next_due();
  if (timer_.queued()) {
    if (timer_.when <= due) return;
    loop_->remove_timer(timer_);
  }
  if (due == Clock::time_point::max()) return;
  timer_.when = due;
  loop_->add_timer(timer_);
}

}  // namespace coroute::detail
