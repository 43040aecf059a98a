// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/request.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "http/path_params_writer.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::TestRequest;

namespace {

/// As a router that matched "/{name}" would.
void set_path_param(Request& request, std::string_view name, std::string_view value) {
  detail::PathParamsWriter writer(request.mutable_path_params());
  writer.decoded() = value;
  writer.add(name, 0, value.size());
}

template <class T>
T number_from(std::string_view text) {
  TestRequest request;
  set_path_param(*request, "n", text);
  return request->path_param<T>("n");
}

/// "" when it is a number.
template <class T>
std::string number_error(std::string_view text) {
  try {
    static_cast<void>(number_from<T>(text));
    return "";
  } catch (const HttpException& error) {
    CHECK(error.status() == 422);
    return error.detail_json();
  }
}

class OneUrl final : public UrlMap {
 public:
  std::string url_path_for(std::string_view name, std::span<const PathParam> values) const override {
    if (name != "item") throw std::invalid_argument("unknown");
    return "/items/" + std::string(values.empty() ? "" : values[0].value);
  }
};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("request: the target is split at the first question mark and stays encoded") {
    TestRequest request("POST", "/a%2Fb/c?x=%20?&y");
    CHECK(request->method() == Method::Post);
    CHECK(request->method_name() == "POST");
    CHECK(request->target() == "/a%2Fb/c?x=%20?&y");
    CHECK(request->path() == "/a%2Fb/c");
    CHECK(request->query_string() == "x=%20?&y");
    CHECK(TestRequest("GET", "/a")->query_string().empty());
    CHECK(TestRequest("GET", "/a?")->query_string().empty());
    CHECK(TestRequest("GET", "/a?")->path() == "/a");
    CHECK(TestRequest("OPTIONS", "*")->path() == "*");
    CHECK(TestRequest("PROPFIND", "/")->method() == Method::Other);
  }

  TEST_CASE("request: version, scheme, host and client are what the head says") {
    TestRequest request;
    request.version(10).scheme("https").from("10.0.0.7", 4711);
    CHECK(request->version() == 10);
    CHECK(request->scheme() == "https");
    CHECK(request->host() == "testserver");
    CHECK(request->client().host == "10.0.0.7");
    CHECK(request->client().port == 4711);
  }

  TEST_CASE("request: an unknown client and a missing host are empty") {
    TestRequest request;
    request.without_headers();
    CHECK(request->host().empty());
    CHECK(request->client().host.empty());
    CHECK(request->client().port == 0);
  }

  TEST_CASE("request: headers are found in any case, the first counts") {
    TestRequest request;
    request.header("X-A", "1").header("x-a", "2");
    CHECK(request->header("x-A") == "1");
    CHECK(request->headers().get_all("x-a").size() == 2);
    CHECK_FALSE(request->header("x-b"));
  }

  TEST_CASE("request: query values are decoded, the last of a name counts") {
    TestRequest request("GET", "/?q=a+b%26c&q=caf%C3%A9&empty=&flag&bad=%zz");
    CHECK(request->query("q") == "caf\xC3\xA9");
    CHECK(request->query_params().get_all("q") == std::vector<std::string_view>{"a b&c", "caf\xC3\xA9"});
    CHECK(request->query("empty") == "");
    CHECK(request->query("flag") == "");
    CHECK(request->query("bad") == "%zz");
    CHECK_FALSE(request->query("other"));
    CHECK(&request->query_params() == &request->query_params());
  }

  TEST_CASE("request: without a query there are no query values") {
    CHECK_FALSE(TestRequest("GET", "/")->query("q"));
    CHECK_FALSE(TestRequest("GET", "/?")->query("q"));
    CHECK(TestRequest("GET", "/")->query_params().get_all("q").empty());
  }

  TEST_CASE("request: cookies come from all Cookie fields, the last of a name counts") {
    TestRequest request;
    request.header("cookie", "a=1; b=\"two words\"").header("Cookie", "c=3; a=4");
    CHECK(request->cookie("a") == "4");
    CHECK(request->cookie("b") == "two words");
    CHECK(request->cookie("c") == "3");
    CHECK_FALSE(request->cookie("A"));
    CHECK_FALSE(request->cookie("d"));
    CHECK_FALSE(TestRequest()->cookie("a"));
  }

  TEST_CASE("request: a path parameter is text, and asking for one that isn't there is a mistake") {
    TestRequest request;
    set_path_param(*request, "name", "a b");
    CHECK(request->path_param("name") == "a b");
    CHECK(request->path_params().size() == 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(request->path_param("other")), "the route has no placeholder {other}",
                         std::out_of_range);
    CHECK_THROWS_AS(static_cast<void>(request->path_param<int>("other")), std::out_of_range);
  }

  TEST_CASE("request: a path parameter is a number when all of it is one and it fits") {
    CHECK(number_from<int>("0") == 0);
    CHECK(number_from<int>("-7") == -7);
    CHECK(number_from<int>("007") == 7);
    CHECK(number_from<int>("2147483647") == 2147483647);
    CHECK(number_from<std::uint64_t>("18446744073709551615") == 18446744073709551615U);
    CHECK(number_from<std::uint8_t>("255") == 255);
    CHECK(number_from<double>("-1.5e3") == -1500.0);
    CHECK(number_from<double>("3") == 3.0);
  }

  TEST_CASE("request: a path parameter that is no number is answered with 422 in FastAPI's shape") {
    CHECK(number_error<int>("x") ==
          R"([{"type":"int_parsing","loc":["path","n"],"msg":"Input should be a valid integer, unable to parse string )"
          R"(as an integer","input":"x"}])");
    CHECK(
        number_error<double>("1.5x") ==
        R"([{"type":"float_parsing","loc":["path","n"],"msg":"Input should be a valid number, unable to parse string )"
        R"(as a number","input":"1.5x"}])");
    for (const std::string_view text :
         {"", " ", "7 ", " 7", "7x", "1.5", "0x10", "--1", "+", "2147483648", "\xC3\xA9"}) {
      CAPTURE(text);
      CHECK_FALSE(number_error<int>(text).empty());
    }
    CHECK_FALSE(number_error<std::uint8_t>("256").empty());
    CHECK_FALSE(number_error<unsigned>("-1").empty());
    CHECK_FALSE(number_error<double>("1e999").empty());
    CHECK_FALSE(number_error<double>("").empty());
  }

  TEST_CASE("request: mounts move the front of the path to the root path") {
    TestRequest request("GET", "/api/v1/items?q=1");
    CHECK(request->root_path().empty());
    request->enter_mount(0);
    CHECK(request->root_path().empty());
    CHECK(request->path() == "/api/v1/items");
    request->enter_mount(4);
    CHECK(request->root_path() == "/api");
    CHECK(request->path() == "/v1/items");
    request->enter_mount(3);
    CHECK(request->root_path() == "/api/v1");
    CHECK(request->path() == "/items");
    CHECK(request->target() == "/api/v1/items?q=1");
    CHECK(request->query_string() == "q=1");
  }

  TEST_CASE("request: the URL of a route is absolute and has the root path") {
    const OneUrl urls;
    TestRequest request("GET", "/api/x");
    request.scheme("https");
    request->set_url_map(urls);
    CHECK(request->url_for("item", {{"id", "7"}}) == "https://testserver/items/7");
    request->enter_mount(4);
    CHECK(request->url_for("item", {{"id", "7"}}) == "https://testserver/api/items/7");
    CHECK_THROWS_AS(static_cast<void>(request->url_for("other")), std::invalid_argument);
  }

  TEST_CASE("request: one that was not routed knows no URLs and no route") {
    TestRequest request;
    CHECK_THROWS_AS(static_cast<void>(request->url_for("item")), std::invalid_argument);
    CHECK(request->route_path().empty());
    request->set_route_path("/items/{id}");
    CHECK(request->route_path() == "/items/{id}");
  }

  TEST_CASE("request: it is cancelled when the client leaves, unless that is switched off") {
    TestRequest request;
    CHECK(request->cancel_on_disconnect());
    request->set_cancel_on_disconnect(false);
    CHECK_FALSE(request->cancel_on_disconnect());
  }

  TEST_CASE("request: a client's request id is kept when it is a token of at most 128 characters") {
    for (const std::string& id :
         {std::string("a"), std::string("0af7651916cd43dd-1!"), std::string(127, 'x'), std::string(128, 'x')}) {
      TestRequest request;
      request.header("X-Request-ID", id);
      CHECK(request->request_id() == id);
    }
  }

  TEST_CASE("request: any other request id is replaced by one of our own") {
    std::set<std::string> ids;
    const std::vector<std::string> refused = {"",     "a b",         "a\tb", "a,b",
                                              "a\"b", "caf\xC3\xA9", "a/b",  std::string(129, 'x')};
    for (const std::string& id : refused) {
      TestRequest request;
      request.header("x-request-id", id);
      const std::string made(request->request_id());
      CAPTURE(id);
      CHECK(made.size() == 16);
      CHECK(made.find_first_not_of("0123456789abcdef") == std::string::npos);
      CHECK(request->request_id() == made);
      ids.insert(made);
    }
    CHECK(ids.size() == refused.size());
  }

  TEST_CASE("request: a thousand requests have a thousand ids") {
    std::set<std::string> ids;
    for (int i = 0; i < 1000; ++i)
      ids.emplace(TestRequest()->request_id());
    CHECK(ids.size() == 1000);
  }
}
