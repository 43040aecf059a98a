// SPDX-License-Identifier: BSL-1.0
#include "client/host_pool.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

class RecordingOwner final : public HostPoolOwner {
 public:
  EventLoop& loop() const noexcept override { return EventLoop::current(); }
  ConnectionSlots& slots() noexcept override { return connection_slots; }
  bool close_longest_idle() noexcept override { return false; }
  void on_idle(HostPool&) noexcept override { ++idle_reports; }
  void on_unused(HostPool&) noexcept override { ++unused_reports; }

  ConnectionSlots connection_slots{1000};
  int idle_reports = 0;
  int unused_reports = 0;
};

/// A connection whose other end the test holds.
class Peer {
 public:
  Peer() {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    connection = std::make_unique<ClientConnection>(EventLoop::current(), ends[0]);
    end_ = ends[1];
  }
  ~Peer() { leave(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void leave() {
    if (end_ >= 0) close(std::exchange(end_, -1));
  }
  void say(std::string_view text) const { REQUIRE(write(end_, text.data(), text.size()) > 0); }
  /// The client has closed its end.
  bool is_left() const {
    char byte = 0;
    return recv(end_, &byte, 1, MSG_PEEK) == 0;
  }

  std::unique_ptr<ClientConnection> connection;

 private:
  int end_ = -1;
};

ClientLimits limits_of(std::size_t max_connections, std::size_t max_idle = 10) {
  ClientLimits limits;
  limits.max_connections_per_host = max_connections;
  limits.max_idle_per_host = max_idle;
  limits.keep_alive_expiry = 20s;
  return limits;
}

/// Leases one connection, which is `peer`'s, and gives it back.
Async<void> make_idle(HostPool& host, Peer& peer) {
  Lease lease = co_await host.acquire(false);
  lease.connection = std::move(peer.connection);
  lease.give_back();
}

Async<void> note_lease(HostPool& host, std::string& log, char name) {
  const Lease lease = co_await host.acquire(false);
  log += name;
  co_await sleep(1s);
}

/// Lets the loop look at its descriptors.
Async<void> let_loop_look() {
  for (int i = 0; i < 3; ++i)
    co_await sleep(0s);
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("host_pool: the last connection given back is used first, each by one lease") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  Peer first;
  Peer second;
  const ClientConnection* const first_connection = first.connection.get();
  const ClientConnection* const second_connection = second.connection.get();
  {
    Lease a = co_await host.acquire(false);
    Lease b = co_await host.acquire(false);
    CHECK(a.connection == nullptr);
    CHECK(host.leased() == 2);
    a.connection = std::move(first.connection);
    b.connection = std::move(second.connection);
    a.give_back();
    b.give_back();
  }
  CHECK(host.idle() == 2);
  CHECK(host.leased() == 0);
  CHECK(owner.idle_reports == 2);
  const Lease c = co_await host.acquire(false);
  const Lease d = co_await host.acquire(true);
  const Lease e = co_await host.acquire(false);
  CHECK(c.connection.get() == second_connection);
  CHECK(d.connection.get() == first_connection);
  CHECK(e.connection == nullptr);
}

ASYNC_TEST_CASE("host_pool: a lease that is dropped closes its connection") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  Peer peer;
  {
    Lease lease = co_await host.acquire(false);
    lease.connection = std::move(peer.connection);
  }
  CHECK(peer.is_left());
  CHECK(host.idle() == 0);
  CHECK(owner.unused_reports == 1);
}

ASYNC_TEST_CASE("host_pool: connections that the peer has closed while idle are dropped at once") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  Peer peer;
  co_await make_idle(host, peer);
  CHECK(host.idle() == 1);
  peer.leave();
  co_await let_loop_look();
  CHECK(host.idle() == 0);
  CHECK(owner.unused_reports == 1);
}

ASYNC_TEST_CASE("host_pool: a connection closed a moment ago is not given to a request that can't be repeated") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  Peer peer;
  co_await make_idle(host, peer);
  peer.leave();  // the loop has not looked since
  const Lease lease = co_await host.acquire(true);
  CHECK(lease.connection == nullptr);
}

ASYNC_TEST_CASE("host_pool: a connection on which something unasked for has arrived is closed") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  Peer peer;
  co_await make_idle(host, peer);
  peer.say("HTTP/1.1 408 Request Timeout\r\n\r\n");
  co_await let_loop_look();
  const Lease lease = co_await host.acquire(false);
  CHECK(lease.connection == nullptr);
}

ASYNC_TEST_CASE("host_pool: a connection is not used when it has been idle for keep_alive_expiry") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  Peer peer;
  co_await make_idle(host, peer);
  co_await sleep(20s - 1ms);
  {
    Lease lease = co_await host.acquire(false);
    CHECK(lease.connection != nullptr);
    lease.give_back();
  }
  co_await sleep(20s);
  const Lease lease = co_await host.acquire(false);
  CHECK(lease.connection == nullptr);
  CHECK(peer.is_left());
}

ASYNC_TEST_CASE("host_pool: expire closes what has been idle for too long and nothing else") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  std::array<Peer, 2> peers;
  {
    Lease a = co_await host.acquire(false);
    Lease b = co_await host.acquire(false);
    a.connection = std::move(peers[0].connection);
    b.connection = std::move(peers[1].connection);
    a.give_back();
    co_await sleep(5s);
    b.give_back();
  }
  co_await sleep(15s);
  host.expire(EventLoop::current().time());
  CHECK(host.idle() == 1);
  CHECK(peers[0].is_left());
  CHECK_FALSE(peers[1].is_left());
  CHECK(owner.unused_reports == 0);
  co_await sleep(5s);
  host.expire(EventLoop::current().time());
  CHECK(host.idle() == 0);
  CHECK(owner.unused_reports == 1);
}

ASYNC_TEST_CASE("host_pool: at most max_idle_per_host connections are kept") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10, 2);
  HostPool host(owner, limits);
  std::array<Peer, 3> peers;
  {
    std::vector<Lease> leases;
    for (Peer& peer : peers) {
      leases.push_back(co_await host.acquire(false));
      leases.back().connection = std::move(peer.connection);
    }
    for (Lease& lease : leases)
      lease.give_back();
  }
  CHECK(host.idle() == 2);
  CHECK_FALSE(peers[0].is_left());
  CHECK_FALSE(peers[1].is_left());
  CHECK(peers[2].is_left());
}

ASYNC_TEST_CASE("host_pool: above max_connections_per_host requests wait, first come, first served") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(2);
  HostPool host(owner, limits);
  std::string log;
  std::vector<Task<void>> tasks;
  for (const char name : {'a', 'b', 'c', 'd', 'e'})
    tasks.push_back(create_task(note_lease(host, log, name)));
  co_await sleep(500ms);
  CHECK(log == "ab");
  CHECK(host.leased() == 2);
  CHECK(host.waiting() == 3);
  CHECK_FALSE(host.has_free());
  co_await sleep(1s);
  CHECK(log == "abcd");
  co_await sleep(1s);
  CHECK(log == "abcde");
  for (const Task<void>& task : tasks)
    co_await task;
  CHECK(host.has_free());
  CHECK(host.is_unused());
  CHECK(owner.unused_reports == 1);
}

ASYNC_TEST_CASE("host_pool: a connection given back goes to the first who waits, not to a newcomer") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(1);
  HostPool host(owner, limits);
  Peer peer;
  std::string log;
  Lease lease = co_await host.acquire(false);
  const Task<void> waiter = create_task(note_lease(host, log, 'w'));
  co_await sleep(1ms);
  lease.connection = std::move(peer.connection);
  lease.give_back();
  const Task<void> newcomer = create_task(note_lease(host, log, 'n'));
  co_await let_loop_look();
  CHECK(log == "w");
  CHECK_FALSE(peer.is_left());
  co_await waiter;
  CHECK(peer.is_left());  // the waiter had it, and dropped it
  co_await newcomer;
  CHECK(log == "wn");
}

ASYNC_TEST_CASE("host_pool: a cancelled waiter leaves the queue, and a lease on its way to one is not lost") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(1);
  HostPool host(owner, limits);
  std::string log;
  Lease lease = co_await host.acquire(false);
  const Task<void> first = create_task(note_lease(host, log, 'f'));
  const Task<void> second = create_task(note_lease(host, log, 's'));
  const Task<void> third = create_task(note_lease(host, log, 't'));
  co_await sleep(1ms);
  CHECK(host.waiting() == 3);
  first.cancel();
  CHECK(host.waiting() == 2);
  lease = Lease();  // granted to the second
  second.cancel();  // before it has run
  co_await sleep(10s);
  CHECK(first.cancelled());
  CHECK(second.cancelled());
  CHECK(third.done());
  CHECK(log == "st");
  CHECK(host.is_unused());
}

ASYNC_TEST_CASE("host_pool: after stop_keeping nothing is kept") {
  RecordingOwner owner;
  const ClientLimits limits = limits_of(10);
  HostPool host(owner, limits);
  std::array<Peer, 2> peers;
  co_await make_idle(host, peers[0]);
  Lease lease = co_await host.acquire(false);
  CHECK(lease.connection != nullptr);
  host.stop_keeping();
  host.close_idle();
  CHECK(owner.unused_reports == 0);
  lease.give_back();
  CHECK(peers[0].is_left());
  CHECK(owner.unused_reports == 1);
}

TEST_SUITE_END();
