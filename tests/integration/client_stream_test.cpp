// SPDX-License-Identifier: BSL-1.0
// Bodies that are sent and received piece by piece.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

AsyncGenerator<std::string> pieces_of(std::vector<std::string> pieces) {
  for (std::string& piece : pieces) {
    co_await sleep(1ms);
    co_yield std::move(piece);
  }
}

std::vector<std::string> three_pieces() {
  return {"one,", "", "two,", "three"};
}

/// Answers with the framing and the body of the request.
Async<Response> echo(Request& request) {
  const std::string body(co_await request.body());
  const std::string_view length = request.headers().get("content-length").value_or("none");
  const std::string_view coding = request.headers().get("transfer-encoding").value_or("none");
  co_return text(std::string(length) + ' ' + std::string(coding) + ' ' + body);
}

std::string url_of(const TestServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

RawServer::Script send_in_pieces(std::vector<std::string> pieces, std::chrono::milliseconds pause = 5ms) {
  return [pieces = std::move(pieces), pause](RawConnection& connection) {
    connection.read_request();
    for (const std::string& piece : pieces) {
      connection.send(piece);
      std::this_thread::sleep_for(pause);
    }
  };
}

/// The pieces of the body joined by '|', or the class of the error.
Async<std::string> received(RequestBuilder request) {
  std::string all;
  try {
    ClientStream stream = co_await std::move(request).stream();
    all = std::to_string(stream.status().code());
    while (true) {
      const std::optional<std::string_view> piece = co_await stream.next();
      if (!piece) break;
      all.append("|").append(*piece);
    }
  } catch (const ClientError& error) {
    all.append(all.empty() ? "" : "|").append(class_of(error));
  }
  co_return all;
}

Async<std::string> lines_of(RequestBuilder request, std::size_t longest = 100) {
  std::string all;
  try {
    ClientStream stream = co_await std::move(request).stream();
    auto lines = std::move(stream).lines(longest);
    while (true) {
      const std::optional<std::string> line = co_await lines.next();
      if (!line) break;
      all.append(*line).append("|");
    }
  } catch (const ClientError& error) {
    all.append(class_of(error));
  }
  co_return all;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: a generated body is sent in chunks, or with its length where that is known") {
  TestServer server(echo);
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    const ClientResponse chunked = co_await http.post("/").body(pieces_of(three_pieces()));
    CHECK(chunked.text() == "none chunked one,two,three");
    const ClientResponse sized = co_await http.post("/").body(pieces_of(three_pieces()), "text/plain", 13);
    CHECK(sized.text() == "13 none one,two,three");
    const ClientResponse nothing = co_await http.post("/").body(pieces_of({}));
    CHECK(nothing.text() == "none chunked ");
  }(client));
}

TEST_CASE("client: a generated body of another size than announced is the caller's error") {
  TestServer server(echo);
  const Client client{{.base_url = url_of(server)}};
  for (const std::uint64_t announced : {12U, 14U}) {
    CAPTURE(announced);
    std::string what;
    run([](const Client& http, std::uint64_t size, std::string& to) -> Async<void> {
      try {
        co_await http.post("/x").body(pieces_of(three_pieces()), "text/plain", size);
      } catch (const RuntimeError& error) {
        to = error.what();
      }
    }(client, announced, what));
    CHECK(what == "POST " + url_of(server) + "/x: the body gave " + (announced == 12 ? "more" : "less") + " than the " +
                      std::to_string(announced) + " bytes that were announced");
  }
}

TEST_CASE("client: an error of the generator ends the request") {
  TestServer server(echo);
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    bool thrown = false;
    try {
      co_await http.post("/").body([]() -> AsyncGenerator<std::string> {
        co_yield "a";
        throw std::out_of_range("no more");
      }());
    } catch (const std::out_of_range&) {
      thrown = true;
    }
    CHECK(thrown);
    const ClientResponse next = co_await http.post("/").body("fine");
    CHECK(next.text() == "4 none fine");
  }(client));
}

TEST_CASE("client: a generated body is not sent further when the peer has answered") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 413 Payload Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
    connection.close_gently();
  });
  const Client client{{.base_url = server.url()}};
  int made = 0;
  run([](const Client& http, int& count) -> Async<void> {
    const ClientResponse response = co_await http.post("/").body([](int& counted) -> AsyncGenerator<std::string> {
      for (; counted < 1000; ++counted) {
        co_await sleep(5ms);
        co_yield std::string(1000, 'x');
      }
    }(count));
    CHECK(response.status() == Status::ContentTooLarge);
  }(client, made));
  CHECK(made < 900);
}

TEST_CASE("client: an interim response while the body is being sent doesn't end the sending") {
  RawServer server([](RawConnection& connection) {
    connection.send("HTTP/1.1 102 Processing\r\n\r\n");
    const std::string request = connection.read_request();
    if (request.empty()) return;
    const std::string body = request.substr(request.find("\r\n\r\n") + 4);
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url()}};
  std::string outcome;
  run([](const Client& http, std::string& to) -> Async<void> {
    const auto slow_pieces = []() -> AsyncGenerator<std::string> {
      for (const char* piece : {"one", "two", "six"}) {
        co_await sleep(30ms);
        co_yield piece;
      }
    };
    to = co_await outcome_of(http.post("/").body(slow_pieces(), "text/plain", 9));
  }(client, outcome));
  CHECK(outcome == "200 onetwosix");
}

TEST_CASE("client: a streamed answer comes piece by piece as it is sent") {
  RawServer server(send_in_pieces(
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"}, 50ms));
  const Client client{{.base_url = server.url()}};
  run([](const Client& http) -> Async<void> {
    const std::string pieces = co_await received(http.get("/"));
    CHECK(pieces == "200|one|two");
  }(client));
}

TEST_CASE("client: a streamed answer without a body ends at once") {
  TestServer server([](Request&) -> Async<Response> { co_return Response(Status::NoContent); });
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    const std::string pieces = co_await received(http.get("/"));
    CHECK(pieces == "204");
    const std::string again = co_await received(http.head("/"));
    CHECK(again == "204");
  }(client));
}

TEST_CASE("client: an answer that breaks off in the middle of its stream is an error there") {
  RawServer server(send_in_pieces({"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"}));
  const Client client{{.base_url = server.url()}};
  run([](const Client& http) -> Async<void> {
    const std::string pieces = co_await received(http.get("/"));
    CHECK(pieces == "200|half|ConnectionClosed");
  }(client));
}

TEST_CASE("client: the total limit of a stream ends with its head, the time between pieces is limited") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n");
    for (int i = 0; i < 4; ++i) {
      std::this_thread::sleep_for(60ms);
      connection.send("x");
    }
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url(), .timeout = {.read = 1s, .total = 100ms}}};
  run([](const Client& http) -> Async<void> {
    const std::string pieces = co_await received(http.get("/"));
    CHECK(pieces == "200|x|x|x|x|ReadTimeout");
  }(client));
}

TEST_CASE("client: a connection is used again after a stream has been read to its end, and only then") {
  TestServer server([](Request&) -> Async<Response> { co_return text(std::string(100'000, 'x')); });
  const Client client{{.base_url = url_of(server), .limits = {.max_connections_per_host = 1}}};
  run([](const Client& http, TestServer& to) -> Async<void> {
    {
      ClientStream whole = co_await http.get("/").stream();
      const std::string body = co_await whole.read();
      CHECK(body.size() == 100'000);
      const ClientResponse other = co_await http.get("/");  // the only connection is free again
      CHECK(other.text().size() == 100'000);
    }
    CHECK(to->connections() == 1);
    {
      ClientStream part = co_await http.get("/").stream();
      const std::optional<std::string_view> piece = co_await part.next();
      CHECK(piece.has_value());
    }
    const ClientResponse other = co_await http.get("/");
    CHECK(other.text().size() == 100'000);
  }(client, server));
}

TEST_CASE("client: what is read of a stream at once has a limit") {
  TestServer server([](Request&) -> Async<Response> { co_return text(std::string(1000, 'x')); });
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    for (const std::size_t limit : {999U, 1000U, 1001U}) {
      ClientStream stream = co_await http.get("/").stream();
      bool fits = true;
      try {
        const std::string body = co_await stream.read(limit);
        CHECK(body.size() == 1000);
      } catch (const ResponseTooLarge&) {
        fits = false;
      }
      CHECK(fits == (limit >= 1000));
    }
  }(client));
}

TEST_CASE("client: the limit of a body can be another one for a request") {
  TestServer server([](Request&) -> Async<Response> { co_return text(std::string(1000, 'x')); });
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    for (const std::uint64_t limit : {999U, 1000U, 1001U}) {
      const std::string outcome = co_await outcome_of(http.get("/").max_body_bytes(limit));
      CHECK(outcome.starts_with(limit < 1000 ? "ResponseTooLarge" : "200"));
    }
  }(client));
}

TEST_CASE("client: lines of a stream are the same however it is cut") {
  const std::string head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
  for (const std::vector<std::string>& cut :
       {std::vector<std::string>{head, "a\nbc\r\n\nd"}, {head, "a", "\nb", "c\r", "\n", "\nd"}}) {
    RawServer server(send_in_pieces(cut, 20ms));
    const Client client{{.base_url = server.url()}};
    run([](const Client& http) -> Async<void> {
      const std::string lines = co_await lines_of(http.get("/"));
      CHECK(lines == "a|bc||d|");
    }(client));
  }
}

TEST_CASE("client: a line of a stream has a limit") {
  for (const std::size_t size : {9U, 10U, 11U}) {
    CAPTURE(size);
    TestServer server([size](Request&) -> Async<Response> { co_return text("x\n" + std::string(size, 'y') + "\nz"); });
    const Client client{{.base_url = url_of(server)}};
    run([](const Client& http, bool fits) -> Async<void> {
      const std::string lines = co_await lines_of(http.get("/"), 10);
      CHECK(lines.ends_with(fits ? "|z|" : "ResponseTooLarge"));
    }(client, size <= 10));
  }
}

TEST_CASE("client: an error status of a stream can be thrown") {
  TestServer server([](Request&) -> Async<Response> { co_return text("no", Status::NotFound); });
  const Client client{{.base_url = url_of(server)}};
  run([](const Client& http) -> Async<void> {
    const ClientStream stream = co_await http.get("/").stream();
    CHECK_FALSE(stream.ok());
    CHECK_THROWS_AS(stream.raise_for_status(), HttpStatusError);
  }(client));
}

TEST_CASE("client: the time limit of a stream that broke off ends nothing else") {
  RawServer server(send_in_pieces({"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n", "some"}));
  run([](std::string url) -> Async<void> {
    const Client client{ClientOptions{.timeout = {.read = 100ms}}};
    ClientStream stream = co_await client.get(url).stream();
    bool broke_off = false;
    try {
      while (co_await stream.next()) {
      }
    } catch (const ConnectionClosed&) {
      broke_off = true;
    }
    CHECK(broke_off);
    CHECK_FALSE(current_deadline().has_value());
    co_await sleep(200ms);
  }(server.url()));
}

TEST_SUITE_END();
