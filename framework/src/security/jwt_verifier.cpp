// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwt_verifier.hpp"

#include <stdexcept>

#include "jws.hpp"

namespace coroute {
namespace {

JwtDecodeOptions checked(JwtDecodeOptions options) {
  if (options.algorithms.empty()) throw std::invalid_argument("JwtVerifier: say which algorithms are allowed");
  return options;
}

}  // namespace

JwtVerifier::JwtVerifier(JwkSet keys, JwtDecodeOptions options)
    : options_(checked(std::move(options))), keys_(std::move(keys)) {}

JwtVerifier::JwtVerifier(Jwk key, JwtDecodeOptions options)
    : options_(checked(std::move(options))), keys_{std::move(key)}, ignores_kid_(true) {}

JwtVerifier::JwtVerifier(JwksClient keys, JwtDecodeOptions options)
    : options_(checked(std::move(options))), client_(std::make_shared<const JwksClient>(std::move(keys))) {}

Async<std::string> JwtVerifier::verified(std::string token) const {
  if (ignores_kid_) co_return detail::decode_claims(token, keys_.keys().front(), options_);
  if (!client_) co_return detail::decode_claims(token, keys_, options_);
  std::string kid;
  {
    const detail::Jws jws = detail::split_jws(token, options_.max_token_bytes);
    detail::allowed_algorithm(jws.header, options_.algorithms);
    kid = detail::header_text(jws.header, "kid");
  }
  const std::shared_ptr<const JwkSet> keys = co_await client_->jwk_set(kid);
  co_return detail::decode_claims(token, *keys, options_);
}

}  // namespace coroute
