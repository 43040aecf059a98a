// SPDX-License-Identifier: BSL-1.0
// What ends a connection, or the handler in it, from outside: deadlines, a client that leaves, the server that stops.
#include <utility>

#include "connection.hpp"
#include "upgraded_server_connection.hpp"

namespace coroute::detail {

void Connection::check_deadline(Clock::time_point now) noexcept {
  switch (phase_) {
    case Phase::Handler:
      if (now >= deadline_) {
        deadline_ = Clock::time_point::max();
        cancel_handler(CancelReason::Deadline);
      } else if (!client_left_ && client_is_missed(now)) {
        cancel_handler(CancelReason::Disconnect);
      }
      return;
    case Phase::Work:
    case Phase::Tasks:
      // Work after the response goes on: the client has what it asked for.
      if (client_is_missed(now)) cancel_tasks(CancelReason::Disconnect);
      return;
    case Phase::Body:
      if (!exchange_->body->is_too_slow(now)) return;
      break;
    case Phase::Idle:
      if (now < deadline_ || request_has_arrived()) return;
      break;
    case Phase::Upgraded:
      return;
    default:
      if (now < deadline_) return;
      break;
  }
  timed_out_ = true;
  stream_.abort_waits();
}

/// It has left, and that is to end what runs for it.
bool Connection::client_is_missed(Clock::time_point now) const noexcept {
  return stream_.is_peer_closed() && now - phase_began_ >= worker_.options().timeouts.disconnect_watch &&
         exchange_->request->cancel_on_disconnect();
}

/// The task that waits for it has not run yet.
bool Connection::request_has_arrived() const noexcept {
  return stream_.has_unread();
}

void Connection::close_if_idle() noexcept {
  if (phase_ == Phase::Idle && !request_has_arrived()) stream_.abort_waits();
}

void Connection::end_drain() noexcept {
  drain_ended_ = true;
  if (upgraded_) upgraded_->cut();
  if (!runs_something()) {
    stream_.abort_waits();
  } else if (!std::exchange(told_of_drain_end_, true)) {
    // Who waits for the tasks hands it on to them; after_handler cancels those of a handler.
    const bool works_after_response = !task_->scope && !exchange_->scope.joiner;
    if (works_after_response) cancel_tasks(CancelReason::Shutdown);
    task_->cancel(CancelReason::Shutdown);
  }
}

/// A handler or what it left.
bool Connection::runs_something() const noexcept {
  switch (phase_) {
    case Phase::Handler:
    case Phase::Body:
    case Phase::Upgraded:
    case Phase::Work:
    case Phase::Tasks:
      return true;
    default:
      return false;
  }
}

void Connection::stop() noexcept {
  drain_ended_ = true;
  stream_.abort_waits();
}

void Connection::cancel_handler(CancelReason reason) noexcept {
  if (reason == CancelReason::Disconnect) client_left_ = true;
  task_->cancel(reason);
}

void Connection::on_hangup(void* self) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  connection.check_deadline(connection.worker_.loop().time());
}

}  // namespace coroute::detail
