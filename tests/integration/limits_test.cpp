// SPDX-License-Identifier: BSL-1.0
// Every member of ServerLimits below, at and above its value; max_body_bytes and max_drained_bytes are in
// request_body_test.cpp, max_requests_per_connection is in keep_alive_test.cpp.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::string(body));
}

std::string fill(std::size_t size) {
  return std::string(size, 'x');
}

/// "GET /xxx HTTP/1.1" of that many bytes, without its line end.
std::string request_line(std::size_t size) {
  const std::string frame = "GET / HTTP/1.1";
  return "GET /" + fill(size - frame.size()) + " HTTP/1.1";
}

/// All field lines together, with the empty line.
std::string fields_of_size(std::size_t size) {
  const std::string frame = "host: test\r\nx-fill: \r\n\r\n";
  return "host: test\r\nx-fill: " + fill(size - frame.size()) + "\r\n\r\n";
}

std::string fields_of_count(std::size_t count) {
  std::string fields = "host: test\r\n";
  for (std::size_t i = 1; i < count; ++i)
    fields += "x: y\r\n";
  return fields + "\r\n";
}

/// The answer, and whether the connection serves another request behind it.
void check_accepted(const TestServer& server, const std::string& request) {
  RawClient client = server.connect();
  CHECK(client.request(request).status == 200);
  CHECK(client.request(get("/")).status == 200);
}

void check_refused(const TestServer& server, const std::string& request, int status) {
  RawClient client = server.connect();
  const RawResponse response = client.request(request);
  CHECK(response.status == status);
  CHECK(response.closes());
  CHECK(client.closed_silently());
  CHECK_FALSE(client.was_reset());
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("limits: max_request_line_bytes") {
    ServerOptions options;
    options.limits.max_request_line_bytes = 200;
    TestServer server(&echo, std::move(options));
    check_accepted(server, request_line(199) + "\r\nhost: test\r\n\r\n");
    check_accepted(server, request_line(200) + "\r\nhost: test\r\n\r\n");
    check_refused(server, request_line(201) + "\r\nhost: test\r\n\r\n", 414);
    check_refused(server, request_line(100'000) + "\r\nhost: test\r\n\r\n", 414);
    check_refused(server, "GET /" + fill(300), 414);  // no need to see its end
  }

  TEST_CASE("limits: max_header_bytes") {
    ServerOptions options;
    options.limits.max_header_bytes = 500;
    TestServer server(&echo, std::move(options));
    const std::string line = "GET / HTTP/1.1\r\n";
    check_accepted(server, line + fields_of_size(499));
    check_accepted(server, line + fields_of_size(500));
    check_refused(server, line + fields_of_size(501), 431);
    check_refused(server, line + fields_of_size(1'000'000), 431);
    check_refused(server, line + "x-fill: " + fill(600), 431);
  }

  TEST_CASE("limits: the defaults take a head of their full size") {
    const ServerLimits limits;
    TestServer server(&echo);
    const std::string head =
        request_line(limits.max_request_line_bytes) + "\r\n" + fields_of_size(limits.max_header_bytes);
    check_accepted(server, head);
    RawClient client = server.connect();
    client.send(head + head + head);
    for (int i = 0; i < 3; ++i)
      CHECK(client.receive().status == 200);
  }

  TEST_CASE("limits: max_header_count") {
    ServerOptions options;
    options.limits.max_header_count = 10;
    TestServer server(&echo, std::move(options));
    const std::string line = "GET / HTTP/1.1\r\n";
    check_accepted(server, line + fields_of_count(9));
    check_accepted(server, line + fields_of_count(10));
    check_refused(server, line + fields_of_count(11), 431);
  }

  TEST_CASE("limits: max_chunk_extension_bytes") {
    ServerOptions options;
    options.limits.max_chunk_extension_bytes = 20;
    TestServer server(&echo, std::move(options));
    const auto with_extension = [](std::size_t size) {
      return chunked_head("/") + "3;" + fill(size - 1) + "\r\nabc\r\n0\r\n\r\n";
    };
    check_accepted(server, with_extension(19));
    check_accepted(server, with_extension(20));
    check_refused(server, with_extension(21), 400);
    check_refused(server, with_extension(100'000), 400);
    check_refused(server, chunked_head("/") + "3;" + fill(100'000), 400);
  }

  TEST_CASE("limits: max_chunk_extension_total_bytes") {
    ServerOptions options;
    options.limits.max_chunk_extension_total_bytes = 100;
    TestServer server(&echo, std::move(options));
    const auto with_extensions = [](std::size_t total) {
      std::string request = chunked_head("/");
      for (; total > 10; total -= 10)
        request += "1;xxxxxxxxx\r\na\r\n";
      return request + "1;" + fill(total - 1) + "\r\na\r\n0\r\n\r\n";
    };
    check_accepted(server, with_extensions(99));
    check_accepted(server, with_extensions(100));
    check_refused(server, with_extensions(101), 400);
  }

  TEST_CASE("limits: max_trailer_bytes") {
    ServerOptions options;
    options.limits.max_trailer_bytes = 100;
    TestServer server(&echo, std::move(options));
    const auto with_trailer = [](std::size_t size) {
      return chunked_head("/") + "1\r\na\r\n0\r\nx-fill: " + fill(size - 10) + "\r\n\r\n";
    };
    check_accepted(server, with_trailer(99));
    check_accepted(server, with_trailer(100));
    check_refused(server, with_trailer(101), 431);
    check_refused(server, with_trailer(100'000), 431);
  }

  TEST_CASE("limits: max_trailer_count") {
    ServerOptions options;
    options.limits.max_trailer_count = 4;
    TestServer server(&echo, std::move(options));
    const auto with_trailers = [](std::size_t count) {
      std::string request = chunked_head("/") + "1\r\na\r\n0\r\n";
      for (std::size_t i = 0; i < count; ++i)
        request += "x: y\r\n";
      return request + "\r\n";
    };
    check_accepted(server, with_trailers(3));
    check_accepted(server, with_trailers(4));
    check_refused(server, with_trailers(5), 431);
  }

  TEST_CASE("limits: max_connections turns one more away, and serves again when somebody has left") {
    ServerOptions options;
    options.limits.max_connections = 3;
    TestServer server(&echo, std::move(options));
    std::vector<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(server.connect());
      CHECK(clients.back().request(get("/")).status == 200);
    }
    for (int i = 0; i < 5; ++i) {
      RawClient refused = server.connect();
      const RawResponse response = refused.receive();
      CHECK(response.status == 503);
      CHECK(response.header("retry-after") == "1");
      CHECK(response.closes());
      CHECK(refused.closed_silently());
    }
    CHECK(server->connections() == 3);
    clients.pop_back();
    CHECK(eventually([&] { return server->connections() == 2; }));
    CHECK(server.request(get("/")).status == 200);
    for (RawClient& client : clients)
      CHECK(client.request(get("/")).status == 200);
  }

  TEST_CASE("limits: TRACE is refused unless it is allowed") {
    TestServer server(&echo);
    CHECK(server.request("TRACE / HTTP/1.1\r\nhost: test\r\n\r\n").status == 405);
    ServerOptions options;
    options.allow_trace = true;
    TestServer tracing(&echo, std::move(options));
    CHECK(tracing.request("TRACE / HTTP/1.1\r\nhost: test\r\n\r\n").status == 200);
  }
}
