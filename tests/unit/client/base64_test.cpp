// SPDX-License-Identifier: BSL-1.0
#include "client/base64.hpp"

#include <doctest/doctest.h>

using coroute::detail::base64;

TEST_SUITE_BEGIN("client");

TEST_CASE("base64: the test vectors of RFC 4648 section 10") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFF\xFE\xFD") == "//79");
}

TEST_SUITE_END();
