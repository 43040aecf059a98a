// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/route_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using coroute::Method;
using coroute::MethodSet;
using coroute::PathParams;
using coroute::PathPattern;
using coroute::RouteTable;
using Result = coroute::RouteTable::Result;

namespace {

struct Declared {
  MethodSet methods;
  std::string path;
};

/// Payload: the position in the list.
RouteTable table_of(const std::vector<Declared>& routes) {
  RouteTable table;
  for (const Declared& route : routes)
    table.add(route.methods, PathPattern::parse(route.path), table.size());
  table.freeze();
  return table;
}

RouteTable::Match find(const RouteTable& table, std::string_view method, std::string_view path) {
  PathParams params;
  const auto match = table.find(coroute::parse_method(method), method, path, params);
  if (match.result != Result::Found) CHECK(params.empty());
  return match;
}

/// The payload, or the reason there is none.
std::string found(const RouteTable& table, std::string_view method, std::string_view path) {
  const auto match = find(table, method, path);
  if (match.result == Result::Found) return std::to_string(match.payload);
  return match.result == Result::NotFound ? "404" : "405";
}

std::vector<std::string> warnings(const std::vector<Declared>& routes) {
  return table_of(routes).warnings();
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("route table: a route is found by method and path, with its values") {
    const auto table = table_of({{Method::Get, "/items/{item_id:int}"}, {Method::Post, "/items"}});
    PathParams params;
    const auto match = table.find(Method::Get, "GET", "/items/42", params);
    CHECK(match.result == Result::Found);
    CHECK(match.payload == 0);
    REQUIRE(match.pattern != nullptr);
    CHECK(match.pattern->text() == "/items/{item_id:int}");
    CHECK(params.get("item_id") == "42");
    CHECK(found(table, "POST", "/items") == "1");
    CHECK(found(table, "GET", "/items/x") == "404");
    CHECK(found(table, "GET", "/") == "404");
    CHECK(found(table, "DELETE", "/items/42") == "405");
  }

  TEST_CASE("route table: values of an earlier lookup are gone after any later one") {
    const auto table = table_of({{Method::Get, "/{a}"}, {Method::Get, "/x/y"}});
    PathParams params;
    for (const std::string_view later : {"/x/y", "/no/no", "/%4", "no"}) {
      REQUIRE(table.find(Method::Get, "GET", "/%61", params).result == Result::Found);
      REQUIRE(params.get("a") == "a");
      (void)table.find(Method::Get, "GET", later, params);
      CHECK(params.empty());
    }
    (void)table.find(Method::Get, "GET", "/v", params);
    (void)table.find(Method::Put, "PUT", "/v", params);
    CHECK(params.empty());
  }

  TEST_CASE("route table: the first declared route that has the method wins") {
    const auto table = table_of({{Method::Post, "/users/{uid}"},
                                 {Method::Get, "/users/{name}"},
                                 {Method::Get, "/users/me"},
                                 {Method::Put, "/{p:path}"}});
    CHECK(found(table, "POST", "/users/me") == "0");
    CHECK(found(table, "GET", "/users/me") == "1");
    CHECK(found(table, "PUT", "/users/me") == "3");
    CHECK(found(table, "PATCH", "/users/me") == "405");
  }

  TEST_CASE("route table: the names are those of the winning route") {
    const auto table = table_of({{Method::Post, "/users/{uid}"}, {Method::Get, "/users/{name}"}});
    PathParams params;
    (void)table.find(Method::Get, "GET", "/users/x", params);
    CHECK(params.get("name") == "x");
    CHECK_FALSE(params.get("uid"));
  }

  TEST_CASE("route table: HEAD is served wherever GET is") {
    const auto table = table_of({{Method::Get, "/a"},
                                 {Method::Post, "/b"},
                                 {{Method::Get, Method::Head}, "/c"},
                                 {MethodSet::any(), "/d"},
                                 {Method::Head, "/e"}});
    CHECK(find(table, "HEAD", "/a").result == Result::Found);
    CHECK(find(table, "HEAD", "/a").head_by_get);
    CHECK_FALSE(find(table, "GET", "/a").head_by_get);
    CHECK(found(table, "HEAD", "/b") == "405");
    CHECK(found(table, "HEAD", "/c") == "2");
    CHECK_FALSE(find(table, "HEAD", "/c").head_by_get);
    CHECK_FALSE(find(table, "HEAD", "/d").head_by_get);
    CHECK(found(table, "HEAD", "/e") == "4");
    CHECK(found(table, "GET", "/e") == "405");
  }

  TEST_CASE("route table: unknown methods reach routes that named them or accept any") {
    const auto table =
        table_of({{MethodSet{Method::Get}.add("PROPFIND"), "/dav"}, {MethodSet::any(), "/any/{p:path}"}});
    CHECK(found(table, "PROPFIND", "/dav") == "0");
    CHECK(found(table, "propfind", "/dav") == "405");
    CHECK(found(table, "MKCOL", "/dav") == "405");
    CHECK(found(table, "MKCOL", "/any/x") == "1");
    CHECK(found(table, "DELETE", "/any/x") == "1");
    CHECK(found(table, "OPTIONS", "/any/x") == "1");
    CHECK(found(table, "MKCOL", "/none") == "404");
  }

  TEST_CASE("route table: allowed is complete over every matching route") {
    const auto table = table_of({{Method::Get, "/users/{uid}"},
                                 {Method::Post, "/users/me"},
                                 {Method::Delete, "/users/{uid:int}"},
                                 {{Method::Put, Method::Options}, "/users/{p:path}"},
                                 {Method::Post, "/post"},
                                 {MethodSet::any(), "/any"},
                                 {MethodSet{Method::Get}.add("LOCK"), "/dav"}});
    CHECK(table.allowed("/users/me") == "GET, HEAD, OPTIONS, POST, PUT");
    CHECK(table.allowed("/users/7") == "DELETE, GET, HEAD, OPTIONS, PUT");
    CHECK(table.allowed("/users/%37") == "DELETE, GET, HEAD, OPTIONS, PUT");
    CHECK(table.allowed("/post") == "POST");
    CHECK(table.allowed("/any") == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE");
    CHECK(table.allowed("/dav") == "GET, HEAD, LOCK");
    CHECK(table.allowed("/none").empty());
    CHECK(table.allowed("/post%").empty());
    CHECK(table.allowed("*").empty());
  }

  TEST_CASE("route table: what is not a path is not found") {
    const auto table = table_of({{MethodSet::any(), "/{p:path}"}});
    for (const std::string_view path : {"", "*", "x", "/%", "/%zz", "/a%2"})
      CHECK(found(table, "GET", path) == "404");
    CHECK(found(table, "GET", "/") == "0");
  }

  TEST_CASE("route table: the same method and path twice is an error that leaves the table as it was") {
    RouteTable table;
    table.add({Method::Get, Method::Put}, PathPattern::parse("/a/{x}"), 1);
    CHECK_THROWS_WITH_AS(table.add({Method::Post, Method::Put}, PathPattern::parse("/a/{x}"), 2),
                         "route PUT /a/{x} was added twice", std::invalid_argument);
    CHECK(table.size() == 1);
    CHECK(found(table, "POST", "/a/b") == "405");
    table.add(Method::Post, PathPattern::parse("/a/{x}"), 3);
    table.add(Method::Get, PathPattern::parse("/a/{y}"), 4);
    table.add(MethodSet::any(), PathPattern::parse("/a/{x}"), 5);
    CHECK_THROWS_WITH_AS(table.add(MethodSet::any(), PathPattern::parse("/a/{x}"), 6),
                         "route any method /a/{x} was added twice", std::invalid_argument);
    CHECK(found(table, "POST", "/a/b") == "3");
    CHECK(found(table, "DELETE", "/a/b") == "5");
  }

  TEST_CASE("route table: a route needs a method and a table that is not frozen") {
    RouteTable table;
    CHECK_THROWS_WITH_AS(table.add(MethodSet{}, PathPattern::parse("/a"), 0), "route /a has no method",
                         std::invalid_argument);
    table.freeze();
    CHECK_THROWS_WITH_AS(table.add(Method::Get, PathPattern::parse("/a"), 0),
                         "route /a was added after the table was frozen", std::logic_error);
    CHECK(table.size() == 0);
    CHECK(found(table, "GET", "/a") == "404");
  }

  TEST_CASE("route table: a hidden route is reported with the route that hides it") {
    using Sentences = std::vector<std::string>;
    CHECK(warnings({{Method::Get, "/users/{uid}"}, {Method::Get, "/users/me"}}) ==
          Sentences{"GET /users/me is never reached: GET /users/{uid} was declared before it"});
    CHECK(warnings({{Method::Get, "/a/{x}"}, {Method::Get, "/a/{y}"}}) ==
          Sentences{"GET /a/{y} is never reached: GET /a/{x} was declared before it"});
    CHECK(warnings({{Method::Get, "/a"}, {Method::Head, "/a"}}) ==
          Sentences{"HEAD /a is never reached: GET /a was declared before it"});
    CHECK(warnings({{MethodSet::any(), "/{p:path}"}, {{Method::Get, Method::Post}, "/a"}}) ==
          Sentences{"GET /a is never reached: any method /{p:path} was declared before it",
                    "POST /a is never reached: any method /{p:path} was declared before it"});
    CHECK(warnings({{MethodSet::any(), "/{p:path}"}, {MethodSet::any(), "/a"}}) ==
          Sentences{"any method /a is never reached: any method /{p:path} was declared before it"});
    CHECK(warnings({{{Method::Get, Method::Put}, "/{x}"}, {{Method::Put, Method::Post}, "/a"}}) ==
          Sentences{"PUT /a is never reached: PUT /{x} was declared before it"});
    CHECK(warnings({{MethodSet{}.add("LOCK"), "/{x}"}, {MethodSet{}.add("LOCK"), "/a"}}) ==
          Sentences{"LOCK /a is never reached: LOCK /{x} was declared before it"});
  }

  TEST_CASE("route table: routes that can all be reached cause no warning") {
    CHECK(warnings({{Method::Get, "/users/me"},
                    {Method::Get, "/users/{uid:int}"},
                    {Method::Get, "/users/{uid}"},
                    {Method::Post, "/users/me"},
                    {Method::Head, "/only/{x}"},
                    {Method::Get, "/only/{x}"},
                    {MethodSet::any(), "/users/me"},
                    {Method::Get, "/{p:path}"}})
              .empty());
  }

  TEST_CASE("route table: a slash is added or removed where that leads to a route") {
    const auto table = table_of({{Method::Get, "/slash/"},
                                 {Method::Post, "/noslash"},
                                 {Method::Get, "/{x}/y/"},
                                 {Method::Get, "/p/{p:path}"},
                                 {Method::Get, "/"}});
    CHECK(table.find_slash_alternative("/slash") == "/slash/");
    CHECK(table.find_slash_alternative("/noslash/") == "/noslash");
    CHECK(table.find_slash_alternative("/noslash///") == "/noslash");
    CHECK(table.find_slash_alternative("/a%20b/y") == "/a%20b/y/");
    CHECK(table.find_slash_alternative("/p") == "/p/");
    CHECK_FALSE(table.find_slash_alternative("/"));
    CHECK_FALSE(table.find_slash_alternative("//"));
    CHECK_FALSE(table.find_slash_alternative("/other"));
    CHECK_FALSE(table.find_slash_alternative("/other/"));
    CHECK_FALSE(table.find_slash_alternative("/noslash%2F"));
    CHECK_FALSE(table.find_slash_alternative("/slash%"));
    CHECK_FALSE(table.find_slash_alternative("*"));
    CHECK_FALSE(table.find_slash_alternative(""));
  }

  TEST_CASE("route table: a slash alternative never names another host") {
    const auto table = table_of({{Method::Get, "/{p:path}/"}, {Method::Get, "/{p:path}x"}});
    CHECK(table.find_slash_alternative("/evil.example") == "/evil.example/");
    CHECK(table.find_slash_alternative("//evil.example") == std::nullopt);
    CHECK(table.find_slash_alternative("//evil.examplex/") == std::nullopt);
  }

  TEST_CASE("route table: a moved table answers as before") {
    auto first = table_of({{Method::Get, "/{a}"}});
    RouteTable second = std::move(first);
    CHECK(found(second, "GET", "/x") == "0");
    first = std::move(second);
    CHECK(found(first, "GET", "/x") == "0");
  }

  TEST_CASE("route table: random routes, methods and paths agree with trying every route in order") {
    constexpr std::array methods{Method::Get, Method::Head, Method::Post, Method::Put, Method::Options};
    constexpr std::array segments{"a", "b", "{#}", "{#:int}", "{#:path}", "a{#}", ""};
    constexpr std::array path_segments{"a", "b", "1", "ab", "%61", "%2F", ""};
    std::mt19937 random{42};
    const auto below = [&](std::size_t limit) { return random() % limit; };
    const auto build = [&](const auto& parts) {
      std::string text;
      const std::size_t count = 1 + below(3);
      for (std::size_t i = 0; i < count; ++i) {
        text += '/';
        for (const char c : std::string_view{parts[below(parts.size())]}) {
          text += c == '#' ? "p" + std::to_string(i) : std::string{c};
        }
      }
      return text;
    };
    int refused = 0;
    for (int i = 0; i < 500; ++i) {
      RouteTable table;
      std::vector<std::pair<MethodSet, PathPattern>> declared;
      std::set<std::string> texts;
      while (declared.size() < 8) {
        const std::string text = build(segments);
        if (!texts.insert(text).second) continue;
        const auto set = below(8) == 0 ? MethodSet::any()
                                       : MethodSet{methods[below(methods.size())], methods[below(methods.size())]};
        table.add(set, PathPattern::parse(text), declared.size());
        declared.emplace_back(set, PathPattern::parse(text));
      }
      for (int j = 0; j < 10; ++j) {
        const std::string path = build(path_segments);
        const Method method = methods[below(methods.size())];
        CAPTURE(path);
        std::string expected = "404";
        PathParams expected_params;
        MethodSet allowed{};
        for (std::size_t k = declared.size(); k-- > 0;) {
          PathParams params;
          if (!declared[k].second.match(path, params)) continue;
          allowed.add(declared[k].first);
          if (declared[k].first.contains(method)) {
            expected = std::to_string(k);
            expected_params = params;
          } else if (expected == "404") {
            expected = "405";
          }
        }
        refused += expected == "405" ? 1 : 0;
        REQUIRE(found(table, to_string(method), path) == expected);
        REQUIRE(table.allowed(path) == allowed.allow());
        PathParams params;
        (void)table.find(method, to_string(method), path, params);
        REQUIRE(params.size() == expected_params.size());
        for (std::size_t k = 0; k < params.size(); ++k) {
          REQUIRE(params[k].name == expected_params[k].name);
          REQUIRE(params[k].value == expected_params[k].value);
        }
      }
    }
    CHECK(refused > 100);
  }

  TEST_CASE("route table: warnings are true: a reported route is never the answer") {
    constexpr std::array texts{"/a",       "/{x}",   "/{x:int}", "/1",   "/{p:path}",  "/a/{x}",
                               "/a/b",     "/{x}/b", "/{x}/{y}", "/a/1", "/x{p:path}", "/{x:float}",
                               "/{x}-{y}", "/a-b",   "/",        "/a/",  "/a/{p:path}"};
    constexpr std::array paths{"/a", "/1", "/1.5", "/a/b", "/b/b", "/a/1", "/xy/z", "/a-b", "/", "/a/", "/c", "/a/b/c"};
    std::mt19937 random{5};
    std::size_t reported = 0;
    for (int i = 0; i < 300; ++i) {
      std::vector<std::string> order{texts.begin(), texts.end()};
      std::shuffle(order.begin(), order.end(), random);
      RouteTable table;
      for (const std::string& text : order)
        table.add(Method::Get, PathPattern::parse(text), table.size());
      std::set<std::string> answers;
      for (const char* path : paths)
        answers.insert("GET " + order[find(table, "GET", path).payload]);
      for (const std::string& sentence : table.warnings()) {
        CAPTURE(sentence);
        ++reported;
        REQUIRE_FALSE(answers.contains(sentence.substr(0, sentence.find(" is never"))));
      }
    }
    CHECK(reported > 1000);
  }

  TEST_CASE("route table: many threads look up at once") {
    const auto table = table_of({{Method::Get, "/a/{x}"}, {Method::Get, "/{p:path}"}, {Method::Post, "/a/{x}-{y}"}});
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&table, &right, i] {
        const std::string path = "/a/%20" + std::to_string(i) + "-z";
        PathParams params;
        for (int j = 0; j < 500; ++j) {
          const auto match = table.find(Method::Post, "POST", path, params);
          if (match.payload == 2 && params.get("x") == " " + std::to_string(i) && params.get("y") == "z") ++right;
        }
      });
    }
    for (std::thread& thread : threads)
      thread.join();
    CHECK(right == 2000);
  }
}
