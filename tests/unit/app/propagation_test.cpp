// SPDX-License-Identifier: BSL-1.0
// Deadline, request id and trace context on their way through services.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "coroute/http/request_id.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/app_transport.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

long long milliseconds_left() {
  const auto left = time_left();
  return left ? std::chrono::duration_cast<std::chrono::milliseconds>(*left).count() : -1;
}

App make_backend(int& entered) {
  App app;
  app.get("/left", [&entered]() -> Async<long long> {
    ++entered;
    co_await sleep(100ms);
    co_return milliseconds_left();
  });
  app.get("/now", [&entered] { return ++entered; });
  app.get("/slow", [&entered]() -> Async<int> {
    ++entered;
    co_await sleep(1h);
    co_return 1;
  });
  app.get("/seen", [](Request& request) {
    std::string all;
    for (const char* name : {"x-request-id", "traceparent", "tracestate", "x-request-timeout-ms"})
      all.append(request.header(name).value_or("none")).append("|");
    return text(all);
  });
  return app;
}

/// Asks the backend for what it is asked for, in what it is given to do it.
App make_front(const std::shared_ptr<Client>& backend) {
  App app;
  app.get("/{path}", [backend](Request& request) -> Async<Response> {
    const std::string path(request.path_param("path"));
    const ClientResponse answer = co_await backend->get("/" + path);
    co_return text(answer.text(), answer.status());
  });
  app.get("/own/{path}", [backend](Request& request) -> Async<Response> {
    const std::string path(request.path_param("path"));
    const ClientResponse answer = co_await backend->get("/" + path)
                                      .header("x-request-id", "mine")
                                      .header("traceparent", "other")
                                      .header("x-request-timeout-ms", "7");
    co_return text(answer.text(), answer.status());
  });
  app.get("/detached/{path}", [backend](Request& request) -> Async<Response> {
    const std::string path(request.path_param("path"));
    auto ask = [](std::shared_ptr<Client> client, std::string target) -> Async<std::string> {
      const ClientResponse answer = co_await client->get(target);
      co_return answer.text();
    };
    std::string body = co_await create_task(ask(backend, "/" + path));
    co_return text(std::move(body));
  });
  return app;
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("deadlines: what a caller says is left is the handler's deadline") {
    int entered = 0;
    TestClient client(make_backend(entered));
    CHECK(client.get("/left").text() == "-1");
    CHECK(client.get("/left", {.headers = {{"x-request-timeout-ms", "500"}}}).text() == "400");
    CHECK(client.get("/slow", {.headers = {{"x-request-timeout-ms", "500"}}}).status_code() == 504);
    CHECK(entered == 3);
  }

  TEST_CASE("deadlines: a request whose deadline has passed is refused before any work") {
    int entered = 0;
    TestClient client(make_backend(entered));
    for (const char* path : {"/left", "/now"}) {
      const TestResponse late = client.get(path, {.headers = {{"x-request-timeout-ms", "0"}}});
      CHECK(late.status_code() == 504);
      CHECK(late.text() == R"({"detail":"the deadline of the request has passed"})");
    }
    CHECK(entered == 0);
  }

  TEST_CASE("deadlines: a field that is no number is as if not there, and so are all when switched off") {
    int entered = 0;
    TestClient client(make_backend(entered));
    for (const char* value : {"", "-1", "5s", "1.5", "4294967296"})
      CHECK(client.get("/left", {.headers = {{"x-request-timeout-ms", value}}}).text() == "-1");
    App other({.honor_timeout_header = false});
    other.get("/left", [] { return milliseconds_left(); });
    TestClient without(std::move(other));
    CHECK(without.get("/left", {.headers = {{"x-request-timeout-ms", "0"}}}).text() == "-1");
  }

  TEST_CASE("propagation: id, trace and what is left of the deadline go along") {
    int entered = 0;
    const auto backend = std::make_shared<Client>(
        ClientOptions{.base_url = "http://b", .transport = std::make_shared<AppTransport>(make_backend(entered))});
    TestClient client(make_front(backend));
    const Headers sent{{"x-request-id", "id-7"},
                       {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                       {"tracestate", "a=1"},
                       {"x-request-timeout-ms", "500"}};
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01|a=1|";
    CHECK(client.get("/seen", {.headers = sent}).text() == "id-7|" + trace + "500|");
    CHECK(client.get("/detached/seen", {.headers = sent}).text() == "id-7|" + trace + "500|");
    CHECK(client.get("/own/seen", {.headers = sent}).text() == "mine|other|a=1|7|");
    CHECK(client.get("/left", {.headers = sent}).text() == "400");
    CHECK(client.get("/slow", {.headers = sent}).status_code() == 504);
  }

  TEST_CASE("propagation: without a deadline none is sent, and a client may keep it all to itself") {
    int entered = 0;
    const auto transport = std::make_shared<AppTransport>(make_backend(entered));
    const auto open = std::make_shared<Client>(ClientOptions{.base_url = "http://b", .transport = transport});
    const auto closed =
        std::make_shared<Client>(ClientOptions{.base_url = "http://b", .propagate = false, .transport = transport});
    TestClient through(make_front(open));
    TestClient kept(make_front(closed));
    CHECK(through.get("/seen", {.headers = {{"x-request-id", "id-7"}}}).text() == "id-7|none|none|none|");
    CHECK(kept.get("/seen", {.headers = {{"x-request-id", "id-7"}, {"x-request-timeout-ms", "9"}}}).text() ==
          "none|none|none|none|");
  }
}
