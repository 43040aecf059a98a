// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/error_detail.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "coroute/json.hpp"

using coroute::ErrorDetail;
using coroute::Json;
using coroute::json_quoted;
using coroute::Location;
using coroute::to_json_text;
using coroute::to_string;

TEST_SUITE("http") {
  TEST_CASE("error detail: its keys stand in pydantic's order, without ctx when there is none") {
    const std::vector<ErrorDetail> errors{{"int_parsing", {"query", "q", 2}, "Input should be", R"("six")"}};
    CHECK(to_json_text(errors) ==
          R"([{"type":"int_parsing","loc":["query","q",2],"msg":"Input should be","input":"six"}])");
  }

  TEST_CASE("error detail: ctx comes last") {
    const std::vector<ErrorDetail> errors{{"greater_than", {"body", "a"}, "m", "-1.5", R"({"gt":0.0})"}};
    CHECK(to_json_text(errors) ==
          R"([{"type":"greater_than","loc":["body","a"],"msg":"m","input":-1.5,"ctx":{"gt":0.0}}])");
  }

  TEST_CASE("error detail: what is absent has the input null") {
    const std::vector<ErrorDetail> errors{{"missing", {"body"}, "Field required"}};
    CHECK(to_json_text(errors) == R"([{"type":"missing","loc":["body"],"msg":"Field required","input":null}])");
  }

  TEST_CASE("error detail: none, one and many are an array") {
    std::vector<ErrorDetail> errors;
    CHECK(to_json_text(errors) == "[]");
    for (std::size_t count = 1; count <= 3; ++count) {
      errors.push_back({"t", {}, "m"});
      const Json parsed = coroute::parse_json(to_json_text(errors));
      CHECK(parsed.size() == count);
      CHECK(parsed.back() == Json{{"type", "t"}, {"loc", Json::array()}, {"msg", "m"}, {"input", nullptr}});
    }
  }

  TEST_CASE("error detail: hostile names and messages stay inside their strings") {
    const std::vector<ErrorDetail> errors{{"t\"", {"query", "a\"],[\"b"}, "x\\\r\n", json_quoted("\"}]")}};
    const Json parsed = coroute::parse_json(to_json_text(errors));
    CHECK(parsed[0]["type"] == "t\"");
    CHECK(parsed[0]["loc"] == Json::array({"query", "a\"],[\"b"}));
    CHECK(parsed[0]["msg"] == "x\\\r\n");
    CHECK(parsed[0]["input"] == "\"}]");
  }

  TEST_CASE("error detail: an index may be any integer of 64 bits") {
    const std::vector<ErrorDetail> errors{
        {"t", {std::numeric_limits<std::int64_t>::min(), 0, std::numeric_limits<std::int64_t>::max()}, "m"}};
    CHECK(to_json_text(errors).find("[-9223372036854775808,0,9223372036854775807]") != std::string::npos);
  }

  TEST_CASE("error detail: equal means equal in every part") {
    const ErrorDetail error{"t", {"a", 1}, "m", "1", "{}"};
    CHECK(error == ErrorDetail{"t", {"a", 1}, "m", "1", "{}"});
    CHECK_FALSE(error == ErrorDetail{"t", {"a", "1"}, "m", "1", "{}"});
    CHECK_FALSE(error == ErrorDetail{"t", {"a", 1}, "m", "1"});
  }

  TEST_CASE("location: logs name it with dots") {
    CHECK(to_string(Location{"body", "items", 2, "price"}) == "body.items.2.price");
    CHECK(to_string(Location{"body"}) == "body");
    CHECK(to_string(Location{}).empty());
  }

  TEST_CASE("json quoted: only what must be escaped is escaped") {
    CHECK(json_quoted("") == R"("")");
    CHECK(json_quoted("plain / text") == R"("plain / text")");
    CHECK(json_quoted("\"\\") == R"("\"\\")");
    CHECK(json_quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
    CHECK(json_quoted("\x01\x1F\x7F") == "\"\\u0001\\u001f\x7F\"");
    CHECK(json_quoted(std::string_view("a\0b", 3)) == "\"a\\u0000b\"");
    CHECK(json_quoted("caf\xC3\xA9 \xF0\x9F\x98\x80") == "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
  }

  TEST_CASE("json quoted: what is not UTF-8 becomes U+FFFD, at the end of the text too") {
    CHECK(json_quoted("\xFF") == "\"\xEF\xBF\xBD\"");
    CHECK(json_quoted("a\xC3") == "\"a\xEF\xBF\xBD\"");
    CHECK(json_quoted("\xF0\x9F\x98x") == "\"\xEF\xBF\xBDx\"");
    CHECK(json_quoted("\xC3\"") == "\"\xEF\xBF\xBD\\\"\"");
  }

  TEST_CASE("json quoted: every byte and every pair of bytes reads back as the JSON library writes it") {
    for (int first = 0; first < 256; ++first) {
      const std::string one(1, static_cast<char>(first));
      CHECK(json_quoted(one) == coroute::to_json_text(Json(one)));
      for (const int second : {0x00, 0x22, 0x41, 0x5C, 0x80, 0xA9, 0xBF, 0xC3, 0xE2, 0xF0, 0xFF}) {
        const std::string two = one + static_cast<char>(second);
        CHECK(json_quoted(two) == coroute::to_json_text(Json(two)));
      }
    }
  }
}
