// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A client's connection after an upgrade.
#include <memory>
#include <utility>

#include "connection.hpp"
#include "http/upgraded_connection.hpp"

namespace coroute::detail {

class UpgradedClientConnection final : public UpgradedConnection {
 public:
  explicit UpgradedClientConnection(std::unique_ptr<ClientConnection> connection) noexcept
      : connection_(std::move(connection)) {}

  Received receive(char* buffer, std::size_t size) noexcept override {
    const auto received = connection_->receive(buffer, size);
    return {outcome_of(received.outcome), received.size};
  }
  Outcome send(std::string_view& bytes) noexcept override {
    std::string_view nothing;
    return outcome_of(connection_->send(bytes, nothing));
  }
  bool has_input() const noexcept override { return connection_->has_input(); }
  bool is_writable() const noexcept override { return connection_->is_writable(); }
  void on_ready(IoHandle::ReadyCallback callback, void* context) noexcept override {
    connection_->on_ready(callback, context);
  }

 private:
  static Outcome outcome_of(ClientConnection::Outcome outcome) noexcept {
    switch (outcome) {
      case ClientConnection::Outcome::Progress:
        return Outcome::Progress;
      case ClientConnection::Outcome::WouldBlock:
        return Outcome::WouldBlock;
      case ClientConnection::Outcome::Closed:
        break;
    }
    return Outcome::Closed;
  }

  std::unique_ptr<ClientConnection> connection_;
};

}  // namespace coroute::detail
