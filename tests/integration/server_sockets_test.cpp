// SPDX-License-Identifier: BSL-1.0
// A server on a unix socket, and on sockets that it has inherited.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "server/listening_sockets.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;

namespace {

namespace fs = std::filesystem;

Async<Response> show_client(Request& request) {
  co_return text(request.client().host + "|" + std::string(request.scheme()));
}

/// A directory of its own, removed at the end.
class Directory {
 public:
  Directory() {
    path_ = (fs::temp_directory_path() / "coroute_sockets_XXXXXX").string();
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// All that comes for one request over a unix socket; empty when nobody listens.
std::string ask(const std::string& path) {
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  std::string answer;
  if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = get("/", "connection: close\r\n");
    REQUIRE(send(client, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t count = 0; (count = recv(client, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(count));
  }
  close(client);
  return answer;
}

ServerOptions on_unix_socket(const std::string& path, std::size_t loops = 2) {
  ServerOptions options;
  options.unix_socket = path;
  options.loops = loops;
  return options;
}

void end(Server& server) {
  server.stop();
  server.join();
}

unsigned permissions_of(const std::string& path) {
  struct stat found{};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("unix socket: requests are answered by any loop, and the client has no address") {
    const Directory directory;
    const std::string path = directory.file("s");
    Server server(&show_client, on_unix_socket(path));
    server.start();
    CHECK(server.port() == 0);
    for (int i = 0; i < 20; ++i)
      CHECK(ask(path).ends_with("\r\n\r\n|http"));
    end(server);
  }

  TEST_CASE("unix socket: the file has the permissions that are asked for, whatever the umask") {
    const Directory directory;
    const mode_t before = umask(0077);
    for (const unsigned permissions : {0600U, 0660U, 0666U}) {
      ServerOptions options = on_unix_socket(directory.file("s"), 1);
      options.unix_socket_permissions = permissions;
      Server server(&show_client, std::move(options));
      server.start();
      CHECK(permissions_of(directory.file("s")) == permissions);
      end(server);
    }
    umask(before);
  }

  TEST_CASE("unix socket: what a dead server has left is replaced") {
    const Directory directory;
    const std::string path = directory.file("s");
    close(detail::open_unix_socket(path, 0666, 1));
    REQUIRE(fs::exists(path));
    Server server(&show_client, on_unix_socket(path));
    server.start();
    CHECK(ask(path).starts_with("HTTP/1.1 200 "));
    end(server);
  }

  TEST_CASE("unix socket: a server that lives keeps its socket, and the second is told") {
    const Directory directory;
    const std::string path = directory.file("s");
    Server first(&show_client, on_unix_socket(path));
    first.start();
    Server second(&show_client, on_unix_socket(path));
    CHECK_THROWS_WITH_AS(second.start(), doctest::Contains(path.c_str()), std::system_error);
    CHECK(ask(path).starts_with("HTTP/1.1 200 "));
    end(first);
  }

  TEST_CASE("unix socket: a file that is no socket is left alone") {
    const Directory directory;
    const std::string path = directory.file("s");
    std::ofstream(path) << "precious";
    Server server(&show_client, on_unix_socket(path));
    CHECK_THROWS_AS(server.start(), std::system_error);
    CHECK(fs::file_size(path) == 8);
  }

  TEST_CASE("unix socket: a path as long as the system takes is good, and one more is an error") {
    const Directory directory;
    const std::size_t longest = sizeof(sockaddr_un{}.sun_path) - 1;
    const std::string path = directory.file(std::string(longest - directory.file("").size(), 'x'));
    CHECK(path.size() == longest);
    Server server(&show_client, on_unix_socket(path));
    server.start();
    CHECK(ask(path).starts_with("HTTP/1.1 200 "));
    end(server);
    Server other(&show_client, on_unix_socket(path + "x"));
    CHECK_THROWS_WITH_AS(other.start(), doctest::Contains("cannot listen on"), std::system_error);
  }

  TEST_CASE("unix socket: the file goes with the server, unless a successor has made its own") {
    const Directory directory;
    const std::string path = directory.file("s");
    std::optional<Server> first(std::in_place, &show_client, on_unix_socket(path));
    first->start();
    first.reset();
    CHECK_FALSE(fs::exists(path));
    first.emplace(&show_client, on_unix_socket(path));
    first->start();
    end(*first);
    Server successor(&show_client, on_unix_socket(path));
    successor.start();
    first.reset();
    CHECK(ask(path).starts_with("HTTP/1.1 200 "));
    end(successor);
  }

  TEST_CASE("inherited socket: it is served by every loop, on the port it has") {
    const int inherited = detail::open_tcp_socket("127.0.0.1", 0, 16, false);
    ServerOptions options;
    options.inherited_sockets = {inherited};
    options.loops = 3;
    Server server(&show_client, std::move(options));
    server.start();
    CHECK(server.port() != 0);
    for (int i = 0; i < 20; ++i)
      CHECK(RawClient(server.port()).request(get("/")).body == "127.0.0.1|http");
    end(server);
  }

  TEST_CASE("inherited socket: several are served at once") {
    const Directory directory;
    ServerOptions options;
    options.inherited_sockets = {detail::open_unix_socket(directory.file("s"), 0666, 16),
                                 detail::open_tcp_socket("127.0.0.1", 0, 16, false)};
    options.loops = 2;
    Server server(&show_client, std::move(options));
    server.start();
    CHECK(ask(directory.file("s")).ends_with("|http"));
    CHECK(RawClient(server.port()).request(get("/")).status == 200);
    end(server);
  }

  TEST_CASE("inherited socket: who comes while the server ends waits for the next") {
    const int held = detail::open_tcp_socket("127.0.0.1", 0, 16, false);
    const auto serve_once = [&](const char* name) {
      ServerOptions options;
      options.inherited_sockets = {fcntl(held, F_DUPFD_CLOEXEC, 0)};
      options.loops = 1;
      return std::make_unique<Server>([name](Request&) -> Async<Response> { co_return text(name); },
                                      std::move(options));
    };
    auto first = serve_once("first");
    first->start();
    const std::uint16_t port = first->port();
    CHECK(RawClient(port).request(get("/")).body == "first");
    first->shut_down();
    first->join();
    RawClient waiting(port);
    waiting.send(get("/"));
    auto second = serve_once("second");
    second->start();
    CHECK(waiting.receive().body == "second");
    end(*second);
    close(held);
  }

  TEST_CASE("inherited socket: a descriptor that doesn't listen is an error that names it") {
    for (const int wrong :
         {open("/dev/null", O_RDONLY | O_CLOEXEC), socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 9999}) {
      ServerOptions options;
      options.inherited_sockets = {wrong};
      Server server(&show_client, std::move(options));
      CHECK_THROWS_WITH_AS(server.start(), doctest::Contains(("descriptor " + std::to_string(wrong)).c_str()),
                           std::invalid_argument);
      close(wrong);
    }
  }
}
