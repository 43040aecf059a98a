// SPDX-License-Identifier: BSL-1.0
// The client through a proxy of others: Debian's tinyproxy, where it is installed.
#include <doctest/doctest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_certificates.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

std::string path_of(const std::string& program) {
  for (const char* const folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"}) {
    if (std::filesystem::exists(folder + program)) return folder + program;
  }
  return {};
}

bool accepts_connections(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool accepted = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return accepted;
}

class Tinyproxy {
 public:
  explicit Tinyproxy(const std::string& program, std::uint16_t tunnel_port) : folder_("/tmp/coroute-tiny-XXXXXX") {
    REQUIRE(mkdtemp(folder_.data()) != nullptr);
    const int listener = RawServer::listen_on_loopback(1);
    port_ = RawServer::port_of(listener);
    close(listener);
    std::string file = folder_ + "/tinyproxy.conf";
    std::ofstream(file) << "Port " << port_ << "\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\nAllow 127.0.0.1\n"
                        << "BasicAuth me secret\nConnectPort " << tunnel_port << "\nLogFile \"" << folder_
                        << "/log\"\n";
    std::string name = program;
    std::string foreground = "-d";
    std::string configured = "-c";
    std::array<char*, 5> arguments{name.data(), foreground.data(), configured.data(), file.data(), nullptr};
    REQUIRE(posix_spawn(&process_, program.c_str(), nullptr, nullptr, arguments.data(), environ) == 0);
    REQUIRE(eventually([this] { return accepts_connections(port_); }));
  }
  ~Tinyproxy() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  Tinyproxy(const Tinyproxy&) = delete;
  Tinyproxy& operator=(const Tinyproxy&) = delete;

  std::string url(const std::string& user_info) const {
    return "http://" + user_info + "127.0.0.1:" + std::to_string(port_);
  }

 private:
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

std::string get(const ClientOptions& options, const std::string& url) {
  std::string outcome;
  run([](Client http, const std::string& from, std::string& to) -> Async<void> {
    to = co_await outcome_of(http.get(from));
  }(Client(options), url, outcome));
  return outcome;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: tinyproxy forwards http, makes tunnels for https, and wants to know who asks") {
  const std::string program = path_of("tinyproxy");
  if (program.empty()) {
    MESSAGE("skipped: there is no tinyproxy");
    return;
  }
  const auto answer = [](RawConnection& connection) {
    while (!connection.read_request().empty())
      connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  };
  TestAuthority authority;
  const detail::TlsContext context({.identity = authority.issue()});
  RawServer plain(answer);
  RawServer secure([&](RawConnection& connection) {
    if (connection.accept_tls(context)) answer(connection);
  });
  const Tinyproxy proxy(program, secure.port());
  const std::string secure_url = "https://localhost:" + std::to_string(secure.port());

  ClientOptions options{.proxy = proxy.url("me:secret@")};
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  CHECK(get(options, plain.url()) == "200 ok");
  CHECK(get(options, secure_url) == "200 ok");
  CHECK(get(options, "https://localhost:1/") == "ProxyError");  // not a port that it makes tunnels to
  options.proxy = proxy.url("me:wrong@");
  CHECK(get(options, plain.url()) != "200 ok");
  CHECK(get(options, secure_url) == "ProxyError");
  options.proxy = proxy.url("");
  CHECK(get(options, plain.url()) == "ProxyError");
  CHECK(get(options, secure_url) == "ProxyError");
}

TEST_SUITE_END();
