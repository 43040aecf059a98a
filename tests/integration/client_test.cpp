// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/client.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/json.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// Answers with what it was asked.
Async<Response> describe(Request& request) {
  const std::string body(co_await request.body());
  Response response = text(std::string(request.method_name()) + ' ' + std::string(request.target()) + ' ' + body);
  response.headers.add("x-content-type", request.headers().get("content-type").value_or("none"));
  response.headers.add("x-host", request.headers().get("host").value_or("none"));
  co_return response;
}

std::string url_of(const TestServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

const std::string ok_response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Answers each request of a connection with `response`, until the peer closes.
RawServer::Script always(std::string response) {
  return [response = std::move(response)](RawConnection& connection) {
    while (!connection.read_request().empty())
      connection.send(response);
  };
}

/// Two requests one after the other; says how many connections they took.
std::size_t connections_for_two(const std::string& response, const ClientOptions& base = {}) {
  RawServer server([&](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.send(response);
    // A response without a length ends here.
    if (response.find("content-length") == std::string::npos && response.find("chunked") == std::string::npos) return;
    always(response)(connection);
  });
  ClientOptions options = base;
  options.base_url = server.url();
  const Client client(options);
  run([](const Client& http) -> Async<void> {
    for (int i = 0; i < 2; ++i) {
      const std::string outcome = co_await outcome_of(http.get("/"));
      CHECK(outcome.starts_with("200"));
    }
  }(client));
  return server.accepted();
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: every method arrives with its path, query and body") {
  TestServer server(describe);
  const Client client{{.base_url = url_of(server) + "/api"}};
  run([](const Client& http) -> Async<void> {
    const auto got = co_await http.get("/stock/1").query("q", 1).query("x", "a b&c");
    CHECK(got.status() == Status::Ok);
    CHECK(got.ok());
    CHECK(got.text() == "GET /api/stock/1?q=1&x=a+b%26c ");
    CHECK(got.header("content-type") == "text/plain; charset=utf-8");
    CHECK(got.method() == "GET");
    CHECK(got.url().target() == "/api/stock/1?q=1&x=a+b%26c");
    const auto posted = co_await http.post("items").json(Json::parse(R"({"a": [1, "ä"]})"));
    CHECK(posted.text() == R"(POST /api/items {"a":[1,"ä"]})");
    CHECK(posted.header("x-content-type") == "application/json");
    const auto put = co_await http.put("/x").body("raw", "text/csv");
    CHECK(put.text() == "PUT /api/x raw");
    CHECK(put.header("x-content-type") == "text/csv");
    const auto patched = co_await http.patch("/x");
    CHECK(patched.text() == "PATCH /api/x ");
    const auto deleted = co_await http.del("/x").body("");
    CHECK(deleted.text() == "DELETE /api/x ");
    const auto purged = co_await http.request("PURGE", "/x");
    CHECK(purged.text() == "PURGE /api/x ");
    const auto asked = co_await http.options("/x").header("host", "other");
    CHECK(asked.text() == "OPTIONS /api/x ");
    CHECK(asked.header("x-host") == "other");
    const auto head = co_await http.head("/x");
    CHECK(head.text().empty());
    CHECK(head.header("content-length") == "12");
    const auto after_head = co_await http.get("/y");
    CHECK(after_head.text() == "GET /api/y ");
  }(client));
  CHECK(server->connections() <= 1);
}

TEST_CASE("client: the request on the wire is exactly what it should be") {
  std::string seen;
  RawServer server([&](RawConnection& connection) {
    seen = connection.read_request();
    connection.send(ok_response);
  });
  const Client client{{.base_url = server.url(), .headers = {{"x-team", "shop"}}}};
  run([](const Client& http) -> Async<void> {
    co_await http.post("/x").header("x-a", "b").body("hello", "text/plain");
  }(client));
  CHECK(seen == "POST /x HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(server.port()) +
                    "\r\naccept: */*\r\nuser-agent: coroute/0.1.0\r\naccept-encoding: gzip, deflate, br\r\nx-team: "
                    "shop\r\nx-a: b\r\n"
                    "content-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
}

TEST_CASE("client: json reads the answer, raise_for_status throws for an error's") {
  TestServer server([](Request& request) -> Async<Response> {
    const bool wanted = request.target() == "/item";
    co_return json(Json{{"found", wanted}}, wanted ? Status::Ok : Status::NotFound);
  });
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    const auto item = co_await http.get("/item");
    CHECK(item.raise_for_status().json()["found"] == true);
    const auto missing = co_await http.get("/other?token=secret");
    CHECK_THROWS_AS(missing.raise_for_status(), HttpStatusError);
    CHECK(missing.json()["found"] == false);
  }(client));
}

TEST_CASE("client: large bodies go both ways whole") {
  ServerOptions options;
  options.limits.max_body_bytes = 16 * 1024 * 1024;
  TestServer server([](Request& request) -> Async<Response> { co_return text(std::string(co_await request.body())); },
                    std::move(options));
  const Client client{{.base_url = url_of(server)}};
  std::string body;
  for (int i = 0; body.size() < 5'000'000; ++i)
    body += std::to_string(i);
  run([](const Client& http, const std::string& sent) -> Async<void> {
    const auto echoed = co_await http.post("/").body(sent);
    CHECK(echoed.text().size() == sent.size());
    CHECK(echoed.text() == sent);
  }(client, body));
}

TEST_CASE("client: requests one after the other share a connection, concurrent ones have one each") {
  RawServer server(always(ok_response));
  const Client client{{.base_url = server.url()}};
  run([](const Client& http, const RawServer& upstream) -> Async<void> {
    for (int i = 0; i < 10; ++i)
      co_await http.post("/").body("x");
    CHECK(upstream.accepted() == 1);
    co_await gather(http.get("/"), http.get("/"), http.get("/"));
    CHECK(upstream.accepted() == 3);
    co_await gather(http.get("/"), http.get("/"), http.get("/"));
    CHECK(upstream.accepted() == 3);
  }(client, server));
}

TEST_CASE("client: works under timeout and as a task") {
  RawServer server(always(ok_response));
  const Client client{{.base_url = server.url()}};
  run([](const Client& http) -> Async<void> {
    const auto in_time = co_await timeout(5s, http.get("/"));
    CHECK(in_time.text() == "ok");
    const Task<ClientResponse> task = create_task(http.get("/").timeout(5s).send());
    const auto of_task = co_await task;
    CHECK(of_task.text() == "ok");
  }(client));
}

TEST_CASE("client: connections are kept or closed as the answer says") {
  CHECK(connections_for_two(ok_response) == 1);
  CHECK(connections_for_two("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n") == 1);
  CHECK(connections_for_two("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok") == 1);
  CHECK(connections_for_two("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok_response) == 1);
  CHECK(connections_for_two("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok") == 2);
  CHECK(connections_for_two("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok") == 2);
  CHECK(connections_for_two("HTTP/1.1 200 OK\r\n\r\nok") == 2);
  CHECK(connections_for_two(ok_response + "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil") == 2);
  CHECK(connections_for_two(ok_response, {.headers = {{"connection", "close"}}}) == 2);
  CHECK(connections_for_two(ok_response, {.limits = {.max_idle_per_host = 0}}) == 2);
  CHECK(connections_for_two(ok_response, {.limits = {.keep_alive_expiry = 0ms}}) == 2);
}

TEST_CASE("client: a connection that the server closed while it was idle is not used again, whatever the method") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send(ok_response);
  });
  const Client client{{.base_url = server.url()}};
  run([](const Client& http, const RawServer& upstream) -> Async<void> {
    for (int i = 0; i < 5; ++i) {
      co_await http.post("/");
      while (upstream.open() > 0)
        co_await sleep(1ms);
    }
  }(client, server));
  CHECK(server.accepted() == 5);
}

TEST_CASE("client: a kept connection that dies under a request is replaced once, but not for POST and PATCH") {
  for (const std::string method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "POST", "PATCH", "PURGE"}) {
    CAPTURE(method);
    std::atomic<int> received{0};
    RawServer server([&](RawConnection& connection) {
      if (!connection.read_request().empty()) connection.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      if (connection.number > 0) return;
      if (!connection.read_request().empty()) ++received;  // and closes without a word
    });
    const Client client{{.base_url = server.url()}};
    std::string outcome;
    run([](const Client& http, const std::string& name, std::string& result) -> Async<void> {
      co_await http.request(name, "/");
      result = co_await outcome_of(http.request(name, "/"));
    }(client, method, outcome));
    const bool repeated = method[0] != 'P' || method == "PUT";
    CHECK(outcome == (repeated ? "200 " : "ConnectionClosed"));
    CHECK(server.accepted() == (repeated ? 2 : 1));
    CHECK(received == 1);
  }
}

TEST_CASE("client: a request is not repeated when the new connection dies too, or when an answer had begun") {
  RawServer dying([](RawConnection& connection) {
    connection.read_request();
    if (connection.number > 0) return;
    connection.send(ok_response);
    connection.read_request();
  });
  RawServer stopping([](RawConnection& connection) {
    connection.read_request();
    connection.send(ok_response);
    connection.read_request();
    connection.send("H");
  });
  const Client client{{.retries = {.max_attempts = 1}}};
  for (RawServer* const server : {&dying, &stopping}) {
    std::string outcome;
    run([](const Client& http, const std::string& url, std::string& result) -> Async<void> {
      co_await http.get(url);
      result = co_await outcome_of(http.get(url));
    }(client, server->url(), outcome));
    CHECK(outcome == "ConnectionClosed");
  }
  CHECK(dying.accepted() == 2);
  CHECK(stopping.accepted() == 1);
}

TEST_CASE("client: what a new connection doesn't answer is tried once more, a POST is not") {
  for (const std::string method : {"GET", "POST"}) {
    RawServer server([](RawConnection& connection) {
      connection.read_request();
      if (connection.number > 0) connection.send(ok_response);
    });
    const Client client{{.base_url = server.url()}};
    std::string outcome;
    run([](const Client& http, const std::string& name, std::string& result) -> Async<void> {
      result = co_await outcome_of(http.request(name, "/"));
    }(client, method, outcome));
    CHECK((outcome == "ConnectionClosed") == (method == "POST"));
    CHECK(server.accepted() == (method == "POST" ? 1 : 2));
  }
}

TEST_CASE("client: an answer that comes before the end of the request ends the sending") {
  RawServer server([](RawConnection& connection) {
    connection.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno");
    connection.close_gently();
  });
  const Client client{{.base_url = server.url()}};
  run([](const Client& http) -> Async<void> {
    const std::string outcome = co_await outcome_of(http.post("/").body(std::string(8'000'000, 'x')));
    CHECK(outcome == "413 no");
  }(client));
}

TEST_CASE("client: hosts are found by name, and all addresses are tried") {
  TestServer server(describe);  // on 127.0.0.1; localhost may be ::1 first
  const Client client;
  run([](const Client& http, std::uint16_t port) -> Async<void> {
    const std::string url = "http://localhost:" + std::to_string(port) + "/x";
    for (int i = 0; i < 2; ++i) {
      const auto response = co_await http.get(url);
      CHECK(response.text() == "GET /x ");
    }
    const std::string unknown = co_await outcome_of(http.get("http://a..b/"));
    CHECK(unknown == "DnsError");
  }(client, server.port()));
}

TEST_CASE("client: a port on which nobody listens is a ConnectError that names it") {
  const int listener = RawServer::listen_on_loopback(1);
  const std::string host = "127.0.0.1:" + std::to_string(RawServer::port_of(listener));
  close(listener);
  const Client client;
  run([](const Client& http, const std::string& authority) -> Async<void> {
    std::string message;
    try {
      co_await http.get("http://" + authority + "/x?token=secret");
    } catch (const ConnectError& error) {
      message = error.what();
    }
    CHECK(message == "GET http://" + authority + "/x: cannot connect to " + authority + ": Connection refused");
  }(client, host));
}

TEST_SUITE_END();
