// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/error_response.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/http/access_record.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::TestRequest;

namespace {

Response problem_of(const HttpException& error, std::string_view target = "/a") {
  TestRequest request("GET", target);
  request->use_problem_details();
  return error_response(*request, error);
}

Async<void> fail() {
  throw std::runtime_error("password=secret");
  co_return;
}

Async<std::exception_ptr> failure() {
  std::exception_ptr error;
  try {
    co_await fail();
  } catch (...) {
    error = std::current_exception();
  }
  co_return error;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("error response: it is the detail as JSON with the error's headers") {
    TestRequest request;
    const Response response = error_response(*request, HttpException(418, Json{{"a", 1}}, {{"x-a", "b"}}));
    CHECK(response.status == 418);
    CHECK(response.body == R"({"detail":{"a":1}})");
    CHECK(response.content_type() == "application/json");
    CHECK(response.headers.get("x-a") == "b");
  }

  TEST_CASE("error response: in an application with problem details it is one") {
    const Response response = problem_of(HttpException(404, "item not found", {{"x-a", "b"}}), "/items/7?q=x");
    CHECK(response.status == Status::NotFound);
    CHECK(response.content_type() == "application/problem+json");
    CHECK(response.headers.get("x-a") == "b");
    CHECK(response.body ==
          R"({"type":"about:blank","title":"Not Found","status":404,"detail":"item not found","instance":"/items/7"})");
  }

  TEST_CASE("error response: a detail that is no text becomes the problem's member error") {
    CHECK(problem_of(HttpException(400, Json{{"code", 7}})).body ==
          R"({"type":"about:blank","title":"Bad Request","status":400,"instance":"/a","error":{"code":7}})");
    CHECK(problem_of(HttpException(400, Json(nullptr))).body ==
          R"({"type":"about:blank","title":"Bad Request","status":400,"instance":"/a","error":null})");
  }

  TEST_CASE("error response: a status without a registered phrase makes a problem without a title") {
    CHECK(problem_of(HttpException(499)).body == R"({"type":"about:blank","status":499,"detail":"","instance":"/a"})");
  }

  TEST_CASE("error response: the problem's instance is the path as sent, also below a mount") {
    TestRequest request("GET", "/api/a%22b?c");
    request->use_problem_details();
    request->enter_mount(4);
    CHECK(parse_json(error_response(*request, HttpException(404)).body)["instance"] == "/api/a%22b");
    CHECK(parse_json(problem_of(HttpException(404), "*").body)["instance"] == "*");
  }

  TEST_CASE("error response: a status alone gives its reason phrase") {
    TestRequest request;
    CHECK(detail::error_response(*request, Status::NotFound).body == R"({"detail":"Not Found"})");
    CHECK(detail::error_response(*request, 418).body == R"({"detail":"I'm a Teapot"})");
    CHECK(detail::error_response(*request, 599).body == R"({"detail":""})");
    for (int code = 400; code < 600; ++code)
      CHECK(detail::error_response(*request, code).body == error_response(*request, HttpException(code)).body);
    request->use_problem_details();
    CHECK(detail::error_response(*request, Status::NotFound).content_type() == "application/problem+json");
  }

  TEST_CASE("error response: overload asks the client to come again") {
    TestRequest request;
    const Response response = detail::overload_response(*request);
    CHECK(response.status == 503);
    CHECK(response.headers.get("retry-after") == "1");
    CHECK(response.body == R"({"detail":"Service Unavailable"})");
  }

  TEST_CASE("error response: what nobody expected tells the client nothing") {
    const auto error = std::make_exception_ptr(std::runtime_error("password=secret"));
    TestRequest request;
    const Response plain = detail::internal_error_response(*request, error);
    CHECK(plain.status == 500);
    CHECK(plain.body == "Internal Server Error");
    CHECK(plain.content_type() == "text/plain; charset=utf-8");
    request->use_problem_details();
    const Response problem = detail::internal_error_response(*request, error);
    CHECK(problem.content_type() == "application/problem+json");
    CHECK(problem.body == R"({"type":"about:blank","title":"Internal Server Error","status":500,)"
                          R"("detail":"Internal Server Error","instance":"/"})");
  }

  ASYNC_TEST_CASE("error response: an application that shows its errors tells all, as text") {
    TestRequest request("POST", "/items/7?q=<b>");
    request->use_problem_details();
    request->show_errors();
    const std::exception_ptr error = co_await failure();
    const Response response = detail::internal_error_response(*request, error);
    CHECK(response.status == 500);
    CHECK(response.content_type() == "text/plain; charset=utf-8");
    CHECK(response.body.starts_with("Internal Server Error\n\nPOST /items/7?q=<b>\npassword=secret\n  at "));
    CHECK(response.body.find("fail") != std::string::npos);
    CHECK(response.body.find("error_response_test.cpp:") != std::string::npos);
  }

  TEST_CASE("error response: an application that shows its errors shows what is no std::exception, too") {
    TestRequest request;
    request->show_errors();
    CHECK(detail::internal_error_response(*request, std::make_exception_ptr(42)).body ==
          "Internal Server Error\n\nGET /\nan exception that is not a std::exception\n");
  }

  ASYNC_TEST_CASE("request: it remembers failures with their stacks, for the log") {
    TestRequest request;
    CHECK_FALSE(request->handler_threw());
    CHECK(request->failures().empty());
    const std::exception_ptr error = co_await failure();
    request->add_failure(error);
    CHECK(request->handler_threw());
    REQUIRE(request->failures().size() == 1);
    CHECK(request->failures()[0].error == error);
    CHECK(request->failures()[0].request == &*request);
    CHECK_FALSE(request->failures()[0].stack.empty());
    request->add_failure(std::make_exception_ptr(7));
    CHECK(request->failures().size() == 2);
  }
}
