// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/handler.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/asyncio/sleep.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::TestRequest;

namespace {

Async<Response> say_path(Request& request) {
  co_return text(std::string(request.path()));
}

/// Writes its name in front of the body.
Middleware named(std::string name) {
  const auto shared = std::make_shared<const std::string>(std::move(name));
  return [shared](Request& request, const Handler& next) -> Async<Response> {
    const auto own = shared;
    Response response = co_await next(request);
    response.body = *own + "(" + response.body + ")";
    co_return response;
  };
}

Async<Response> refuse(Request&, const Handler&) {
  co_return text("no", Status::Forbidden);
}

Async<Response> twice(Request& request, const Handler& next) {
  const Response first = co_await next(request);
  const Response second = co_await next(request);
  co_return text(first.body + second.body);
}

Async<Response> explain(Request& request, const Handler& next) {
  std::string reason;
  try {
    co_return co_await next(request);
  } catch (const std::runtime_error& error) {
    reason = error.what();
  }
  co_return text(reason, Status::BadGateway);
}

Async<Response> wait_first(Request& request, const Handler& next) {
  co_await sleep(1h);
  co_return co_await next(request);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("handler: middleware stands around a handler") {
    const Handler handler = wrap(named("a"), say_path);
    CHECK(answer(handler, "GET", "/x?y").body == "a(/x)");
  }

  TEST_CASE("handler: what is wrapped last is outermost") {
    Handler handler = wrap(named("inner"), say_path);
    handler = wrap(named("outer"), std::move(handler));
    CHECK(answer(handler, "GET", "/").body == "outer(inner(/))");
  }

  TEST_CASE("handler: middleware may answer itself, the handler is not called then") {
    int calls = 0;
    Handler handler = [&calls](Request&) {
      ++calls;
      return Async<Response>::ready(text("yes"));
    };
    handler = wrap(&refuse, std::move(handler));
    const Response response = answer(handler, "GET", "/");
    CHECK(response.status == Status::Forbidden);
    CHECK(response.body == "no");
    CHECK(calls == 0);
  }

  TEST_CASE("handler: middleware may call the next one again") {
    CHECK(answer(wrap(&twice, say_path), "GET", "/x").body == "/x/x");
  }

  TEST_CASE("handler: an error passes through middleware, which may answer instead") {
    const auto broken = [](Request&) -> Async<Response> { throw std::runtime_error("broken"); };
    CHECK_THROWS_WITH_AS(answer(wrap(named("a"), broken), "GET", "/"), "broken", std::runtime_error);
    const Response response = answer(wrap(&explain, wrap(named("a"), broken)), "GET", "/");
    CHECK(response.status == Status::BadGateway);
    CHECK(response.body == "broken");
  }

  TEST_CASE("handler: middleware may wait") {
    CHECK(answer(wrap(&wait_first, say_path), "GET", "/late").body == "/late");
  }

  TEST_CASE("handler: a wrapped handler owns what it is made of") {
    const auto alive = std::make_shared<int>(0);
    {
      const Handler handler = wrap([alive](Request& request, const Handler& next) { return next(request); },
                                   [alive](Request& request) { return say_path(request); });
      CHECK(alive.use_count() == 3);
      CHECK(answer(handler, "GET", "/").body == "/");
    }
    CHECK(alive.use_count() == 1);
  }

  TEST_CASE("handler: the same handler answers many requests at once") {
    const Handler handler = wrap(&wait_first, wrap(named("a"), say_path));
    const auto both = [](const Handler& shared) -> Async<std::string> {
      TestRequest first("GET", "/1");
      TestRequest second("GET", "/2");
      Task<Response> one = create_task(coroute::testing::call(shared, *first));
      Task<Response> two = create_task(coroute::testing::call(shared, *second));
      const Response a = co_await one;
      const Response b = co_await two;
      co_return a.body + b.body;
    };
    CHECK(run(both(handler), {.virtual_time = true}) == "a(/1)a(/2)");
  }
}
