// SPDX-License-Identifier: BSL-1.0
#include "entity_tag.hpp"

#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace coroute::detail {

std::string entity_tag_of(std::string_view body, bool weak) {
  constexpr std::size_t digest_bytes = 18;  // 24 characters
  const std::string digest = sha256(body).substr(0, digest_bytes);
  return (weak ? "W/\"" : "\"") + base64url(digest) + "\"";
}

}  // namespace coroute::detail
