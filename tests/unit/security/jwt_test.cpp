// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwt.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/json.hpp"
#include "support/jwt_vectors.hpp"

using namespace coroute;
using namespace coroute::testing;
using namespace std::chrono_literals;
using enum JwtAlgorithm;

namespace {

struct Claims {
  std::string sub;
  NumericDate exp;
  std::optional<std::vector<std::string>> roles = {};
};

const Jwk& key() {
  static const Jwk made = Jwk::parse(rfc_secret_jwk);
  return made;
}
constexpr std::chrono::sys_seconds noon{1'700'000'000s};
constexpr std::int64_t noon_count = noon.time_since_epoch().count();

JwtDecodeOptions at_noon() {
  return {.algorithms = {HS256}, .now = noon};
}
/// What is thrown, in its words; "accepted" else.
std::string outcome(const Json& claims, const JwtDecodeOptions& options) {
  try {
    jwt_decode(jwt_encode(claims, key()), key(), options);
  } catch (const InvalidTokenError& error) {
    return error.what();
  }
  return "accepted";
}
template <class Error>
bool throws(const Json& claims, const JwtDecodeOptions& options = at_noon()) {
  try {
    jwt_decode(jwt_encode(claims, key()), key(), options);
  } catch (const Error&) {
    return true;
  } catch (const JwtError&) {
    return false;
  }
  return false;
}

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("jwt: claims come back as they were") {
    const Json claims{{"sub", "alice"}, {"n", 1.5}, {"list", {1, nullptr, "é"}}};
    const std::string token = jwt_encode(claims, key());
    CHECK(jwt_decode(token, key(), {.algorithms = {HS256}}) == claims);
    CHECK(jwt_unverified_header(token) == Json{{"alg", "HS256"}, {"typ", "JWT"}});
  }

  TEST_CASE("jwt: models are claims, with times in seconds") {
    const std::string token = jwt_encode(Claims{.sub = "alice", .exp = noon + 1min, .roles = {{"admin"}}}, key());
    CHECK(jwt_decode(token, key(), at_noon()) ==
          Json{{"sub", "alice"}, {"exp", noon_count + 60}, {"roles", {"admin"}}});
    const auto claims = jwt_decode<Claims>(token, key(), at_noon());
    CHECK(claims.sub == "alice");
    CHECK(claims.exp == NumericDate(noon + 1min));
    CHECK(claims.roles->front() == "admin");
  }

  TEST_CASE("jwt: claims that are not what the model asks for are refused with what is wrong") {
    const std::string token = jwt_encode(Json{{"exp", noon_count + 60}, {"roles", 1}}, key());
    CHECK_THROWS_WITH_AS(jwt_decode<Claims>(token, key(), at_noon()), doctest::Contains("sub"), InvalidClaimsError);
    CHECK_THROWS_WITH_AS(jwt_decode<Claims>(token, key(), at_noon()), doctest::Contains("roles"), InvalidClaimsError);
  }

  TEST_CASE("jwt: the header has the key's kid, the type and what is added") {
    const Jwk named = Jwk::from_secret(std::string(64, 'k'), "k1");
    const std::string token =
        jwt_encode(Json::object(), named, {.algorithm = HS512, .typ = "at+jwt", .headers = {{"jku", "https://x/"}}});
    CHECK(jwt_unverified_header(token) ==
          Json{{"alg", "HS512"}, {"typ", "at+jwt"}, {"kid", "k1"}, {"jku", "https://x/"}});
    CHECK(jwt_unverified_header(jwt_encode(Json::object(), key(), {.typ = ""})) == Json{{"alg", "HS256"}});
    for (const char* name : {"alg", "typ", "kid", "crit", "b64"})
      CHECK_THROWS_AS(jwt_encode(Json::object(), key(), {.headers = {{name, "x"}}}), std::invalid_argument);
  }

  TEST_CASE("jwt: only objects are claims, and only a key for the algorithm signs them") {
    CHECK_THROWS_AS(jwt_encode(Json::array(), key()), std::invalid_argument);
    CHECK_THROWS_AS(jwt_encode(std::string("text"), key()), std::invalid_argument);
    CHECK_THROWS_AS(jwt_encode(Json::object(), key(), {.algorithm = RS256}), InvalidKeyError);
    CHECK_THROWS_AS(jwt_encode(Json::object(), Jwk::from_pem(p256_public_pem)), InvalidKeyError);
    CHECK_THROWS_AS(jwt_decode("a.b.c", key(), {}), std::invalid_argument);
  }

  TEST_CASE("jwt: a payload that is no JSON object is refused") {
    // {"alg":"EdDSA"} and a sentence: RFC 8037 appendix A.4
    constexpr std::string_view token =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR"
        "4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    CHECK_THROWS_WITH_AS(jwt_decode(token, Jwk::parse(rfc_ed25519_jwk), {.algorithms = {EdDSA}}),
                         doctest::Contains("Invalid payload string"), DecodeError);
  }

  TEST_CASE("jwt: exp has passed when it is now or before, give or take the leeway") {
    CHECK(outcome({{"exp", noon_count + 1}}, at_noon()) == "accepted");
    CHECK(outcome({{"exp", noon_count + 0.5}}, at_noon()) == "accepted");
    CHECK(outcome({{"exp", noon_count}}, at_noon()) == "Signature has expired");
    JwtDecodeOptions lenient = at_noon();
    lenient.leeway = 10s;
    CHECK(outcome({{"exp", noon_count - 9}}, lenient) == "accepted");
    CHECK(outcome({{"exp", noon_count - 10}}, lenient) == "Signature has expired");
    lenient.verify_exp = false;
    CHECK(outcome({{"exp", 0}}, lenient) == "accepted");
    CHECK(throws<ExpiredSignatureError>({{"exp", noon_count}}));
  }

  TEST_CASE("jwt: nbf and iat must not be to come, give or take the leeway") {
    for (const char* name : {"nbf", "iat"}) {
      CHECK(outcome({{name, noon_count}}, at_noon()) == "accepted");
      CHECK(outcome({{name, noon_count + 1}}, at_noon()) == "The token is not yet valid (" + std::string(name) + ")");
      CHECK(throws<ImmatureSignatureError>({{name, noon_count + 1}}));
      JwtDecodeOptions lenient = at_noon();
      lenient.leeway = 10s;
      CHECK(outcome({{name, noon_count + 10}}, lenient) == "accepted");
      CHECK(outcome({{name, noon_count + 11}}, lenient) != "accepted");
      lenient.verify_nbf = lenient.verify_iat = false;
      CHECK(outcome({{name, noon_count + 11}}, lenient) == "accepted");
    }
  }

  TEST_CASE("jwt: times that are no numbers are refused") {
    for (const Json& wrong : {Json("1"), Json(nullptr), Json(true), Json::array()}) {
      CHECK(throws<DecodeError>({{"exp", wrong}}));
      CHECK(throws<DecodeError>({{"nbf", wrong}}));
      CHECK(throws<InvalidIssuedAtError>({{"iat", wrong}}));
    }
  }

  TEST_CASE("jwt: the system's clock judges when no other time is given") {
    const JwtDecodeOptions options{.algorithms = {HS256}};
    CHECK(outcome({{"exp", NumericDate::in(1h).count()}}, options) == "accepted");
    CHECK(outcome({{"exp", NumericDate::in(-1h).count()}}, options) == "Signature has expired");
  }

  TEST_CASE("jwt: aud names one of those that are expected") {
    JwtDecodeOptions options = at_noon();
    options.audience = {"shop", "admin"};
    CHECK(outcome({{"aud", "shop"}}, options) == "accepted");
    CHECK(outcome({{"aud", {"other", "admin"}}}, options) == "accepted");
    CHECK(throws<InvalidAudienceError>({{"aud", "Shop"}}, options));
    CHECK(throws<InvalidAudienceError>({{"aud", Json::array()}}, options));
    CHECK(throws<InvalidAudienceError>({{"aud", {"shop", 1}}}, options));
    CHECK(throws<InvalidAudienceError>({{"aud", 1}}, options));
    CHECK(throws<MissingRequiredClaimError>(Json::object(), options));
  }

  TEST_CASE("jwt: a token for somebody is refused where nobody is expected, unless that is not asked") {
    CHECK(throws<InvalidAudienceError>({{"aud", "shop"}}));
    JwtDecodeOptions options = at_noon();
    options.verify_aud = false;
    CHECK(outcome({{"aud", "shop"}}, options) == "accepted");
  }

  TEST_CASE("jwt: iss is one of those that are expected") {
    JwtDecodeOptions options = at_noon();
    options.issuer = {"https://a/", "https://b/"};
    CHECK(outcome({{"iss", "https://b/"}}, options) == "accepted");
    CHECK(throws<InvalidIssuerError>({{"iss", "https://b"}}, options));
    CHECK(throws<InvalidIssuerError>({{"iss", 1}}, options));
    CHECK(throws<MissingRequiredClaimError>(Json::object(), options));
    CHECK(outcome({{"iss", "anybody"}}, at_noon()) == "accepted");
  }

  TEST_CASE("jwt: sub and jti are texts") {
    CHECK(throws<InvalidSubjectError>({{"sub", 1}}));
    CHECK(throws<InvalidJtiError>({{"jti", 1}}));
  }

  TEST_CASE("jwt: required claims must be there, and not null") {
    JwtDecodeOptions options = at_noon();
    options.require = {"exp", "sub"};
    CHECK(outcome({{"sub", "a"}}, options) == "Token is missing the \"exp\" claim");
    CHECK(outcome({{"exp", noon_count + 1}, {"sub", nullptr}}, options) == "Token is missing the \"sub\" claim");
    CHECK(outcome({{"exp", noon_count + 1}, {"sub", "a"}}, options) == "accepted");
    CHECK(throws<MissingRequiredClaimError>({{"sub", "a"}}, options));
  }

  TEST_CASE("jwt: the type of the token is looked at when one is asked for") {
    const auto decode = [](const char* typ, const char* wanted) {
      const std::string token = jwt_encode(Json::object(), key(), {.typ = typ});
      try {
        jwt_decode(token, key(), {.algorithms = {HS256}, .typ = wanted});
      } catch (const InvalidTokenError&) {
        return false;
      }
      return true;
    };
    CHECK(decode("at+jwt", "at+jwt"));
    CHECK(decode("application/AT+JWT", "at+jwt"));
    CHECK(decode("at+jwt", "application/at+jwt"));
    CHECK(decode("anything", ""));
    CHECK_FALSE(decode("JWT", "at+jwt"));
    CHECK_FALSE(decode("", "at+jwt"));
  }

  TEST_CASE("jwt: signatures are looked at before claims are") {
    std::string token = jwt_encode(Json{{"exp", 0}}, key());
    token[token.rfind('.') + 1] = token[token.rfind('.') + 1] == 'A' ? 'B' : 'A';
    CHECK_THROWS_AS(jwt_decode(token, key(), at_noon()), InvalidSignatureError);
  }

  TEST_CASE("jwt: a set has the key that the token's kid names; a single key needs no kid") {
    const Jwk old_key = Jwk::from_secret(std::string(32, 'o'), "old");
    const Jwk new_key = Jwk::from_secret(std::string(32, 'n'), "new");
    const JwkSet both{new_key, old_key};
    const std::string token = jwt_encode(Claims{.sub = "a", .exp = noon + 1s}, old_key);
    CHECK(jwt_decode<Claims>(token, both, at_noon()).sub == "a");
    CHECK(jwt_decode(token, both, at_noon())["sub"] == "a");
    CHECK_THROWS_AS(jwt_decode(token, JwkSet{new_key}, at_noon()), InvalidTokenError);
    CHECK(jwt_decode(token, Jwk::from_secret(std::string(32, 'o'), "renamed"), at_noon())["sub"] == "a");
  }

  TEST_CASE("jwt: the limit of its length is looked at before anything else") {
    const std::string token = jwt_encode(Json{{"sub", std::string(16 * 1024, 'x')}}, key());
    CHECK_THROWS_WITH_AS(jwt_decode(token, key(), at_noon()), "The token has more than 16384 bytes", DecodeError);
    JwtDecodeOptions options = at_noon();
    options.max_token_bytes = token.size();
    CHECK_NOTHROW(jwt_decode(token, key(), options));
  }
}
