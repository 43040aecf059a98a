// SPDX-License-Identifier: BSL-1.0
// Many clients at once, clients that mean harm, and a process that runs out of descriptors.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/open_descriptors.hpp"
#include "support/sanitizers.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

Async<Response> hello(Request&) {
  co_return text("hello");
}

std::chrono::microseconds cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto to_us = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return to_us(usage.ru_utime) + to_us(usage.ru_stime);
}

/// Lowers the number of descriptors of this process for a while.
class DescriptorLimit {
 public:
  /// Leaves `free` of them.
  explicit DescriptorLimit(rlim_t free) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next);
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(next) + free;
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("overload: without free descriptors the server doesn't spin, and serves again when there are some" *
            doctest::skip(needs_descriptors)) {
    TestServer server(&hello);
    RawClient known = server.connect();
    CHECK(known.request(get("/")).status == 200);
    std::vector<RawClient> clients;
    for (int i = 0; i < 30; ++i)
      clients.emplace_back(RawClient::Options());
    {
      const DescriptorLimit limit(5);
      for (RawClient& client : clients)
        client.connect_to(server.port());
      CHECK(eventually([&] { return server->connections() >= 6; }));
      const auto before = cpu_time();
      std::this_thread::sleep_for(1s);
      CHECK(cpu_time() - before < 300ms);
      CHECK(known.request(get("/")).status == 200);
      CHECK(clients.front().request(get("/")).status == 200);
    }
    clients.clear();
    CHECK(eventually([&] { return server->connections() == 1; }));
    for (int i = 0; i < 20; ++i)
      CHECK(server.request(get("/")).status == 200);
  }

  TEST_CASE("overload: clients that can't be served are told so by the end of their connection" *
            doctest::skip(needs_descriptors)) {
    TestServer server(&hello);
    CHECK(server.request(get("/")).status == 200);
    CHECK(eventually([&] { return server->connections() == 0; }));
    std::vector<RawClient> clients;
    for (int i = 0; i < 6; ++i)
      clients.emplace_back(RawClient::Options());
    const DescriptorLimit limit(3);
    for (RawClient& client : clients)
      client.connect_to(server.port());
    CHECK(eventually([&] { return server->connections() == 3; }));
    for (std::size_t i = 3; i < clients.size(); ++i)
      CHECK(clients[i].closed_silently());
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(clients[i].request(get("/")).status == 200);
  }

  TEST_CASE("overload: the descriptor limit also bounds the number of connections") {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const std::size_t cap = static_cast<std::size_t>(before.rlim_max - before.rlim_max / 5);
    ServerOptions options;
    options.limits.max_connections = cap + 1000;
    TestServer server(&hello, std::move(options));
    rlimit raised{};
    getrlimit(RLIMIT_NOFILE, &raised);
    CHECK(raised.rlim_cur == before.rlim_max);
    CHECK(server.request(get("/")).status == 200);
  }

  TEST_CASE("overload: 500 connections that are reset at once leave no descriptor behind") {
    TestServer server(&hello);
    CHECK(server.request(get("/")).status == 200);
    CHECK(eventually([&] { return server->connections() == 0; }));
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 5; ++round) {
      std::vector<RawClient> storm;
      for (int i = 0; i < 100; ++i) {
        storm.push_back(server.connect());
        if (i % 4 == 1) storm.back().try_send(get("/"));
        if (i % 4 == 2) storm.back().try_send("GET / HT");
        if (i % 4 == 3) storm.back().try_send(post_head("/", 100) + "part");
      }
      for (RawClient& client : storm)
        client.reset();
    }
    CHECK(server.request(get("/")).status == 200);
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(eventually([&] { return open_descriptors() == before; }));
  }

  TEST_CASE("overload: clients that send their heads slowly don't disturb others") {
    ServerOptions options;
    options.timeouts.head = 500ms;
    TestServer server(&hello, std::move(options));
    std::vector<RawClient> slow;
    for (int i = 0; i < 200; ++i) {
      slow.push_back(server.connect());
      slow.back().send("GET / HTTP/1.1\r\n");
    }
    RawClient client = server.connect();
    const auto until = std::chrono::steady_clock::now() + 300ms;
    while (std::chrono::steady_clock::now() < until) {
      for (RawClient& attacker : slow)
        attacker.try_send("x");
      REQUIRE(client.request(get("/")).body == "hello");
    }
    for (RawClient& attacker : slow)
      CHECK(attacker.receive().status == 408);
    CHECK(client.request(get("/")).body == "hello");
    CHECK(eventually([&] { return server->connections() == 1; }));
  }

  TEST_CASE("overload: a thousand idle connections are held while others are served, and are let go") {
    ServerOptions options;
    options.timeouts.keep_alive = 600ms;
    TestServer server(&hello, std::move(options));
    std::vector<RawClient> idle;
    for (int i = 0; i < 1000; ++i) {
      idle.push_back(server.connect());
      idle.back().send(get("/"));
    }
    for (RawClient& client : idle)
      CHECK(client.receive().status == 200);
    for (int i = 0; i < 50; ++i)
      CHECK(server.request(get("/")).status == 200);
    CHECK(eventually([&] { return server->connections() == 0; }));
  }
}
