// SPDX-License-Identifier: BSL-1.0
// Files that the kernel sends by itself, and those that it doesn't.
#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/http/static_files.hpp"
#include "coroute/middleware/compression.hpp"
#include "support/refused_call.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_certificates.hpp"
#include "support/test_server.hpp"
#include "support/unpacked.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t piece = 256 * 1024;
constexpr auto huge = static_cast<off_t>(64 * 1024 * 1024);  // more than any socket takes

std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i + i / 4099) % 26);
  return text;
}

/// What the access log got.
class Records {
 public:
  struct Record {
    int status;
    std::uint64_t body_bytes;
    bool client_left;
  };

  ServerOptions options(ServerOptions options = {}) {
    options.on_access = [this](const AccessRecord& record) {
      const std::lock_guard lock(mutex_);
      all_.push_back({record.status.code(), record.body_bytes, record.client_left});
    };
    return options;
  }
  Record wait_for(std::size_t which) {
    REQUIRE(eventually([&] { return count() > which; }));
    const std::lock_guard lock(mutex_);
    return all_[which];
  }

 private:
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

  std::mutex mutex_;
  std::vector<Record> all_;
};

/// A directory with one file, which is to be served.
struct Site {
  explicit Site(std::size_t size) : content(patterned(size)), path(directory.write("file.txt", content)) {}
  /// Makes it longer by zeros, which take no room.
  explicit Site(std::size_t size, off_t longer) : Site(size) { REQUIRE(truncate(path.c_str(), longer) == 0); }

  Handler handler() const { return StaticFiles(directory.path()); }

  TemporaryDirectory directory;
  std::string content;
  std::string path;
};

bool serves_whole_file(const Site& site, TestServer& server) {
  RawClient client = server.connect();
  for (int i = 0; i < 2; ++i) {
    const RawResponse response = client.request(get("/file.txt"));
    if (response.status != 200 || response.body != site.content) return false;
  }
  return true;
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("sendfile: sizes around those that are read, and around a piece, arrive whole") {
    for (const std::size_t size : {64 * 1024UL, 64 * 1024 + 1UL, piece - 1, piece, piece + 1, 3 * piece + 7}) {
      CAPTURE(size);
      const Site site(size);
      Records records;
      TestServer server(site.handler(), records.options());
      CHECK(serves_whole_file(site, server));
      CHECK(records.wait_for(1).body_bytes == size);
      CHECK_FALSE(records.wait_for(1).client_left);
    }
  }

  TEST_CASE("sendfile: ranges, one and several, are the bytes of the file, and are counted") {
    const Site site(4 * piece);
    Records records;
    TestServer server(site.handler(), records.options());
    RawClient client = server.connect();
    const RawResponse one = client.request(get("/file.txt", "range: bytes=1000-500999\r\n"));
    CHECK(one.status == 206);
    const bool is_same = one.body == site.content.substr(1000, 500'000);
    CHECK(is_same);
    CHECK(records.wait_for(0).body_bytes == 500'000);
    const RawResponse two = client.request(get("/file.txt", "range: bytes=0-299999,400000-699999\r\n"));
    CHECK(two.status == 206);
    CHECK(two.header("content-length") == std::to_string(two.body.size()));
    const bool has_both =
        two.body.find("\r\n\r\n" + site.content.substr(0, 300'000) + "\r\n--") != std::string::npos &&
        two.body.find("\r\n\r\n" + site.content.substr(400'000, 300'000) + "\r\n--") != std::string::npos;
    CHECK(has_both);
    CHECK(two.body.ends_with("--"));
    CHECK(records.wait_for(1).body_bytes == two.body.size());
    CHECK(client.request(get("/none")).status == 404);
  }

  TEST_CASE("sendfile: pipelined requests are answered in order") {
    const Site site(2 * piece);
    TestServer server(site.handler());
    RawClient client = server.connect();
    client.send(get("/file.txt") + get("/none") + get("/file.txt"));
    for (const int status : {200, 404, 200}) {
      const RawResponse response = client.receive();
      CHECK(response.status == status);
      if (status != 200) continue;
      const bool is_same = response.body == site.content;
      CHECK(is_same);
    }
  }

  TEST_CASE("sendfile: is for plain connections and files as they are") {
    const Site site(2 * piece);
    without_call(SYS_sendfile, EPIPE, [&] {  // now those who call it have no client any more
      Records records;
      TestServer plain(site.handler(), records.options());
      CHECK(plain.request(get("/file.txt")).body.empty());
      CHECK(records.wait_for(0).client_left);
      CHECK(records.wait_for(0).body_bytes == 0);

      TestServer packed(wrap(CompressionMiddleware(), site.handler()));
      const RawResponse response = packed.request(get("/file.txt", "accept-encoding: gzip\r\n"));
      CHECK(response.header("content-encoding") == "gzip");
      const bool is_same = coroute::testing::unpacked("gzip", response.body) == site.content;
      CHECK(is_same);

      TestAuthority authority;
      const detail::TlsContext trusting(TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}}, {});
      ServerOptions options;
      options.tls = TlsServerOptions{.identity = authority.issue()};
      TestServer secure(site.handler(), std::move(options));
      RawClient client = secure.connect();
      REQUIRE(client.start_tls(trusting));
      const bool is_whole = client.request(get("/file.txt")).body == site.content;
      CHECK(is_whole);
    });
  }

  TEST_CASE("sendfile: where the kernel refuses it the file is read, to the same bytes") {
    const Site site(3 * piece + 7);
    without_call(SYS_sendfile, EINVAL, [&] {
      Records records;
      TestServer server(site.handler(), records.options());
      CHECK(serves_whole_file(site, server));
      CHECK(records.wait_for(1).body_bytes == site.content.size());
    });
  }

  TEST_CASE("sendfile: where the file system can't tell what is in memory, threads read it") {
    const Site site(3 * piece + 7);
    without_call(SYS_preadv2, EOPNOTSUPP, [&] {
      TestServer server(site.handler());
      CHECK(serves_whole_file(site, server));
    });
  }

  TEST_CASE("sendfile: a file that becomes shorter while it is sent ends the connection, and that is reported") {
    for (const bool can_tell : {true, false}) {
      const auto serve_and_cut = [] {
        std::atomic<int> reported{0};
        ServerOptions options;
        options.on_handler_error = [&](const HandlerError& error) {
          CHECK_THROWS_WITH(std::rethrow_exception(error.error), "a file became shorter while it was sent");
          ++reported;
        };
        const Site site(piece, huge);
        TestServer server(site.handler(), std::move(options));
        RawClient client = server.connect({.receive_buffer = 4096});
        client.send(get("/file.txt"));
        CHECK_FALSE(client.receive_some().empty());
        REQUIRE(truncate(site.path.c_str(), 0) == 0);
        CHECK(client.receive_all().size() < static_cast<std::size_t>(huge));
        CHECK(eventually([&] { return reported == 1; }));
      };
      if (can_tell) {
        serve_and_cut();
      } else {
        without_call(SYS_preadv2, EOPNOTSUPP, serve_and_cut);
      }
    }
  }

  TEST_CASE("sendfile: a client that takes nothing is let go after the write time-out") {
    const Site site(1, huge);
    Records records;
    ServerOptions options;
    options.timeouts.write = 200ms;
    TestServer server(site.handler(), records.options(std::move(options)));
    RawClient client = server.connect({.receive_buffer = 4096});
    client.send(get("/file.txt"));
    CHECK(eventually([&] { return server->connections() == 0; }));
    const Records::Record record = records.wait_for(0);
    CHECK(record.body_bytes > 0);
    CHECK(record.body_bytes < static_cast<std::uint64_t>(huge));
  }

  TEST_CASE("sendfile: a client that leaves in the middle is noticed, and is in the access log") {
    const Site site(1, huge);
    Records records;
    TestServer server(site.handler(), records.options());
    RawClient client = server.connect({.receive_buffer = 4096});
    client.send(get("/file.txt"));
    CHECK_FALSE(client.receive_some().empty());
    client.reset();
    const Records::Record record = records.wait_for(0);
    CHECK(record.client_left);
    CHECK(record.body_bytes < static_cast<std::uint64_t>(huge));
    CHECK(eventually([&] { return server->connections() == 0; }));
  }

  TEST_CASE("sendfile: while the server drains a file goes on to its end") {
    const Site site(1, huge);
    TestServer server(site.handler());
    RawClient client = server.connect({.receive_buffer = 4096});
    client.send(get("/file.txt"));
    std::size_t received = client.receive_some().size();
    CHECK(received > 0);
    server->shut_down();
    received += client.receive_all().size();
    server->join();
    CHECK(received > static_cast<std::size_t>(huge));
  }

  TEST_CASE("sendfile: at the end of the drain the file breaks off") {
    const Site site(1, huge);
    ServerOptions options;
    options.timeouts.drain = 200ms;
    TestServer server(site.handler(), std::move(options));
    RawClient client = server.connect({.receive_buffer = 4096});
    client.send(get("/file.txt"));
    CHECK_FALSE(client.receive_some().empty());
    server->shut_down();
    server->join();
    CHECK(client.receive_all().size() < static_cast<std::size_t>(huge));
  }

  TEST_CASE("sendfile: a large file leaves others on the loop their turn") {
    const Site site(1, static_cast<off_t>(16'000) * huge);
    TestServer server(site.handler());
    RawClient greedy = server.connect();
    greedy.send(get("/file.txt"));
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> received{0};
    std::thread reader([&] {
      while (!stop)
        received += greedy.receive_some().size();
    });
    CHECK(eventually([&] { return received > 8 * piece; }));
    CHECK(server.request(get("/none")).status == 404);
    stop = true;
    reader.join();
    greedy.reset();
  }
}
