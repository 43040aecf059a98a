// SPDX-License-Identifier: BSL-1.0
#include "server/error_response.hpp"

#include <doctest/doctest.h>

#include <new>
#include <stdexcept>
#include <string>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/json.hpp"
#include "support/test_request.hpp"

using coroute::Cancelled;
using coroute::CancelReason;
using coroute::HandlerError;
using coroute::HttpException;
using coroute::Json;
using coroute::Request;
using coroute::Response;
using coroute::ServerOptions;
using coroute::Status;
using coroute::detail::protocol_error_response;
using coroute::detail::response_to_exception;
using coroute::testing::TestRequest;

namespace {

template <class E>
Response response_to(const E& error, bool client_left = false, const ServerOptions& options = {}) {
  TestRequest request;
  return response_to_exception(std::make_exception_ptr(error), request.get(), options, client_left);
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("error response: a request that can't be parsed gets uvicorn's sentence") {
    const Response response = protocol_error_response(Status::BadRequest);
    CHECK(response.status == Status::BadRequest);
    CHECK(response.body == "Invalid HTTP request received.");
    CHECK(response.content_type() == "text/plain; charset=utf-8");
  }

  TEST_CASE("error response: any other refusal of a request says its reason phrase") {
    for (const Status status :
         {Status::RequestTimeout, Status::ContentTooLarge, Status::UriTooLong, Status::RequestHeaderFieldsTooLarge,
          Status::ExpectationFailed, Status::MethodNotAllowed, Status::NotImplemented, Status::ServiceUnavailable,
          Status::HttpVersionNotSupported}) {
      const Response response = protocol_error_response(status);
      CHECK(response.status == status);
      CHECK(response.body == coroute::reason_phrase(status));
    }
  }

  TEST_CASE("error response: an HttpException becomes its detail, with its headers") {
    const Response response = response_to(HttpException(Status::Unauthorized, "who?", {{"www-authenticate", "Basic"}}));
    CHECK(response.status == Status::Unauthorized);
    CHECK(response.body == R"({"detail":"who?"})");
    CHECK(response.content_type() == "application/json");
    CHECK(response.headers.get("www-authenticate") == "Basic");
    CHECK(response.headers.size() == 1);
  }

  TEST_CASE("error response: the detail is the reason phrase or any JSON") {
    CHECK(response_to(HttpException(Status::NotFound)).body == R"({"detail":"Not Found"})");
    CHECK(response_to(HttpException(418, Json{{"a", {1, nullptr}}})).body == R"({"detail":{"a":[1,null]}})");
  }

  TEST_CASE("error response: a class derived from HttpException counts as one") {
    struct Gone : HttpException {
      Gone() : HttpException(Status::Gone, "it was here") {}
    };
    CHECK(response_to(Gone()).status == Status::Gone);
  }

  TEST_CASE("error response: a cancelled handler is answered by the reason") {
    CHECK(response_to(Cancelled(CancelReason::Deadline)).status == Status::GatewayTimeout);
    CHECK(response_to(Cancelled(CancelReason::Deadline)).body == R"({"detail":"Gateway Timeout"})");
    CHECK(response_to(Cancelled(CancelReason::Disconnect)).status == Status(499));
    for (const CancelReason reason : {CancelReason::Shutdown, CancelReason::Overload, CancelReason::User}) {
      CHECK(response_to(Cancelled(reason)).status == Status::ServiceUnavailable);
      CHECK(response_to(Cancelled(reason)).body == R"({"detail":"Service Unavailable"})");
    }
  }

  TEST_CASE("error response: when the client has left, a cancellation is logged as 499") {
    CHECK(response_to(Cancelled(CancelReason::Deadline), true).status == Status(499));
    CHECK(response_to(Cancelled(CancelReason::User), true).status == Status(499));
    CHECK(response_to(HttpException(Status::NotFound), true).status == Status::NotFound);
  }

  TEST_CASE("error response: a full thread pool asks the client to come again") {
    const Response response = response_to(coroute::ThreadPoolFull("64 jobs wait"));
    CHECK(response.status == Status::ServiceUnavailable);
    CHECK(response.headers.get("retry-after") == "1");
    CHECK(response.body == R"({"detail":"Service Unavailable"})");
  }

  TEST_CASE("error response: anything else is a 500 that tells the client nothing") {
    for (const std::exception_ptr& error :
         {std::make_exception_ptr(std::runtime_error("password=secret")), std::make_exception_ptr(std::bad_alloc()),
          std::make_exception_ptr(coroute::TimeoutError()), std::make_exception_ptr(42)}) {
      TestRequest request;
      const Response response = response_to_exception(error, request.get(), {}, false);
      CHECK(response.status == Status::InternalServerError);
      CHECK(response.body == "Internal Server Error");
      CHECK(response.content_type() == "text/plain; charset=utf-8");
      CHECK(response.headers.empty());
    }
  }

  TEST_CASE("error response: only an unexpected error is reported, with its request") {
    std::vector<std::string> reports;
    ServerOptions options;
    options.on_handler_error = [&](const HandlerError& error) {
      try {
        std::rethrow_exception(error.error);
      } catch (const std::exception& exception) {
        reports.push_back(std::string(error.request->path()) + ": " + exception.what());
      }
    };
    TestRequest request("GET", "/broken?x=y");
    const auto respond = [&](const std::exception_ptr& error) {
      static_cast<void>(response_to_exception(error, request.get(), options, false));
    };
    respond(std::make_exception_ptr(HttpException(Status::InternalServerError)));
    respond(std::make_exception_ptr(Cancelled()));
    respond(std::make_exception_ptr(coroute::ThreadPoolFull("full")));
    CHECK(reports.empty());
    respond(std::make_exception_ptr(std::runtime_error("boom")));
    CHECK(reports == std::vector<std::string>{"/broken: boom"});
  }
}
