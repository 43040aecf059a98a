// SPDX-License-Identifier: BSL-1.0
#include "argon2.hpp"

#include <argon2.h>

#include <new>
#include <stdexcept>

namespace coroute::detail {

std::string argon2id(std::string_view password, std::string_view salt, const Argon2Cost& cost, std::size_t hash_bytes) {
  std::string hash(hash_bytes, '\0');
  const int result = argon2id_hash_raw(cost.iterations, cost.memory_kib, cost.parallelism, password.data(),
                                       password.size(), salt.data(), salt.size(), hash.data(), hash.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (result != ARGON2_OK) throw std::invalid_argument(std::string("Argon2id: ") + argon2_error_message(result));
  return hash;
}

}  // namespace coroute::detail
