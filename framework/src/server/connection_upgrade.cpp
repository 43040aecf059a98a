// SPDX-License-Identifier: BSL-1.0
// What a connection does after an upgrade: it lends its descriptor to the protocol that follows.
#include <utility>

#include "connection.hpp"
#include "response_writer.hpp"
#include "upgraded_server_connection.hpp"

namespace coroute::detail {
namespace {

UpgradedConnection::Outcome outcome_of(ByteStream::Outcome outcome) noexcept {
  switch (outcome) {
    case ByteStream::Outcome::Progress:
      return UpgradedConnection::Outcome::Progress;
    case ByteStream::Outcome::WouldBlock:
      return UpgradedConnection::Outcome::WouldBlock;
    default:
      return UpgradedConnection::Outcome::Closed;
  }
}

}  // namespace

/// The head of the answer goes out with the first bytes of the new protocol, or before.
Upgrade Connection::upgrade(const Response& head) {
  Exchange& exchange = *exchange_;
  ResponseContext context;
  context.fixed_fields = worker_.fixed_fields();
  write_head(exchange.output, head, context);
  auto connection = std::make_unique<UpgradedServerConnection>(*this);
  Upgrade upgrade;
  upgrade.received = exchange.unread();
  upgrade.unsent = exchange.output.view();
  exchange.output.release();
  exchange.begin = exchange.end;
  upgraded_ = connection.get();
  is_upgraded_ = true;
  must_linger_ = true;
  keep_alive_ = false;
  enter(Phase::Upgraded, std::chrono::milliseconds(0));
  upgrade.connection = std::move(connection);
  return upgrade;
}

void Connection::begin_drain() noexcept {
  if (upgraded_) upgraded_->begin_drain();
}

UpgradedServerConnection::~UpgradedServerConnection() {
  if (!connection_) return;
  connection_->stream_.on_ready(nullptr, nullptr);
  connection_->stream_.shut_down();  // the handler may go on for long
  connection_->upgraded_ = nullptr;
}

UpgradedConnection::Received UpgradedServerConnection::receive(char* buffer, std::size_t size) noexcept {
  if (!connection_ || is_cut_) return {Outcome::Closed};
  const ByteStream::Received received = connection_->stream_.receive(buffer, size);
  return {outcome_of(received.outcome), received.size};
}

UpgradedConnection::Outcome UpgradedServerConnection::send(std::string_view& bytes) noexcept {
  if (!connection_ || is_cut_) return Outcome::Closed;
  std::string_view none;
  return outcome_of(connection_->stream_.send(bytes, none));
}

bool UpgradedServerConnection::has_input() const noexcept {
  return !connection_ || is_cut_ || connection_->stream_.has_input();
}

bool UpgradedServerConnection::is_writable() const noexcept {
  return !connection_ || is_cut_ || connection_->stream_.is_writable();
}

void UpgradedServerConnection::on_ready(IoHandle::ReadyCallback callback, void* context) noexcept {
  callback_ = callback;
  context_ = context;
  if (connection_) connection_->stream_.on_ready(callback, context);
}

bool UpgradedServerConnection::is_draining() const noexcept {
  return connection_ && connection_->worker_.draining();
}

void UpgradedServerConnection::cut() noexcept {
  is_cut_ = true;
  notify();
}

}  // namespace coroute::detail
