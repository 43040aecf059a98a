// SPDX-License-Identifier: BSL-1.0
#include "base64.hpp"

#include <openssl/evp.h>

namespace coroute::detail {

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // with the NUL that is written, too
  const auto* const from = reinterpret_cast<const unsigned char*>(bytes.data());
  auto* const to = reinterpret_cast<unsigned char*>(text.data());
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(to, from, static_cast<int>(bytes.size()))));
  return text;
}

}  // namespace coroute::detail
