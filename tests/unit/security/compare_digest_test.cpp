// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/compare_digest.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::compare_digest;

TEST_SUITE("security") {
  TEST_CASE("compare_digest: is true for equal texts alone, NUL bytes included") {
    CHECK(compare_digest("", ""));
    CHECK(compare_digest("secret", "secret"));
    CHECK_FALSE(compare_digest("secret", "Secret"));
    CHECK_FALSE(compare_digest("secret", "secreT"));
    CHECK_FALSE(compare_digest("secret", "secre"));
    CHECK_FALSE(compare_digest("", "s"));
    CHECK(compare_digest(std::string("a\0b", 3), std::string("a\0b", 3)));
    CHECK_FALSE(compare_digest(std::string("a\0b", 3), std::string("a\0c", 3)));
  }
}
