// SPDX-License-Identifier: BSL-1.0
#include "crypto/base64.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::detail::base64;
using coroute::detail::base64_decode;
using coroute::detail::base64url;
using coroute::detail::base64url_decode;

TEST_SUITE_BEGIN("crypto");

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

TEST_CASE("base64_decode: takes what base64 gives, of all bytes and lengths, and nothing else") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    CHECK(base64_decode(base64(bytes)) == bytes);
    bytes += static_cast<char>(i);
  }
  for (const char* const bad : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm8=Zm8=", "Zm9v\n", " Zg==", "Zh==", "Zm!v"}) {
    CAPTURE(bad);
    CHECK_FALSE(base64_decode(bad));
  }
}

TEST_CASE("base64url: has no padding, and other characters for + and /") {
  CHECK(base64url("") == "");
  CHECK(base64url("f") == "Zg");
  CHECK(base64url("\xFF\xFE\xFD") == "__79");
  CHECK(base64url("\xFB\xFF") == "-_8");
}

TEST_CASE("base64url_decode: takes what base64url gives, and nothing else") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    CHECK(base64url_decode(base64url(bytes)) == bytes);
    bytes += static_cast<char>(i);
  }
  for (const char* const bad : {"Zg==", "Zm8=", "Z", "//79", "Zh", "Zm9v\n", " Zg"}) {
    CAPTURE(bad);
    CHECK_FALSE(base64url_decode(bad));
  }
}

TEST_SUITE_END();
