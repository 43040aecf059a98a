// SPDX-License-Identifier: BSL-1.0
#include "jwt_claims.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "coroute/json.hpp"

namespace coroute::detail {
namespace {

Json parse_claims(std::string_view text) {
  Json claims;
  try {
    claims = parse_json(text);
  } catch (const JsonParseError& error) {
    throw DecodeError(std::string("Invalid payload string: ") + error.what());
  }
  if (!claims.is_object()) throw DecodeError("Invalid payload string: must be a json object");
  return claims;
}

/// Nothing: it is not there. Throws Error when it is no number.
template <class Error>
std::optional<double> date_of(const Json& claims, const char* name, const char* wrong) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::nullopt;
  if (!found->is_number()) throw Error(wrong);
  const double seconds = found->get<double>();
  if (!std::isfinite(seconds)) throw Error(wrong);
  return seconds;
}

void check_dates(const Json& claims, const JwtDecodeOptions& options) {
  const auto at = options.now.value_or(std::chrono::system_clock::now()).time_since_epoch();
  const double now = std::chrono::duration<double>(at).count();
  const double leeway = std::chrono::duration<double>(options.leeway).count();
  if (options.verify_iat) {
    const auto iat = date_of<InvalidIssuedAtError>(claims, "iat", "Issued At claim (iat) must be a number.");
    if (iat && *iat > now + leeway) throw ImmatureSignatureError("The token is not yet valid (iat)");
  }
  if (options.verify_nbf) {
    const auto nbf = date_of<DecodeError>(claims, "nbf", "Not Before claim (nbf) must be a number.");
    if (nbf && *nbf > now + leeway) throw ImmatureSignatureError("The token is not yet valid (nbf)");
  }
  if (options.verify_exp) {
    const auto exp = date_of<DecodeError>(claims, "exp", "Expiration Time claim (exp) must be a number.");
    if (exp && *exp <= now - leeway) throw ExpiredSignatureError("Signature has expired");
  }
}

bool is_among(const Json& text, const std::vector<std::string>& all) {
  return std::find(all.begin(), all.end(), text.get_ref<const std::string&>()) != all.end();
}

void check_audience(const Json& claims, const std::vector<std::string>& audience) {
  const auto aud = claims.find("aud");
  if (aud == claims.end()) {
    if (!audience.empty()) throw MissingRequiredClaimError("aud");
    return;
  }
  const auto is_text = [](const Json& each) { return each.is_string(); };
  if (!aud->is_string() && !(aud->is_array() && std::all_of(aud->begin(), aud->end(), is_text)))
    throw InvalidAudienceError("Invalid claim format in token");
  if (audience.empty()) throw InvalidAudienceError("Invalid audience");
  const auto fits = [&](const Json& each) { return is_among(each, audience); };
  if (aud->is_string() ? !fits(*aud) : std::none_of(aud->begin(), aud->end(), fits))
    throw InvalidAudienceError("Audience doesn't match");
}

void check_issuer(const Json& claims, const std::vector<std::string>& issuer) {
  const auto iss = claims.find("iss");
  if (iss != claims.end() && !iss->is_string()) throw InvalidIssuerError("Payload Issuer (iss) must be a string");
  if (issuer.empty()) return;
  if (iss == claims.end()) throw MissingRequiredClaimError("iss");
  if (!is_among(*iss, issuer)) throw InvalidIssuerError("Invalid issuer");
}

template <class Error>
void check_text(const Json& claims, const char* name, const char* wrong) {
  const auto found = claims.find(name);
  if (found != claims.end() && !found->is_string()) throw Error(wrong);
}

}  // namespace

void check_claims(std::string_view json, const JwtDecodeOptions& options) {
  const Json claims = parse_claims(json);
  for (const std::string& name : options.require) {
    const auto found = claims.find(name);
    if (found == claims.end() || found->is_null()) throw MissingRequiredClaimError(name);
  }
  check_dates(claims, options);
  check_issuer(claims, options.issuer);
  if (options.verify_aud) check_audience(claims, options.audience);
  check_text<InvalidSubjectError>(claims, "sub", "Subject must be a string");
  check_text<InvalidJtiError>(claims, "jti", "JWT ID must be a string");
}

}  // namespace coroute::detail
