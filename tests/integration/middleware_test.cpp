// SPDX-License-Identifier: BSL-1.0
// What middleware do between loops, with clients that leave, and for curl.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/coroute.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

ServerOptions two_loops() {
  ServerOptions options;
  options.loops = 2;
  return options;
}

/// The answers to one request on each of `count` connections, sent before the first answer is read.
std::vector<RawResponse> ask_at_once(TestServer& server, std::size_t count) {
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < count; ++i)
    clients.push_back(server.connect());
  for (RawClient& client : clients)
    client.send(get("/"));
  std::vector<RawResponse> answers;
  for (RawClient& client : clients)
    answers.push_back(client.receive());
  return answers;
}

bool has_curl() {
  return std::system("curl --version >/dev/null 2>&1") == 0;
}

/// What curl prints of `arguments` and the server's URL.
std::string curl(const TestServer& server, const std::string& arguments, const std::string& path = "") {
  const std::string url = " http://127.0.0.1:" + std::to_string(server.port()) + "/" + path;
  const std::string command = "curl --noproxy '*' --silent --show-error --max-time 30 " + arguments + url;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  REQUIRE(pipe);
  std::string out;
  char piece[4096];
  for (std::size_t size = fread(piece, 1, sizeof piece, pipe.get()); size > 0;
       size = fread(piece, 1, sizeof piece, pipe.get()))
    out.append(piece, size);
  return out;
}

std::string long_text() {
  std::string all;
  for (int i = 0; i < 100000; ++i)
    all += "line " + std::to_string(i) + "\n";
  return all;
}

AsyncGenerator<std::string> in_pieces(std::shared_ptr<const std::string> text) {
  constexpr std::size_t piece_size = 5000;
  for (std::size_t at = 0; at < text->size(); at += piece_size) {
    co_await sleep(0s);
    co_yield text->substr(at, piece_size);
  }
}

std::string post_with_key(const std::string& key) {
  return "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nidempotency-key: " + key + "\r\n\r\n{}";
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("rate limit: connections of several loops share what there is, to the last request") {
    App app;
    app.get("/", [] { return 1; });
    app.use(RateLimitMiddleware({.limit = 25, .window = 1h}));
    TestServer server(std::move(app).handler(), two_loops());
    int allowed = 0;
    int refused = 0;
    for (int round = 0; round < 3; ++round) {
      for (const RawResponse& answer : ask_at_once(server, 20))
        ++(answer.status == 200 ? allowed : refused);
    }
    CHECK(allowed == 25);
    CHECK(refused == 35);
  }

  TEST_CASE("response cache: requests of several loops have one answer made") {
    std::atomic<int> calls = 0;
    App app;
    app.get("/", [&calls]() -> Async<int> {
      const int call = ++calls;
      co_await sleep(100ms);
      co_return call;
    });
    app.use(ResponseCacheMiddleware({.default_ttl = 1h}));
    TestServer server(std::move(app).handler(), two_loops());
    for (const RawResponse& answer : ask_at_once(server, 20))
      CHECK(answer.body == "1");
    CHECK(calls == 1);
  }

  TEST_CASE("idempotency key: a client that left finds the answer when its handler is not cancelled") {
    std::atomic<int> started = 0;
    std::atomic<int> finished = 0;
    Event go_on;
    App app;
    app.post("/",
             [&]() -> Async<int> {
               ++started;
               co_await go_on.wait();
               co_return ++finished;
             },
             {.cancel_on_disconnect = false});
    app.use(IdempotencyKeyMiddleware());
    TestServer server(std::move(app).handler());
    RawClient first = server.connect();
    first.send(post_with_key("a"));
    CHECK(eventually([&] { return started == 1; }));
    first.close();
    CHECK(server.request(post_with_key("a")).status == 409);
    go_on.set();
    CHECK(eventually([&] { return server.request(post_with_key("a")).status == 200; }));
    const RawResponse again = server.request(post_with_key("a"));
    CHECK(again.body == "1");
    CHECK(again.header("idempotent-replayed") == "true");
    CHECK(started == 1);
  }

  TEST_CASE("body limit: a body that says that it is too long is refused before it is sent") {
    App app;
    app.post("/", [](Request& request) -> Async<int> {
      const std::string_view body = co_await request.body();
      co_return static_cast<int>(body.size());
    });
    app.use(BodyLimitMiddleware(10));
    TestServer server(std::move(app).handler());
    const std::string head = "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ";
    CHECK(server.request(head + "11\r\n\r\n").status == 413);
    RawClient client = server.connect();
    CHECK(client.request(head + "10\r\n\r\n").status == 100);
    client.send("0123456789");
    CHECK(client.receive().body == "10");
  }

  TEST_CASE("compression: curl reads every encoding, of bodies in memory and of streams") {
    if (!has_curl()) {
      MESSAGE("no curl");
      return;
    }
    const auto body = std::make_shared<const std::string>(long_text());
    App app;
    app.get("/", [body] { return shared_bytes(body, "text/plain"); });
    app.get("/stream", [body] { return stream(in_pieces(body), "text/plain"); });
    app.use(CompressionMiddleware());
    TestServer server(std::move(app).handler());
    for (const char* const path : {"", "stream"}) {
      for (const char* const coding : {"zstd", "br", "gzip"}) {
        CAPTURE(path);
        CAPTURE(coding);
        const std::string accept = std::string("-H 'accept-encoding: ") + coding + "' ";
        CHECK((curl(server, accept + "--compressed", path) == *body));
        CHECK(curl(server, accept + "-o /dev/null -w '%header{content-encoding}'", path) == coding);
        CHECK((curl(server, accept, path).size() < body->size() / 2));
      }
      CHECK((curl(server, "", path) == *body));
    }
  }

  TEST_CASE("etag: curl asks with what it was told, and is told that it has that already") {
    if (!has_curl()) {
      MESSAGE("no curl");
      return;
    }
    App app;
    app.get("/", [] { return "text"; });
    app.use(EtagMiddleware());
    TestServer server(std::move(app).handler());
    const std::string etag = curl(server, "-o /dev/null -w '%header{etag}'");
    CHECK(curl(server, "-o /dev/null -w '%{http_code}' -H 'if-none-match: " + etag + "'") == "304");
    CHECK(curl(server, "-o /dev/null -w '%{http_code}' -H 'if-none-match: \"other\"'") == "200");
  }
}
