// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/media_type.hpp"

#include <doctest/doctest.h>

#include <string_view>

using coroute::is_json_media_type;

TEST_SUITE("http") {
  TEST_CASE("media type: application/json is JSON, in any case and with parameters") {
    for (const std::string_view type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                        "application/json;charset=utf-8", "application/json ;charset=utf-8"}) {
      CAPTURE(type);
      CHECK(is_json_media_type(type));
    }
  }

  TEST_CASE("media type: the suffix +json is JSON") {
    CHECK(is_json_media_type("application/geo+json"));
    CHECK(is_json_media_type("application/vnd.api+JSON; x=y"));
  }

  TEST_CASE("media type: what only looks like JSON is none") {
    for (const std::string_view type : {"", "json", "text/json", "text/plain", "application/+json", "application/jsonl",
                                        "application/json2", "image/svg+json", "application/x-www-form-urlencoded"}) {
      CAPTURE(type);
      CHECK_FALSE(is_json_media_type(type));
    }
  }
}
