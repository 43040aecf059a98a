// SPDX-License-Identifier: BSL-1.0
// Starting a server, on one loop and on several.
#include <doctest/doctest.h>

#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;

namespace {

Async<Response> hello(Request&) {
  co_return text("hello");
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("start: a port that is taken is a system_error that names the address") {
    for (const std::size_t loops : {std::size_t{1}, std::size_t{2}}) {
      ServerOptions first_options;
      first_options.loops = loops;
      TestServer first(&hello, std::move(first_options));
      ServerOptions options;
      options.port = first.port();
      options.loops = loops;
      Server second(&hello, std::move(options));
      std::string message;
      try {
        second.start();
      } catch (const std::system_error& error) {
        message = error.what();
        CHECK(error.code() == std::errc::address_in_use);
      }
      CHECK(message.find("127.0.0.1:" + std::to_string(first.port())) != std::string::npos);
      CHECK(first.request(get("/")).body == "hello");
    }
  }

  TEST_CASE("start: an address that isn't this machine's is a system_error that names it") {
    ServerOptions options;
    options.host = "203.0.113.1";
    options.port = 0;
    Server server(&hello, std::move(options));
    CHECK_THROWS_WITH_AS(server.start(), doctest::Contains("203.0.113.1"), std::system_error);
  }

  TEST_CASE("start: a host that doesn't resolve is an error that names it") {
    ServerOptions options;
    options.host = "no host of that name";
    Server server(&hello, std::move(options));
    CHECK_THROWS_WITH_AS(server.start(), doctest::Contains("no host of that name"), std::runtime_error);
  }

  TEST_CASE("start: a server that is never started can be destroyed") {
    Server server(&hello, ServerOptions{});
    CHECK(server.connections() == 0);
  }

  TEST_CASE("loops: with two, both serve") {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    auto handler = [&](Request&) -> Async<Response> {
      {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      co_return text("ok");
    };
    ServerOptions options;
    options.loops = 2;
    TestServer server(handler, std::move(options));
    CHECK(server->loops() == 2);
    std::vector<RawClient> clients;
    for (int i = 0; i < 64; ++i)
      clients.push_back(server.connect());
    for (int round = 0; round < 3; ++round) {
      for (RawClient& client : clients)
        CHECK(client.request(get("/")).body == "ok");
    }
    {
      const std::lock_guard lock(mutex);
      CHECK(threads.size() == 2);
    }
    CHECK(server->connections() == 64);
    server->shut_down();
    server->join();
    CHECK(server->connections() == 0);
  }
}
