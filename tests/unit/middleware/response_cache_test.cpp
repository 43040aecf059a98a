// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/response_cache.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/http/date.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::around;

namespace {

AsyncGenerator<std::string> one_piece() {
  co_yield std::string("piece");
}

using Calls = std::shared_ptr<int>;

/// Says which call it was, with these fields.
Handler saying(Headers fields, ResponseCacheOptions options = {}, Status status = Status::Ok, std::size_t size = 0) {
  const Calls calls = std::make_shared<int>(0);
  return around(ResponseCacheMiddleware(options), [=] {
    Response response = text("call " + std::to_string(++*calls) + std::string(size, '.'), status);
    for (const HeaderField field : fields)
      response.headers.add(field.name, field.value);
    return response;
  });
}

/// The same, a second later.
Handler saying_slowly(const Calls& calls, const std::string& cache_control) {
  return around(ResponseCacheMiddleware(), [=]() -> Async<Response> {
    const int call = ++*calls;
    Response response = text("call " + std::to_string(call));
    response.headers.set("cache-control", cache_control);
    co_await sleep(1s);
    co_return response;
  });
}

/// Whether a second request with the same fields gets the answer to the first.
bool is_kept(Handler handler, Headers fields = {}, std::string_view path = "/") {
  TestClient client(std::move(handler));
  const std::string first = client.get(path, {.headers = fields}).text();
  return client.get(path, {.headers = fields}).text() == first;
}

bool is_kept_with(std::string_view name, std::string_view value, Headers request = {}) {
  return is_kept(saying({{"cache-control", "max-age=60"}, {name, value}}), std::move(request));
}

/// The texts that three requests at once get, and how long that takes.
std::string ask_three(TestClient& client) {
  const auto ask = [](TestClient& to) -> Async<std::string> {
    const auto began = EventLoop::current().time();
    auto [a, b, c] = co_await gather(to.async_get("/"), to.async_get("/"), to.async_get("/"));
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(EventLoop::current().time() - began);
    co_return a.text() + ", " + b.text() + ", " + c.text() + " in " + std::to_string(took.count());
  };
  return client.run(ask(client));
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("response cache: an answer is given again for less than its max-age, with its age") {
    TestClient client(saying({{"cache-control", "public, max-age=60"}, {"x-made-by", "handler"}}));
    const TestResponse first = client.get("/");
    CHECK(first.text() == "call 1");
    CHECK_FALSE(first.header("age"));
    client.advance(59'999ms);
    const TestResponse hit = client.get("/");
    CHECK(hit.text() == "call 1");
    CHECK(hit.header("age") == "59");
    CHECK(hit.header("cache-status") == "coroute; hit");
    CHECK(hit.header("x-made-by") == "handler");
    CHECK(hit.header("content-type") == "text/plain; charset=utf-8");
    client.advance(1ms);
    CHECK(client.get("/").text() == "call 2");
  }

  TEST_CASE("response cache: s-maxage counts more than max-age, default_ttl for those that say neither") {
    CHECK(is_kept(saying({{"cache-control", "max-age=0, s-maxage=60"}})));
    CHECK_FALSE(is_kept(saying({{"cache-control", "max-age=60, s-maxage=0"}})));
    CHECK_FALSE(is_kept(saying({})));
    CHECK(is_kept(saying({}, {.default_ttl = 60s})));
    CHECK_FALSE(is_kept(saying({{"cache-control", "max-age=0"}}, {.default_ttl = 60s})));
    CHECK_FALSE(is_kept(saying({}, {.default_ttl = 60s}, Status::NotFound)));
  }

  TEST_CASE("response cache: a streamed body is not kept, and nobody waits for it twice") {
    TestClient client(
        around(ResponseCacheMiddleware({.default_ttl = 60s}), [] { return stream(one_piece(), "text/plain"); }));
    for (int i = 0; i < 2; ++i) {
      const TestResponse response = client.get("/");
      CHECK(response.text() == "piece");
      CHECK_FALSE(response.header("cache-status"));
    }
  }

  TEST_CASE("response cache: only some statuses are kept") {
    for (const int status : {200, 301, 308, 404, 410})
      CHECK(is_kept(saying({{"cache-control", "max-age=60"}}, {}, Status(status))));
    for (const int status : {201, 203, 400, 401, 403, 429, 500, 503})
      CHECK_FALSE(is_kept(saying({{"cache-control", "max-age=60"}}, {}, Status(status))));
  }

  TEST_CASE("response cache: what is for one client only is not kept") {
    CHECK(is_kept_with("x-a", "b"));
    CHECK_FALSE(is_kept_with("cache-control", "private"));
    CHECK_FALSE(is_kept_with("cache-control", "Private=\"x-a\""));
    CHECK_FALSE(is_kept_with("cache-control", "no-store"));
    CHECK_FALSE(is_kept_with("cache-control", "no-cache"));
    CHECK_FALSE(is_kept_with("set-cookie", "a=b"));
    CHECK_FALSE(is_kept_with("vary", "*"));
  }

  TEST_CASE("response cache: what clients with credentials get is kept when it says that all may have it") {
    const Headers authorized{{"authorization", "Bearer a"}};
    CHECK_FALSE(is_kept_with("x-a", "b", authorized));
    CHECK(is_kept_with("cache-control", "public", authorized));
    CHECK(is_kept_with("cache-control", "s-maxage=60", authorized));
    CHECK(is_kept_with("x-a", "b", {{"cookie", "a=b"}}));
    CHECK_FALSE(is_kept(saying({}, {.default_ttl = 60s}), {{"cookie", "a=b"}}));
  }

  TEST_CASE("response cache: what one with credentials gets does not keep the others from sharing") {
    const Calls calls = std::make_shared<int>(0);
    TestClient client(saying_slowly(calls, "max-age=60"));
    CHECK(client.get("/", {.headers = {{"authorization", "x"}}}).text() == "call 1");
    CHECK(ask_three(client) == "call 2, call 2, call 2 in 1");
  }

  TEST_CASE("response cache: hosts, paths and queries are apart; ranges and what changes nothing go through") {
    TestClient client(saying({{"cache-control", "max-age=60"}}));
    CHECK(client.get("/").text() == "call 1");
    CHECK(client.get("/?a=1").text() == "call 2");
    CHECK(client.get("/a").text() == "call 3");
    CHECK(client.get("http://other/").text() == "call 4");
    CHECK(client.get("https://testserver/").text() == "call 5");
    CHECK(client.options("/").text() == "call 6");
    CHECK(client.get("/", {.headers = {{"range", "bytes=0-1"}}}).text() == "call 7");
    CHECK(client.get("/").text() == "call 1");
  }

  TEST_CASE("response cache: what changes a resource has the answers of its URL forgotten") {
    for (const char* const method : {"POST", "PUT", "PATCH", "DELETE", "PURGE"}) {
      CAPTURE(method);
      TestClient client(saying({{"cache-control", "public, max-age=60"}, {"vary", "accept-language"}}));
      const auto ask = [&client](std::string_view path, std::string_view language, bool logged_in = false) {
        Headers fields{{"accept-language", language}};
        if (logged_in) fields.add("authorization", "Bearer x");
        return client.get(path, {.headers = std::move(fields)}).text();
      };
      CHECK(ask("/a", "de") == "call 1");
      CHECK(ask("/a", "en") == "call 2");
      CHECK(ask("/a", "de", true) == "call 3");
      CHECK(ask("/a?b", "de") == "call 4");
      CHECK(ask("/ab", "de") == "call 5");
      CHECK(ask("/a/b", "de") == "call 6");
      CHECK(client.request(method, "/a").text() == "call 7");
      CHECK(ask("/a", "de") == "call 8");
      CHECK(ask("/a", "en") == "call 9");
      CHECK(ask("/a", "de", true) == "call 10");
      CHECK(ask("/a?b", "de") == "call 4");
      CHECK(ask("/ab", "de") == "call 5");
      CHECK(ask("/a/b", "de") == "call 6");
    }
  }

  TEST_CASE("response cache: a change that fails changes nothing") {
    TestClient client(around(ResponseCacheMiddleware(), [calls = std::make_shared<int>(0)](Request& request) {
      Response response = text("call " + std::to_string(++*calls));
      if (request.method() != Method::Get) response.status = Status::Conflict;
      response.headers.set("cache-control", "max-age=60");
      return response;
    }));
    CHECK(client.get("/").text() == "call 1");
    CHECK(client.put("/").status_code() == 409);
    CHECK(client.get("/").text() == "call 1");
  }

  TEST_CASE("response cache: an answer that was begun before a change is not kept after it") {
    const Calls calls = std::make_shared<int>(0);
    TestClient client(saying_slowly(calls, "max-age=60"));
    const auto change_meanwhile = [](TestClient& to) -> Async<std::string> {
      auto before = create_task(to.async_get("/").send());
      co_await sleep(500ms);
      auto change = create_task(to.async_put("/").send());
      co_await sleep(100ms);
      auto waiting = create_task(to.async_get("/").send());
      const TestResponse first = co_await before;
      const TestResponse changed = co_await change;
      const TestResponse second = co_await waiting;
      const TestResponse third = co_await to.async_get("/");
      co_return first.text() + ", " + changed.text() + ", " + second.text() + ", " + third.text();
    };
    // The one that waited for the first is answered by the first: it had begun before the change was done.
    CHECK(client.run(change_meanwhile(client)) == "call 1, call 2, call 1, call 3");
  }

  TEST_CASE("response cache: a WebSocket is nothing to keep, and nobody waits for its end") {
    App app;
    app.use(ResponseCacheMiddleware({.default_ttl = 60s}));
    app.websocket("/feed", [](WebSocket& ws) -> Async<void> {
      co_await ws.accept();
      while (const auto message = co_await ws.receive_text())
        co_await ws.send_text(*message);
    });
    app.get("/feed", [] { return text("page"); });
    TestClient client(std::move(app));
    TestWebSocket first = client.websocket_connect("/feed");
    CHECK(client.get("/feed").text() == "page");
    TestWebSocket second = client.websocket_connect("/feed");
    for (TestWebSocket* const ws : {&first, &second}) {
      ws->send_text("hello");
      CHECK(ws->receive_text() == "hello");
    }
    first.close();
    second.close();
    CHECK(client.get("/feed").header("cache-status") == "coroute; hit");
  }

  TEST_CASE("response cache: Expires counts where Cache-Control says no time, and a default nowhere") {
    const auto at = [](std::chrono::seconds from_now) {
      return http_date(std::chrono::system_clock::now() + from_now);
    };
    const ResponseCacheOptions keeps{.default_ttl = 60s};
    CHECK(is_kept(saying({{"expires", at(60s)}})));
    CHECK_FALSE(is_kept(saying({{"expires", at(-60s)}}, keeps)));
    CHECK_FALSE(is_kept(saying({{"expires", "0"}}, keeps)));
    CHECK(is_kept(saying({{"expires", at(-60s)}, {"cache-control", "max-age=60"}})));
    CHECK_FALSE(is_kept(saying({{"expires", at(60s)}, {"cache-control", "max-age=0"}})));
    CHECK_FALSE(is_kept(saying({{"cache-control", "max-age=-1"}}, keeps)));
    CHECK_FALSE(is_kept(saying({{"cache-control", "max-age"}}, keeps)));
  }

  TEST_CASE("response cache: an answer that has an age already is kept for less, and its age goes on") {
    TestClient client(saying({{"cache-control", "max-age=600"}, {"age", "590"}}));
    CHECK(client.get("/").text() == "call 1");
    client.advance(9s);
    const TestResponse hit = client.get("/");
    CHECK(hit.text() == "call 1");
    CHECK(hit.header("age") == "599");
    client.advance(1s);
    CHECK(client.get("/").text() == "call 2");
    CHECK_FALSE(is_kept(saying({{"cache-control", "max-age=600"}, {"age", "600"}})));
  }

  TEST_CASE("response cache: two lines of a field are not the one line that they look like together") {
    TestClient client(saying({{"cache-control", "max-age=60"}, {"vary", "origin"}}));
    CHECK(client.get("/", {.headers = {{"origin", "https"}, {"origin", "//a.org"}}}).text() == "call 1");
    CHECK(client.get("/", {.headers = {{"origin", "https://a.org"}}}).text() == "call 2");
    CHECK(client.get("/", {.headers = {{"origin", "https:"}, {"origin", "/a.org"}}}).text() == "call 3");
  }

  TEST_CASE("response cache: answers that vary are apart by what they name") {
    TestClient client(saying({{"cache-control", "max-age=60"}, {"vary", "Accept-Language"}, {"vary", "x-a"}}));
    const auto ask = [&client](std::string_view language, std::string_view a = "") {
      return client.get("/", {.headers = {{"accept-language", language}, {"x-a", a}}}).text();
    };
    CHECK(ask("de") == "call 1");
    CHECK(ask("en") == "call 2");
    CHECK(ask("en", "1") == "call 3");
    CHECK(ask("de") == "call 1");
    CHECK(ask("en") == "call 2");
    CHECK(ask("en", "1") == "call 3");
  }

  TEST_CASE("response cache: of several requests at once one goes to the handler") {
    const Calls calls = std::make_shared<int>(0);
    TestClient client(saying_slowly(calls, "max-age=60"));
    CHECK(ask_three(client) == "call 1, call 1, call 1 in 1");
    CHECK(ask_three(client) == "call 1, call 1, call 1 in 0");
    client.advance(60s);
    CHECK(ask_three(client) == "call 2, call 2, call 2 in 1");
  }

  TEST_CASE("response cache: for what must not be kept nobody waits twice, until uncacheable_ttl is over") {
    const Calls calls = std::make_shared<int>(0);
    TestClient client(saying_slowly(calls, "private"));
    CHECK(ask_three(client) == "call 1, call 2, call 3 in 2");
    CHECK(ask_three(client) == "call 4, call 5, call 6 in 1");
    client.advance(120s);
    CHECK(ask_three(client) == "call 7, call 8, call 9 in 2");
  }

  TEST_CASE("response cache: a handler that throws is no answer, the others ask themselves") {
    const Calls calls = std::make_shared<int>(0);
    TestClient client(around(ResponseCacheMiddleware({.default_ttl = 60s}), [calls]() -> Async<int> {
      const int call = ++*calls;
      co_await sleep(1s);
      if (call == 1) throw HttpException(Status::NotFound);
      co_return call;
    }));
    CHECK(ask_three(client) == R"({"detail":"Not Found"}, 2, 3 in 2)");
    CHECK(ask_three(client).ends_with("in 0"));
  }

  TEST_CASE("response cache: when the client that others wait for leaves, another takes its place") {
    const Calls calls = std::make_shared<int>(0);
    TestClient client(saying_slowly(calls, "max-age=60"));
    const auto leave_early = [](TestClient& to) -> Async<std::string> {
      auto first = create_task(to.async_get("/").send());
      co_await sleep(500ms);
      auto second = create_task(to.async_get("/").send());
      co_await sleep(100ms);
      first.cancel();
      const TestResponse response = co_await second;
      co_return response.text();
    };
    CHECK(client.run(leave_early(client)) == "call 2");
    CHECK(client.get("/").text() == "call 2");
  }

  TEST_CASE("response cache: beyond max_entries what was not asked for longest is forgotten") {
    TestClient client(saying({{"cache-control", "max-age=60"}}, {.max_entries = 2}));
    CHECK(client.get("/a").text() == "call 1");
    CHECK(client.get("/b").text() == "call 2");
    CHECK(client.get("/a").text() == "call 1");
    CHECK(client.get("/c").text() == "call 3");
    CHECK(client.get("/a").text() == "call 1");
    CHECK(client.get("/b").text() == "call 4");
  }

  TEST_CASE("response cache: bodies of max_body_bytes are kept, larger ones are not") {
    for (const auto& [size, kept] : {std::pair(99U, true), std::pair(100U, true), std::pair(101U, false)}) {
      const std::size_t dots = size - std::string_view("call 1").size();
      CHECK(is_kept(saying({{"cache-control", "max-age=60"}}, {.max_body_bytes = 100}, Status::Ok, dots)) == kept);
    }
    CHECK_FALSE(is_kept(saying({{"cache-control", "max-age=60"}}, {.max_bytes = 2000}, Status::Ok, 2000)));
    CHECK(is_kept(saying({{"cache-control", "max-age=60"}}, {.max_bytes = 2000}, Status::Ok, 1000)));
  }
}
