// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Hashes of passwords as text, in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
#include <optional>
#include <string>
#include <string_view>

#include "crypto/argon2.hpp"

namespace coroute::detail {

struct PhcString {
  Argon2Cost cost = {};
  std::string salt = {};
  std::string hash = {};
};

std::string to_text(const PhcString& phc);
/// Nothing for anything that `to_text` doesn't write: other functions and versions, parameters in another order,
/// leading zeros, padding.
std::optional<PhcString> parse_phc_string(std::string_view text);

}  // namespace coroute::detail
