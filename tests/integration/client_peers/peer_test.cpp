// SPDX-License-Identifier: BSL-1.0
// The client against a server that isn't ours: run by run_client_peers_test.py, which says by environment where it is
// (PEER_URL), which CA it is certified by (PEER_CA) and what it lacks (PEER_LACKS).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "support/client_outcome.hpp"
#include "support/peak_memory.hpp"
#include "support/real_time_test.hpp"
#include "support/sanitizers.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

constexpr std::uint64_t large = 100'000'000;
constexpr std::size_t flat_kib = 16 * 1024;  // what a large body may add to the memory in use

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

bool has(std::string_view feature) {
  return variable("PEER_LACKS").find(feature) == std::string::npos;
}

ClientOptions options() {
  ClientOptions options;
  options.base_url = variable("PEER_URL");
  options.timeout.total = 60s;
  options.trust_env = false;
  if (const std::string ca = variable("PEER_CA"); !ca.empty()) options.tls.ca_files = {ca};
  return options;
}

/// The byte at a place of a large body.
char byte_at(std::uint64_t place) {
  return static_cast<char>('a' + place % 23);
}

/// Every byte counts, in its place.
class Checksum {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      sum_ = (sum_ + static_cast<unsigned char>(c) * (size_ % 65'521 + 1)) % 4'294'967'291U;
      ++size_;
    }
  }
  std::uint64_t size() const { return size_; }
  std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t size_ = 0;
  std::uint64_t sum_ = 0;
};

std::string piece_at(std::uint64_t place, std::size_t size) {
  std::string piece(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    piece[i] = byte_at(place + i);
  return piece;
}

AsyncGenerator<std::string> some_lines(int count) {
  for (int i = 0; i < count; ++i)
    co_yield "line " + std::to_string(i) + "\n";
}

AsyncGenerator<std::string> generated(std::uint64_t size, Checksum& checksum) {
  constexpr std::uint64_t piece_size = 64 * 1024;
  for (std::uint64_t place = 0; place < size; place += piece_size) {
    std::string piece = piece_at(place, std::min(piece_size, size - place));
    checksum.add(piece);
    co_yield std::move(piece);
  }
}

Async<void> download(const Client& client, std::string path) {
  Checksum expected;
  Checksum got;
  ClientStream stream = co_await client.get(path).stream();
  CHECK(stream.status() == 200);
  while (const auto piece = co_await stream.next())
    got.add(*piece);
  for (std::uint64_t place = 0; place < large; place += 100'000)
    expected.add(piece_at(place, 100'000));
  CHECK(got.size() == large);
  CHECK(got.sum() == expected.sum());
}

Async<void> upload(const Client& client, std::optional<std::uint64_t> size) {
  Checksum sent;
  const ClientResponse answer =
      co_await client.put("/count").body(generated(large, sent), "application/octet-stream", size);
  CHECK(answer.status() == 200);
  const Json counted = answer.json();
  CHECK(counted["bytes"] == large);
  CHECK(counted["sum"] == sent.sum());
}

/// What is done takes no more memory than some buffers.
Async<void> with_flat_memory(Async<void> work) {
  const test::PeakMemory memory;
  co_await std::move(work);
  if (!test::inflates_memory) CHECK(memory.growth_kib() < flat_kib);
}

}  // namespace

TEST_SUITE_BEGIN("client peers");

LOOP_TEST_CASE("peer: methods, bodies, queries and fields arrive as they were given") {
  const Client client(options());
  const ClientResponse got = co_await client.get("/get").query("q", "a b&c=ü").header("x-one", "1");
  CHECK(got.status() == 200);
  const Json seen = got.json();
  CHECK(seen["path"] == "/get?q=a+b%26c%3D%C3%BC");
  CHECK(seen["headers"]["x-one"] == "1");
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const ClientResponse echoed =
        co_await client.request(method, "/echo").body("body of " + std::string(method), "text/x");
    CHECK(echoed.text() == "body of " + std::string(method));
    CHECK(echoed.header("x-method") == method);
    CHECK(echoed.header("content-type").value_or("").substr(0, 6) == "text/x");
  }
  const ClientResponse head = co_await client.head("/bytes/100");
  CHECK(head.status() == 200);
  CHECK(head.text().empty());
  const ClientResponse empty = co_await client.post("/echo");
  CHECK(empty.text().empty());
}

LOOP_TEST_CASE("peer: statuses are answers, 204 and 304 have no body") {
  const Client client(options());
  for (const int code : {200, 201, 204, 304, 400, 404, 418, 500, 503}) {
    const ClientResponse answer = co_await client.get("/status/" + std::to_string(code));
    CHECK(answer.status() == code);
    if (code == 204 || code == 304) CHECK(answer.text().empty());
  }
}

LOOP_TEST_CASE("peer: redirects are followed, with their methods, and no further than the limit") {
  const Client client(options());
  const ClientResponse end = co_await client.get("/redirect/5");
  CHECK(end.status() == 200);
  CHECK(end.json()["path"] == "/get");
  std::string ended = co_await outcome_of(client.get("/redirect/6"));
  CHECK(ended == "TooManyRedirects");
  const ClientResponse unfollowed = co_await client.get("/redirect/1").max_redirects(0);
  CHECK(unfollowed.status() == 302);
  ended = co_await outcome_of(client.post("/redirect-to/307/echo").body("again"));
  CHECK(ended == "200 again");
  const ClientResponse see_other = co_await client.post("/redirect-to/303/get").body("once");
  CHECK(see_other.json()["method"] == "GET");
}

LOOP_TEST_CASE("peer: cookies are kept, sent back and dropped") {
  ClientOptions with_cookies = options();
  with_cookies.cookies = std::make_shared<ClientCookies>();
  const Client client(with_cookies);
  const ClientResponse set = co_await client.get("/cookies/set/color/blue");
  CHECK(set.json()["cookie"] == "color=blue");  // a redirect that sets it leads to what shows it
  co_await client.get("/cookies/set/size/9");
  const ClientResponse both = co_await client.get("/cookies").cookie("own", "1");
  CHECK(both.json()["cookie"] == "own=1; color=blue; size=9");
  co_await client.get("/cookies/delete/color");
  const ClientResponse rest = co_await client.get("/cookies");
  CHECK(rest.json()["cookie"] == "size=9");
}

LOOP_TEST_CASE("peer: compressed answers are unpacked") {
  const Client client(options());
  for (const char* coding : {"gzip", "deflate", "brotli"}) {
    if (!has(coding)) continue;
    const ClientResponse answer = co_await client.get("/compressed/" + std::string(coding));
    CHECK(answer.json()["coding"] == coding);
    CHECK(answer.json()["text"].get<std::string>().size() == 100'000);
    CHECK_FALSE(answer.header("content-encoding"));
  }
}

LOOP_TEST_CASE("peer: chunks come one by one, and trailers are no part of the body") {
  const Client client(options());
  std::size_t count = 0;
  ClientStream stream = co_await client.get("/lines/1000").stream();
  AsyncGenerator<std::string> lines = std::move(stream).lines();
  while (const auto line = co_await lines.next())
    CHECK(*line == "line " + std::to_string(count++));
  CHECK(count == 1000);
  const ClientResponse whole = co_await client.get("/lines/3");
  CHECK(whole.text() == "line 0\nline 1\nline 2\n");
  if (has("trailers")) {
    const ClientResponse trailed = co_await client.get("/trailers");
    CHECK(trailed.text() == "body");
    CHECK_FALSE(trailed.header("x-sum"));
    CHECK(trailed.trailers().size() == 1);
    CHECK(trailed.trailers().get("x-sum") == "4");
    const auto trailers = std::make_shared<const Headers>(Headers{{"x-one", "1"}, {"x-two", "a b"}});
    RequestBuilder request = client.post("/trailers").body(some_lines(3), "text/plain").trailers(trailers);
    const ClientResponse echoed = co_await std::move(request);
    const Json fields = echoed.json();
    CHECK(fields["x-one"] == "1");
    CHECK(fields["x-two"] == "a b");
    CHECK(fields.size() == 2);
  }
}

LOOP_TEST_CASE("peer: a connection is used again, unless the server says it closes it") {
  const Client client(options());
  std::string first;
  std::string second;
  for (const char* path : {"/get", "/close"}) {
    const ClientResponse one = co_await client.get(path);
    first = one.json()["connection"].get<std::string>();
    const ClientResponse other = co_await client.get("/get");
    second = other.json()["connection"].get<std::string>();
    if (has("connections")) CHECK((first == second) == (std::string_view(path) == "/get"));
  }
}

LOOP_TEST_CASE("peer: many requests at once") {
  const Client client(options());
  std::vector<Async<std::string>> requests;
  for (int i = 0; i < 300; ++i)
    requests.push_back(outcome_of(client.post("/echo").body(std::to_string(i))));
  const std::vector<std::string> outcomes = co_await gather(std::move(requests));
  for (int i = 0; i < 300; ++i)
    CHECK(outcomes[static_cast<std::size_t>(i)] == "200 " + std::to_string(i));
}

LOOP_TEST_CASE("peer: what takes too long ends in a time-out, and the client goes on") {
  ClientOptions patient_peer = options();
  patient_peer.propagate = false;  // one that is told of the deadline may answer 504 at the same moment
  const Client client(patient_peer);
  std::string ended = co_await outcome_of(client.get("/delay/5000").timeout(200ms));
  CHECK(ended == "TotalTimeout");
  ended = co_await outcome_of(client.post("/echo").body("still here"));
  CHECK(ended == "200 still here");
}

LOOP_TEST_CASE("peer: 100 MB come at flat memory") {
  const Client client(options());
  co_await with_flat_memory(download(client, "/bytes/" + std::to_string(large)));
  if (has("chunks")) co_await with_flat_memory(download(client, "/chunked-bytes/" + std::to_string(large)));
}

LOOP_TEST_CASE("peer: 100 MB go at flat memory, with a length and in chunks") {
  const Client client(options());
  co_await with_flat_memory(upload(client, large));
  co_await with_flat_memory(upload(client, std::nullopt));
}

TEST_SUITE_END();
