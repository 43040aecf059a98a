// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/body.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coroute/app/make_handler.hpp"
#include "coroute/json.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::post;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

struct Item {
  std::string name;
  std::optional<double> price;
  int count = 1;
  static constexpr auto schema = fields(field<&Item::count>(defaulted));
};
struct User {
  std::string username;
};

std::string error(std::string_view type, std::string_view loc, std::string_view msg, std::string_view input,
                  std::string_view ctx = "") {
  return R"({"type":")" + std::string(type) + R"(","loc":["body")" + std::string(loc) + R"(],"msg":")" +
         std::string(msg) + R"(","input":)" + std::string(input) + (ctx.empty() ? "" : ",\"ctx\":" + std::string(ctx)) +
         "}";
}
std::string missing(std::string_view loc, std::string_view input = "null") {
  return error("missing", loc, "Field required", input);
}
std::string not_an_object(std::string_view loc, std::string_view input) {
  return error("model_attributes_type", loc, "Input should be a valid dictionary or object to extract fields from",
               input);
}
std::string not_an_integer(std::string_view loc, std::string_view input) {
  return error("int_parsing", loc, "Input should be a valid integer, unable to parse string as an integer", input);
}

const Handler& one_item() {
  static const Handler handler = make_handler([](Item item) { return item; });
  return handler;
}
const Handler& three_bodies() {
  static const Handler handler =
      make_handler([](Body<Item, "item"> item, Body<User, "user"> user, Body<int, "importance", gt(0)> importance) {
        return item->name + user->username + std::to_string(importance);
      });
  return handler;
}
const Handler& embedded() {
  static const Handler handler = make_handler([](Body<Item, "item", embed> item) { return *item; });
  return handler;
}

/// With a content type as it is given; empty: without one.
std::string send(const Handler& handler, std::string_view content_type, std::string body) {
  TestRequest request("POST", "/");
  if (!content_type.empty()) request.header("content-type", content_type);
  request.body({std::move(body)});
  return exchange(handler, request);
}

const std::string good = R"({"name":"Foo","price":2.5})";
const std::string good_answer = R"(200 {"name":"Foo","price":2.5,"count":1})";

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("body: one model is the whole body") {
    CHECK(post(one_item(), "/", good) == good_answer);
    CHECK(post(one_item(), "/", R"({"price":1})") == refused(missing(",\"name\"", R"({"price":1})")));
    CHECK(post(one_item(), "/", "[1]") == refused(not_an_object("", "[1]")));
    CHECK(post(one_item(), "/", good, "GET") == good_answer);
  }

  TEST_CASE("body: none, or null, is missing") {
    CHECK(post(one_item(), "/", "") == refused(missing("")));
    CHECK(post(one_item(), "/", "null") == refused(missing("")));
    CHECK(post(one_item(), "/", " null ") == refused(missing("")));
    TestRequest request("POST", "/");
    CHECK(exchange(one_item(), request) == refused(missing("")));
  }

  TEST_CASE("body: an optional one may be absent or null") {
    const Handler handler = make_handler([](std::optional<Item> item) { return item; });
    CHECK(post(handler, "/", good) == good_answer);
    CHECK(post(handler, "/", "null") == "200 null");
    CHECK(post(handler, "/", "") == "200 null");
    CHECK(post(handler, "/", "{}") == refused(missing(",\"name\"", "{}")));
    CHECK(post(handler, "/", "[]") == refused(not_an_object("", "[]")));
  }

  TEST_CASE("body: a default stands for an absent one and for null") {
    const Handler handler = make_handler([](Body<int, "n", defaults_to(5)> n) { return *n; });
    CHECK(post(handler, "/", "7") == "200 7");
    CHECK(post(handler, "/", "") == "200 5");
    CHECK(post(handler, "/", "null") == "200 5");
    const Handler optional = make_handler([](Body<std::optional<int>, "n", defaults_to(5)> n) { return *n; });
    CHECK(post(optional, "/", "null") == "200 5");
  }

  TEST_CASE("body: a scalar, a list, a map or any JSON may be the whole body") {
    CHECK(post(make_handler([](Body<int, "n"> n) { return *n; }), "/", "5") == "200 5");
    CHECK(post(make_handler([](Body<int, "n"> n) { return *n; }), "/", R"("x")") ==
          refused(not_an_integer("", R"("x")")));
    CHECK(post(make_handler([](Body<std::string> text) { return *text; }), "/", R"("x")") == R"(200 "x")");
    const Handler list = make_handler([](std::vector<Item> items) { return items.size(); });
    CHECK(post(list, "/", "[" + good + "," + good + "]") == "200 2");
    CHECK(post(list, "/", "[" + good + ",{}]") == refused(missing(",1,\"name\"", "{}")));
    CHECK(post(make_handler([](std::map<int, double> weights) { return weights; }), "/", R"({"1":2})") ==
          R"(200 {"1":2.0})");
    CHECK(post(make_handler([](Json any) { return any; }), "/", R"({"b":[1,{"a":null}]})") ==
          R"(200 {"b":[1,{"a":null}]})");
  }

  TEST_CASE("body: constraints of a whole body hold") {
    const Handler handler = make_handler([](Body<std::vector<int>, "list", min_length(2)> list) { return *list; });
    CHECK(post(handler, "/", "[1,2]") == "200 [1,2]");
    CHECK(post(handler, "/", "[1]") ==
          refused(error("too_short", "", "List should have at least 2 items after validation, not 1", "[1]",
                        R"({"field_type":"List","min_length":2,"actual_length":1})")));
  }

  TEST_CASE("body: embed makes it a member under its name") {
    CHECK(post(embedded(), "/", R"({"item":)" + good + "}") == good_answer);
    CHECK(post(embedded(), "/", good) == refused(missing(",\"item\"")));
    CHECK(post(embedded(), "/", "[]") == refused(missing(",\"item\"")));
    CHECK(post(embedded(), "/", "") == refused(missing(",\"item\"")));
    CHECK(post(embedded(), "/", "null") == refused(missing(",\"item\"")));
    CHECK(post(embedded(), "/", R"({"item":null})") == refused(missing(",\"item\"")));
    CHECK(post(embedded(), "/", R"({"item":{"price":1}})") == refused(missing(",\"item\",\"name\"", R"({"price":1})")));
    CHECK(post(embedded(), "/", R"({"other":[1],"item":)" + good + R"(,"more":{}})") == good_answer);
  }

  TEST_CASE("body: several are members of one object, errors in their order") {
    CHECK(post(three_bodies(), "/", R"({"item":{"name":"a"},"user":{"username":"b"},"importance":1})") ==
          R"(200 "ab1")");
    CHECK(post(three_bodies(), "/", R"({"importance":0,"item":{}})") ==
          refused(missing(",\"item\",\"name\"", "{}") + "," + missing(",\"user\"") + "," +
                  error("greater_than", ",\"importance\"", "Input should be greater than 0", "0", R"({"gt":0})")));
    CHECK(post(three_bodies(), "/", "{}") ==
          refused(missing(",\"item\"") + "," + missing(",\"user\"") + "," + missing(",\"importance\"")));
    CHECK(post(three_bodies(), "/", "5") ==
          refused(missing(",\"item\"") + "," + missing(",\"user\"") + "," + missing(",\"importance\"")));
  }

  TEST_CASE("body: of a member that comes twice the last one counts, whole") {
    CHECK(post(embedded(), "/", R"({"item":{"name":"a","price":1,"count":2},"item":{"name":"b"}})") ==
          R"(200 {"name":"b","price":null,"count":1})");
    CHECK(post(embedded(), "/", R"({"item":5,"item":{"name":"b"}})") == R"(200 {"name":"b","price":null,"count":1})");
    CHECK(post(embedded(), "/", R"({"item":{"name":"b"},"item":5})") == refused(not_an_object(",\"item\"", "5")));
  }

  TEST_CASE("body: optional members and those with a default may be absent or null") {
    const Handler handler = make_handler(
        [](Body<std::optional<Item>, "item"> item, Body<int, "n", defaults_to(5)> n, Body<User, "user"> user) {
          return std::to_string(item->has_value()) + std::to_string(n) + user->username;
        });
    CHECK(post(handler, "/", R"({"user":{"username":"u"}})") == R"(200 "05u")");
    CHECK(post(handler, "/", R"({"user":{"username":"u"},"item":null,"n":null})") == R"(200 "05u")");
    CHECK(post(handler, "/", R"({"user":{"username":"u"},"item":{"name":"a"},"n":2})") == R"(200 "12u")");
  }

  TEST_CASE("body: an alias is the name of the member") {
    const Handler handler = make_handler([](Body<int, "n", alias<"the-number">, embed> n) { return *n; });
    CHECK(post(handler, "/", R"({"the-number":3})") == "200 3");
    CHECK(post(handler, "/", R"({"n":3})") == refused(missing(",\"the-number\"")));
  }

  TEST_CASE("body: what is no JSON by its content type is a text") {
    for (const std::string_view type :
         {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "application/+json", ""}) {
      CAPTURE(type);
      CHECK(send(one_item(), type, good) == refused(not_an_object("", R"("{\"name\":\"Foo\",\"price\":2.5}")")));
    }
    CHECK(send(make_handler([](Body<std::string> text) { return *text; }), "text/plain", "a\nb") == R"(200 "a\nb")");
    CHECK(send(embedded(), "text/plain", R"({"item":)" + good + "}") == refused(missing(",\"item\"")));
    CHECK(send(one_item(), "text/plain", "\xFF") == refused(not_an_object("", "\"\xEF\xBF\xBD\"")));
  }

  TEST_CASE("body: JSON content types in any case, with parameters or a suffix") {
    for (const std::string_view type :
         {"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=utf-8",
          "application/geo+json", "application/vnd.api+JSON; x=y"}) {
      CAPTURE(type);
      CHECK(send(one_item(), type, good) == good_answer);
    }
  }

  TEST_CASE("body: broken JSON is told with the place of the break, in characters") {
    const auto broken_at = [](std::string_view json, int offset) {
      CAPTURE(json);
      CHECK(post(one_item(), "/", std::string(json))
                .starts_with(R"(422 {"detail":[{"type":"json_invalid","loc":["body",)" + std::to_string(offset) +
                             R"(],"msg":"JSON decode error","input":{},"ctx":{"error":")"));
    };
    broken_at("{some broken json}", 1);
    broken_at(R"({"name":"Foo"} x)", 15);
    broken_at("x", 0);
    broken_at(R"({"name":x})", 8);
    broken_at("{\"name\":\"\xC3\xA9\xE2\x82\xAC\" x}", 13);
  }

  TEST_CASE("body: broken JSON is told alone, whatever else is wrong") {
    const Handler handler = make_handler([](Query<int, "q"> q, Item item) { return item.name + std::to_string(q); });
    CHECK(post(handler, "/", R"({"price":"x")").starts_with(R"(422 {"detail":[{"type":"json_invalid")"));
    CHECK(post(handler, "/", "{}") ==
          refused(R"({"type":"missing","loc":["query","q"],"msg":"Field required","input":null},)" +
                  missing(",\"name\"", "{}")));
  }

  TEST_CASE("body: JSON that is deeper than the limit is no JSON") {
    const Handler handler = make_handler([](Json any) { return any; });
    CHECK(post(handler, "/", std::string(32, '[') + std::string(32, ']')).starts_with("200"));
    CHECK(post(handler, "/", std::string(33, '[') + std::string(33, ']'))
              .starts_with(R"(422 {"detail":[{"type":"json_invalid")"));
    CHECK(post(handler, "/", std::string(100'000, '[')).starts_with(R"(422 {"detail":[{"type":"json_invalid")"));
  }

  TEST_CASE("body: what is no UTF-8 is refused with 400") {
    CHECK(post(one_item(), "/", "{\"name\":\"\xFF\xFE\",\"price\":1}") ==
          R"(400 {"detail":"There was an error parsing the body"})");
    CHECK(post(one_item(), "/", "{\"name\":\"a\",\"other\":\"\xC3\"}") ==
          R"(400 {"detail":"There was an error parsing the body"})");
  }

  TEST_CASE("body: a byte order mark is passed over") {
    CHECK(post(one_item(), "/", "\xEF\xBB\xBF" + good) == good_answer);
  }

  TEST_CASE("body: that arrives in pieces is the same") {
    TestRequest request("POST", "/");
    request.header("content-type", "application/json").body({R"({"name":"F)", R"(oo","pri)", R"(ce":2.5})"});
    CHECK(exchange(one_item(), request) == good_answer);
  }

  TEST_CASE("body: partial updates know what was there") {
    const Handler handler = make_handler([](Patch<Item> patch) {
      Item item{"old", 1, 1};
      patch.apply_to(item);
      return item;
    });
    CHECK(post(handler, "/", R"({"price":null})") == R"(200 {"name":"old","price":null,"count":1})");
    CHECK(post(handler, "/", "{}") == R"(200 {"name":"old","price":1.0,"count":1})");
    CHECK(post(handler, "/", "") == refused(missing("")));
  }
}
