// SPDX-License-Identifier: BSL-1.0
#include "ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace coroute::detail {
namespace {

template <std::size_t N>
void fill(std::array<unsigned char, N>& bytes) {
  if (RAND_bytes(bytes.data(), N) != 1) throw std::runtime_error("no random bytes for the keys of session tickets");
}

TicketKeys::Key make_key() {
  TicketKeys::Key key{};
  fill(key.name);
  fill(key.encryption);
  fill(key.authentication);
  return key;
}

bool has_name(const TicketKeys::Key& key, std::span<const unsigned char, 16> name) noexcept {
  return std::equal(name.begin(), name.end(), key.name.begin());
}

}  // namespace

TicketKeys::TicketKeys(std::chrono::seconds lifetime, Time now)
    : lifetime_(lifetime), made_(now), current_(make_key()) {}

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(&current_, sizeof current_);
  if (previous_) OPENSSL_cleanse(&*previous_, sizeof *previous_);
}

void TicketKeys::rotate(Time now) {
  const auto age = now - made_;
  if (age < lifetime_) return;
  const Key next = make_key();
  if (previous_) OPENSSL_cleanse(&*previous_, sizeof *previous_);
  previous_.reset();
  if (age < 2 * lifetime_) previous_ = current_;
  current_ = next;
  made_ = age < 2 * lifetime_ ? made_ + lifetime_ : now;  // so that no key decrypts for longer than it may
}

TicketKeys::Key TicketKeys::current(Time now) {
  const std::scoped_lock lock(mutex_);
  rotate(now);
  return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name, Time now) {
  const std::scoped_lock lock(mutex_);
  rotate(now);
  if (has_name(current_, name)) return Found{current_, true};
  if (previous_ && has_name(*previous_, name)) return Found{*previous_, false};
  return std::nullopt;
}

}  // namespace coroute::detail
