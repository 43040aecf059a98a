// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/exception_handlers.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/http/access_record.hpp"
#include "coroute/http/error_response.hpp"
#include "coroute/http/problem.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::call;
using coroute::testing::TestRequest;

namespace {

using Throw = std::function<void()>;

struct Animal : std::runtime_error {
  explicit Animal(const std::string& name = "animal") : std::runtime_error(name) {}
};
struct Horse : Animal {
  Horse() : Animal("horse") {}
};
struct Unicorn : Horse {};

struct VirtualLeft : virtual std::exception {};
struct VirtualRight : virtual std::exception {};
struct Diamond : VirtualLeft, VirtualRight {
  const char* what() const noexcept override { return "diamond"; }
};

/// Not a std::exception, and without virtual functions.
struct Code {
  int value = 0;
};
struct BadCode : Code {};
struct Both : std::logic_error, Code {
  Both() : std::logic_error("both"), Code{9} {}
};
/// Its std::exception is ambiguous, so that nobody catches it as one.
struct Twice : std::runtime_error, std::logic_error {
  Twice() : std::runtime_error("runtime"), std::logic_error("logic") {}
};
struct Hidden : private std::runtime_error {
  Hidden() : std::runtime_error("hidden") {}
};

/// Answers with the name that the handler was added under.
template <class E>
auto saying(std::string name) {
  return [name](Request&, const E&) { return text(name); };
}

Async<Response> throw_later(const Throw& throws) {
  co_await sleep(1s);
  throws();
  co_return text("no error");
}

/// A plain handler below /now, a coroutine below any other path, both throw.
Handler guarded(ExceptionHandlers handlers, Throw throws, bool answers_all = false) {
  RouteCollection routes;
  routes.add_route(Method::Get, "/now", [throws](Request&) -> Async<Response> {
    throws();
    return Async<Response>::ready(text("no error"));
  });
  routes.add_route(Method::Get, "/later", [throws](Request&) { return throw_later(throws); });
  return std::move(handlers).build(std::move(routes), {}, answers_all);
}

/// The same answer from a plain function and from a coroutine.
std::string body_for(ExceptionHandlers handlers, const Throw& throws, bool answers_all = false) {
  const Handler handler = guarded(std::move(handlers), throws, answers_all);
  const std::string now = answer(handler, "GET", "/now").body;
  const std::string later = answer(handler, "GET", "/later").body;
  CHECK(now == later);
  return now;
}

template <class E>
Throw throwing(E error) {
  return [error] { throw error; };
}

ExceptionHandlers animal_handlers(int order) {
  ExceptionHandlers handlers;
  const std::vector<std::function<void()>> add{
      [&] { handlers.add<Animal>(saying<Animal>("animal")); },
      [&] { handlers.add<Unicorn>(saying<Unicorn>("unicorn")); },
      [&] { handlers.add<Horse>(saying<Horse>("horse")); },
      [&] { handlers.add<std::runtime_error>(saying<std::runtime_error>("runtime")); },
  };
  for (std::size_t i = 0; i < add.size(); ++i)
    add[(i * 3 + static_cast<std::size_t>(order)) % add.size()]();
  return handlers;
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("exception handlers: the handler of a class gets the exception and makes the answer") {
    ExceptionHandlers handlers;
    handlers.add<Animal>([](Request& request, const Animal& error) {
      return text(std::string(request.method_name()) + " " + error.what(), 418);
    });
    const Handler handler = guarded(std::move(handlers), throwing(Animal("yolo")));
    const Response response = answer(handler, "GET", "/now");
    CHECK(response.status == 418);
    CHECK(response.body == "GET yolo");
    CHECK(answer(handler, "GET", "/later").body == "GET yolo");
  }

  TEST_CASE("exception handlers: the class derived furthest wins, whatever the order they were added in") {
    for (int order = 0; order < 4; ++order) {
      CHECK(body_for(animal_handlers(order), throwing(Unicorn())) == "unicorn");
      CHECK(body_for(animal_handlers(order), throwing(Horse())) == "horse");
      CHECK(body_for(animal_handlers(order), throwing(Animal())) == "animal");
      CHECK(body_for(animal_handlers(order), throwing(std::range_error("r"))) == "runtime");
    }
  }

  TEST_CASE("exception handlers: the handler of a base gets what is derived from it") {
    ExceptionHandlers handlers;
    handlers.add<Animal>([](Request&, const Animal& error) {
      return text(dynamic_cast<const Unicorn*>(&error) ? "a unicorn" : "something else");
    });
    CHECK(body_for(std::move(handlers), throwing(Unicorn())) == "a unicorn");
  }

  TEST_CASE("exception handlers: of unrelated bases the one added first counts") {
    ExceptionHandlers left_first;
    left_first.add<VirtualLeft>(saying<VirtualLeft>("left"));
    left_first.add<VirtualRight>(saying<VirtualRight>("right"));
    CHECK(body_for(std::move(left_first), throwing(Diamond())) == "left");
    ExceptionHandlers right_first;
    right_first.add<VirtualRight>(saying<VirtualRight>("right"));
    right_first.add<VirtualLeft>(saying<VirtualLeft>("left"));
    CHECK(body_for(std::move(right_first), throwing(Diamond())) == "right");
  }

  TEST_CASE("exception handlers: virtual bases are bases") {
    ExceptionHandlers handlers;
    handlers.add<VirtualRight>([](Request&, const VirtualRight& error) { return text(error.what()); });
    handlers.add<Diamond>(saying<Diamond>("the class itself"));
    CHECK(body_for(std::move(handlers), throwing(Diamond())) == "the class itself");
    ExceptionHandlers base;
    base.add<VirtualRight>([](Request&, const VirtualRight& error) { return text(error.what()); });
    CHECK(body_for(std::move(base), throwing(Diamond())) == "diamond");
  }

  TEST_CASE("exception handlers: classes that are no std::exception have handlers, too") {
    for (const bool base_first : {true, false}) {
      ExceptionHandlers handlers;
      const auto number = [](Request&, const Code& code) { return text("code " + std::to_string(code.value)); };
      if (base_first) handlers.add<Code>(number);
      handlers.add<BadCode>(saying<BadCode>("bad"));
      if (!base_first) handlers.add<Code>(number);
      const Handler handler = guarded(std::move(handlers), throwing(BadCode{}));
      CHECK(answer(handler, "GET", "/now").body == "bad");
    }
    ExceptionHandlers handlers;
    handlers.add<Code>([](Request&, const Code& code) { return text("code " + std::to_string(code.value)); });
    CHECK(body_for(std::move(handlers), throwing(Code{7})) == "code 7");
  }

  TEST_CASE("exception handlers: a base that is no std::exception is found beside one that is") {
    ExceptionHandlers handlers;
    handlers.add<Code>([](Request&, const Code& code) { return text("code " + std::to_string(code.value)); });
    CHECK(body_for(std::move(handlers), throwing(Both())) == "code 9");
  }

  TEST_CASE("exception handlers: an ambiguous or private base is none") {
    ExceptionHandlers ambiguous;
    ambiguous.add<std::exception>(saying<std::exception>("last"));
    ambiguous.add<std::logic_error>([](Request&, const std::logic_error& error) { return text(error.what()); });
    CHECK(body_for(std::move(ambiguous), throwing(Twice())) == "logic");
    ExceptionHandlers hidden;
    hidden.add<std::runtime_error>(saying<std::runtime_error>("runtime"));
    hidden.add<std::exception>(saying<std::exception>("last"));
    CHECK(body_for(std::move(hidden), throwing(Hidden())) == "last");
  }

  TEST_CASE("exception handlers: a later one for the same class replaces the earlier") {
    ExceptionHandlers handlers;
    handlers.add<Animal>(saying<Animal>("first"));
    handlers.add<Animal>(saying<Animal>("second"));
    CHECK(body_for(std::move(handlers), throwing(Animal())) == "second");
  }

  TEST_CASE("exception handlers: without one the exception passes as it is") {
    ExceptionHandlers handlers;
    handlers.add<Horse>(saying<Horse>("horse"));
    const Handler handler = guarded(std::move(handlers), throwing(Animal("cow")));
    CHECK_THROWS_WITH_AS(answer(handler, "GET", "/now"), "cow", Animal);
    CHECK_THROWS_WITH_AS(answer(handler, "GET", "/later"), "cow", Animal);
  }

  TEST_CASE("exception handlers: what doesn't throw is not touched") {
    CHECK(body_for(animal_handlers(0), [] {}) == "no error");
  }

  ASYNC_TEST_CASE("exception handlers: the exception lives until a coroutine handler has ended") {
    ExceptionHandlers handlers;
    handlers.add<Animal>([](Request& request, const Animal& error) -> Async<Response> {
      co_await sleep(1h);
      co_return text(std::string(request.path()) + " " + error.what());
    });
    const Handler handler = guarded(std::move(handlers), [] { throw Animal(std::string(1000, 'a')); });
    for (const char* const path : {"/now", "/later"}) {
      TestRequest request("GET", path);
      const auto began = EventLoop::current().time();
      const Response response = co_await call(handler, *request);
      CHECK(response.body == path + (" " + std::string(1000, 'a')));
      CHECK(EventLoop::current().time() - began >= 1h);
    }
  }

  TEST_CASE("exception handlers: a status has one for HttpExceptions, before any class") {
    const auto handlers = [] {
      ExceptionHandlers made;
      made.add<HttpException>(saying<HttpException>("class"));
      made.add<ProblemException>(saying<ProblemException>("problem"));
      made.add(404, [](Request&, const HttpException& error) { return text("404 " + error.detail_json(), 404); });
      return made;
    };
    CHECK(body_for(handlers(), throwing(HttpException(404, "gone"))) == R"(404 "gone")");
    CHECK(body_for(handlers(), throwing(ProblemException({.status = 404}))) == R"(404 "Not Found")");
    CHECK(body_for(handlers(), throwing(HttpException(403))) == "class");
    CHECK(body_for(handlers(), throwing(ProblemException({.status = 403}))) == "problem");
  }

  TEST_CASE("exception handlers: the router's own 404 and 405 go to the status's handler") {
    ExceptionHandlers handlers;
    handlers.add(404, [](Request&, const HttpException&) { return json(Json{{"custom", "nf"}}, 404); });
    handlers.add(Status::MethodNotAllowed, [](Request&, const HttpException& error) -> Async<Response> {
      co_await sleep(1s);
      co_return text(std::string(error.headers().get("allow").value_or("none")), 405);
    });
    const Handler handler = guarded(std::move(handlers), [] {});
    CHECK(answer(handler, "GET", "/nope").body == R"({"custom":"nf"})");
    CHECK(answer(handler, "GET", "/nope").status == 404);
    const Response refused = answer(handler, "POST", "/now");
    CHECK(refused.status == 405);
    CHECK(refused.body == "GET, HEAD");
    CHECK(answer(handler, "OPTIONS", "/now").status == Status::NoContent);
  }

  TEST_CASE("exception handlers: the router's own 404 goes to a handler of HttpException, if there is one") {
    ExceptionHandlers handlers;
    handlers.add<HttpException>([](Request&, const HttpException& error) { return text(error.what(), 400); });
    const Handler handler = guarded(std::move(handlers), [] {});
    CHECK(answer(handler, "GET", "/nope").body == "404: Not Found");
    CHECK(answer(handler, "PUT", "/now").body == "405: Method Not Allowed");
  }

  TEST_CASE("exception handlers: with a handler for another status the router answers as ever") {
    ExceptionHandlers handlers;
    handlers.add(403, [](Request&, const HttpException&) { return text("403"); });
    const Handler handler = guarded(std::move(handlers), [] {});
    CHECK(answer(handler, "GET", "/nope").body == R"({"detail":"Not Found"})");
    const Response refused = answer(handler, "PUT", "/now");
    CHECK(refused.body == R"({"detail":"Method Not Allowed"})");
    CHECK(refused.headers.get("allow") == "GET, HEAD");
  }

  TEST_CASE("exception handlers: an HttpException is answered as ever while only its bases have handlers") {
    const auto handlers = [] {
      ExceptionHandlers made;
      made.add<std::runtime_error>(saying<std::runtime_error>("runtime"));
      made.add<std::exception>(saying<std::exception>("last"));
      return made;
    };
    CHECK(body_for(handlers(), throwing(HttpException(404, "x"))) == R"({"detail":"x"})");
    CHECK(body_for(handlers(), throwing(RequestValidationError({}))) == R"({"detail":[]})");
    CHECK(body_for(handlers(), throwing(ThreadPoolFull("full"))) == R"({"detail":"Service Unavailable"})");
    CHECK(body_for(handlers(), throwing(ResponseValidationError({}))) == "runtime");
  }

  TEST_CASE("exception handlers: validation errors go only to their own handler") {
    const auto others = [] {
      ExceptionHandlers made;
      made.add<HttpException>(saying<HttpException>("class"));
      made.add(422, [](Request&, const HttpException&) { return text("status"); });
      return made;
    };
    const RequestValidationError error({{"int_parsing", {"path", "n"}, "m"}});
    CHECK(body_for(others(), throwing(error)).starts_with(R"({"detail":[{"type":"int_parsing")"));
    CHECK(body_for(others(), throwing(HttpException(422))) == "status");
    ExceptionHandlers handlers = others();
    handlers.add<RequestValidationError>([](Request&, const RequestValidationError& invalid) {
      return text("bad: " + invalid.errors().front().type, 400);
    });
    CHECK(body_for(std::move(handlers), throwing(error)) == "bad: int_parsing");
  }

  TEST_CASE("exception handlers: the default answer is there to be reused") {
    ExceptionHandlers handlers;
    handlers.add<HttpException>([](Request& request, const HttpException& error) {
      Response response = error_response(request, error);
      response.headers.set("x-seen", "1");
      return response;
    });
    const Response response = answer(guarded(std::move(handlers), throwing(HttpException(403))), "GET", "/now");
    CHECK(response.body == R"({"detail":"Forbidden"})");
    CHECK(response.headers.get("x-seen") == "1");
  }

  TEST_CASE("exception handlers: cancellations pass") {
    ExceptionHandlers handlers;
    handlers.add<std::exception>(saying<std::exception>("last"));
    handlers.add(504, [](Request&, const HttpException&) { return text("504"); });
    const Handler handler = guarded(std::move(handlers), throwing(Cancelled(CancelReason::Deadline)), true);
    CHECK_THROWS_AS(answer(handler, "GET", "/now"), Cancelled);
    CHECK_THROWS_AS(answer(handler, "GET", "/later"), Cancelled);
  }

  TEST_CASE("exception handlers: a cancellation in an exception handler passes") {
    ExceptionHandlers at_once;
    at_once.add<Animal>([](Request&, const Animal&) -> Response { throw Cancelled(); });
    ExceptionHandlers later;
    later.add<std::exception>([](Request&, const std::exception&) -> Async<Response> {
      co_await sleep(1s);
      throw Cancelled();
    });
    const auto check = [](ExceptionHandlers handlers) {
      const Handler handler = guarded(std::move(handlers), throwing(Animal()), true);
      CHECK_THROWS_AS(answer(handler, "GET", "/now"), Cancelled);
      CHECK_THROWS_AS(answer(handler, "GET", "/later"), Cancelled);
    };
    check(std::move(at_once));
    check(std::move(later));
  }
}
