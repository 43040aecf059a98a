// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Signed texts in compact form (RFC 7515), whatever they contain.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/json.hpp"
#include "coroute/security/jwk.hpp"

namespace coroute::detail {

struct Jws {
  Json header;
  std::string_view signing_input;  ///< Of the token, which must outlive this.
  std::string_view payload;        ///< Still in base64url.
  std::string signature;
};

/// Takes a token apart and refuses what can't be one, or has critical extensions: none is known. DecodeError.
Jws split_jws(std::string_view token, std::size_t max_bytes);
/// A member of a header that is a text when it is there. DecodeError.
std::string header_text(const Json& header, const char* name);
/// The algorithm, when it is one of those. InvalidAlgorithmError.
JwtAlgorithm allowed_algorithm(const Json& header, std::span<const JwtAlgorithm> allowed);

/// The payload, when one of `keys` has made the signature: of those that fit the algorithm and, unless `ignores_kid`,
/// have the header's `kid` or none.
std::string verify_jws(std::string_view token, std::span<const Jwk> keys, bool ignores_kid,
                       std::span<const JwtAlgorithm> allowed, std::size_t max_bytes, std::string_view typ = {});
/// `header` is JSON and says `alg` already.
std::string sign_jws(std::string_view header, std::string_view payload, const Jwk& key, JwtAlgorithm algorithm);

}  // namespace coroute::detail
