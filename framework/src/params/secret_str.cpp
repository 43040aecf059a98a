// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/secret_str.hpp"

namespace coroute {

bool SecretStr::operator==(const SecretStr& other) const noexcept {
  if (value_.size() != other.value_.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < value_.size(); ++i)
    difference |=
        static_cast<unsigned char>(value_[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(other.value_[i]));
  return difference == 0;
}

std::string to_text(const SecretStr& secret) {
  return secret.size() == 0 ? "" : "**********";
}

std::optional<InvalidValue> value_from_text(std::string_view text, SecretStr& secret) {
  secret = SecretStr(std::string(text));
  return std::nullopt;
}

}  // namespace coroute
