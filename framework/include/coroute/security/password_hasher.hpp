// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Passwords as something that may lie in a database: Argon2id (RFC 9106), computed off the loop.
///
///     const PasswordHasher hasher;
///     user.password_hash = co_await hasher.hash(password);
///     const bool good = co_await hasher.verify(password, user ? user->password_hash : hasher.dummy_hash());
///     if (good && hasher.needs_rehash(user->password_hash)) ...
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/semaphore.hpp"

namespace coroute {

/// What a hash costs whoever guesses passwords, and the server. The defaults are OWASP's: 20 to 50 ms and 19 MiB.
struct PasswordHasherOptions {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t iterations = 2;
  std::uint32_t parallelism = 1;  ///< Lanes, each with a thread of its own: above 1 only where logins are rare.
  std::size_t salt_bytes = 16;
  std::size_t hash_bytes = 32;
  /// Hashes computed at once by this hasher, over all loops, and so times `memory_kib`. More wait their turn.
  std::size_t max_concurrent = 4;
  /// That wait. One more is refused with ThreadPoolFull, which a server answers with 503: a flood of logins costs no
  /// more than this, and who is let in waits a second or two.
  std::size_t max_waiting = 128;
  std::size_t max_password_bytes = 1024;  ///< PasswordTooLong above; no such password is verified.
  /// Hashes that would take more than this to verify are refused with InvalidHashError.
  std::uint32_t max_memory_kib = 1024 * 1024;
  std::uint32_t max_iterations = 64;
  std::uint32_t max_parallelism = 64;
};

/// What was stored is not a hash of Argon2id in the PHC format, or one beyond the limits.
class InvalidHashError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class PasswordTooLong : public std::length_error {
 public:
  using std::length_error::length_error;
};

/// Shared by all loops, as by handlers that capture it. Moved only while nobody uses it.
class PasswordHasher {
 public:
  /// std::invalid_argument for costs and lengths that RFC 9106 doesn't allow.
  explicit PasswordHasher(PasswordHasherOptions options = {});

  // Both: ThreadPoolFull when too many wait.

  /// A PHC string, with a new salt. Cancelled while it waits for its turn it ends at once, else when it is computed.
  Async<std::string> hash(std::string password) const;
  /// Whether it is the password that `hash` was made of, whatever that cost. Compares in constant time.
  Async<bool> verify(std::string password, std::string hash) const;
  /// Whether `hash` has another cost or length than this hasher's, or is none: time for a new one, when the password is
  /// at hand.
  bool needs_rehash(std::string_view hash) const;
  /// One that no password has, to be verified where there is no user of the name: answers then take as long, and don't
  /// tell which names exist.
  const std::string& dummy_hash() const noexcept { return dummy_hash_; }

 private:
  void check_turn() const;

  PasswordHasherOptions options_;
  std::unique_ptr<Semaphore> turns_;
  std::string dummy_hash_;
};

}  // namespace coroute
