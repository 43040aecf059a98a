// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The keys with which a server encrypts session tickets (RFC 5077 section 4, RFC 8446 section 4.6.1).
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>

namespace coroute::detail {

/// One set for all loops, so that a client may come back to any. A key encrypts for `lifetime` and decrypts for as long
/// again; there is no more to it than to ask. Any thread.
class TicketKeys {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Name = std::array<unsigned char, 16>;
  struct Key {
    Name name;
    std::array<unsigned char, 32> encryption;
    std::array<unsigned char, 32> authentication;
  };
  struct Found {
    Key key;
    bool is_current;  ///< Else the client should get a new ticket.
  };

  TicketKeys(std::chrono::seconds lifetime, Time now);
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  ~TicketKeys();

  Key current(Time now);
  /// nullopt: unknown, or too old.
  std::optional<Found> find(std::span<const unsigned char, 16> name, Time now);

 private:
  void rotate(Time now);

  const std::chrono::seconds lifetime_;
  std::mutex mutex_;
  Time made_;
  Key current_;
  std::optional<Key> previous_;
};

}  // namespace coroute::detail
