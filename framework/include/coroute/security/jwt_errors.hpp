// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Why a token, a key or a set of keys is not accepted: PyJWT's exceptions, under their names.
#include <stdexcept>
#include <string>
#include <utility>

namespace coroute {

/// Any of those below.
class JwtError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The token is not accepted. An uncaught one is a 500, as any exception: JwtBearer answers 401.
class InvalidTokenError : public JwtError {
 public:
  using JwtError::JwtError;
};

/// It is no token, or none that can be read: too long, not three parts, no JSON, an unknown critical extension.
class DecodeError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
/// No key that fits has made its signature.
class InvalidSignatureError : public DecodeError {
 public:
  using DecodeError::DecodeError;
};
/// Its `alg` is not one of those that were allowed, or the key's type isn't one for it.
class InvalidAlgorithmError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
/// `exp` has passed.
class ExpiredSignatureError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
/// `nbf` or `iat` is still to come.
class ImmatureSignatureError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
/// `aud` is for somebody else.
class InvalidAudienceError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
class InvalidIssuerError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
/// `iat` is no number.
class InvalidIssuedAtError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
class InvalidSubjectError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
class InvalidJtiError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};
class MissingRequiredClaimError : public InvalidTokenError {
 public:
  explicit MissingRequiredClaimError(std::string claim)
      : InvalidTokenError("Token is missing the \"" + claim + "\" claim"), claim_(std::move(claim)) {}
  const std::string& claim() const noexcept { return claim_; }

 private:
  std::string claim_;
};
/// The claims are not what their type asks for.
class InvalidClaimsError : public InvalidTokenError {
 public:
  using InvalidTokenError::InvalidTokenError;
};

/// A key that can't be used: not readable, too short, of a type that the algorithm doesn't take, not for this purpose.
class InvalidKeyError : public JwtError {
 public:
  using JwtError::JwtError;
};
/// A JWK Set that is none, or without a usable key.
class JwkSetError : public JwtError {
 public:
  using JwtError::JwtError;
};
/// A JwksClient has no keys: what it was sent is no JWK Set.
class JwksClientError : public JwtError {
 public:
  using JwtError::JwtError;
};
/// It could not get any. The token may well be good: JwtBearer answers 503.
class JwksClientConnectionError : public JwksClientError {
 public:
  using JwksClientError::JwksClientError;
};

}  // namespace coroute
