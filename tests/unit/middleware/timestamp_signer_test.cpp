// SPDX-License-Identifier: BSL-1.0
#include "middleware/timestamp_signer.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using coroute::detail::TimestampSigner;
using namespace std::chrono_literals;

namespace {

const TimestampSigner::Time then{std::chrono::seconds(1700000000)};
// By itsdangerous 2.2: TimestampSigner("secret").sign(b64encode(json.dumps({"user": "ann", "n": 1}).encode()))
constexpr std::string_view by_itsdangerous = "eyJ1c2VyIjogImFubiIsICJuIjogMX0=.ZVPxAA.dsi6B82Me0vIabio6x7zT1zuous";
constexpr std::string_view text = "eyJ1c2VyIjogImFubiIsICJuIjogMX0=";

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("timestamp signer: signs as itsdangerous does, and reads what it has signed") {
    const TimestampSigner signer({"secret"});
    CHECK(signer.sign(text, then) == by_itsdangerous);
    CHECK(signer.unsign(by_itsdangerous, 1h, then) == text);
    CHECK(TimestampSigner({"old"}).sign("x", then) == "x.ZVPxAA.8e65Vc0sOTzjLvaNiGvHbaRErgg");
  }

  TEST_CASE("timestamp signer: a signature is good until max_age, and not before it was made") {
    const TimestampSigner signer({"secret"});
    CHECK(signer.unsign(by_itsdangerous, 60s, then + 59s));
    CHECK(signer.unsign(by_itsdangerous, 60s, then + 60s));
    CHECK_FALSE(signer.unsign(by_itsdangerous, 60s, then + 61s));
    CHECK_FALSE(signer.unsign(by_itsdangerous, 60s, then - 1s));
    CHECK(signer.unsign(by_itsdangerous, std::nullopt, then + 1000000h));
  }

  TEST_CASE("timestamp signer: any change is noticed") {
    const TimestampSigner signer({"secret"});
    for (std::size_t i = 0; i < by_itsdangerous.size(); ++i) {
      std::string changed(by_itsdangerous);
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      CAPTURE(changed);
      CHECK_FALSE(signer.unsign(changed, std::nullopt, then));
    }
  }

  TEST_CASE("timestamp signer: what is no signed text is none") {
    const TimestampSigner signer({"secret"});
    for (const char* const bad :
         {"", ".", "..", "null", "x.y.z", "x.ZVPxAA.", "x.ZVPxAA.=", "x.dsi6B82Me0vIabio6x7zT1zuous"}) {
      CAPTURE(bad);
      CHECK_FALSE(signer.unsign(bad, 1h, then));
    }
    CHECK_FALSE(signer.unsign(by_itsdangerous.substr(0, by_itsdangerous.size() - 1), 1h, then));
  }

  TEST_CASE("timestamp signer: the first secret signs, all verify") {
    const TimestampSigner rotated({"new", "secret"});
    CHECK(rotated.unsign(by_itsdangerous, 1h, then) == text);
    const std::string fresh = rotated.sign(text, then);
    CHECK(TimestampSigner({"new"}).unsign(fresh, 1h, then) == text);
    CHECK_FALSE(TimestampSigner({"secret"}).unsign(fresh, 1h, then));
  }

  TEST_CASE("timestamp signer: there is a secret, and none is empty") {
    CHECK_THROWS_AS(TimestampSigner({}), std::invalid_argument);
    CHECK_THROWS_AS(TimestampSigner({""}), std::invalid_argument);
    CHECK_THROWS_AS(TimestampSigner({"good", ""}), std::invalid_argument);
  }
}
