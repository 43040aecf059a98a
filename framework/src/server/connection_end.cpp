// SPDX-License-Identifier: BSL-1.0
// What ends a connection, or the handler in it, from outside: deadlines, a client that leaves, the server that stops.
#include "connection.hpp"
#include "upgraded_server_connection.hpp"

namespace coroute::detail {

void Connection::check_deadline(Clock::time_point now) noexcept {
  switch (phase_) {
    case Phase::Handler:
      if (now >= deadline_) {
        deadline_ = Clock::time_point::max();
        cancel_handler(CancelReason::Deadline);
      } else if (stream_.is_peer_closed() && !client_left_ &&
                 now - phase_began_ >= worker_.options().timeouts.disconnect_watch &&
                 exchange_->request->cancel_on_disconnect()) {
        cancel_handler(CancelReason::Disconnect);
      }
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

/// The task that waits for it has not run yet.
bool Connection::request_has_arrived() const noexcept {
  return stream_.has_unread();
}

void Connection::close_if_idle() noexcept {
  if (phase_ == Phase::Idle && !request_has_arrived()) stream_.abort_waits();
}

void Connection::end_drain() noexcept {
  const bool has_handler = phase_ == Phase::Handler || phase_ == Phase::Body || phase_ == Phase::Upgraded;
  if (upgraded_) upgraded_->cut();
  if (!has_handler) {
    stream_.abort_waits();
  } else if (!drain_ended_) {
    cancel_handler(CancelReason::Shutdown);
  }
  drain_ended_ = true;
}

void Connection::stop() noexcept {
  drain_ended_ = true;
  stream_.abort_waits();
}

void Connection::cancel_handler(CancelReason reason) noexcept {
  if (phase_ != Phase::Handler && phase_ != Phase::Body && phase_ != Phase::Upgraded) return;
  if (reason == CancelReason::Disconnect) client_left_ = true;
  task_->cancel(reason);
}

void Connection::on_hangup(void* self) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  connection.check_deadline(connection.worker_.loop().time());
}

}  // namespace coroute::detail
