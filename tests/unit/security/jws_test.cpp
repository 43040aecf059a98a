// SPDX-License-Identifier: BSL-1.0
#include "security/jws.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "crypto/base64.hpp"
#include "support/jwt_vectors.hpp"

using namespace coroute;
using namespace coroute::testing;
using coroute::detail::base64url;
using coroute::detail::sign_jws;
using coroute::detail::verify_jws;
using enum JwtAlgorithm;

namespace {

constexpr std::size_t max_bytes = 16 * 1024;
const std::vector<JwtAlgorithm> all{HS256, HS384, HS512, RS256, RS384, RS512, PS256,
                                    PS384, PS512, ES256, ES384, ES512, EdDSA};

std::string payload_of(std::string_view token, std::string_view jwk) {
  const Jwk key = Jwk::parse(jwk);
  return verify_jws(token, {&key, 1}, true, all, max_bytes);
}

/// The name of what is thrown, with its words.
std::string refusal(std::string_view token, std::string_view jwk, std::vector<JwtAlgorithm> allowed = all) {
  const Jwk key = Jwk::parse(jwk);
  try {
    return "accepted " + verify_jws(token, {&key, 1}, true, allowed, max_bytes);
  } catch (const InvalidSignatureError& error) {
    return std::string("InvalidSignatureError ") + error.what();
  } catch (const DecodeError& error) {
    return std::string("DecodeError ") + error.what();
  } catch (const InvalidAlgorithmError& error) {
    return std::string("InvalidAlgorithmError ") + error.what();
  }
}

std::string token_of(std::string_view header, std::string_view payload = "{}", std::string_view signature = "x") {
  return base64url(header) + "." + base64url(payload) + "." + base64url(signature);
}

// RFC 7515 appendix A.1.1, with CR LF in it.
constexpr std::string_view joe = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
constexpr std::string_view joe_in_base64url =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

std::string joe_token(std::string_view header, std::string_view signature) {
  return std::string(header) + "." + std::string(joe_in_base64url) + "." + std::string(signature);
}

const std::string a1 =
    joe_token("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
const std::string a2 = joe_token(
    "eyJhbGciOiJSUzI1NiJ9",
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
    "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
    "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioyp"
    "GlUPQGe77Rw");
const std::string a3 = joe_token(
    "eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
const std::string a4 =
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0"
    "aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
const std::string a5 = joe_token("eyJhbGciOiJub25lIn0", "");
// RFC 8037 appendix A.4
const std::string rfc8037 =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4"
    "iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("jws: the examples of RFC 7515 appendix A and RFC 8037 appendix A are verified") {
    CHECK(payload_of(a1, rfc_secret_jwk) == joe);
    CHECK(payload_of(a2, rfc_rsa_jwk) == joe);
    CHECK(payload_of(a3, rfc_p256_jwk) == joe);
    CHECK(payload_of(a4, rfc_p521_jwk) == "Payload");
    CHECK(payload_of(rfc8037, rfc_ed25519_jwk) == "Example of Ed25519 signing");
  }

  TEST_CASE("jws: signatures without chance are those of the examples, byte by byte") {
    CHECK(sign_jws("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", joe, Jwk::parse(rfc_secret_jwk), HS256) == a1);
    CHECK(sign_jws(R"({"alg":"RS256"})", joe, Jwk::parse(rfc_rsa_jwk), RS256) == a2);
    CHECK(sign_jws(R"({"alg":"EdDSA"})", "Example of Ed25519 signing", Jwk::parse(rfc_ed25519_jwk), EdDSA) == rfc8037);
  }

  TEST_CASE("jws: what another implementation has signed is verified, with each algorithm") {
    for (const ForeignToken& each : foreign_tokens) {
      CAPTURE(each.algorithm);
      CHECK(payload_of(each.token, each.jwk) == R"({"sub":"alice"})");
    }
    CHECK(std::size(foreign_tokens) == all.size());
  }

  TEST_CASE("jws: what is signed with each algorithm is verified, and nothing that differs in any part") {
    for (const ForeignToken& each : foreign_tokens) {
      CAPTURE(each.algorithm);
      const JwtAlgorithm algorithm = *jwt_algorithm(each.algorithm);
      const Jwk key = Jwk::parse(each.jwk);
      const std::string header = R"({"alg":")" + std::string(each.algorithm) + "\"}";
      const std::string token = sign_jws(header, "text", key, algorithm);
      CHECK(payload_of(token, each.jwk) == "text");
      const std::size_t first = token.find('.');
      const std::size_t last = token.rfind('.');
      CHECK(refusal(token.substr(0, first) + "." + base64url("texu") + token.substr(last), each.jwk) ==
            "InvalidSignatureError Signature verification failed");
      CHECK(refusal(base64url(header + " ") + token.substr(first), each.jwk) ==
            "InvalidSignatureError Signature verification failed");
      for (const std::size_t at : {last + 1, last + (token.size() - last) / 2}) {
        std::string other = token;
        other[at] = other[at] == 'A' ? 'B' : 'A';
        CHECK(refusal(other, each.jwk) == "InvalidSignatureError Signature verification failed");
      }
      CHECK(refusal(token.substr(0, last + 1), each.jwk) == "InvalidSignatureError Signature verification failed");
      CHECK(refusal(token + "AAAA", each.jwk).starts_with("InvalidSignatureError"));
    }
  }

  TEST_CASE("jws: none is refused, however it is written and whatever is allowed") {
    CHECK(refusal(a5, rfc_secret_jwk) == "InvalidAlgorithmError The specified alg value is not allowed");
    for (const char* name : {"none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS1", "RSA1_5"}) {
      CAPTURE(name);
      CHECK(refusal(token_of(std::string(R"({"alg":")") + name + "\"}"), rfc_secret_jwk) ==
            "InvalidAlgorithmError The specified alg value is not allowed");
    }
    CHECK(refusal(token_of(R"({"typ":"JWT"})"), rfc_secret_jwk) ==
          "InvalidAlgorithmError The specified alg value is not allowed");
  }

  TEST_CASE("jws: an algorithm that the caller doesn't name is refused, though key and signature are good") {
    CHECK(refusal(a1, rfc_secret_jwk, {HS384, HS512}) ==
          "InvalidAlgorithmError The specified alg value is not allowed");
    CHECK(refusal(a1, rfc_secret_jwk, {HS384, HS256}) == "accepted " + std::string(joe));
    CHECK_THROWS_AS(refusal(a1, rfc_secret_jwk, {}), std::invalid_argument);
  }

  TEST_CASE("jws: a public key is never a secret, and a key of another type or curve fits nothing") {
    const std::string wrong = "InvalidAlgorithmError The key is not one for the token's algorithm";
    CHECK(refusal(a1, rfc_rsa_jwk) == wrong);
    CHECK(refusal(a1, rfc_p256_jwk) == wrong);
    CHECK(refusal(a2, rfc_secret_jwk) == wrong);
    CHECK(refusal(a2, rfc_p256_jwk) == wrong);
    CHECK(refusal(a3, rfc_rsa_jwk) == wrong);
    CHECK(refusal(a3, rfc_p521_jwk) == wrong);
    CHECK(refusal(a4, rfc_p256_jwk) == wrong);
    CHECK(refusal(a3, rfc_ed25519_jwk) == wrong);
    CHECK(refusal(rfc8037, rfc_p256_jwk) == wrong);
  }

  TEST_CASE("jws: an ECDSA signature in DER, or with numbers of zero, is refused") {
    const std::string head = a3.substr(0, a3.rfind('.') + 1);
    const auto flat = coroute::detail::base64url_decode(a3.substr(a3.rfind('.') + 1));
    const std::string der =
        "\x30\x45\x02\x20" + flat->substr(0, 32) + std::string("\x02\x21\x00", 3) + flat->substr(32);
    CHECK(refusal(head + base64url(der), rfc_p256_jwk) == "InvalidSignatureError Signature verification failed");
    CHECK(refusal(head + base64url(std::string(64, '\0')), rfc_p256_jwk) ==
          "InvalidSignatureError Signature verification failed");
    CHECK(refusal(head + base64url(std::string(1, '\0') + *flat), rfc_p256_jwk).starts_with("InvalidSignatureError"));
  }

  TEST_CASE("jws: what isn't three parts of base64url with a JSON object first is refused") {
    CHECK(refusal("", rfc_secret_jwk) == "DecodeError Not enough segments");
    CHECK(refusal("a.b", rfc_secret_jwk) == "DecodeError Not enough segments");
    CHECK(refusal("a.b.c.d.e", rfc_secret_jwk) == "DecodeError Too many segments");
    CHECK(refusal("a.b.", rfc_secret_jwk) == "DecodeError Invalid header padding");
    CHECK(refusal("e30=.e30.", rfc_secret_jwk) == "DecodeError Invalid header padding");
    CHECK(refusal(" e30.e30.", rfc_secret_jwk) == "DecodeError Invalid header padding");
    CHECK(refusal(a1 + "=", rfc_secret_jwk) == "DecodeError Invalid crypto padding");
    CHECK(refusal(a1 + "\n", rfc_secret_jwk) == "DecodeError Invalid crypto padding");
    CHECK(refusal(token_of("[]"), rfc_secret_jwk) == "DecodeError Invalid header string: must be a json object");
    CHECK(refusal(token_of("{"), rfc_secret_jwk).starts_with("DecodeError Invalid header string: "));
    CHECK(refusal(token_of(R"({"alg":"HS256","alg":"HS256"})"), rfc_secret_jwk)
              .starts_with("DecodeError Invalid header string: "));
    CHECK(refusal(token_of(R"({"alg":1})"), rfc_secret_jwk) == "DecodeError \"alg\" of the header must be a string");
    CHECK(refusal(token_of(R"({"alg":"HS256","kid":1})"), rfc_secret_jwk) ==
          "DecodeError \"kid\" of the header must be a string");
  }

  TEST_CASE("jws: bits beyond the last byte of the signature must be zero, so that a token has one spelling") {
    // The last of 43 characters carries four bits, so two of its six are none of the signature's.
    CHECK(refusal(a1.substr(0, a1.size() - 1) + "l", rfc_secret_jwk) == "DecodeError Invalid crypto padding");
  }

  TEST_CASE("jws: a token with critical extensions or an unencoded payload is refused, though the signature is good") {
    const Jwk key = Jwk::parse(rfc_secret_jwk);
    for (const char* crit : {R"(["exp"])", R"(["b64"])", "[]", "1", "null"}) {
      CAPTURE(crit);
      const std::string header = std::string(R"({"alg":"HS256","exp":1,"crit":)") + crit + "}";
      CHECK(refusal(sign_jws(header, "{}", key, HS256), rfc_secret_jwk) ==
            "DecodeError Unsupported critical extension");
    }
    CHECK(refusal(sign_jws(R"({"alg":"HS256","b64":false})", "{}", key, HS256), rfc_secret_jwk) ==
          "DecodeError Unsupported extension b64");
  }

  TEST_CASE("jws: a token may be as long as the limit says, and no longer") {
    const Jwk key = Jwk::parse(rfc_secret_jwk);
    const auto verify = [&](std::size_t limit) { return verify_jws(a1, {&key, 1}, true, all, limit); };
    CHECK(verify(a1.size() + 1) == joe);
    CHECK(verify(a1.size()) == joe);
    CHECK_THROWS_WITH_AS(verify(a1.size() - 1), doctest::Contains("The token has more than"), DecodeError);
  }

  TEST_CASE("jws: of several keys the one that the kid names is used, and without a kid each that fits") {
    const std::string secret(32, 's');
    const std::vector<Jwk> keys{Jwk::from_secret(secret, "a"), Jwk::from_secret(std::string(32, 't'), "b"),
                                Jwk::parse(rfc_rsa_jwk)};
    const auto verify = [&](std::string_view header) {
      return verify_jws(sign_jws(header, "{}", Jwk::from_secret(secret), HS256), keys, false, all, max_bytes);
    };
    CHECK(verify(R"({"alg":"HS256","kid":"a"})") == "{}");
    CHECK(verify(R"({"alg":"HS256"})") == "{}");
    CHECK_THROWS_WITH_AS(verify(R"({"alg":"HS256","kid":"b"})"), "Signature verification failed",
                         InvalidSignatureError);
    // The key without a kid may be the one that is meant, but is of another type.
    CHECK_THROWS_AS(verify(R"({"alg":"HS256","kid":"c"})"), InvalidAlgorithmError);
    const std::vector<Jwk> named(keys.begin(), keys.begin() + 2);
    const std::string other = sign_jws(R"({"alg":"HS256","kid":"c"})", "{}", Jwk::from_secret(secret), HS256);
    CHECK_THROWS_WITH_AS(verify_jws(other, named, false, all, max_bytes), "There is no key that the token's kid names",
                         InvalidTokenError);
  }
}
