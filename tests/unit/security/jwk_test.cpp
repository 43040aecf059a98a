// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwk.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "coroute/json.hpp"
#include "crypto/base64.hpp"
#include "support/jwt_vectors.hpp"

using namespace coroute;
using namespace coroute::testing;
using enum JwtAlgorithm;

namespace {

std::string with(std::string_view jwk, const char* name, const Json& value) {
  Json object = parse_json(jwk);
  object[name] = value;
  return to_json_text(object);
}
std::string without(std::string_view jwk, std::initializer_list<const char*> names) {
  Json object = parse_json(jwk);
  for (const char* name : names)
    object.erase(name);
  return to_json_text(object);
}
std::string refusal(const std::string& jwk) {
  try {
    Jwk::parse(jwk);
  } catch (const InvalidKeyError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("algorithm: each has its name, and no other text is one") {
    for (const ForeignToken& each : foreign_tokens)
      CHECK(to_text(*jwt_algorithm(each.algorithm)) == each.algorithm);
    for (const char* other : {"none", "", "hs256", "HS256 ", "ES256K", "Ed25519", "A128KW"})
      CHECK_FALSE(jwt_algorithm(other));
  }

  TEST_CASE("jwk: signs and verifies with the algorithms of its type alone") {
    const Jwk secret = Jwk::from_secret(std::string(48, 'x'));
    CHECK(secret.can_sign(HS256));
    CHECK(secret.can_verify(HS384));
    CHECK_FALSE(secret.can_sign(HS512));  // which asks for 64 bytes
    CHECK_FALSE(secret.can_verify(RS256));
    const Jwk rsa = Jwk::parse(rfc_rsa_jwk);
    CHECK((rsa.can_sign(RS256) && rsa.can_verify(PS512)));
    CHECK_FALSE((rsa.can_verify(HS256) || rsa.can_verify(ES256) || rsa.can_verify(EdDSA)));
    const Jwk p256 = Jwk::parse(rfc_p256_jwk);
    CHECK((p256.can_sign(ES256) && !p256.can_sign(ES384) && !p256.can_sign(ES512)));
    CHECK(Jwk::parse(rfc_ed25519_jwk).can_sign(EdDSA));
    CHECK(Jwk::parse(ed448_jwk).can_sign(EdDSA));
  }

  TEST_CASE("jwk: without its private part it only verifies") {
    CHECK_FALSE(Jwk::parse(without(rfc_rsa_jwk, {"d", "p", "q", "dp", "dq", "qi"})).can_sign(RS256));
    CHECK(Jwk::parse(without(rfc_rsa_jwk, {"d", "p", "q", "dp", "dq", "qi"})).can_verify(RS256));
    CHECK(Jwk::parse(without(rfc_rsa_jwk, {"p", "q", "dp", "dq", "qi"})).can_sign(RS256));
    CHECK_FALSE(Jwk::parse(without(rfc_p256_jwk, {"d"})).can_sign(ES256));
    CHECK_FALSE(Jwk::parse(without(rfc_ed25519_jwk, {"d"})).can_sign(EdDSA));
    CHECK(Jwk::parse(without(rfc_ed25519_jwk, {"d"})).can_verify(EdDSA));
  }

  TEST_CASE("jwk: alg, use and key_ops say what it is for") {
    const Jwk only = Jwk::parse(with(rfc_rsa_jwk, "alg", "PS256"));
    CHECK((only.can_verify(PS256) && !only.can_verify(RS256)));
    CHECK(only.default_algorithm() == PS256);
    const Jwk verifies = Jwk::parse(with(rfc_rsa_jwk, "key_ops", {"verify"}));
    CHECK((verifies.can_verify(RS256) && !verifies.can_sign(RS256)));
    const Jwk signs = Jwk::parse(with(rfc_rsa_jwk, "key_ops", {"sign"}));
    CHECK((!signs.can_verify(RS256) && signs.can_sign(RS256)));
    CHECK(refusal(with(rfc_rsa_jwk, "use", "enc")) == "The JWK is not for signatures");
    CHECK(refusal(with(rfc_rsa_jwk, "key_ops", {"encrypt"})) == "The JWK is not for signatures");
    CHECK(refusal(with(rfc_rsa_jwk, "alg", "ES256")) == "The JWK's type is not one for its \"alg\"");
    CHECK(refusal(with(rfc_rsa_jwk, "alg", "RSA-OAEP")) == "The JWK's type is not one for its \"alg\"");
    CHECK(refusal(with(rfc_secret_jwk, "alg", "none")) == "The JWK's type is not one for its \"alg\"");
    CHECK(refusal(with(rfc_rsa_jwk, "use", "sig")) == "accepted");
  }

  TEST_CASE("jwk: what is no sound key is refused") {
    CHECK(refusal("{") == "The JWK is no JSON");
    CHECK(refusal("[]") == "The JWK is no JSON object");
    CHECK(refusal("{}") == "The type of the JWK is not known");
    CHECK(refusal(with(rfc_rsa_jwk, "kty", "AKP")) == "The type of the JWK is not known");
    CHECK(refusal(with(rfc_rsa_jwk, "n", 1)) == "\"n\" of the JWK is no text");
    CHECK(refusal(with(rfc_rsa_jwk, "n", "a+b")) == "\"n\" of the JWK is not base64url");
    CHECK(refusal(with(rfc_rsa_jwk, "oth", Json::array())) == "RSA keys with more than two primes can't be used");
    CHECK(refusal(without(rfc_rsa_jwk, {"n"})) == "The JWK is no sound key");
    CHECK(refusal(with(rfc_rsa_jwk, "e", "Ag")) == "The JWK is no sound key");  // 2
    CHECK(refusal(with(rfc_rsa_jwk, "e", "AQ")) == "The JWK is no sound key");  // 1: a signature is its own text
    CHECK(refusal(with(rfc_p256_jwk, "crv", "P-384")) == "The JWK is no sound key");
    CHECK(refusal(with(rfc_p256_jwk, "crv", "secp256k1")) == "The curve of the JWK is not one for signatures");
    CHECK(refusal(with(rfc_p256_jwk, "crv", "Ed25519")) == "The curve of the JWK is not one for signatures");
    CHECK(refusal(with(rfc_ed25519_jwk, "crv", "X25519")) == "The curve of the JWK is not one for signatures");
    CHECK(refusal(with(rfc_p256_jwk, "x", parse_json(rfc_p256_jwk)["y"])) == "The JWK is no sound key");
  }

  TEST_CASE("jwk: a private part of another key is refused") {
    CHECK(refusal(with(rfc_p256_jwk, "d", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI")) == "The JWK is no sound key");
    CHECK(refusal(with(rfc_ed25519_jwk, "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) ==
          "The JWK is no sound key");
    CHECK(refusal(with(without(rfc_rsa_jwk, {"p", "q", "dp", "dq", "qi"}), "d", "AQAB")) == "The JWK is no sound key");
  }

  TEST_CASE("jwk: a secret has 32 bytes or more, and is no PEM text") {
    CHECK_NOTHROW(Jwk::from_secret(std::string(33, 'x')));
    CHECK(Jwk::from_secret(std::string(32, 'x')).can_sign(HS256));
    CHECK_THROWS_AS(Jwk::from_secret(std::string(31, 'x')), InvalidKeyError);
    CHECK_THROWS_AS(Jwk::from_secret(p256_public_pem), InvalidKeyError);
    CHECK_THROWS_AS(Jwk::from_secret("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoq"), InvalidKeyError);
    CHECK(refusal(R"({"kty":"oct","k":"AAAA"})") == "The HMAC secret has fewer than 32 bytes");
  }

  TEST_CASE("jwk: an RSA key has 2048 bits or more") {
    CHECK_THROWS_WITH_AS(Jwk::from_pem(short_rsa_public_pem), "The RSA key has fewer than 2048 bits", InvalidKeyError);
    const std::string bits_2047 = "\x7f" + std::string(254, '\xff') + "\xff";
    CHECK(refusal(with(without(rfc_rsa_jwk, {"d", "p", "q", "dp", "dq", "qi"}), "n",
                       coroute::detail::base64url(bits_2047))) == "The RSA key has fewer than 2048 bits");
  }

  TEST_CASE("jwk: an RSA key has 8192 bits or fewer") {
    const auto key_of = [](std::size_t bytes) {
      return with(without(rfc_rsa_jwk, {"d", "p", "q", "dp", "dq", "qi"}), "n",
                  coroute::detail::base64url(std::string(bytes, '\xff')));
    };
    CHECK(refusal(key_of(1023)) == "accepted");
    CHECK(refusal(key_of(1024)) == "accepted");
    CHECK(refusal(key_of(1025)) == "The JWK is no sound key");
  }

  TEST_CASE("jwk: comes from PEM texts of the usual forms") {
    const Jwk key = Jwk::parse(rfc_p256_jwk);
    for (const std::string_view pem : {p256_pkcs8_pem, p256_sec1_pem}) {
      CHECK(Jwk::from_pem(pem).can_sign(ES256));
      CHECK(Jwk::from_pem(pem).public_json() == key.public_json());
    }
    for (const std::string_view pem : {p256_public_pem, p256_certificate_pem}) {
      CHECK_FALSE(Jwk::from_pem(pem).can_sign(ES256));
      CHECK(Jwk::from_pem(pem).public_json() == key.public_json());
    }
    CHECK(Jwk::from_pem(rsa_pkcs1_public_pem).public_json() == Jwk::parse(rfc_rsa_jwk).public_json());
  }

  TEST_CASE("jwk: PEM texts with a password, of other curves, or without a key are refused") {
    for (const std::string_view pem : {p256_encrypted_pem, other_curve_public_pem, std::string_view("secret"),
                                       std::string_view(), p256_pkcs8_pem.substr(0, 80)}) {
      CHECK_THROWS_WITH_AS(Jwk::from_pem(pem), "There is no usable key in the PEM text", InvalidKeyError);
    }
  }

  TEST_CASE("jwk: a new one is for its algorithm, and no other has the same") {
    for (const ForeignToken& each : foreign_tokens) {
      const JwtAlgorithm algorithm = *jwt_algorithm(each.algorithm);
      if (each.algorithm.starts_with("RS3") || each.algorithm.starts_with("PS")) continue;  // as RS256
      const Jwk key = Jwk::generate(algorithm, "k1");
      CHECK((key.can_sign(algorithm) && key.can_verify(algorithm)));
      CHECK(key.default_algorithm() == algorithm);
      CHECK(key.kid() == "k1");
    }
    CHECK(Jwk::generate(ES256).public_json() != Jwk::generate(ES256).public_json());
  }

  TEST_CASE("jwk: its public part is that of the appendix, and has nothing of the private one") {
    CHECK(Jwk::parse(rfc_p256_jwk).public_json() ==
          R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
          R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","use":"sig"})");
    CHECK(Jwk::parse(with(with(rfc_ed25519_jwk, "kid", "a\"b"), "alg", "EdDSA")).public_json() ==
          R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",)"
          R"("kid":"a\"b","alg":"EdDSA","use":"sig"})");
    const Json rsa = parse_json(Jwk::parse(rfc_rsa_jwk).public_json());
    CHECK(rsa.size() == 4);
    CHECK(rsa["n"] == parse_json(rfc_rsa_jwk)["n"]);
    CHECK(rsa["e"] == "AQAB");
    CHECK(parse_json(Jwk::parse(ed448_jwk).public_json())["x"] == parse_json(ed448_jwk)["x"]);
    CHECK(parse_json(Jwk::parse(rfc_p521_jwk).public_json())["y"] == parse_json(rfc_p521_jwk)["y"]);
    CHECK_THROWS_AS(Jwk::parse(rfc_secret_jwk).public_json(), InvalidKeyError);
  }

  TEST_CASE("jwk set: keys are found by kid, and those that can't be used are passed over") {
    const std::string json = R"({"keys":[)" + with(rfc_p256_jwk, "kid", "1") + "," + with(rfc_rsa_jwk, "use", "enc") +
                             R"(,{"kty":"AKP","kid":"pq"},7,)" + with(rfc_ed25519_jwk, "kid", "2") + R"(],"more":1})";
    const JwkSet set = JwkSet::parse(json);
    CHECK(set.keys().size() == 2);
    CHECK(set.find("2")->can_verify(EdDSA));
    CHECK(set.find("pq") == nullptr);
    CHECK(JwkSet::parse(set.public_json()).public_json() == set.public_json());
  }

  TEST_CASE("jwk set: that of RFC 7517 appendix A.1 has its RSA key, its other key is for encryption") {
    const JwkSet set = JwkSet::parse(R"({"keys":[
      {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
       "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},
      {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJEC)"
                                     R"(PebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65)"
                                     R"(YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD)"
                                     R"(08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCu)"
                                     R"(r-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]})");
    REQUIRE(set.keys().size() == 1);
    const Jwk* const key = set.find("2011-04-29");
    REQUIRE(key != nullptr);
    CHECK(key->can_verify(RS256));
    CHECK_FALSE(key->can_verify(PS256));
    CHECK_FALSE(key->can_sign(RS256));
  }

  TEST_CASE("jwk set: what is none, or has no usable key, is refused") {
    for (const char* json : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[{"kty":"x"}]})"})
      CHECK_THROWS_AS(JwkSet::parse(json), JwkSetError);
  }

  TEST_CASE("jwk set: has at most 100 keys") {
    const auto read = [](std::size_t count) {
      std::string keys = std::string(rfc_secret_jwk);
      for (std::size_t i = 1; i < count; ++i)
        keys += "," + std::string(rfc_secret_jwk);
      return JwkSet::parse("{\"keys\":[" + keys + "]}").keys().size();
    };
    CHECK(read(99) == 99);
    CHECK(read(100) == 100);
    CHECK_THROWS_WITH_AS(read(101), "The JWK Set has more than 100 keys", JwkSetError);
  }

  TEST_CASE("jwk set: publishes no secrets") {
    const JwkSet set{Jwk::from_secret(std::string(32, 's'), "s"), Jwk::parse(rfc_p256_jwk)};
    CHECK(set.public_json() == "{\"keys\":[" + Jwk::parse(rfc_p256_jwk).public_json() + "]}");
  }
}
