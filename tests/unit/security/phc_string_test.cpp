// SPDX-License-Identifier: BSL-1.0
#include "security/phc_string.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::detail::parse_phc_string;
using coroute::detail::to_text;

TEST_SUITE("security") {
  TEST_CASE("phc string: is read and written again as it was") {
    constexpr const char* text =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHApl8ArZWb2GRPPc";
    const auto phc = parse_phc_string(text);
    REQUIRE(phc);
    CHECK(phc->cost == coroute::detail::Argon2Cost{65536, 2, 1});
    CHECK(phc->salt == "somesalt");
    CHECK(phc->hash.size() == 32);
    CHECK(to_text(*phc) == text);
  }

  TEST_CASE("phc string: anything else is refused") {
    for (const char* wrong :
         {"", "$", "secret", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXP",
          "$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXP", "$argon2id$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXP",
          "$argon2id$v=19$t=2,m=65536,p=1$c29tZXNhbHQ$CTFhFdXP", "$argon2id$v=19$m=65536,t=2$c29tZXNhbHQ$CTFhFdXP",
          "$argon2id$v=19$m=065536,t=2,p=1$c29tZXNhbHQ$CTFhFdXP", "$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHQ$CTFhFdXP",
          "$argon2id$v=19$m=4294967296,t=2,p=1$c29tZXNhbHQ$CTFhFdXP", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
          "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ=$CTFhFdXP",
          "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXP$",
          "$argon2id$v=19$m=65536,t=2,p=1$c29t ZXNhbHQ$CTFhFdXP", "$2b$12$abcdefghijklmnopqrstuv"}) {
      CAPTURE(wrong);
      CHECK_FALSE(parse_phc_string(wrong));
    }
  }
}
