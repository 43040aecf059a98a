// SPDX-License-Identifier: BSL-1.0
// Requests over a unix socket.
#include <doctest/doctest.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
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

/// Where sockets are, for as long as a test runs.
class SocketFolder {
 public:
  SocketFolder() : path_("/tmp/coroute-unix-XXXXXX") { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~SocketFolder() { std::filesystem::remove_all(path_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

/// Answers with the host that was asked for.
void tell_host(RawConnection& connection) {
  while (true) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    const std::size_t begin = request.find("host: ") + 6;
    const std::string host = request.substr(begin, request.find('\r', begin) - begin);
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(host.size()) + "\r\n\r\n" + host);
  }
}

std::string get(const Client& client, const std::string& url) {
  std::string outcome;
  run([](const Client& http, const std::string& from, std::string& to) -> Async<void> {
    to = co_await outcome_of(http.get(from));
  }(client, url, outcome));
  return outcome;
}

std::string error_of(const Client& client, const std::string& url) {
  std::string what;
  run([](const Client& http, const std::string& from, std::string& to) -> Async<void> {
    try {
      co_await http.get(from);
    } catch (const ConnectError& error) {
      to = error.what();
    }
  }(client, url, what));
  return what;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: with unix_socket every request goes to that socket, whatever its host, on kept connections") {
  const SocketFolder folder;
  RawServer server(tell_host, RawServer::listen_on_unix(folder / "http.sock"));
  const Client client{{.base_url = "http://docker", .unix_socket = folder / "http.sock"}};
  CHECK(get(client, "/containers") == "200 docker");
  CHECK(get(client, "http://no-such-host.invalid:81/") == "200 no-such-host.invalid:81");
  run([](const Client& http) -> Async<void> {
    for (int i = 0; i < 3; ++i)
      co_await http.get("/");
  }(client));
  CHECK(server.accepted() == 3);  // one for each of the loops
}

TEST_CASE("client: a unix_socket that begins with @ has an abstract name") {
  const std::string name = "coroute-test-" + std::to_string(getpid());
  RawServer server(tell_host, RawServer::listen_on_unix('\0' + name));
  CHECK(get(Client({.unix_socket = '@' + name}), "http://abstract/") == "200 abstract");
}

TEST_CASE("client: over a unix socket the certificate has to be that of the URL's host") {
  TestAuthority authority;
  const detail::TlsContext context({.identity = authority.issue()});
  const SocketFolder folder;
  RawServer server(
      [&](RawConnection& connection) {
        if (connection.accept_tls(context)) tell_host(connection);
      },
      RawServer::listen_on_unix(folder / "https.sock"));
  ClientOptions options{.unix_socket = folder / "https.sock"};
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  CHECK(get(Client(options), "https://localhost/") == "200 localhost");
  CHECK(get(Client(options), "https://example.com/") == "TlsError");
}

TEST_CASE("client: a unix socket that isn't there or at which nobody listens is a ConnectError that names it") {
  const SocketFolder folder;
  const Client nothing{{.unix_socket = folder / "none.sock"}};
  CHECK(error_of(nothing, "http://a/x") ==
        "GET http://a/x: cannot connect to " + (folder / "none.sock") + ": No such file or directory");
  close(RawServer::listen_on_unix(folder / "left.sock"));
  const Client left{{.unix_socket = folder / "left.sock"}};
  CHECK(error_of(left, "http://a/x") ==
        "GET http://a/x: cannot connect to " + (folder / "left.sock") + ": Connection refused");
}

TEST_CASE("client: a server that accepts nothing is waited for until timeout.connect, and used when it does accept") {
  const SocketFolder folder;
  const int listener = RawServer::listen_on_unix(folder / "full.sock", 0);
  const Client first{{.timeout = {.head = 100ms}, .unix_socket = folder / "full.sock"}};
  const Client second{{.timeout = {.connect = 100ms}, .unix_socket = folder / "full.sock"}};
  const Client patient{{.unix_socket = folder / "full.sock"}};
  run([](const Client& filling, const Client& bounded, const Client& waiting, int socket) -> Async<void> {
    const Task<std::string> queued = create_task(outcome_of(filling.get("http://a/").timeout(10s)));
    co_await sleep(20ms);
    const std::string outcome = co_await outcome_of(bounded.get("http://a/"));
    CHECK(outcome == "ConnectTimeout");
    const Task<std::string> late = create_task(outcome_of(waiting.get("http://a/")));
    co_await sleep(20ms);
    const RawServer server(tell_host, socket);
    const std::string answer = co_await late;
    CHECK(answer == "200 a");
    co_await queued;
  }(first, second, patient, listener));
}

TEST_CASE("client: a unix_socket can be as long as the kernel takes it, and no longer") {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  const std::string path = '/' + std::string(longest - 1, 'x');
  CHECK(get(Client({.unix_socket = path}), "http://a/") == "ConnectError");
  CHECK_THROWS_AS(Client({.unix_socket = path + 'x'}), std::invalid_argument);
  CHECK_THROWS_AS(Client({.unix_socket = "/run/x.sock", .proxy = "http://proxy:3128"}), std::invalid_argument);
}

TEST_SUITE_END();
