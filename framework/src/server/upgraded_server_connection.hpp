// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A server's connection after an upgrade, which goes on belonging to `Connection`.
#include "http/upgraded_connection.hpp"

namespace coroute::detail {

class Connection;

/// Closed when either is gone.
class UpgradedServerConnection final : public UpgradedConnection {
 public:
  explicit UpgradedServerConnection(Connection& connection) noexcept : connection_(&connection) {}
  ~UpgradedServerConnection() override;

  Received receive(char* buffer, std::size_t size) noexcept override;
  Outcome send(std::string_view& bytes) noexcept override;
  bool has_input() const noexcept override;
  bool is_writable() const noexcept override;
  void on_ready(IoHandle::ReadyCallback callback, void* context) noexcept override;
  bool is_draining() const noexcept override;

  /// The server stops.
  void begin_drain() noexcept { notify(); }
  /// The time to drain is over: from now on it is as if the peer had gone.
  void cut() noexcept;
  void detach() noexcept { connection_ = nullptr; }

 private:
  void notify() noexcept {
    if (callback_) callback_(context_);
  }

  Connection* connection_;
  IoHandle::ReadyCallback callback_ = nullptr;
  void* context_ = nullptr;
  bool is_cut_ = false;
};

}  // namespace coroute::detail
