// SPDX-License-Identifier: BSL-1.0
// Files over real connections.
#include "coroute/http/file_response.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "coroute/http/static_files.hpp"
#include "support/open_descriptors.hpp"
#include "support/peak_memory.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i + i / 4099) % 26);
  return text;
}

struct FileServer {
  explicit FileServer(std::string text, ServerOptions options = {})
      : content(std::move(text)),
        path(directory.write("file.bin", content)),
        server(StaticFiles(directory.path()), std::move(options)) {}

  TemporaryDirectory directory;
  std::string content;
  std::string path;
  TestServer server;
};

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("files: a large file arrives whole, and the connection goes on") {
    FileServer files(patterned(5 * megabyte + 7));
    RawClient client = files.server.connect();
    for (int i = 0; i < 2; ++i) {
      const RawResponse response = client.request(get("/file.bin"));
      CHECK(response.status == 200);
      CHECK(response.header("content-length") == std::to_string(files.content.size()));
      const bool is_same = response.body == files.content;
      CHECK(is_same);
    }
  }

  TEST_CASE("files: HEAD has the length, and the next request is answered") {
    FileServer files(patterned(megabyte));
    RawClient client = files.server.connect();
    client.send("HEAD /file.bin HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(client.receive(true).header("content-length") == std::to_string(megabyte));
    CHECK(client.request(get("/none")).status == 404);
  }

  TEST_CASE("files: a client that was interrupted gets the rest by a range") {
    FileServer files(patterned(3 * megabyte));
    const RawResponse first = files.server.request(get("/file.bin", "range: bytes=0-1499999\r\n"));
    const std::string etag = first.header("etag").value_or("");
    const RawResponse rest =
        files.server.request(get("/file.bin", "range: bytes=1500000-\r\nif-range: " + etag + "\r\n"));
    CHECK(rest.status == 206);
    const bool is_same = first.body + rest.body == files.content;
    CHECK(is_same);
  }

  TEST_CASE("files: for HTTP/1.0 the length is announced") {
    FileServer files(patterned(megabyte));
    const RawResponse response = files.server.request("GET /file.bin HTTP/1.0\r\n\r\n");
    CHECK(response.header("content-length") == std::to_string(megabyte));
    CHECK(response.body.size() == megabyte);
  }

  TEST_CASE("files: a slow client gets all of it") {
    FileServer files(patterned(2 * megabyte));
    RawClient client = files.server.connect({.receive_buffer = 4096, .pause_between_receives = 1ms});
    const RawResponse response = client.request(get("/file.bin"));
    const bool is_same = response.body == files.content;
    CHECK(is_same);
  }

  TEST_CASE("files: a file that becomes shorter ends the connection before the body") {
    std::atomic<int> reported{0};
    ServerOptions options;
    options.on_handler_error = [&](const HandlerError&) { ++reported; };
    FileServer files(patterned(megabyte), std::move(options));
    RawClient client = files.server.connect({.receive_buffer = 4096});
    REQUIRE(truncate(files.path.c_str(), 40 * static_cast<off_t>(megabyte)) == 0);
    client.send(get("/file.bin"));
    CHECK_FALSE(client.receive_some().empty());
    REQUIRE(truncate(files.path.c_str(), 0) == 0);
    CHECK(client.receive_all().size() < 40 * megabyte);
    CHECK(eventually([&] { return reported == 1; }));
  }

  TEST_CASE("files: a client that leaves has the file closed") {
    FileServer files(patterned(megabyte));
    REQUIRE(truncate(files.path.c_str(), 40 * static_cast<off_t>(megabyte)) == 0);
    files.server.request(get("/file.bin", "range: bytes=0-0\r\n"));  // whatever is opened once is open now
    CHECK(eventually([&] { return files.server->connections() == 0; }));
    const std::size_t before = open_descriptors();
    RawClient client = files.server.connect({.receive_buffer = 4096});
    client.send(get("/file.bin"));
    CHECK_FALSE(client.receive_some().empty());
    client.reset();
    CHECK(eventually([&] { return files.server->connections() == 0 && open_descriptors() <= before; }));
  }

  TEST_CASE("files: 1 GB passes at flat memory") {
    if (inflates_memory) return;
    FileServer files("x");
    constexpr std::size_t size = 1024 * megabyte;
    REQUIRE(truncate(files.path.c_str(), static_cast<off_t>(size)) == 0);  // sparse: takes no room
    RawClient client = files.server.connect();
    const PeakMemory memory;
    client.send(get("/file.bin", "connection: close\r\n"));
    std::size_t received = 0;
    while (true) {
      const std::string some = client.receive_some();
      if (some.empty()) break;
      received += some.size();
    }
    CHECK(received > size);
    CHECK(memory.growth_kib() < 8 * 1024);
  }
}
