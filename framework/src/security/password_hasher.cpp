// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/password_hasher.hpp"

#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "crypto/digest.hpp"
#include "phc_string.hpp"

namespace coroute {
namespace {

using detail::Argon2Cost;
using detail::PhcString;

Argon2Cost cost_of(const PasswordHasherOptions& options) {
  return {options.memory_kib, options.iterations, options.parallelism};
}

void check(const PasswordHasherOptions& options) {
  if (options.parallelism < 1 || options.parallelism > 0xFF'FFFF || options.iterations < 1 ||
      options.memory_kib < 8 * options.parallelism || options.salt_bytes < 8 || options.hash_bytes < 16)
    throw std::invalid_argument("PasswordHasher: Argon2id doesn't allow such a cost, salt or hash");
  if (options.memory_kib > options.max_memory_kib || options.iterations > options.max_iterations ||
      options.parallelism > options.max_parallelism)
    throw std::invalid_argument("PasswordHasher: its own hashes would be beyond its limits");
  if (options.max_concurrent == 0) throw std::invalid_argument("PasswordHasher: max_concurrent is 0");
}

PhcString parse(std::string_view text, const PasswordHasherOptions& limits) {
  auto phc = detail::parse_phc_string(text);
  if (!phc) throw InvalidHashError("The hash is not one of Argon2id");
  const Argon2Cost& cost = phc->cost;
  if (cost.memory_kib > limits.max_memory_kib || cost.iterations > limits.max_iterations ||
      cost.parallelism > limits.max_parallelism)
    throw InvalidHashError("The hash would cost more than is allowed");
  if (cost.memory_kib < 8 * cost.parallelism || phc->salt.size() < 8 || phc->hash.size() < 16)
    throw InvalidHashError("The hash is not one of Argon2id");
  return std::move(*phc);
}

std::string compute(const std::string& password, const PhcString& phc, std::size_t hash_bytes) {
  return detail::argon2id(password, phc.salt, phc.cost, hash_bytes);
}

}  // namespace

PasswordHasher::PasswordHasher(PasswordHasherOptions options) : options_(options) {
  check(options_);
  turns_ = std::make_unique<Semaphore>(options_.max_concurrent);
  dummy_hash_ = detail::to_text(PhcString{.cost = cost_of(options_),
                                          .salt = detail::random_bytes(options_.salt_bytes),
                                          .hash = detail::random_bytes(options_.hash_bytes)});
}

/// Loops that look at the same time may let in one more each.
void PasswordHasher::check_turn() const {
  if (turns_->locked() && turns_->waiting() >= options_.max_waiting)
    throw ThreadPoolFull("PasswordHasher: " + std::to_string(options_.max_waiting) + " wait for their turn already");
}

Async<std::string> PasswordHasher::hash(std::string password) const {
  if (password.size() > options_.max_password_bytes)
    throw PasswordTooLong("The password has more than " + std::to_string(options_.max_password_bytes) + " bytes");
  PhcString phc;
  phc.cost = cost_of(options_);
  phc.salt = detail::random_bytes(options_.salt_bytes);
  check_turn();
  const Permit turn = co_await turns_->acquire();
  phc.hash = co_await to_thread(&compute, std::move(password), phc, options_.hash_bytes);
  co_return detail::to_text(phc);
}

Async<bool> PasswordHasher::verify(std::string password, std::string hash) const {
  const PhcString phc = parse(hash, options_);
  if (password.size() > options_.max_password_bytes) co_return false;
  check_turn();
  const Permit turn = co_await turns_->acquire();
  const std::string computed = co_await to_thread(&compute, std::move(password), phc, phc.hash.size());
  co_return detail::equal_in_constant_time(computed, phc.hash);
}

bool PasswordHasher::needs_rehash(std::string_view hash) const {
  const auto phc = detail::parse_phc_string(hash);
  return !phc || phc->cost != cost_of(options_) || phc->salt.size() != options_.salt_bytes ||
         phc->hash.size() != options_.hash_bytes;
}

}  // namespace coroute
