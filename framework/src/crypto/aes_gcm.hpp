// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Authenticated encryption: AES-256-GCM (NIST SP 800-38D).
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

/// Of one purpose: keys for others come from the same secret by another `purpose` (HKDF-SHA256, RFC 5869). Nonces are
/// random, so that one key is good for 2^32 messages.
class AesGcm {
 public:
  AesGcm(std::string_view secret, std::string_view purpose);

  /// Nonce, ciphertext and tag. `context` is authenticated along, not contained.
  std::string seal(std::string_view text, std::string_view context) const;
  /// Nothing when it was sealed with another key or context, or changed.
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  std::string key_;
};

}  // namespace coroute::detail
