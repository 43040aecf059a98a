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

  TEST_CASE("media type: a file is what the end of its name says, in any case") {
    CHECK(coroute::guess_media_type("a/page.html") == "text/html");
    CHECK(coroute::guess_media_type("APP.JS") == "text/javascript");
    CHECK(coroute::guess_media_type("x.min.css") == "text/css");
    CHECK(coroute::guess_media_type("photo.JPEG") == "image/jpeg");
    CHECK(coroute::guess_media_type("module.wasm") == "application/wasm");
  }

  TEST_CASE("media type: a file whose name says nothing is a stream of octets") {
    for (const std::string_view name : {"", "README", "x.", "x.unknown", "html", ".", "a.html/b"}) {
      CAPTURE(name);
      CHECK(coroute::guess_media_type(name) == "application/octet-stream");
    }
  }
}
