// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/validation_error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "coroute/http/error_response.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::TestRequest;
using namespace std::string_literals;

namespace {

std::vector<ErrorDetail> one_error() {
  return {{"int_parsing", {"path", "n"}, "Input should be a valid integer", R"("x")"}};
}

std::vector<ErrorDetail> many_errors(std::size_t count) {
  std::vector<ErrorDetail> errors;
  for (std::size_t i = 0; i < count; ++i)
    errors.push_back({"missing", {"body", static_cast<std::int64_t>(i)}, "Field required", R"("secret")"});
  return errors;
}

/// What reading the request throws, which must be exactly this class.
template <class F>
RequestValidationError error_of(F&& read) {
  try {
    read();
  } catch (const RequestValidationError& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return RequestValidationError({});
}

Async<void> read_json(Request& request) {
  const Json value = co_await request.json();
  CHECK(value.is_null());  // not reached
}

RequestValidationError json_error(TestRequest& request) {
  return error_of([&] { run(read_json(*request), {.virtual_time = true}); });
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("request validation error: it is answered with 422 and the list of errors") {
    TestRequest request;
    const Response response = error_response(*request, RequestValidationError(one_error()));
    CHECK(response.status == 422);
    CHECK(response.content_type() == "application/json");
    CHECK(
        response.body ==
        R"({"detail":[{"type":"int_parsing","loc":["path","n"],"msg":"Input should be a valid integer","input":"x"}]})");
  }

  TEST_CASE("request validation error: it keeps the errors and the body") {
    const RequestValidationError error(one_error(), "raw\xFF");
    CHECK(error.errors() == one_error());
    CHECK(error.body() == "raw\xFF");
    CHECK(RequestValidationError(one_error()).body().empty());
    CHECK(error.status() == Status::UnprocessableContent);
    CHECK(error.headers().empty());
  }

  TEST_CASE("request validation error: copies are whole") {
    const auto error = std::make_unique<RequestValidationError>(one_error(), "body");
    const RequestValidationError copy = *error;
    CHECK(copy.errors() == error->errors());
    CHECK(copy.detail_json() == error->detail_json());
    CHECK(copy.what() == std::string(error->what()));
  }

  TEST_CASE("request validation error: for the log it says what and where, not what was sent") {
    CHECK(RequestValidationError(one_error()).what() == "422: 1 validation error: int_parsing at path.n"s);
    const std::string two = RequestValidationError(many_errors(2)).what();
    CHECK(two == "422: 2 validation errors: missing at body.0, missing at body.1");
    CHECK(RequestValidationError({}).what() == "422: 0 validation errors"s);
  }

  TEST_CASE("request validation error: the log names ten errors at most") {
    CHECK(std::string(RequestValidationError(many_errors(9)).what()).ends_with("body.8"));
    CHECK(std::string(RequestValidationError(many_errors(10)).what()).ends_with("body.9"));
    CHECK(std::string(RequestValidationError(many_errors(11)).what()).ends_with("body.9, ..."));
    CHECK(std::string(RequestValidationError(many_errors(11)).what()).starts_with("422: 11 validation"));
  }

  TEST_CASE("request validation error: as a problem it lists the errors in an extension member") {
    CHECK(RequestValidationError(one_error()).problem_json("/i/x") ==
          R"({"type":"about:blank","title":")" + std::string(reason_phrase(422)) +
              R"(","status":422,"detail":"Request validation failed","instance":"/i/x","errors":)"
              R"([{"type":"int_parsing","loc":["path","n"],"msg":"Input should be a valid integer","input":"x"}]})");
  }

  TEST_CASE("response validation error: it is no HttpException, and its details are for the log") {
    const ResponseValidationError error(many_errors(1));
    CHECK(error.errors() == many_errors(1));
    CHECK(error.what() == "the response has 1 validation error: missing at body.0"s);
    CHECK_FALSE(std::is_base_of_v<HttpException, ResponseValidationError>);
  }

  TEST_CASE("request: a path parameter that is no number throws a validation error") {
    TestRequest request("GET", "/x");
    static_cast<void>(*request);
    const auto error = error_of([] { detail::throw_bad_path_number("n", "a\"b", true); });
    CHECK(error.errors() ==
          std::vector<ErrorDetail>{{"int_parsing",
                                    {"path", "n"},
                                    "Input should be a valid integer, unable to parse string as an integer",
                                    R"("a\"b")"}});
    CHECK(error.body().empty());
    const auto number = error_of([] { detail::throw_bad_path_number("f", "1e", false); });
    CHECK(number.errors().front().type == "float_parsing");
    CHECK(number.errors().front().msg == "Input should be a valid number, unable to parse string as a number");
  }

  TEST_CASE("request: a JSON body that is missing, not JSON or broken throws a validation error with the body") {
    TestRequest none("POST", "/");
    CHECK(json_error(none).errors() == std::vector<ErrorDetail>{{"missing", {"body"}, "Field required"}});
    TestRequest plain("POST", "/");
    plain.header("content-type", "text/plain").body({"{}"});
    const RequestValidationError not_json = json_error(plain);
    CHECK(not_json.errors().front().type == "model_attributes_type");
    CHECK(not_json.errors().front().input == R"("{}")");
    CHECK(not_json.body() == "{}");
    TestRequest broken("POST", "/");
    broken.json("{\"a\":\"\x01\"}");
    const RequestValidationError syntax = json_error(broken);
    CHECK(syntax.errors().front().type == "json_invalid");
    CHECK(syntax.errors().front().loc.size() == 2);
    CHECK(syntax.errors().front().input == "{}");
    CHECK(parse_json(syntax.errors().front().ctx).contains("error"));
    CHECK(syntax.body() == "{\"a\":\"\x01\"}");
  }
}
