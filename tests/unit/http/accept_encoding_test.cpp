// SPDX-License-Identifier: BSL-1.0
#include "http/accept_encoding.hpp"

#include <doctest/doctest.h>

#include <string_view>

using coroute::detail::coding_quality;

TEST_SUITE_BEGIN("http");

TEST_CASE("accept-encoding: what is named is taken, and nothing else") {
  CHECK(coding_quality("gzip, br", "br") == 1000);
  CHECK(coding_quality("GZIP", "gzip") == 1000);
  CHECK(coding_quality("gzip", "br") == 0);
  CHECK(coding_quality("xgzip, gzipx", "gzip") == 0);
  CHECK(coding_quality("", "gzip") == 0);
}

TEST_CASE("accept-encoding: qualities have up to three digits") {
  CHECK(coding_quality("br;q=0.5", "br") == 500);
  CHECK(coding_quality("br ; Q=0.125 , gzip", "br") == 125);
  CHECK(coding_quality("br;q=1.000", "br") == 1000);
  CHECK(coding_quality("br;q=1", "br") == 1000);
  CHECK(coding_quality("br;level=9;q=0.2", "br") == 200);
  CHECK(coding_quality("br;q=0.", "br") == 0);
}

TEST_CASE("accept-encoding: quality 0, or one that is none, refuses") {
  CHECK(coding_quality("br;q=0", "br") == 0);
  for (const std::string_view field : {"br;q=", "br;q=x", "br;q=-1", "br;q=2", "br;q=0.0001", "br;q=0,5", "br;q=0x5"}) {
    CAPTURE(field);
    CHECK(coding_quality(field, "br") == 0);
  }
}

TEST_CASE("accept-encoding: the asterisk stands for what isn't named") {
  CHECK(coding_quality("*", "br") == 1000);
  CHECK(coding_quality("*;q=0.1, gzip", "br") == 100);
  CHECK(coding_quality("*, br;q=0", "br") == 0);
  CHECK(coding_quality("br;q=0.3, *", "br") == 300);
}

TEST_SUITE_END();
