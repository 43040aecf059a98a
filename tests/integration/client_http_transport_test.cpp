// SPDX-License-Identifier: BSL-1.0
// A transport that carries by connections, and recordings of real answers.
#include "coroute/client/http_transport.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "coroute/testing/recording_transport.hpp"
#include "coroute/testing/replay_transport.hpp"
#include "support/client_outcome.hpp"
#include "support/gzip.hpp"
#include "support/raw_server.hpp"
#include "support/temporary_file.hpp"

using namespace coroute;
using namespace coroute::test;
using coroute::testing::gzipped;
using namespace std::chrono_literals;

namespace {

std::string ok_with(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Answers with the request as it came.
void echo(RawConnection& connection) {
  while (true) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    connection.send(ok_with(request));
  }
}

std::string text_of(const Client& client, const std::string& url, const std::string& body = "") {
  std::string outcome;
  run([](const Client& http, std::string to_url, std::string content, std::string& to) -> Async<void> {
    RequestBuilder request = http.get(to_url);
    if (!content.empty()) request = http.post(to_url).body(content, "a/b");
    to = co_await outcome_of(std::move(request));
  }(client, url, body, outcome));
  return outcome;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("http_transport: what it carries is on the wire as without it") {
  RawServer server(echo);
  ClientOptions options{.base_url = server.url(), .user_agent = "mine"};
  options.headers.add("x-fixed", "1");
  const Client direct(options);
  options.transport = std::make_shared<HttpTransport>();
  const Client carried(options);
  const auto sorted_lines = [](std::string text) {
    std::vector<std::string> lines;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      lines.push_back(text.substr(0, end));
      text.erase(0, end + 1);
    }
    std::sort(lines.begin() + 1, lines.end());
    lines.push_back(text);
    return lines;
  };
  CHECK(sorted_lines(text_of(carried, "/a?b=1")) == sorted_lines(text_of(direct, "/a?b=1")));
  CHECK(sorted_lines(text_of(carried, "/a", "12345")) == sorted_lines(text_of(direct, "/a", "12345")));
}

TEST_CASE("http_transport: keeps connections, leaves redirects and compression to the client, throws its errors") {
  RawServer server([](RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      if (request.starts_with("GET /close")) return;
      if (request.starts_with("GET /moved")) {
        connection.send("HTTP/1.1 302 Found\r\nlocation: /gzip\r\ncontent-length: 0\r\n\r\n");
      } else {
        connection.send(ok_with(gzipped("unpacked"), "content-encoding: gzip\r\n"));
      }
    }
  });
  ClientOptions options{.base_url = server.url(), .retries = {.max_attempts = 1}};
  options.transport = std::make_shared<HttpTransport>();
  run([](Client http, const RawServer& peer) -> Async<void> {
    const std::string unpacked = co_await outcome_of(http.get("/moved"));
    CHECK(unpacked == "200 unpacked");
    CHECK(peer.accepted() == 1);
    const std::string closed = co_await outcome_of(http.get("/close"));
    CHECK(closed == "ConnectionClosed");
  }(Client(options), server));
}

TEST_CASE("http_transport: what was recorded from a server is replayed when that is gone") {
  const TemporaryFile file;
  std::string url;
  {
    RawServer server([](RawConnection& connection) {
      while (true) {
        const std::string request = connection.read_request();
        if (request.empty()) return;
        if (request.starts_with("GET /moved")) {
          connection.send("HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n");
        } else {
          connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        }
      }
    });
    url = server.url();
    ClientOptions options{.base_url = url};
    options.transport = std::make_shared<RecordingTransport>(file.path(), std::make_shared<HttpTransport>());
    CHECK(text_of(Client(options), "/moved") == "200 abc");
  }
  ClientOptions options{.base_url = url};
  const auto replay = std::make_shared<ReplayTransport>(file.path());
  options.transport = replay;
  CHECK(text_of(Client(options), "/moved") == "200 abc");
  CHECK(replay->unused().empty());
}

TEST_SUITE_END();
