// SPDX-License-Identifier: BSL-1.0
// Forms with files over real connections: large ones at flat memory, hostile ones at bounded cost.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "coroute/http/file_response.hpp"
#include "coroute/json.hpp"
#include "support/environment.hpp"
#include "support/open_descriptors.hpp"
#include "support/peak_memory.hpp"
#include "support/sanitizers.hpp"
#include "support/server_reports.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;
constexpr std::size_t flat_kib = 16 * 1024;
constexpr std::uint64_t body_limit = 400 * megabyte;

/// The bytes of a file, by megabytes, none like another.
class Megabytes {
 public:
  std::string_view at(std::size_t index) {
    for (std::size_t i = 0; i < megabyte; i += 4096)
      bytes_.replace(i, 8, number(index * megabyte + i));
    return bytes_;
  }

 private:
  static std::string number(std::size_t value) {
    std::string digits(8, '0');
    for (std::size_t i = 8; i-- > 0; value /= 26)
      digits[i] = static_cast<char>('a' + value % 26);
    return digits;
  }

  std::string bytes_ = std::string(megabyte, '.');
};

/// Counts what is read and saves it as "saved"; what was saved can be had again.
App make_app(const TemporaryDirectory& directory) {
  App app({.openapi_url = std::nullopt});
  const std::string saved = directory.path("saved");
  app.post("/files",
           [saved](File<UploadFile, "file"> file) -> Async<std::uint64_t> {
             std::uint64_t read = 0;
             for (auto piece = co_await file->read(100'000); !piece.empty(); piece = co_await file->read(100'000))
               read += piece.size();
             if (read != file->size()) throw HttpException(500, "not all was read");
             co_await file->save(saved);
             co_return read;
           },
           {.max_body_bytes = body_limit});
  app.get("/saved", FileResponse(saved));
  app.post("/form",
           [](Request& request) -> Async<std::size_t> {
             const FormData& form = co_await request.form();
             co_return form.size();
           },
           {.max_body_bytes = 50 * megabyte});
  return app;
}

struct UploadServer {
  explicit UploadServer(ServerOptions options = {})
      : server(make_app(directory).handler(), with_reports(std::move(options))) {}

  ServerOptions with_reports(ServerOptions options) {
    options.on_handler_error = reports.options().on_handler_error;
    return options;
  }
  /// No temporary file is open.
  bool is_spool_empty() const { return all_closed(spool.path() + "/"); }
  std::size_t spooled() const { return open_descriptors(spool.path() + "/"); }

  TemporaryDirectory directory;
  TemporaryDirectory spool;
  coroute::testing::EnvironmentVariable variable{"TMPDIR", spool.path()};
  Reports reports;
  TestServer server;
};

constexpr std::string_view file_head =
    "--b\r\ncontent-disposition: form-data; name=file; filename=f\r\ncontent-type: image/png\r\n\r\n";
constexpr std::string_view form_end = "\r\n--b--\r\n";

constexpr std::string_view form_type = "content-type: multipart/form-data; boundary=b\r\n";

std::string form_head(std::string_view path, std::size_t length) {
  return post_head(path, length, form_type);
}
std::string post_form(std::string_view path, std::string_view body) {
  return form_head(path, body.size()).append(body);
}
std::string chunk(std::string_view data) {
  std::array<char, 20> size{};
  char* const end = std::to_chars(size.data(), size.data() + size.size(), data.size(), 16).ptr;
  return std::string(size.data(), end).append("\r\n").append(data).append("\r\n");
}
std::string chunked_form(std::string_view path, std::string_view body) {
  std::string bytes = "POST " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n" + std::string(form_type);
  return bytes.append("transfer-encoding: chunked\r\n\r\n").append(chunk(body)).append("0\r\n\r\n");
}
std::string file_form(std::string_view content) {
  return std::string(file_head).append(content).append(form_end);
}
std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

/// Sends what the server may refuse half way, and gives what it says.
std::optional<RawResponse> answer_to(RawClient& client, std::string_view bytes) {
  client.try_send(bytes);
  try {
    return client.receive();
  } catch (const std::exception&) {
    return std::nullopt;  // reset before its answer was read
  }
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("uploads: 200 MB go up into a file and come down again at flat memory") {
    if (inflates_memory) return;
    constexpr std::size_t count = 200;
    UploadServer uploads;
    Megabytes megabytes;
    RawClient client = uploads.server.connect();
    client.request(post_form("/files", file_form(std::string(2 * megabyte, 'x'))));  // what is needed once is there
    const PeakMemory memory;
    client.send(form_head("/files", file_head.size() + count * megabyte + form_end.size()));
    client.send(file_head);
    for (std::size_t i = 0; i < count; ++i)
      client.send(megabytes.at(i));
    client.send(form_end);
    const RawResponse up = client.receive();
    CHECK(up.status == 200);
    CHECK(up.body == std::to_string(count * megabyte));
    client.send(get("/saved", "connection: close\r\n"));
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos)
      head += client.receive_some();
    CHECK(head.find("content-length: " + std::to_string(count * megabyte)) != std::string::npos);
    std::string down = head.substr(head.find("\r\n\r\n") + 4);
    std::size_t same = 0;
    for (std::string some = "-"; !some.empty(); down += some) {
      for (; down.size() >= megabyte; down.erase(0, megabyte))
        same += std::string_view(down).substr(0, megabyte) == megabytes.at(same) ? 1U : 0U;
      some = client.receive_some();
    }
    CHECK(same == count);
    CHECK(down.empty());
    CHECK(memory.growth_kib() < flat_kib);
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: a client sends a file of 200 MB at flat memory") {
    if (inflates_memory) return;
    UploadServer uploads;
    const std::string path = uploads.directory.write("film.mp4", "begin");
    std::filesystem::resize_file(path, 200 * megabyte);  // sparse: takes no room
    const auto send = [&]() -> Async<std::string> {
      Client client({.base_url = "http://127.0.0.1:" + std::to_string(uploads.server.port())});
      MultipartWriter form;
      form.add_file("file", co_await UploadFile::open(path));
      const ClientResponse response = co_await client.post("/files").multipart(form);
      co_return std::string(response.text());
    };
    const PeakMemory memory;
    CHECK(run(send()) == std::to_string(200 * megabyte));
    CHECK(memory.growth_kib() < flat_kib);
    CHECK(std::filesystem::file_size(uploads.directory.path("saved")) == 200 * megabyte);
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: several at once arrive whole, in chunks too") {
    UploadServer uploads;
    const std::string content = std::string(Megabytes().at(7)) + std::string(Megabytes().at(8)) + "end";
    std::vector<std::thread> clients;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&, i] {
        RawClient client = uploads.server.connect();
        for (int j = 0; j < 3; ++j) {
          const std::size_t size = content.size() - static_cast<std::size_t>(i);
          const std::string body = file_form(std::string_view(content).substr(0, size));
          const RawResponse response =
              client.request(i % 2 == 0 ? post_form("/files", body) : chunked_form("/files", body));
          if (response.status == 200 && response.body == std::to_string(size)) ++good;
        }
      });
    }
    for (std::thread& client : clients)
      client.join();
    CHECK(good == 24);
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: a client that leaves in the middle has its file freed") {
    UploadServer uploads;
    {
      RawClient client = uploads.server.connect();
      client.send(form_head("/files", 100 * megabyte));
      client.send(file_head);
      for (int i = 0; i < 5; ++i)
        client.send(Megabytes().at(0));
      CHECK(eventually([&] { return uploads.spooled() == 1; }));
      client.reset();
    }
    CHECK(eventually([&] { return uploads.server->connections() == 0; }));
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: one that comes too slowly is answered with 408 and its file freed") {
    ServerOptions options;
    options.timeouts.slow_body = 200ms;
    options.timeouts.min_body_rate = 1'000'000'000;
    UploadServer uploads(std::move(options));
    RawClient client = uploads.server.connect();
    client.send(form_head("/files", 100 * megabyte));
    client.send(file_head);
    for (int i = 0; i < 3; ++i)
      client.send(Megabytes().at(0));
    CHECK(eventually([&] { return uploads.spooled() == 1; }));
    CHECK(client.receive().status == 408);
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: without the final boundary a form is refused and its file freed") {
    UploadServer uploads;
    const std::string body = std::string(file_head) + std::string(3 * megabyte, 'x');
    const RawResponse response = uploads.server.request(post_form("/files", body));
    CHECK(response.status == 400);
    CHECK(response.body == R"({"detail":"There was an error parsing the body"})");
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: what the disk doesn't take is a 500 that is reported, and the server goes on") {
    UploadServer uploads;
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{8 * megabyte, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    RawClient client = uploads.server.connect();
    const std::optional<RawResponse> response =
        answer_to(client, post_form("/files", file_form(std::string(12 * megabyte, 'x'))));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    if (response) CHECK(response->status == 500);
    CHECK(uploads.is_spool_empty());
    CHECK(uploads.server.request(post_form("/files", file_form("small"))).status == 200);
    const std::lock_guard guard(uploads.reports.mutex);
    REQUIRE(uploads.reports.errors.size() == 1);
    CHECK(uploads.reports.errors[0].starts_with("writing a temporary file in " + uploads.spool.path()));
  }

  TEST_CASE("uploads: 10,000 parts are refused at the first over the limit") {
    UploadServer uploads;
    const PeakMemory memory;
    for (const std::string_view kind : {"", "; filename=f"}) {
      const std::string part = "--b\r\ncontent-disposition: form-data; name=a" + std::string(kind) + "\r\n\r\nx\r\n";
      RawClient client = uploads.server.connect();
      const std::optional<RawResponse> response =
          answer_to(client, post_form("/form", repeated(part, 10'000) + "--b--"));
      REQUIRE(response);
      CHECK(response->status == 400);
      CHECK(response->body.starts_with(R"({"detail":"Too many fi)"));
    }
    if (!inflates_memory) CHECK(memory.growth_kib() < flat_kib);
  }

  TEST_CASE("uploads: a part with a thousand headers, or with one that doesn't end, is refused early") {
    UploadServer uploads;
    const std::string part = "--b\r\ncontent-disposition: form-data; name=a\r\n";
    for (const std::string& headers :
         {repeated("x-a: b\r\n", 1000), "x-a: " + std::string(megabyte / 2, 'b'), repeated("\t\r\n", 1000)}) {
      RawClient client = uploads.server.connect();
      const std::optional<RawResponse> response =
          answer_to(client, post_form("/form", part + headers + "\r\n\r\nx\r\n--b--"));
      if (response) CHECK(response->status == 400);
    }
    CHECK(uploads.server.request(post_form("/files", file_form("small"))).status == 200);
  }

  TEST_CASE("uploads: a part that doesn't end is refused at the body limit, at flat memory") {
    if (inflates_memory) return;
    UploadServer uploads;
    RawClient client = uploads.server.connect();
    const PeakMemory memory;
    client.send(
        "POST /form HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ntransfer-encoding: "
        "chunked\r\n\r\n");
    client.send(chunk(file_head));
    std::size_t sent = 0;
    const std::string more = chunk(std::string(megabyte, 'x'));
    while (sent < 100 && client.try_send(more))
      ++sent;
    CHECK(sent >= 50);
    CHECK(sent < 100);
    CHECK(memory.growth_kib() < flat_kib);
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: many files that may be in memory one by one are not all at once") {
    if (inflates_memory) return;
    UploadServer uploads;
    RawClient client = uploads.server.connect();
    const std::string file =
        "--b\r\ncontent-disposition: form-data; name=a; filename=f\r\n\r\n" + std::string(megabyte - 1, 'x') + "\r\n";
    constexpr std::string_view end = "--b--";
    const PeakMemory memory;
    client.send(form_head("/form", 48 * file.size() + end.size()));
    for (int i = 0; i < 48; ++i)
      client.send(file);
    client.send(end);
    CHECK(client.receive().body == "48");
    if (!inflates_memory) CHECK(memory.growth_kib() < flat_kib);
    CHECK(uploads.is_spool_empty());
  }

  TEST_CASE("uploads: content that looks like boundaries all the way is taken as it is, at flat memory") {
    if (inflates_memory) return;
    UploadServer uploads;
    RawClient client = uploads.server.connect();
    client.request(post_form("/files", file_form(std::string(2 * megabyte, 'x'))));
    const PeakMemory memory;
    for (const std::string_view like : {"\r\n--", "\r\r\r\r", "\r\n--a", "\r\n--bc", "\r\n--b-"}) {
      const std::string piece = repeated(like, megabyte / like.size());
      client.send(form_head("/files", file_head.size() + 5 * piece.size() + form_end.size()));
      client.send(file_head);
      for (int i = 0; i < 5; ++i)
        client.send(piece);
      client.send(form_end);
      CHECK(client.receive().body == std::to_string(5 * piece.size()));
    }
    CHECK(memory.growth_kib() < flat_kib);
  }
}
