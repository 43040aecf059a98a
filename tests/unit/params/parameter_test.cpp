// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/parameter.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::get;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

using Strings = std::vector<std::string>;
using Ints = std::vector<int>;
using Order = Literal<"asc", "desc">;

template <class F>
Handler handler_of(F function) {
  return make_handler(std::move(function));
}
/// What a handler with one query parameter answers to a query.
template <class Parameter>
std::string ask(std::string_view query) {
  return get(handler_of([](Parameter parameter) { return *parameter; }), "/?" + std::string(query));
}

TestRequest with_headers(std::initializer_list<HeaderField> fields) {
  TestRequest request;
  for (const HeaderField& field : fields)
    request.header(field.name, field.value);
  return request;
}
template <class Parameter>
std::string ask_with(std::initializer_list<HeaderField> fields) {
  TestRequest request = with_headers(fields);
  return exchange(handler_of([](Parameter parameter) { return *parameter; }), request);
}

std::string error(std::string_view type, std::string_view loc, std::string_view msg, std::string_view input,
                  std::string_view ctx = "") {
  return R"({"type":")" + std::string(type) + R"(","loc":[)" + std::string(loc) + R"(],"msg":")" + std::string(msg) +
         R"(","input":)" + std::string(input) + (ctx.empty() ? "" : ",\"ctx\":" + std::string(ctx)) + "}";
}
std::string missing(std::string_view loc, std::string_view input = "null") {
  return error("missing", loc, "Field required", input);
}
std::string not_an_integer(std::string_view loc, std::string_view input) {
  return error("int_parsing", loc, "Input should be a valid integer, unable to parse string as an integer", input);
}
std::string extra(std::string_view loc, std::string_view input) {
  return error("extra_forbidden", loc, "Extra inputs are not permitted", input);
}

enum class Color { red, green };

void no_spaces(const std::string& text) {
  if (text.find(' ') != text.npos) throw std::invalid_argument("no spaces");
}
void not_seven(int number) {
  if (number == 7) throw std::invalid_argument("not seven");
}
void two_at_least(const Ints& numbers) {
  if (numbers.size() < 2) throw std::invalid_argument("too few");
}

struct Filter {
  int limit = 100;
  std::optional<int> offset;
  Order order_by;
  Strings tags;
  static constexpr auto schema = fields(field<&Filter::limit>(defaulted, gt(0), le(100)), field<&Filter::offset>(ge(0)),
                                        field<&Filter::order_by>(defaulted), field<&Filter::tags>(defaulted))
                                     .forbid_extra();
};
struct Needs {
  int a;
  int b = 5;
  std::optional<std::string> c;
  static constexpr auto schema = fields(field<&Needs::b>(defaulted), field<&Needs::c>(alias<"see">));
};
struct FromTo {
  int from;
  int to;
  void validate() const {
    if (from > to) throw std::invalid_argument("from is after to");
  }
};
struct CommonHeaders {
  std::string host;
  bool save_data;
  std::optional<std::string> if_modified_since;
  Strings x_tag;
  std::optional<int> kept_name;
  static constexpr auto schema =
      fields(field<&CommonHeaders::x_tag>(defaulted), field<&CommonHeaders::kept_name>(keep_underscores))
          .forbid_extra();
};
struct Cookies {
  std::string session_id;
  std::optional<std::string> tracker;
  static constexpr auto schema = fields().forbid_extra();
};

struct Paging {
  Query<int, "skip", defaults_to(0), ge(0)> skip;
  Query<int, "limit", defaults_to(10), le(100)> limit;
  Header<std::optional<std::string>, "x_trace"> trace;
};

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("parameter: invalid UTF-8 in a path, a header or a cookie becomes U+FFFD, as in a query") {
    App app;
    app.get("/{v}", [](Path<std::string, "v", max_length(3)> v) { return *v; });
    const Handler handler = std::move(app).handler();
    CHECK(get(handler, "/a%80%E2%82") == "200 \"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(get(handler, "/%E2%82%AC") == "200 \"\xE2\x82\xAC\"");
    CHECK(get(handler, "/%80%80%80").starts_with("200 "));
    CHECK(get(handler, "/%80%80%80%80").starts_with("422 "));
    CHECK(ask_with<Header<std::string, "x", max_length(2)>>({{"x", "a\x80"}}) == "200 \"a\xEF\xBF\xBD\"");
    CHECK(ask_with<Header<std::string, "x", max_length(2)>>({{"x", "\x80\x80\x80"}}).starts_with("422 "));
    CHECK(ask_with<Header<Strings, "x">>({{"x", "a"}, {"x", "\xFF"}}) == "200 [\"a\",\"\xEF\xBF\xBD\"]");
    CHECK(ask_with<Cookie<std::string, "c", max_length(2)>>({{"cookie", "c=\x80\x80\x80"}}).starts_with("422 "));
    CHECK(ask_with<Cookie<std::string, "c", max_length(2)>>({{"cookie", "c=\xC3\xA9"}}) == "200 \"\xC3\xA9\"");
  }

  TEST_CASE("query: a parameter without a default is required") {
    CHECK(ask<Query<std::string, "q">>("") == refused(missing(R"("query","q")")));
    CHECK(ask<Query<std::string, "q">>("Q=x") == refused(missing(R"("query","q")")));
    CHECK(ask<Query<std::string, "q">>("q=x") == R"(200 "x")");
    CHECK(ask<Query<Ints, "q">>("") == refused(missing(R"("query","q")")));
  }

  TEST_CASE("query: an empty value is a value") {
    CHECK(ask<Query<std::string, "q">>("q=") == R"(200 "")");
    CHECK(ask<Query<std::string, "q">>("q") == R"(200 "")");
    CHECK(ask<Query<int, "q">>("q=") == refused(not_an_integer(R"("query","q")", R"("")")));
    CHECK(ask<Query<std::optional<int>, "q">>("q=") == refused(not_an_integer(R"("query","q")", R"("")")));
  }

  TEST_CASE("query: null is a text") {
    CHECK(ask<Query<std::optional<std::string>, "q">>("q=null") == R"(200 "null")");
    CHECK(ask<Query<std::optional<int>, "q">>("q=null") == refused(not_an_integer(R"("query","q")", R"("null")")));
  }

  TEST_CASE("query: an optional parameter that is not there is null, one with a default has that") {
    CHECK(ask<Query<std::optional<int>, "q">>("") == "200 null");
    CHECK(ask<Query<std::optional<Strings>, "q">>("") == "200 null");
    CHECK(ask<Query<int, "q", defaults_to(5)>>("") == "200 5");
    CHECK(ask<Query<std::optional<int>, "q", defaults_to(5)>>("") == "200 5");
    CHECK(ask<Query<std::string, "q", defaults_to("x")>>("") == R"(200 "x")");
    CHECK(ask<Query<std::optional<std::string>, "q", defaults_to("x")>>("") == R"(200 "x")");
    CHECK(ask<Query<double, "q", defaults_to(0.5)>>("") == "200 0.5");
    CHECK(ask<Query<bool, "q", defaults_to(true)>>("") == "200 true");
    CHECK(ask<Query<Color, "q", defaults_to(Color::green)>>("") == R"(200 "green")");
    CHECK(ask<Query<Order, "q", defaults_to("desc")>>("") == R"(200 "desc")");
    CHECK(ask<Query<std::optional<Order>, "q", defaults_to("desc")>>("") == R"(200 "desc")");
    CHECK(ask<Query<Ints, "q", defaulted>>("") == "200 []");
    CHECK(ask<Query<Ints, "q", default_factory<[] { return Ints{1, 2}; }>>>("") == "200 [1,2]");
    CHECK(ask<Query<Ints, "q", default_factory<[] { return Ints{1, 2}; }>>>("q=3") == "200 [3]");
  }

  TEST_CASE("query: a default that a function makes is not checked, nor is any by check<>") {
    CHECK(ask<Query<int, "q", default_factory<[] { return -1; }>, ge(0)>>("") == "200 -1");
    CHECK(ask<Query<int, "q", defaults_to(7), check<not_seven>>>("") == "200 7");
  }

  TEST_CASE("query: of a repeated name the last value counts, a list takes all") {
    CHECK(ask<Query<int, "q">>("q=x&q=1") == "200 1");
    CHECK(ask<Query<Ints, "q">>("q=1&r=5&q=2") == "200 [1,2]");
    CHECK(ask<Query<std::set<std::string>, "q">>("q=b&q=a&q=b") == R"(200 ["a","b"])");
    CHECK(ask<Query<std::optional<Ints>, "q">>("q=1&q=x") == refused(not_an_integer(R"("query","q",1)", R"("x")")));
    CHECK(ask<Query<Ints, "q", max_length(1)>>("q=1&q=2") ==
          refused(error("too_long", R"("query","q")", "List should have at most 1 item after validation, not 2",
                        R"(["1","2"])", R"({"field_type":"List","max_length":1,"actual_length":2})")));
  }

  TEST_CASE("query: values are decoded, names too") {
    CHECK(ask<Query<std::string, "q">>("q=a+b%20c%26%C3%A9") == "200 \"a b c&\xC3\xA9\"");
    CHECK(ask<Query<std::string, "a b">>("a+b=1") == R"(200 "1")");
    CHECK(ask<Query<std::string, "q">>("q=%FF") == "200 \"\xEF\xBF\xBD\"");
    CHECK(ask<Query<std::string, "q">>("q=%00") == R"(200 "\u0000")");
  }

  TEST_CASE("query: an alias is the name in the request and in errors") {
    CHECK(ask<Query<int, "q", alias<"item-query">>>("item-query=5") == "200 5");
    CHECK(ask<Query<int, "q", alias<"item-query">>>("q=5") == refused(missing(R"("query","item-query")")));
    CHECK(ask<Query<int, "q", alias<"item-query">>>("item-query=x") ==
          refused(not_an_integer(R"("query","item-query")", R"("x")")));
  }

  TEST_CASE("query: checks run on good values") {
    CHECK(ask<Query<std::string, "q", check<no_spaces>>>("q=ab") == R"(200 "ab")");
    CHECK(ask<Query<std::string, "q", check<no_spaces>>>("q=a+b") ==
          refused(error("value_error", R"("query","q")", "Value error, no spaces", R"("a b")", R"({"error":{}})")));
    CHECK(ask<Query<std::optional<int>, "q", check<not_seven>>>("") == "200 null");
    CHECK(ask<Query<std::optional<int>, "q", check<not_seven>>>("q=7") ==
          refused(error("value_error", R"("query","q")", "Value error, not seven", R"("7")", R"({"error":{}})")));
    CHECK(ask<Query<int, "q", check<not_seven>>>("q=x") == refused(not_an_integer(R"("query","q")", R"("x")")));
    CHECK(ask<Query<Ints, "q", check<two_at_least>>>("q=1") ==
          refused(error("value_error", R"("query","q")", "Value error, too few", R"(["1"])", R"({"error":{}})")));
  }

  TEST_CASE("query: every kind of value that has a text") {
    CHECK(ask<Query<std::uint8_t, "q">>("q=255") == "200 255");
    CHECK(ask<Query<Color, "q">>("q=green") == R"(200 "green")");
    CHECK(ask<Query<Order, "q">>("q=desc") == R"(200 "desc")");
    CHECK(ask<Query<Decimal, "q">>("q=1.50") == R"(200 "1.50")");
    CHECK(ask<Query<Decimal, "q", multiple_of(0.01)>>("q=5000000.01") == R"(200 "5000000.01")");
    CHECK(ask<Query<std::chrono::year_month_day, "q">>("q=2024-02-29") == R"(200 "2024-02-29")");
    CHECK(ask<Query<std::variant<int, double>, "q">>("q=1.5") == "200 1.5");
    CHECK(ask<Query<Strict<int>, "q">>("q=5") == "200 5");
    CHECK(ask<Query<std::vector<Color>, "q">>("q=red&q=green") == R"(200 ["red","green"])");
  }

  TEST_CASE("query: a decimal is a multiple to its last digit") {
    const auto is_taken = [](auto ask_with, std::string_view text) { return ask_with(text).starts_with("200"); };
    const auto cents = [](std::string_view text) {
      return ask<Query<Decimal, "q", multiple_of(0.01)>>("q=" + std::string(text));
    };
    for (const char* const text :
         {"0", "0.00", "0.01", "-0.01", "1", "1E%2B30", "5000000.01", "123456789012345678901.230"})
      CHECK(is_taken(cents, text));
    for (const char* const text : {"0.001", "0.005", "5000000.005", "-0.015", "1E-3", "123456789012345678901.235"})
      CHECK_FALSE(is_taken(cents, text));
    const auto dozens = [](std::string_view text) {
      return ask<Query<Decimal, "q", multiple_of(120)>>("q=" + std::string(text));
    };
    for (const char* const text : {"240", "-120", "120.000", "1.2E%2B2", "12E%2B40", "36000000000000000000000000"})
      CHECK(is_taken(dozens, text));
    for (const char* const text : {"1", "60", "12", "120.5", "0.12", "36000000000000000000000001"})
      CHECK_FALSE(is_taken(dozens, text));
  }

  TEST_CASE("query: errors are in the order of declaration, not of the query") {
    const Handler handler = handler_of([](Query<int, "a"> a, Query<int, "b"> b) { return *a + *b; });
    CHECK(get(handler, "/?b=x&a=y") ==
          refused(not_an_integer(R"("query","a")", R"("y")") + "," + not_an_integer(R"("query","b")", R"("x")")));
    CHECK(get(handler, "/?a=1&b=2") == "200 3");
  }

  TEST_CASE("path: values are decoded and checked") {
    App app;
    app.get("/items/{item_id}", [](Path<int, "item_id", ge(1)> id) { return *id; });
    app.get("/names/{name}", [](Path<std::string, "name"> name) { return *name; });
    app.get("/files/{rest:path}", [](Path<std::string, "rest"> rest) { return *rest; });
    app.get("/colors/{c}", [](Path<Color, "c"> color) { return *color; });
    const Handler handler = std::move(app).handler();
    CHECK(get(handler, "/items/5") == "200 5");
    CHECK(get(handler, "/items/%35") == "200 5");
    CHECK(get(handler, "/items/x") == refused(not_an_integer(R"("path","item_id")", R"("x")")));
    CHECK(get(handler, "/items/0") ==
          refused(error("greater_than_equal", R"("path","item_id")", "Input should be greater than or equal to 1",
                        R"("0")", R"({"ge":1})")));
    CHECK(get(handler, "/names/a%20b%C3%A9") == "200 \"a b\xC3\xA9\"");
    CHECK(get(handler, "/files/a/b/c.txt") == R"(200 "a/b/c.txt")");
    CHECK(get(handler, "/colors/red") == R"(200 "red")");
  }

  TEST_CASE("headers: underscores of the name are hyphens, in any case") {
    using Token = Header<std::string, "x_token">;
    CHECK(ask_with<Token>({{"X-Token", "a"}}) == R"(200 "a")");
    CHECK(ask_with<Token>({{"x-token", "a"}}) == R"(200 "a")");
    CHECK(ask_with<Token>({{"x_token", "a"}}) == refused(missing(R"("header","x-token")")));
    CHECK(ask_with<Header<int, "X_Number">>({{"x-number", "a"}}) ==
          refused(not_an_integer(R"("header","x-number")", R"("a")")));
  }

  TEST_CASE("headers: underscores can be kept, and an alias is left as it is") {
    CHECK(ask_with<Header<std::string, "x_token", keep_underscores>>({{"x_token", "a"}}) == R"(200 "a")");
    CHECK(ask_with<Header<std::string, "x_token", keep_underscores>>({{"x-token", "a"}}) ==
          refused(missing(R"("header","x_token")")));
    CHECK(ask_with<Header<std::string, "token", alias<"X_Other">>>({{"x_other", "a"}}) == R"(200 "a")");
    CHECK(ask_with<Header<std::string, "token", alias<"X_Other">>>({}) == refused(missing(R"("header","X_Other")")));
  }

  TEST_CASE("headers: a list takes all field lines, one value the first") {
    CHECK(ask_with<Header<Strings, "x_token">>({{"X-Token", "foo"}, {"a", "b"}, {"x-token", "bar"}}) ==
          R"(200 ["foo","bar"])");
    CHECK(ask_with<Header<Strings, "x_token">>({{"X-Token", "foo,bar"}}) == R"(200 ["foo,bar"])");
    CHECK(ask_with<Header<std::string, "x_token">>({{"X-Token", "foo"}, {"X-Token", "bar"}}) == R"(200 "foo")");
    CHECK(ask_with<Header<std::optional<Strings>, "x_token">>({}) == "200 null");
    CHECK(ask_with<Header<Ints, "n">>({{"n", "1"}, {"n", "x"}}) ==
          refused(not_an_integer(R"("header","n",1)", R"("x")")));
  }

  TEST_CASE("headers: absent ones are missing, null or the default") {
    CHECK(ask_with<Header<int, "n">>({}) == refused(missing(R"("header","n")")));
    CHECK(ask_with<Header<std::optional<int>, "n">>({}) == "200 null");
    CHECK(ask_with<Header<int, "n", defaults_to(3)>>({}) == "200 3");
    CHECK(ask_with<Header<std::string, "n">>({{"n", ""}}) == R"(200 "")");
  }

  TEST_CASE("headers: bytes that are no UTF-8 are shown as such") {
    CHECK(ask_with<Header<int, "n">>({{"n", "\xFF"}}) ==
          refused(not_an_integer(R"("header","n")", "\"\xEF\xBF\xBD\"")));
  }

  TEST_CASE("cookies: are taken from all Cookie fields, the last one counts") {
    CHECK(ask_with<Cookie<std::string, "a">>({{"cookie", "a=1; b=2"}}) == R"(200 "1")");
    CHECK(ask_with<Cookie<std::string, "a">>({{"cookie", "a=1"}, {"cookie", "a=2"}}) == R"(200 "2")");
    CHECK(ask_with<Cookie<std::string, "a">>({{"cookie", R"(a="q\"v")"}}) == R"(200 "q\"v")");
    CHECK(ask_with<Cookie<int, "a">>({{"cookie", "a=x"}}) == refused(not_an_integer(R"("cookie","a")", R"("x")")));
    CHECK(ask_with<Cookie<int, "a">>({}) == refused(missing(R"("cookie","a")")));
    CHECK(ask_with<Cookie<std::optional<int>, "a">>({{"cookie", "b=1"}}) == "200 null");
    CHECK(ask_with<Cookie<int, "a", defaults_to(4)>>({}) == "200 4");
  }

  TEST_CASE("parameters: errors come in the order path, query, header, cookie") {
    App app;
    app.get("/{p}", [](Cookie<int, "c"> c, Header<int, "h"> h, Query<int, "q"> q, Path<int, "p"> p) {
      return *c + *h + *q + *p;
    });
    const Handler handler = std::move(app).handler();
    TestRequest request("GET", "/a");
    request.header("cookie", "c=b");
    CHECK(exchange(handler, request) ==
          refused(not_an_integer(R"("path","p")", R"("a")") + "," + missing(R"("query","q")") + "," +
                  missing(R"("header","h")") + "," + not_an_integer(R"("cookie","c")", R"("b")")));
  }

  TEST_CASE("query models: fields are parameters each") {
    CHECK(ask<Query<Filter>>("") == R"(200 {"limit":100,"offset":null,"order_by":"asc","tags":[]})");
    CHECK(ask<Query<Filter>>("tags=a&order_by=desc&limit=1&tags=b&offset=0") ==
          R"(200 {"limit":1,"offset":0,"order_by":"desc","tags":["a","b"]})");
    CHECK(ask<Query<Filter>>("limit=1&limit=2") == R"(200 {"limit":2,"offset":null,"order_by":"asc","tags":[]})");
  }

  TEST_CASE("query models: errors are in the order of the fields, those of unknown names last") {
    CHECK(ask<Query<Filter>>("zzz=1&limit=101&offset=-1") ==
          refused(error("less_than_equal", R"("query","limit")", "Input should be less than or equal to 100",
                        R"("101")", R"({"le":100})") +
                  "," +
                  error("greater_than_equal", R"("query","offset")", "Input should be greater than or equal to 0",
                        R"("-1")", R"({"ge":0})") +
                  "," + extra(R"("query","zzz")", R"("1")")));
  }

  TEST_CASE("query models: an unknown name that is repeated is one error with all its values") {
    CHECK(ask<Query<Filter>>("a=1&b=2&a=3") ==
          refused(extra(R"("query","a")", R"(["1","3"])") + "," + extra(R"("query","b")", R"("2")")));
  }

  TEST_CASE("query models: the input of a missing field is the object of all parameters") {
    CHECK(ask<Query<Needs>>("") == refused(missing(R"("query","a")", R"({"b":5})")));
    CHECK(ask<Query<Needs>>("see=x&b=1&other=2&other=3") ==
          refused(missing(R"("query","a")", R"({"b":"1","see":"x","other":["2","3"]})")));
    CHECK(ask<Query<Needs>>("a=1&see=x") == R"(200 {"a":1,"b":5,"see":"x"})");
  }

  TEST_CASE("query models: validators see the whole") {
    CHECK(ask<Query<FromTo>>("from=1&to=2") == R"(200 {"from":1,"to":2})");
    CHECK(ask<Query<FromTo>>("from=3&to=2") ==
          refused(error("value_error", R"("query")", "Value error, from is after to", R"({"from":"3","to":"2"})",
                        R"({"error":{}})")));
    CHECK(ask<Query<FromTo>>("from=3&to=x") == refused(not_an_integer(R"("query","to")", R"("x")")));
  }

  TEST_CASE("query models: ten thousand unknown names cost a hundred errors") {
    std::string query;
    for (int i = 0; i < 10'000; ++i)
      query += "&x" + std::to_string(i) + "=";
    const std::string answer = ask<Query<Filter>>(query);
    CHECK(answer.starts_with(R"(422 {"detail":[{"type":"extra_forbidden","loc":["query","x0"])"));
    CHECK(answer.find(R"("x99")") != answer.npos);
    CHECK(answer.find(R"("x100")") == answer.npos);
  }

  TEST_CASE("header models: names get hyphens, errors and inputs have the fields' names") {
    CHECK(
        ask_with<Header<CommonHeaders>>({{"Save-Data", "true"}, {"X-Tag", "a"}, {"x-tag", "b"}, {"kept_name", "1"}}) ==
        R"(200 {"host":"testserver","save_data":true,"if_modified_since":null,"x_tag":["a","b"],"kept_name":1})");
    CHECK(ask_with<Header<CommonHeaders>>({}) ==
          refused(missing(R"("header","save_data")", R"({"host":"testserver","x_tag":[]})")));
    CHECK(ask_with<Header<CommonHeaders>>({{"save-data", "perhaps"}}) ==
          refused(error("bool_parsing", R"("header","save_data")",
                        "Input should be a valid boolean, unable to interpret input", R"("perhaps")")));
  }

  TEST_CASE("header models: unknown fields are told in lower case where they are forbidden") {
    CHECK(ask_with<Header<CommonHeaders>>({{"save-data", "1"}, {"Tool", "plumbus"}}) ==
          refused(extra(R"("header","tool")", R"("plumbus")")));
  }

  TEST_CASE("cookie models: fields are cookies each") {
    CHECK(ask_with<Cookie<Cookies>>({{"cookie", "session_id=a; tracker=b"}}) ==
          R"(200 {"session_id":"a","tracker":"b"})");
    CHECK(ask_with<Cookie<Cookies>>({}) == refused(missing(R"("cookie","session_id")", "{}")));
    CHECK(ask_with<Cookie<Cookies>>({{"cookie", "session_id=a; santa=1; santa=2"}}) ==
          refused(extra(R"("cookie","santa")", R"("2")")));
  }

  TEST_CASE("groups: several parameters in one struct") {
    const Handler handler = handler_of([](Params<Paging> paging, Query<int, "q", defaults_to(0)> q) {
      return std::map<std::string, int>{{"limit", paging->limit}, {"q", q}, {"skip", paging->skip}};
    });
    CHECK(get(handler, "/") == R"(200 {"limit":10,"q":0,"skip":0})");
    CHECK(get(handler, "/?skip=5&limit=100&q=1") == R"(200 {"limit":100,"q":1,"skip":5})");
    CHECK(get(handler, "/?skip=x&q=y&limit=101") ==
          refused(not_an_integer(R"("query","skip")", R"("x")") + "," +
                  error("less_than_equal", R"("query","limit")", "Input should be less than or equal to 100",
                        R"("101")", R"({"le":100})") +
                  "," + not_an_integer(R"("query","q")", R"("y")")));
    TestRequest request;
    request.header("x-trace", "t");
    CHECK(exchange(handler_of([](Params<Paging> paging) { return *paging->trace; }), request) == R"(200 "t")");
  }

  TEST_CASE("parameters: all there is to know of one") {
    using P = Query<int, "item_id", alias<"item-id">, defaults_to(5)>;
    const detail::ParameterInfo& info = P::info();
    CHECK(info.in == ParameterIn::Query);
    CHECK(info.name == "item-id");
    CHECK(info.identifier == "item_id");
    CHECK_FALSE(info.required);
    std::string text;
    JsonWriter out(text);
    info.write_default(out);
    CHECK(text == "5");
    CHECK(&info == &P::info());
    CHECK(Path<int, "x">::info().required);
    CHECK_FALSE(static_cast<bool>(Path<int, "x">::info().write_default));
    CHECK(Header<int, "X_Y">::info().name == "x-y");
    CHECK(Query<Filter>::info().model() == &detail::model_info<Filter>());
    CHECK(to_string(ParameterIn::Cookie) == "cookie");
    CHECK(to_string(ParameterIn::Form) == "body");
  }

  TEST_CASE("parameters: stand for their value") {
    const Query<std::string, "q"> text(std::string("abc"));
    CHECK(text->size() == 3);
    const std::string& same = text;
    CHECK(&same == &*text);
    Query<int, "n"> number;
    number.value() = 4;
    CHECK(number + 1 == 5);
  }
}
