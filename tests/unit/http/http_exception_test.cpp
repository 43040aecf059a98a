// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/http_exception.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/json.hpp"

using coroute::Headers;
using coroute::HttpException;
using coroute::Json;
using coroute::Status;
using namespace std::string_literals;

TEST_SUITE("http") {
  TEST_CASE("http exception: without a detail it says the reason phrase") {
    const HttpException error(Status::NotFound);
    CHECK(error.status() == Status::NotFound);
    CHECK(error.detail_json() == R"("Not Found")");
    CHECK(error.headers().empty());
    CHECK(error.what() == "404: Not Found"s);
    CHECK(HttpException(299).detail_json() == R"("")");
  }

  TEST_CASE("http exception: the detail is text from a literal, a string or a view") {
    const std::string text = "item not found";
    CHECK(HttpException(404, "item not found").detail_json() == R"("item not found")");
    CHECK(HttpException(404, text).detail_json() == R"("item not found")");
    CHECK(HttpException(404, std::string_view(text)).detail_json() == R"("item not found")");
    CHECK(HttpException(404, text).what() == "404: item not found"s);
  }

  TEST_CASE("http exception: a text detail is escaped as JSON") {
    CHECK(HttpException(400, "say \"hi\"\n").detail_json() == R"("say \"hi\"\n")");
    CHECK(HttpException(400, "caf\xC3\xA9 \xFF").detail_json() == "\"caf\xC3\xA9 \xEF\xBF\xBD\"");
    CHECK(HttpException(400, "").detail_json() == R"("")");
  }

  TEST_CASE("http exception: the detail may be any JSON") {
    CHECK(HttpException(418, Json{{"b", 1}, {"a", Json::array({nullptr})}}).detail_json() == R"({"b":1,"a":[null]})");
    CHECK(HttpException(418, Json::array()).detail_json() == "[]");
    CHECK(HttpException(418, Json(nullptr)).detail_json() == "null");
    CHECK(HttpException(418, Json{{"a", 1}}).what() == R"(418: {"a":1})"s);
  }

  TEST_CASE("http exception: headers go along") {
    const HttpException error(401, "who?", {{"www-authenticate", "Basic"}, {"x-a", "1"}});
    CHECK(error.headers().size() == 2);
    CHECK(error.headers().get("WWW-Authenticate") == "Basic");
    const HttpException with_json(401, Json(1), {{"x-a", "1"}});
    CHECK(with_json.headers().get("x-a") == "1");
  }

  TEST_CASE("http exception: headers that would split the response are refused") {
    CHECK_THROWS_AS(HttpException(401, "who?", Headers{{"x-a", "1\r\nx-b: 2"}}), std::invalid_argument);
  }

  TEST_CASE("http exception: it is caught as a runtime error, and copies are equal") {
    try {
      throw HttpException(404, "gone", {{"x-a", "1"}});
    } catch (const std::runtime_error& error) {
      CHECK(error.what() == "404: gone"s);
      const auto* const exception = dynamic_cast<const HttpException*>(&error);
      REQUIRE(exception);
      const HttpException copy = *exception;
      CHECK(copy.status() == 404);
      CHECK(copy.detail_json() == R"("gone")");
      CHECK(copy.headers().get("x-a") == "1");
    }
  }
}
