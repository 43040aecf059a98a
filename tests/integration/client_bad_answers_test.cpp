// SPDX-License-Identifier: BSL-1.0
// What upstreams should not send: each ends in its typed error, and none of the connections is used again.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/gzip.hpp"
#include "support/peak_memory.hpp"
#include "support/raw_server.hpp"
#include "support/sanitizers.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// What the server does behind its bytes.
enum class Then : unsigned char { Close, Reset, Wait };

struct BadAnswer {
  std::string name;
  std::string bytes;
  Then then;
  std::string expected;
};

constexpr auto head_limit = 400ms;
constexpr auto total_limit = 1000ms;

const std::string head = "HTTP/1.1 200 OK\r\n";
const std::string chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i)
    result += text;
  return result;
}

std::vector<BadAnswer> endings() {
  return {
      {"closes without a byte", "", Then::Close, "ConnectionClosed"},
      {"resets without a byte", "", Then::Reset, "ConnectionClosed"},
      {"never answers", "", Then::Wait, "HeadTimeout"},
      {"closes inside the status line", "HTTP/1.1 20", Then::Close, "ConnectionClosed"},
      {"closes inside the fields", head + "content-le", Then::Close, "ConnectionClosed"},
      {"stops inside the fields", head + "content-le", Then::Wait, "HeadTimeout"},
      {"resets inside the fields", head + "content-le", Then::Reset, "ConnectionClosed"},
      {"closes inside the body", head + "content-length: 5\r\n\r\nhell", Then::Close, "ConnectionClosed"},
      {"resets inside the body", head + "content-length: 5\r\n\r\nhell", Then::Reset, "ConnectionClosed"},
      {"stops inside the body", head + "content-length: 5\r\n\r\nhell", Then::Wait, "TotalTimeout"},
      {"closes inside a chunk", chunked + "5\r\nhel", Then::Close, "ConnectionClosed"},
      {"closes before the last chunk", chunked + "5\r\nhello\r\n", Then::Close, "ConnectionClosed"},
      {"closes inside the trailers", chunked + "5\r\nhello\r\n0\r\na: b\r\n", Then::Close, "ConnectionClosed"},
      {"stops before the last chunk", chunked + "5\r\nhello\r\n", Then::Wait, "TotalTimeout"},
      {"closes after 100", "HTTP/1.1 100 Continue\r\n\r\n", Then::Close, "ConnectionClosed"},
      {"stops after 100", "HTTP/1.1 100 Continue\r\n\r\n", Then::Wait, "HeadTimeout"},
      {"sends a body without end", head + "\r\nhello", Then::Wait, "TotalTimeout"},
      {"resets a body that ends with the connection", head + "\r\nhello", Then::Reset, "200 hello or ConnectionClosed"},
  };
}

/// 16 MB of them.
const std::string& zeros_in_gzip() {
  static const std::string bytes = coroute::testing::gzipped(std::string(16'000'000, '\0'));
  return bytes;
}

std::vector<BadAnswer> other_protocols() {
  return {
      {"garbage", "hello world\r\n\r\n", Then::Wait, "ProtocolError"},
      {"an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n", Then::Wait, "ProtocolError"},
      {"a TLS alert", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), Then::Wait, "ProtocolError"},
      {"HTTP/2 settings", std::string("\x00\x00\x06\x04\x00\x00\x00\x00\x00", 9), Then::Wait, "ProtocolError"},
      {"HTTP/0.9", "<html>hello</html>", Then::Close, "ProtocolError"},
      {"an own request", "GET / HTTP/1.1\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a version that isn't there", "HTTP/1.7 200 OK\r\ncontent-length: 0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"an empty line first", "\r\n" + head + "content-length: 0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", Then::Wait, "ProtocolError"},
      {"status 999", "HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"status 1", "HTTP/1.1 1 What\r\ncontent-length: 0\r\n\r\n", Then::Wait, "ProtocolError"},
  };
}

std::vector<BadAnswer> bad_framing() {
  return {
      {"length and chunked", head + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Then::Wait,
       "ProtocolError"},
      {"chunked and length", head + "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n", Then::Wait,
       "ProtocolError"},
      {"two lengths", head + "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!", Then::Wait, "ProtocolError"},
      {"a list of lengths", head + "content-length: 5, 6\r\n\r\nhello!", Then::Wait, "ProtocolError"},
      {"a negative length", head + "content-length: -1\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a hexadecimal length", head + "content-length: 0x5\r\n\r\nhello", Then::Wait, "ProtocolError"},
      {"a length beyond 64 bits", head + "content-length: 18446744073709551616\r\n\r\n", Then::Wait, "ProtocolError"},
      {"another coding", head + "transfer-encoding: gzip\r\n\r\nhello", Then::Close, "ProtocolError"},
      {"two codings", head + "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"almost chunked", head + "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"chunked twice", head + "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Then::Wait,
       "ProtocolError"},
      {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Then::Wait,
       "ProtocolError"},
      {"a chunk size that is none", chunked + "five\r\nhello\r\n0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a negative chunk size", chunked + "-5\r\nhello\r\n0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a chunk longer than its size", chunked + "5\r\nhello!\r\n0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a chunk with a bare line feed", chunked + "5\nhello\r\n0\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a length among the trailers", chunked + "0\r\ncontent-length: 5\r\n\r\n", Then::Wait, "ProtocolError"},
  };
}

std::vector<BadAnswer> bad_heads() {
  return {
      {"a field without a colon", head + "hello\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a space before the colon", head + "content-length : 5\r\n\r\nhello", Then::Wait, "ProtocolError"},
      {"a folded field", head + "a: b\r\n c\r\n\r\n", Then::Wait, "ProtocolError"},
      {"bare line feeds", "HTTP/1.1 200 OK\ncontent-length: 0\n\n", Then::Wait, "ProtocolError"},
      {"a NUL in a value", head + std::string("a: b\0c\r\n\r\n", 10), Then::Wait, "ProtocolError"},
      {"a carriage return in a value", head + "a: b\rc: d\r\n\r\n", Then::Wait, "ProtocolError"},
      {"an empty field name", head + ": x\r\n\r\n", Then::Wait, "ProtocolError"},
  };
}

std::vector<BadAnswer> floods() {
  const std::string many_fields = repeated("a: b\r\n", 101);
  return {
      {"a head over the limit", head + "a: " + std::string(17'000, 'a') + "\r\n\r\n", Then::Wait, "ResponseTooLarge"},
      {"a line without end", head + std::string(20'000, 'a'), Then::Wait, "ResponseTooLarge"},
      {"101 fields", head + many_fields + "content-length: 0\r\n\r\n", Then::Wait, "ResponseTooLarge"},
      {"a flood of 1xx", repeated("HTTP/1.1 103 Early Hints\r\n\r\n", 1000), Then::Wait, "ProtocolError"},
      {"a length over the limit", head + "content-length: 1000001\r\n\r\n", Then::Wait, "ResponseTooLarge"},
      {"chunks over the limit", chunked + repeated("186A0\r\n" + std::string(100'000, 'a') + "\r\n", 11), Then::Wait,
       "ResponseTooLarge"},
      {"a chunk of 2^60 bytes", chunked + "fffffffffffffff\r\n", Then::Wait, "ResponseTooLarge"},
      {"a body without length over the limit", head + "\r\n" + std::string(1'000'001, 'a'), Then::Wait,
       "ResponseTooLarge"},
      {"an endless chunk extension", chunked + "5;" + std::string(20'000, 'a'), Then::Wait, "ProtocolError"},
      {"a flood of trailers", chunked + "0\r\n" + repeated("a: b\r\n", 3000) + "\r\n", Then::Wait, "ProtocolError"},
  };
}

std::vector<BadAnswer> bad_compression() {
  const std::string gzip = head + "content-encoding: gzip\r\ncontent-length: ";
  const std::string abc{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00",
                        23};
  std::string wrong_sum = abc;
  wrong_sum[15] = '!';
  return {
      {"a body that is no gzip", gzip + "5\r\n\r\nhello", Then::Wait, "ProtocolError"},
      {"half a gzip", gzip + "12\r\n\r\n" + abc.substr(0, 12), Then::Wait, "ProtocolError"},
      {"half a gzip until the end of the connection", head + "content-encoding: gzip\r\n\r\n" + abc.substr(0, 12),
       Then::Close, "ProtocolError"},
      {"a gzip with more behind it", gzip + "28\r\n\r\n" + abc + "hello", Then::Wait, "ProtocolError"},
      {"a gzip with a wrong checksum", gzip + "23\r\n\r\n" + wrong_sum, Then::Wait, "ProtocolError"},
      {"a gzip that is cut off", gzip + "23\r\n\r\n" + abc.substr(0, 20), Then::Close, "ConnectionClosed"},
      {"a body that is no deflate", head + "content-encoding: deflate\r\ncontent-length: 5\r\n\r\nhello", Then::Wait,
       "ProtocolError"},
      {"a body that is no br", head + "content-encoding: br\r\ncontent-length: 5\r\n\r\nhello", Then::Wait,
       "ProtocolError"},
      {"16 MB in 16 KB", gzip + std::to_string(zeros_in_gzip().size()) + "\r\n\r\n" + zeros_in_gzip(), Then::Wait,
       "ResponseTooLarge"},
  };
}

std::vector<BadAnswer> all_bad_answers() {
  std::vector<BadAnswer> all;
  for (const auto& list : {endings(), other_protocols(), bad_framing(), bad_heads(), floods(), bad_compression()})
    all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// How often a POST arrives that may be sent five times, and always gets the bad answer.
int count_posts(const BadAnswer& bad) {
  std::atomic<int> requests{0};
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      ++requests;
      connection.send(bad.bytes);
      if (bad.then == Then::Reset) connection.close_by_reset();
      if (bad.then != Then::Wait) return;
    }
  });
  const Client client{{.base_url = server.url(),
                       .timeout = {.head = head_limit, .total = total_limit},
                       .limits = {.max_body_bytes = 1'000'000},
                       .retries = {.max_attempts = 5, .first_backoff = 0ms, .budget = 10}}};
  run([](const Client& http) -> Async<void> { co_await outcome_of(http.post("/").body("once")); }(client));
  return requests;
}

/// The first connection gives the bad answer, later ones a good one.
void check_bad_answer(const BadAnswer& bad) {
  RawServer server([&](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    if (connection.number > 0) return connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood");
    connection.send(bad.bytes);
    if (bad.then == Then::Wait) connection.wait_for_close();
    if (bad.then == Then::Reset) connection.close_by_reset();
  });
  const Client client{{.base_url = server.url(),
                       .timeout = {.head = head_limit, .total = total_limit},
                       .limits = {.max_body_bytes = 1'000'000},
                       .retries = {.max_attempts = 1}}};
  std::string outcome;
  const auto began = std::chrono::steady_clock::now();
  run([](const Client& http, std::string& result) -> Async<void> {
    result = co_await outcome_of(http.get("/"));
    const std::string next = co_await outcome_of(http.get("/"));
    CHECK(next == "200 good");
  }(client, outcome));
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(server.accepted() == 2);
  CHECK(took < total_limit + 2s);
  if (bad.expected.find(" or ") == std::string::npos) {
    CHECK(outcome == bad.expected);
  } else {
    CHECK(bad.expected.find(outcome) != std::string::npos);
  }
}

/// Sends `text` byte by byte, as long as the client stays.
std::string outcome_of_dripping(const std::string& text, std::string& second,
                                std::chrono::milliseconds limit = head_limit) {
  RawServer server([&](RawConnection& connection) {
    connection.read_request();
    if (connection.number > 0) return connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood");
    for (const char& c : text) {
      connection.send({&c, 1});
      std::this_thread::sleep_for(20ms);
    }
  });
  const Client client{
      {.base_url = server.url(), .timeout = {.head = limit, .total = limit * 10}, .retries = {.max_attempts = 1}}};
  std::string first;
  run([](const Client& http, std::string& one, std::string& two) -> Async<void> {
    one = co_await outcome_of(http.get("/"));
    two = co_await outcome_of(http.get("/"));
  }(client, first, second));
  return first;
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("client: each bad answer ends in its typed error in time, and its connection is not used again") {
    const std::vector<BadAnswer> all = all_bad_answers();
    CHECK(all.size() >= 60);
    const PeakMemory memory;
    for (const BadAnswer& bad : all) {
      CAPTURE(bad.name);
      check_bad_answer(bad);
    }
    if (!inflates_memory) CHECK(memory.growth_kib() < 64 * 1024);  // the answers themselves among it
  }

  TEST_CASE("client: a POST that gets a bad answer is sent once, however many attempts are allowed") {
    for (const BadAnswer& bad : all_bad_answers()) {
      CAPTURE(bad.name);
      CHECK(count_posts(bad) == 1);
    }
  }

  TEST_CASE("client: the limits are for the whole head and the whole response, not for each byte") {
    std::string next;
    CHECK(outcome_of_dripping(head + "a: " + std::string(50, 'a'), next) == "HeadTimeout");
    CHECK(next == "200 good");
    // What drips within the limit is waited for, to its early end.
    CHECK(outcome_of_dripping("HTTP/1.", next, 5s) == "ConnectionClosed");
  }

  TEST_CASE("client: a body that drips is bounded by the total") {
    RawServer server([](RawConnection& connection) {
      connection.read_request();
      connection.send(head + "content-length: 100\r\n\r\n");
      for (int i = 0; i < 100; ++i) {
        connection.send("x");
        std::this_thread::sleep_for(20ms);
      }
    });
    const Client client{{.base_url = server.url(), .timeout = {.head = head_limit, .total = total_limit}}};
    run([](const Client& http) -> Async<void> {
      const std::string outcome = co_await outcome_of(http.get("/"));
      CHECK(outcome == "TotalTimeout");
    }(client));
  }
}
