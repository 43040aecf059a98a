// SPDX-License-Identifier: BSL-1.0
#include "middleware/accept_encoding.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace coroute;
using namespace coroute::detail;

namespace {

std::string chosen(std::vector<std::string_view> fields) {
  std::vector<HeaderField> all;
  for (const std::string_view field : fields)
    all.push_back({"accept-encoding", field});
  const std::vector<std::string> offered{"br", "gzip"};
  return std::string(preferred_encoding(HeadersView(all), offered));
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("preferred encoding: the heaviest counts, the earlier offer among equals") {
    CHECK(chosen({"gzip"}) == "gzip");
    CHECK(chosen({"gzip, deflate, br, zstd"}) == "br");
    CHECK(chosen({"gzip;q=1.0, br;q=0.5"}) == "gzip");
    CHECK(chosen({"gzip;q=0.501, br;q=0.5"}) == "gzip");
    CHECK(chosen({"br;q=0.001"}) == "br");
    CHECK(chosen({"deflate", "GZIP ; Q=0.3"}) == "gzip");
    CHECK(chosen({"*"}) == "br");
    CHECK(chosen({"*;q=0.5, gzip"}) == "gzip");
    CHECK(chosen({"br;q=0, *"}) == "gzip");
  }

  TEST_CASE("preferred encoding: none when the client wants none") {
    CHECK(chosen({}).empty());
    CHECK(chosen({""}).empty());
    CHECK(chosen({"identity"}).empty());
    CHECK(chosen({"zstd, deflate"}).empty());
    CHECK(chosen({"gzip;q=0, br;q=0.000"}).empty());
    CHECK(chosen({"*;q=0"}).empty());
    CHECK(chosen({"identity, gzip;q=0.5"}).empty());
    CHECK(chosen({"identity;q=0.4, gzip;q=0.5"}) == "gzip");
    CHECK(chosen({"identity;q=0.5, gzip;q=0.5"}) == "gzip");
  }

  TEST_CASE("preferred encoding: a weight that is none refuses") {
    for (const char* const weight : {"q=", "q=2", "q=1.001", "q=0.1234", "q=-1", "q=.5", "x=1", "q=0,5", ""}) {
      CAPTURE(weight);
      CHECK(chosen({std::string("gzip;") + weight}).empty());
    }
    CHECK(chosen({"gzip;q=1.000"}) == "gzip");
    CHECK(chosen({"gzip;q=1."}) == "gzip");
  }
}
