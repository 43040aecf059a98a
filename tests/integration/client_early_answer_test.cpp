// SPDX-License-Identifier: BSL-1.0
// Answers that come while the peer takes nothing of the request.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t more_than_any_buffer = 64 * 1024 * 1024;
const std::string too_large = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno";

AsyncGenerator<std::string> pieces_without_end() {
  while (true)
    co_yield std::string(256 * 1024, 'x');
}

/// How a POST of a body that no buffer takes ends: one that is there, or one that is made on the way.
std::string post(const Client& client, bool is_streamed, const std::string& url = "/") {
  std::string outcome;
  run([](const Client& http, bool streamed, const std::string& to_url, std::string& to) -> Async<void> {
    auto request = http.post(to_url);
    if (streamed) {
      request.body(pieces_without_end());
    } else {
      request.body(std::string(more_than_any_buffer, 'x'));
    }
    to = co_await outcome_of(std::move(request));
  }(client, is_streamed, url, outcome));
  return outcome;
}

/// What became of a generator, for the peer's thread.
struct Fate {
  std::atomic<int> given{0};
  std::atomic<int> cancelled{0};
};

AsyncGenerator<std::string> first_and_last(Fate& fate, Clock::duration pause) {
  co_yield std::string("first");
  ++fate.given;
  try {
    co_await sleep(pause);
  } catch (const Cancelled&) {
    ++fate.cancelled;
    throw;
  }
  co_yield std::string("last");
}

/// The same, but it ends well when it is cancelled.
AsyncGenerator<std::string> first_and_no_more(Fate& fate) {
  co_yield std::string("first");
  ++fate.given;
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    ++fate.cancelled;
  }
}

/// How a POST ends whose body waits between two pieces.
std::string post_waiting(const Client& client, const std::string& url, Fate& fate, Clock::duration pause = 1h) {
  std::string outcome;
  run([](const Client& http, std::string to_url, Fate& noted, Clock::duration wait, std::string& to) -> Async<void> {
    RequestBuilder request = http.post(to_url).body(first_and_last(noted, wait), "text/plain", 9);
    to = co_await outcome_of(std::move(request));
  }(client, url, fate, pause, outcome));
  return outcome;
}

/// Keeps the peer's connections open until the test has seen enough.
class TestEnd {
 public:
  void wait() const { future_.wait(); }
  bool has_come_after(std::chrono::milliseconds time) const {
    return future_.wait_for(time) == std::future_status::ready;
  }
  void come() { promise_.set_value(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: an answer of a peer that takes nothing ends the sending") {
  for (const bool is_streamed : {false, true}) {
    TestEnd end;
    RawServer server([&](RawConnection& connection) {
      std::this_thread::sleep_for(50ms);  // the client waits by then, or will
      connection.send(too_large);
      end.wait();
    });
    const Client client{{.base_url = server.url(), .timeout = {.write = 10s}}};
    CHECK(post(client, is_streamed) == "413 no");
    end.come();
  }
}

TEST_CASE("client: the same through TLS, where tickets come first") {
  TestAuthority authority;
  const detail::TlsContext context({.identity = authority.issue()});
  TestEnd end;
  RawServer server([&](RawConnection& connection) {
    if (!connection.accept_tls(context)) return;
    std::this_thread::sleep_for(50ms);
    connection.send(too_large);
    end.wait();
  });
  ClientOptions options{.timeout = {.write = 10s}};
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
  CHECK(post(Client(options), false, url) == "413 no");
  end.come();
}

TEST_CASE("client: an interim response of a peer that takes nothing leaves the request where it is") {
  std::atomic<std::size_t> taken{0};
  RawServer server([&](RawConnection& connection) {
    std::this_thread::sleep_for(50ms);
    connection.send("HTTP/1.1 102 Processing\r\n\r\n");
    std::this_thread::sleep_for(50ms);
    taken = connection.read_request().size();
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url(), .timeout = {.write = 10s}}};
  CHECK(post(client, false) == "200 ok");
  CHECK(taken > more_than_any_buffer);
}

TEST_CASE("client: interim responses are no reason to wait longer for a peer that takes nothing") {
  TestEnd end;
  RawServer server([&](RawConnection& connection) {
    for (int i = 0; i < 40 && !end.has_come_after(100ms); ++i)
      connection.send("HTTP/1.1 102 Processing\r\n\r\n");
    end.wait();
  });
  const Client client{{.base_url = server.url(), .timeout = {.write = 300ms, .total = 3s}}};
  CHECK(post(client, false) == "WriteTimeout");
  end.come();
}

TEST_CASE("client: a peer that closes its side without an answer ends the request that it doesn't take") {
  TestEnd end;
  RawServer server([&](RawConnection& connection) {
    std::this_thread::sleep_for(50ms);
    connection.end_sending();
    end.wait();
  });
  const Client client{{.base_url = server.url(), .timeout = {.write = 10s}}};
  CHECK(post(client, false) == "ConnectionClosed");
  end.come();
}

TEST_CASE("client: an answer that comes while the body's generator waits ends it, as the end of the connection does") {
  struct Case {
    const char* what;
    std::string sent;
    bool closes;
    std::string ended;
  };
  for (const Case& each :
       {Case{"answer", too_large, false, "413 no"},
        Case{"answer behind an interim one", "HTTP/1.1 102 Processing\r\n\r\n" + too_large, false, "413 no"},
        Case{"answer and end", too_large, true, "413 no"}, Case{"end", "", true, "ConnectionClosed"}}) {
    CAPTURE(each.what);
    Fate fate;
    TestEnd end;
    RawServer server([&](RawConnection& connection) {
      while (fate.given == 0)
        std::this_thread::sleep_for(1ms);
      std::this_thread::sleep_for(20ms);
      connection.send(each.sent);
      if (each.closes) connection.end_sending();
      end.wait();
    });
    const Client client{{.base_url = server.url(), .timeout = {.total = 0ms}}};
    CHECK(post_waiting(client, "/", fate) == each.ended);
    CHECK(fate.cancelled == 1);
    end.come();
  }
}

TEST_CASE("client: a generator that takes the early answer for its end doesn't end the body") {
  for (const bool has_size : {false, true}) {
    CAPTURE(has_size);
    Fate fate;
    std::string received;
    std::string outcome;
    {
      RawServer server([&](RawConnection& connection) {
        while (fate.given == 0)
          std::this_thread::sleep_for(1ms);
        std::this_thread::sleep_for(20ms);
        connection.send(too_large);
        received = connection.read_all();
      });
      run([](std::string url, bool with_size, Fate& noted, std::string& to) -> Async<void> {
        const Client client{ClientOptions{.base_url = url, .timeout = {.total = 0ms}}};
        std::optional<std::uint64_t> size;
        if (with_size) size = 9;
        RequestBuilder request = client.post("/").body(first_and_no_more(noted), "text/plain", size);
        to = co_await outcome_of(std::move(request));
      }(server.url(), has_size, fate, outcome));
    }
    CHECK(outcome == "413 no");
    CHECK(fate.cancelled == 1);
    CHECK(received.find("first") != std::string::npos);
    CHECK(received.find("0\r\n\r\n") == std::string::npos);
  }
}

TEST_CASE("client: the same through TLS, where tickets are no answer") {
  TestAuthority authority;
  const detail::TlsContext context({.identity = authority.issue()});
  Fate fate;
  TestEnd end;
  RawServer server([&](RawConnection& connection) {
    if (!connection.accept_tls(context)) return;
    while (fate.given == 0)
      std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    CHECK(fate.cancelled == 0);
    connection.send(too_large);
    end.wait();
  });
  ClientOptions options{.timeout = {.total = 0ms}};
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
  CHECK(post_waiting(Client(options), url, fate) == "413 no");
  CHECK(fate.cancelled == 1);
  end.come();
}

TEST_CASE("client: an interim response leaves the body's generator alone") {
  std::string received;
  Fate fate;
  RawServer server([&](RawConnection& connection) {
    while (fate.given == 0)
      std::this_thread::sleep_for(1ms);
    connection.send("HTTP/1.1 102 Processing\r\n\r\n");
    received = connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    connection.wait_for_close();
  });
  {
    const Client client{{.base_url = server.url(), .timeout = {.total = 0ms}}};
    CHECK(post_waiting(client, "/", fate, 50ms) == "200 ok");
  }
  CHECK(fate.cancelled == 0);
  CHECK(received.ends_with("\r\n\r\nfirstlast"));
}

TEST_SUITE_END();
