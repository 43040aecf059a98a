// SPDX-License-Identifier: BSL-1.0
// What nobody else answers: the handler for 500, and exception handlers that throw themselves.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/exception_handlers.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/access_record.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::TestRequest;

namespace {

struct Answered {
  Response response;
  std::vector<std::string> logged;
  bool handler_threw = false;
};

template <class E>
Handler handler_that_throws(ExceptionHandlers handlers, E error, bool answers_all = false) {
  RouteCollection routes;
  routes.add_route(Method::Get, "/now", [error](Request&) -> Async<Response> { throw error; });
  routes.add_route(Method::Get, "/later", [error](Request&) -> Async<Response> {
    co_await sleep(1s);
    throw error;
  });
  return std::move(handlers).build(std::move(routes), {}, answers_all);
}

Answered ask(const Handler& handler, std::string_view path, bool show_errors = false) {
  TestRequest request("GET", path);
  if (show_errors) request->show_errors();
  Answered answered;
  answered.response = answer(handler, request);
  for (const HandlerError& failure : request->failures())
    answered.logged.push_back(describe_exception(failure.error));
  answered.handler_threw = request->handler_threw();
  return answered;
}

Response say(Request&, const std::exception& error) {
  return text(std::string("last: ") + error.what(), 500);
}

Async<Response> say_later(Request&, const std::exception& error) {
  co_await sleep(1s);
  co_return text(std::string("last: ") + error.what(), 500);
}

ExceptionHandlers with_last(Response (*last)(Request&, const std::exception&)) {
  ExceptionHandlers handlers;
  handlers.add(500, last);
  return handlers;
}

using Log = std::vector<std::string>;

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("exception handlers: the one for 500 answers what nobody else does, and the log is told") {
    const Handler handler = handler_that_throws(with_last(&say), std::runtime_error("boom"));
    for (const char* const path : {"/now", "/later"}) {
      const Answered answered = ask(handler, path);
      CHECK(answered.response.body == "last: boom");
      CHECK(answered.logged == Log{"boom"});
      CHECK(answered.handler_threw);
    }
  }

  TEST_CASE("exception handlers: the one for 500 may be a coroutine") {
    ExceptionHandlers handlers;
    handlers.add(Status::InternalServerError, &say_later);
    const Handler handler = handler_that_throws(std::move(handlers), std::runtime_error("boom"));
    CHECK(ask(handler, "/now").response.body == "last: boom");
    CHECK(ask(handler, "/later").response.body == "last: boom");
  }

  TEST_CASE("exception handlers: the one for std::exception is the same as the one for 500") {
    ExceptionHandlers handlers;
    handlers.add(500, &say);
    handlers.add<std::exception>([](Request&, const std::exception&) { return text("replaced"); });
    const Answered answered = ask(handler_that_throws(std::move(handlers), std::runtime_error("boom")), "/now");
    CHECK(answered.response.body == "replaced");
    CHECK(answered.logged == Log{"boom"});
  }

  TEST_CASE("exception handlers: the one for 500 is told of what is no std::exception, too") {
    const Handler handler = handler_that_throws(with_last(&say), 42);
    for (const char* const path : {"/now", "/later"}) {
      CHECK(ask(handler, path).response.body == "last: an exception that is not a std::exception");
      CHECK(ask(handler, path).logged == Log{"an exception that is not a std::exception"});
    }
    ExceptionHandlers later;
    later.add(500, &say_later);
    CHECK(ask(handler_that_throws(std::move(later), 42), "/now").response.body ==
          "last: an exception that is not a std::exception");
  }

  TEST_CASE("exception handlers: the one for 500 doesn't get an HttpException with that status") {
    const Answered answered = ask(handler_that_throws(with_last(&say), HttpException(500, "known")), "/now");
    CHECK(answered.response.body == R"({"detail":"known"})");
    CHECK(answered.logged.empty());
    CHECK(answered.handler_threw);
  }

  TEST_CASE("exception handlers: the one for 500 must take any exception") {
    ExceptionHandlers handlers;
    CHECK_THROWS_AS(handlers.add(500, [](Request&, const HttpException&) { return text(""); }), std::invalid_argument);
    handlers.add(501, [](Request&, const HttpException&) { return text("501"); });
    CHECK(ask(handler_that_throws(std::move(handlers), HttpException(501)), "/now").response.body == "501");
  }

  TEST_CASE("exception handlers: an answered error is not logged") {
    ExceptionHandlers handlers;
    handlers.add<std::runtime_error>([](Request&, const std::runtime_error&) { return text("fine"); });
    const Answered answered = ask(handler_that_throws(std::move(handlers), std::runtime_error("boom")), "/later");
    CHECK(answered.response.body == "fine");
    CHECK(answered.logged.empty());
    CHECK(answered.handler_threw);
  }

  TEST_CASE("exception handlers: one that throws makes a plain 500, and the log is told of its error") {
    for (const bool at_once : {true, false}) {
      ExceptionHandlers handlers;
      if (at_once) {
        handlers.add<std::logic_error>(
            [](Request&, const std::logic_error&) -> Response { throw HttpException(404, "mine"); });
      } else {
        handlers.add<std::logic_error>([](Request&, const std::logic_error&) -> Async<Response> {
          co_await sleep(1s);
          throw HttpException(404, "mine");
        });
      }
      const Handler handler = handler_that_throws(std::move(handlers), std::logic_error("theirs"));
      for (const char* const path : {"/now", "/later"}) {
        const Answered answered = ask(handler, path);
        CHECK(answered.response.status == 500);
        CHECK(answered.response.body == "Internal Server Error");
        CHECK(answered.logged == Log{"404: mine"});
      }
    }
  }

  TEST_CASE("exception handlers: the error of one that throws goes to the one for 500") {
    ExceptionHandlers handlers = with_last(&say);
    handlers.add<std::logic_error>([](Request&, const std::logic_error&) -> Async<Response> {
      co_await sleep(1s);
      throw std::runtime_error("mine");
    });
    const Answered answered = ask(handler_that_throws(std::move(handlers), std::logic_error("theirs")), "/later");
    CHECK(answered.response.body == "last: mine");
    CHECK(answered.logged == Log{"mine"});
  }

  TEST_CASE("exception handlers: when the one for 500 throws, the answer is plain and the log has both errors") {
    ExceptionHandlers at_once;
    at_once.add(500, [](Request&, const std::exception&) -> Response { throw std::runtime_error("second"); });
    ExceptionHandlers later;
    later.add(500, [](Request&, const std::exception&) -> Async<Response> {
      co_await sleep(1s);
      throw std::runtime_error("second");
    });
    const auto check = [](ExceptionHandlers handlers) {
      const Handler handler = handler_that_throws(std::move(handlers), std::runtime_error("first"));
      for (const char* const path : {"/now", "/later"}) {
        const Answered answered = ask(handler, path);
        CHECK(answered.response.status == 500);
        CHECK(answered.response.body == "Internal Server Error");
        CHECK(answered.logged == Log{"first", "second"});
      }
    };
    check(std::move(at_once));
    check(std::move(later));
  }

  TEST_CASE("exception handlers: for a status the router refuses, one that throws makes a 500, too") {
    ExceptionHandlers handlers;
    handlers.add(404, [](Request&, const HttpException&) -> Response { throw std::runtime_error("mine"); });
    const Answered answered = ask(handler_that_throws(std::move(handlers), 1), "/nope");
    CHECK(answered.response.body == "Internal Server Error");
    CHECK(answered.logged == Log{"mine"});
  }

  TEST_CASE("exception handlers: an application that must answer all has a plain 500 for the rest") {
    const Handler handler = handler_that_throws(ExceptionHandlers(), std::runtime_error("boom"), true);
    for (const char* const path : {"/now", "/later"}) {
      const Answered answered = ask(handler, path);
      CHECK(answered.response.status == 500);
      CHECK(answered.response.body == "Internal Server Error");
      CHECK(answered.logged == Log{"boom"});
    }
    CHECK(ask(handler_that_throws(ExceptionHandlers(), HttpException(404), true), "/now").response.status == 404);
  }

  TEST_CASE("exception handlers: an application that shows its errors doesn't ask the one for 500") {
    const Handler handler = handler_that_throws(with_last(&say), std::runtime_error("boom"));
    const Answered answered = ask(handler, "/later", true);
    CHECK(answered.response.body.starts_with("Internal Server Error\n\nGET /later\nboom\n  at "));
    CHECK(answered.logged == Log{"boom"});
  }

  TEST_CASE("exception handlers: the log gets the stack of the handler") {
    ExceptionHandlers handlers;
    handlers.add(500, &say_later);
    const Handler handler = handler_that_throws(std::move(handlers), std::runtime_error("boom"));
    TestRequest request("GET", "/later");
    static_cast<void>(answer(handler, request));
    REQUIRE(request->failures().size() == 1);
    REQUIRE_FALSE(request->failures()[0].stack.empty());
    const std::string place = to_string(request->failures()[0].stack[0]);
    CHECK(place.find("exception_handlers_last_test.cpp:") != std::string::npos);
  }

  ASYNC_TEST_CASE("exception handlers: a handler that is done at once stays so: no coroutine is added") {
    ExceptionHandlers handlers = with_last(&say);
    RouteCollection routes;
    routes.add_route(Method::Get, "/", [](Request&) { return Async<Response>::ready(text("fine")); });
    routes.add_route(Method::Get, "/throws", [](Request&) -> Async<Response> { throw std::runtime_error("boom"); });
    const Handler handler = std::move(handlers).build(std::move(routes), {}, true);
    for (const char* const path : {"/", "/throws"}) {
      TestRequest request("GET", path);
      Async<Response> response = handler(*request);
      CHECK(detail::AsyncAccess::is_ready_value(response));
      const Response value = co_await std::move(response);
      CHECK(value.body == (request->path() == "/" ? "fine" : "last: boom"));
    }
  }
}
