// SPDX-License-Identifier: BSL-1.0
// How requests and answers follow each other on one connection.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

Async<Response> answer_target(Request& request) {
  co_return text(std::string(request.target()));
}

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::string(body));
}

/// Answers at once, and "/slow" when a permit comes.
struct GatedHandler {
  explicit GatedHandler(Semaphore& semaphore) : gate(&semaphore) {}
  Async<Response> operator()(Request& request) const {
    if (request.path() == "/slow") const Permit permit = co_await gate->acquire();
    co_return text(std::string(request.target()));
  }
  Semaphore* gate;
};

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("keep-alive: one connection answers request after request") {
    TestServer server(&answer_target);
    RawClient client = server.connect();
    for (int i = 0; i < 50; ++i) {
      const std::string target = "/" + std::to_string(i);
      const RawResponse response = client.request(get(target));
      CHECK(response.status == 200);
      CHECK(response.version == "HTTP/1.1");
      CHECK(response.body == target);
      CHECK_FALSE(response.header("connection"));
    }
    CHECK(server->connections() == 1);
  }

  TEST_CASE("keep-alive: a pipelined head that ends at the end of the buffer leaves its body room") {
    ServerOptions options;
    options.limits.max_request_line_bytes = 256;
    options.limits.max_header_bytes = 1024;
    options.limits.max_chunk_extension_bytes = 64;
    options.limits.max_trailer_bytes = 256;
    constexpr std::size_t capacity = 256 + 1024 + 64 + 256 + 4096;
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/block") std::this_thread::sleep_for(100ms);
      const std::string_view body = co_await request.body();
      co_return text(std::string(body));
    };
    const TestServer server(handler, std::move(options));
    const std::string filling = post("/", std::string(900, 'x'));
    struct Last {
      std::string head;
      std::string body;
    };
    const Last lasts[] = {
        {post_head("/", 4), "last"},
        {chunked_head("/"), "4;" + std::string(60, 'e') + "\r\nlast\r\n0\r\nx: " + std::string(200, 't') + "\r\n\r\n"},
    };
    for (const Last& last : lasts) {
      for (const std::size_t gap : {0U, 1U, 5U, 100U}) {
        std::string bytes;
        int count = 0;
        for (; bytes.size() + filling.size() + last.head.size() + 10 + gap <= capacity; ++count)
          bytes += filling;
        // Padded, so that the head of the last one ends `gap` bytes before the end of the buffer.
        const std::string end_of_head = "p: ";
        std::string head = last.head.substr(0, last.head.size() - 2) + end_of_head;
        head.append(capacity - gap - bytes.size() - head.size() - 4, 'p').append("\r\n\r\n");
        CAPTURE(gap);
        CAPTURE(head.size());
        RawClient client = server.connect();
        client.send(get("/block"));
        std::this_thread::sleep_for(20ms);  // while the loop is busy, all of it gathers in the kernel
        client.send(bytes + head + last.body);
        for (int i = 0; i < count + 1; ++i)
          CHECK(client.receive().status == 200);
        const RawResponse response = client.receive();
        CHECK(response.status == 200);
        CHECK(response.body == "last");
      }
    }
  }

  TEST_CASE("keep-alive: a request that says close gets its answer and the end") {
    TestServer server(&answer_target);
    RawClient client = server.connect();
    const RawResponse response = client.request(get("/", "connection: close\r\n"));
    CHECK(response.status == 200);
    CHECK(response.closes());
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
    CHECK(eventually([&] { return server->connections() == 0; }));
  }

  TEST_CASE("keep-alive: a large last answer is whole, though its client sends more while it is sent") {
    TestServer server([](Request&) -> Async<Response> { co_return text(std::string(16 * 1024 * 1024, 'x')); });
    RawClient client = server.connect();
    client.send(get("/", "connection: close\r\n"));
    CHECK(client.something_arrives(10s));
    client.send(get("/more"));
    CHECK(client.receive().complete);
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("keep-alive: an answer that says close is the last one") {
    TestServer server([](Request& request) -> Async<Response> {
      Response response = text("bye");
      if (request.path() == "/last") response.headers.add("connection", "close");
      co_return response;
    });
    RawClient client = server.connect();
    CHECK_FALSE(client.request(get("/")).header("connection"));
    const RawResponse response = client.request(get("/last"));
    CHECK(response.body == "bye");
    CHECK(response.header("connection") == "close");
    CHECK(client.closed_silently());
  }

  TEST_CASE("keep-alive: HTTP/1.0 closes unless the client asks otherwise") {
    TestServer server(&answer_target);
    RawClient closing = server.connect();
    const RawResponse last = closing.request("GET /a HTTP/1.0\r\n\r\n");
    CHECK(last.status == 200);
    CHECK(last.body == "/a");
    CHECK(last.closes());
    CHECK(closing.closed_silently());

    RawClient keeping = server.connect();
    for (int i = 0; i < 3; ++i) {
      const RawResponse response = keeping.request("GET /b HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
      CHECK(response.body == "/b");
      CHECK(response.header("connection") == "keep-alive");
    }
  }

  TEST_CASE("keep-alive: a connection that gave a request its last allowed answer is closed") {
    ServerOptions options;
    options.limits.max_requests_per_connection = 3;
    TestServer server(&answer_target, std::move(options));
    RawClient client = server.connect();
    CHECK_FALSE(client.request(get("/1")).closes());
    CHECK_FALSE(client.request(get("/2")).closes());
    CHECK(client.request(get("/3")).closes());
    CHECK(client.closed_silently());
  }

  TEST_CASE("keep-alive: requests beyond the last allowed one are not answered, and that one's answer arrives") {
    ServerOptions options;
    options.limits.max_requests_per_connection = 2;
    TestServer server(&answer_target, std::move(options));
    RawClient client = server.connect();
    client.send(get("/1") + get("/2") + get("/3") + get("/4"));
    CHECK(client.receive().body == "/1");
    const RawResponse last = client.receive();
    CHECK(last.body == "/2");
    CHECK(last.closes());
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("keep-alive: empty lines between requests are skipped") {
    TestServer server(&echo);
    RawClient client = server.connect();
    client.send(post("/", "a") + "\r\n" + post("/", "b") + "\r\n\r\n" + post("/", "c"));
    for (const char* body : {"a", "b", "c"})
      CHECK(client.receive().body == body);
  }

  TEST_CASE("pipelining: answers come in the order of the requests") {
    TestServer server(&echo);
    RawClient client = server.connect();
    std::string requests;
    for (int i = 0; i < 500; ++i)
      requests += i % 2 == 0 ? post("/", "body " + std::to_string(i)) : get("/");
    client.send(requests);
    for (int i = 0; i < 500; ++i) {
      const RawResponse response = client.receive();
      REQUIRE(response.status == 200);
      REQUIRE(response.body == (i % 2 == 0 ? "body " + std::to_string(i) : ""));
    }
  }

  TEST_CASE("pipelining: answers that are ready together leave together") {
    TestServer server(&answer_target);
    RawClient client = server.connect();
    client.send(get("/1") + get("/2") + get("/3"));
    REQUIRE(client.something_arrives(10s));
    // What one segment brought is there at once: no second wait is needed.
    CHECK(client.receive().body == "/1");
    CHECK(client.something_arrives(0ms));
    CHECK(client.receive().body == "/2");
    CHECK(client.something_arrives(0ms));
    CHECK(client.receive().body == "/3");
  }

  TEST_CASE("pipelining: a request split at every byte is the same request") {
    TestServer server(&echo);
    const std::string request = post("/path", "body");
    for (std::size_t split = 1; split < request.size(); ++split) {
      RawClient client = server.connect();
      client.send(request.substr(0, split));
      std::this_thread::sleep_for(1ms);
      client.send(request.substr(split));
      const RawResponse response = client.receive();
      REQUIRE(response.status == 200);
      REQUIRE(response.body == "body");
    }
  }

  TEST_CASE("pipelining: finished answers are sent while a later handler still runs") {
    Semaphore gate{0};
    TestServer server(GatedHandler{gate});
    RawClient client = server.connect();
    client.send(get("/1") + get("/2") + get("/slow") + get("/3"));
    CHECK(client.receive().body == "/1");
    CHECK(client.receive().body == "/2");
    CHECK_FALSE(client.something_arrives(50ms));
    gate.release();
    CHECK(client.receive().body == "/slow");
    CHECK(client.receive().body == "/3");
  }

  TEST_CASE("pipelining: a client that doesn't read stops the server from answering") {
    static constexpr std::size_t body_size = 16 * 1024;
    std::atomic<int> answered{0};
    auto handler = [&](Request&) -> Async<Response> {
      ++answered;
      co_return text(std::string(body_size, 'x'));
    };
    TestServer server(handler);
    RawClient::Options small;
    small.receive_buffer = 4096;
    RawClient client = server.connect(small);
    std::string requests;
    for (int i = 0; i < 1000; ++i)
      requests += "GET / HTTP/1.1\r\nhost:a\r\n\r\n";
    client.send(requests);
    int before = -1;
    while (before != answered) {
      before = answered;
      std::this_thread::sleep_for(100ms);
    }
    CHECK(answered < 500);  // the kernel's buffers, and not what the server would hold itself
    for (int i = 0; i < 1000; ++i)
      REQUIRE(client.receive().body.size() == body_size);
  }

  TEST_CASE("response: HEAD has the fields of GET and no body") {
    TestServer server(&answer_target);
    RawClient client = server.connect();
    client.send("HEAD /path HTTP/1.1\r\nhost: test\r\n\r\n");
    const RawResponse head = client.receive(true);
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "5");
    CHECK(client.request(get("/next")).body == "/next");
  }

  TEST_CASE("response: 204 and 304 have neither a body nor a length") {
    auto handler = [](Request& request) -> Async<Response> {
      co_return text("not for you", request.path() == "/204" ? Status::NoContent : Status::NotModified);
    };
    TestServer server(handler);
    RawClient client = server.connect();
    for (const int status : {204, 304, 204}) {
      const RawResponse response = client.request(get("/" + std::to_string(status)));
      CHECK(response.status == status);
      CHECK_FALSE(response.header("content-length"));
      CHECK_FALSE(response.header("transfer-encoding"));
    }
    CHECK_FALSE(client.something_arrives(20ms));
  }

  TEST_CASE("response: every answer carries date and server") {
    TestServer server(&answer_target);
    RawClient client = server.connect();
    const RawResponse good = client.request(get("/"));
    const RawResponse refused = client.request("GET / HTTP/1.1\r\n\r\n");
    CHECK(refused.status == 400);
    for (const RawResponse& response : {good, refused}) {
      const std::string date = response.header("date").value_or("");
      CHECK(date.size() == 29);
      CHECK(date.ends_with(" GMT"));
      CHECK(response.header("server") == "coroute");
    }
  }

  TEST_CASE("response: the server field is left out when its name is empty") {
    ServerOptions options;
    options.server_name = "";
    TestServer server(&answer_target, std::move(options));
    CHECK_FALSE(server.request(get("/")).header("server"));
  }

  TEST_CASE("response: framing fields of the handler are replaced by the server's") {
    auto handler = [](Request&) -> Async<Response> {
      Response response = text("four");
      response.headers.add("content-length", "9");
      response.headers.add("transfer-encoding", "chunked");
      response.headers.add("connection", "keep-alive");
      response.headers.add("x-own", "kept");
      co_return response;
    };
    TestServer server(handler);
    RawClient client = server.connect();
    for (int i = 0; i < 2; ++i) {
      const RawResponse response = client.request(get("/"));
      CHECK(response.body == "four");
      CHECK(response.header("content-length") == "4");
      CHECK_FALSE(response.header("transfer-encoding"));
      CHECK(response.header("x-own") == "kept");
    }
  }

  TEST_CASE("response: a large body arrives whole, whatever follows it") {
    static const std::string large = [] {
      std::string bytes(5 * 1024 * 1024, '\0');
      for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i * 31 + i / 251);
      return bytes;
    }();
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/static") co_return static_bytes(large, "application/octet-stream");
      co_return Response(large.substr(0, 1024 * 1024));
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/one-megabyte") + get("/static") + get("/one-megabyte"));
    CHECK(client.receive().body == large.substr(0, 1024 * 1024));
    CHECK(client.receive().body == large);
    CHECK(client.receive().body == large.substr(0, 1024 * 1024));
  }

  TEST_CASE("protocol errors: earlier answers come first, then the refusal and the end") {
    TestServer server(&answer_target);
    RawClient client = server.connect();
    client.send(get("/1") + get("/2") + "nonsense\r\n\r\n" + get("/3"));
    CHECK(client.receive().body == "/1");
    CHECK(client.receive().body == "/2");
    const RawResponse refused = client.receive();
    CHECK(refused.status == 400);
    CHECK(refused.body == "Invalid HTTP request received.");
    CHECK(refused.closes());
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("access record: what was refused before it was a request is reported with status and client") {
    std::vector<int> statuses;
    bool has_request = true;
    std::string host;
    ServerOptions options;
    options.on_access = [&](const AccessRecord& record) {
      statuses.push_back(record.status.code());
      has_request = record.request != nullptr;
      host = record.client->host;
    };
    {
      TestServer server([](Request&) { return Async<Response>::ready(text("x")); }, std::move(options));
      RawClient client = server.connect();
      client.send("GET no-slash HTTP/1.1\r\nHost: a\r\n\r\n");
      client.receive();
    }
    CHECK(statuses == std::vector<int>{400});
    CHECK_FALSE(has_request);
    CHECK(host == "127.0.0.1");
  }

  TEST_CASE("access record: one for each request, with what was answered") {
    struct Line {
      std::string target;
      int status;
      std::uint64_t bytes;
      bool timed;
    };
    std::vector<Line> lines;
    ServerOptions options;
    options.on_access = [&](const AccessRecord& record) {
      lines.push_back({std::string(record.request->target()), record.status.code(), record.body_bytes,
                       record.duration.count() > 0 && !record.client_left});
    };
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/missing") throw HttpException(Status::NotFound, "no");
      co_return text("12345");
    };
    {
      TestServer server(handler, std::move(options));
      RawClient client = server.connect();
      client.send(get("/a?q=1") + get("/missing") + "HEAD /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      client.receive();
      client.receive();
      client.receive_all();
    }
    REQUIRE(lines.size() == 3);
    CHECK(lines[2].target == "/b");
    CHECK(lines[2].bytes == 0);
    CHECK(lines[0].target == "/a?q=1");
    CHECK(lines[0].status == 200);
    CHECK(lines[0].bytes == 5);
    CHECK(lines[0].timed);
    CHECK(lines[1].target == "/missing");
    CHECK(lines[1].status == 404);
  }
}
