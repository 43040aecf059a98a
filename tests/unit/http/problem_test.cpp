// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/problem.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/http/error_response.hpp"
#include "coroute/json.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::TestRequest;
using namespace std::string_literals;

namespace {

[[noreturn]] void refuse_order(int left) {
  throw ProblemException({.status = 409, .type = "https://shop.example/sold-out", .title = "Sold out"})
      .with("sku", "a-1")
      .with("left", left);
}

Response response_to(const HttpException& error, std::string_view target = "/orders/7?q=x") {
  TestRequest request("POST", target);
  return error_response(*request, error);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("problem: it is answered as problem details in any application") {
    const Response response = response_to(ProblemException({.status = 404, .detail = "no order 7"}));
    CHECK(response.status == Status::NotFound);
    CHECK(response.content_type() == "application/problem+json");
    CHECK(response.body ==
          R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no order 7","instance":"/orders/7"})");
  }

  TEST_CASE("problem: it has its own type, title, instance and members, in the order they were given") {
    ProblemException error({.status = 403,
                            .type = "https://example.com/probs/out-of-credit",
                            .title = "You do not have enough credit.",
                            .detail = "Your current balance is 30, but that costs 50.",
                            .instance = "/account/12345/msgs/abc"});
    error.with("balance", 30).with("accounts", Json::array({"/account/12345", "/account/67890"}));
    CHECK(response_to(error).body ==
          R"({"type":"https://example.com/probs/out-of-credit","title":"You do not have enough credit.","status":403,)"
          R"("detail":"Your current balance is 30, but that costs 50.","instance":"/account/12345/msgs/abc",)"
          R"("balance":30,"accounts":["/account/12345","/account/67890"]})");
  }

  TEST_CASE("problem: thrown with members it keeps them and its class") {
    CHECK_THROWS_AS(refuse_order(0), ProblemException);
    try {
      refuse_order(3);
    } catch (const HttpException& error) {
      CHECK(error.what() == "409: Sold out"s);
      CHECK(
          error.problem_json("/o") ==
          R"({"type":"https://shop.example/sold-out","title":"Sold out","status":409,"instance":"/o","sku":"a-1","left":3})");
    }
  }

  TEST_CASE("problem: without detail or title its text is the reason phrase") {
    const ProblemException error({.status = 410});
    CHECK(error.detail_json() == R"("Gone")");
    CHECK(error.problem_json("") == R"({"type":"about:blank","title":"Gone","status":410})");
    CHECK(ProblemException({.status = 599}).problem_json("/") ==
          R"({"type":"about:blank","status":599,"instance":"/"})");
    CHECK(ProblemException(Problem{}).status() == Status::InternalServerError);
  }

  TEST_CASE("problem: its headers are sent") {
    const Response response = response_to(ProblemException({.status = 401}, {{"www-authenticate", "Bearer"}}));
    CHECK(response.headers.get("www-authenticate") == "Bearer");
  }

  TEST_CASE("problem: a member can't be one that every problem has, or given twice, or nameless") {
    for (const char* const name : {"type", "title", "status", "detail", "instance", ""}) {
      ProblemException error({.status = 400});
      CHECK_THROWS_AS(error.with(name, 1), std::invalid_argument);
      CHECK(parse_json(error.problem_json("/")).size() == 4);
    }
    ProblemException error({.status = 400});
    error.with("a", 1);
    CHECK_THROWS_AS(error.with("a", 2), std::invalid_argument);
    CHECK(parse_json(error.problem_json("/"))["a"] == 1);
  }

  TEST_CASE("problem: hostile texts stay inside their strings") {
    ProblemException error({.status = 400, .type = "\"", .title = "\r\n", .detail = "\xFF", .instance = "\\"});
    error.with("\"},{\"", "\"");
    const Json parsed = parse_json(error.problem_json(""));
    CHECK(parsed["type"] == "\"");
    CHECK(parsed["title"] == "\r\n");
    CHECK(parsed["detail"] == "\xEF\xBF\xBD");
    CHECK(parsed["instance"] == "\\");
    CHECK(parsed["\"},{\""] == "\"");
  }
}
