// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/file_response.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/middleware/compression.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::test::TemporaryDirectory;
using namespace std::chrono_literals;

namespace {

constexpr auto modified = std::chrono::sys_days(2024y / 1 / 2) + 3h + 4min + 5s;
constexpr std::string_view modified_text = "Tue, 02 Jan 2024 03:04:05 GMT";
constexpr std::size_t in_memory = 64 * 1024;
constexpr std::size_t piece = 256 * 1024;

std::string digits(std::size_t count) {
  std::string text(count, '\0');
  for (std::size_t i = 0; i < count; ++i)
    text[i] = static_cast<char>('0' + (i * 7 + i / 1000) % 10);
  return text;
}

/// A file that answers GET, HEAD and POST.
struct Served {
  explicit Served(
      std::string text,
      FileResponse (*make)(std::string path) = [](std::string path) { return FileResponse(std::move(path)); })
      : content(std::move(text)), path(directory.write("file.txt", content)), client(make_app(make(path))) {
    directory.set_time("file.txt", modified);
  }

  static App make_app(FileResponse file) {
    App app;
    app.route({Method::Get, Method::Head, Method::Post}, "/file", std::move(file));
    return app;
  }
  TestResponse get(Headers headers = {}) { return client.get("/file", {.headers = std::move(headers)}); }
  TestResponse range(std::string_view range) { return get({{"range", range}}); }

  TemporaryDirectory directory;
  std::string content;
  std::string path;
  TestClient client;
};

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("file response: the file, with its type, date, tag and length") {
  Served served("hello static file\n");
  const TestResponse response = served.get();
  CHECK(response.status_code() == 200);
  CHECK(response.text() == "hello static file\n");
  CHECK(response.header("content-type") == "text/plain; charset=utf-8");
  CHECK(response.header("content-length") == "18");
  CHECK(response.header("accept-ranges") == "bytes");
  CHECK(response.header("last-modified") == modified_text);
  const std::string etag(response.header("etag").value_or(""));
  CHECK(etag.size() > 4);
  CHECK(etag.front() == '"');
  CHECK(etag.back() == '"');
}

TEST_CASE("file response: the tag changes with the size and with the time") {
  Served served("first");
  const std::string first(served.get().header("etag").value_or(""));
  CHECK(served.get().header("etag") == first);
  served.directory.set_time("file.txt", modified + 1s);
  const std::string later(served.get().header("etag").value_or(""));
  CHECK(later != first);
  served.directory.write("file.txt", "longer");
  served.directory.set_time("file.txt", modified);
  const std::string longer(served.get().header("etag").value_or(""));
  CHECK(longer != first);
}

TEST_CASE("file response: sizes around those of memory and of pieces arrive whole") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, in_memory - 1, in_memory, in_memory + 1, piece - 1,
                                 piece, piece + 1, 3 * piece + 5}) {
    CAPTURE(size);
    Served served(digits(size));
    const TestResponse response = served.get();
    CHECK(response.text() == served.content);
    CHECK(response.header("content-length") == std::to_string(size));
    CHECK(response.pieces().size() == (size <= in_memory ? 0 : (size + piece - 1) / piece));
  }
}

TEST_CASE("file response: HEAD has the fields and no body, and takes no notice of Range") {
  Served served(digits(in_memory + 1));
  const TestResponse response = served.client.head("/file", {.headers = {{"range", "bytes=0-4"}}});
  CHECK(response.status_code() == 200);
  CHECK(response.text().empty());
  CHECK(response.header("content-length") == std::to_string(in_memory + 1));
}

TEST_CASE("file response: HEAD has the fields of GET, also of a compressed body") {
  for (const std::size_t size : {std::size_t{10}, std::size_t{5000}, in_memory, in_memory + 1}) {
    CAPTURE(size);
    const TemporaryDirectory directory;
    App app;
    app.use(CompressionMiddleware());
    app.route({Method::Get, Method::Head}, "/file", FileResponse(directory.write("file.txt", digits(size))));
    TestClient client(std::move(app));
    for (const std::string coding : {"identity", "gzip"}) {
      const Headers accepts{{"accept-encoding", coding}};
      const TestResponse got = client.get("/file", {.headers = accepts});
      const TestResponse asked = client.head("/file", {.headers = accepts});
      CHECK(asked.text().empty());
      for (const std::string_view name :
           {"content-length", "content-encoding", "content-type", "etag", "accept-ranges", "last-modified", "vary"}) {
        CAPTURE(name);
        CHECK(asked.header(name) == got.header(name));
      }
      CHECK(got.header("content-encoding").has_value() == (coding == "gzip" && size > 10));
    }
  }
}

TEST_CASE("file response: name, disposition, type, status and fields are as told") {
  Served named("x", [](std::string path) {
    FileResponse file(std::move(path));
    file.filename("report.pdf").media_type("application/pdf").header("cache-control", "no-store");
    return file;
  });
  TestResponse response = named.get();
  CHECK(response.header("content-disposition") == "attachment; filename=\"report.pdf\"");
  CHECK(response.header("content-type") == "application/pdf");
  CHECK(response.header("cache-control") == "no-store");
  Served other("x", [](std::string path) {
    FileResponse file(std::move(path));
    file.filename("h\xC3\xA9 \"x\".txt", "inline").media_type("text/csv; charset=latin-1").status(Status::Created);
    return file;
  });
  response = other.get({{"range", "bytes=0-0"}});
  CHECK(response.status_code() == 201);
  CHECK(response.header("content-disposition") == "inline; filename*=utf-8''h%C3%A9%20%22x%22.txt");
  CHECK(response.header("content-type") == "text/csv; charset=latin-1");
  CHECK_FALSE(response.header("accept-ranges").has_value());
}

TEST_CASE("file response: made in a handler it refers to nothing that is gone") {
  const TemporaryDirectory directory;
  directory.write("7.txt", "seven");
  App app;
  app.get("/{number}", [&](Request& request, Path<int, "number"> number) {
    return FileResponse(directory.path(std::to_string(*number) + ".txt")).filename("n.txt").answer(request);
  });
  TestClient client(std::move(app));
  CHECK(client.get("/7").text() == "seven");
}

TEST_CASE("file response: a file that isn't there, or is a directory, is an error of the handler") {
  const TemporaryDirectory directory;
  App app;
  app.get("/none", FileResponse(directory.path("none")));
  app.get("/directory", FileResponse(directory.path()));
  TestClient client(std::move(app));
  CHECK_THROWS_AS(client.get("/none"), std::system_error);
  CHECK_THROWS_AS(client.get("/directory"), std::system_error);
}

TEST_CASE("file response: a file that becomes shorter breaks the answer off") {
  Served served(digits(2 * piece));
  App app;
  app.get("/file", [&](Request& request) -> Async<Response> {
    FileResponse file(served.path);
    Response response = co_await file.answer(request);
    std::filesystem::resize_file(served.path, piece + 1);
    co_return response;
  });
  TestClient client(std::move(app));
  CHECK_THROWS_AS(client.get("/file"), std::runtime_error);
}

TEST_CASE("file response: a range is 206 with its place") {
  for (const std::size_t size : {std::size_t{100}, 3 * piece}) {
    Served served(digits(size));
    const std::string total = std::to_string(size);
    TestResponse response = served.range("bytes=5-9");
    CHECK(response.status_code() == 206);
    CHECK(response.text() == served.content.substr(5, 5));
    CHECK(response.header("content-range") == "bytes 5-9/" + total);
    CHECK(response.header("content-length") == "5");
    response = served.range("bytes=7-");
    CHECK(response.text() == served.content.substr(7));
    CHECK(response.header("content-range") == "bytes 7-" + std::to_string(size - 1) + "/" + total);
    response = served.range("bytes=-3");
    CHECK(response.text() == served.content.substr(size - 3));
  }
}

TEST_CASE("file response: a range that isn't there is 416 and says the size") {
  Served served(digits(100));
  const TestResponse response = served.range("bytes=100-");
  CHECK(response.status_code() == 416);
  CHECK(response.text().empty());
  CHECK(response.header("content-range") == "bytes */100");
  CHECK(response.header("content-type") == "text/plain; charset=utf-8");
}

TEST_CASE("file response: several ranges are parts, small ones from memory, large ones in pieces") {
  for (const std::size_t size : {std::size_t{100}, 4 * piece}) {
    Served served(digits(size));
    const std::size_t middle = size / 2;
    const TestResponse response = served.range("bytes=0-1, " + std::to_string(middle) + "-");
    CHECK(response.status_code() == 206);
    const std::string type(response.header("content-type").value_or(""));
    REQUIRE(type.starts_with("multipart/byteranges; boundary="));
    const std::string boundary = type.substr(type.find('=') + 1);
    CHECK(boundary.size() == 26);
    const auto part = [&](std::size_t first, std::size_t last) {
      return "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " +
             std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(size) + "\r\n\r\n" +
             served.content.substr(first, last - first + 1) + "\r\n";
    };
    const bool is_as_told = response.text() == part(0, 1) + part(middle, size - 1) + "--" + boundary + "--";
    CHECK(is_as_told);
    CHECK(response.header("content-length") == std::to_string(response.text().size()));
    CHECK_FALSE(response.header("content-range").has_value());
  }
}

TEST_CASE("file response: more ranges than the limit, or a broken Range, get all of the file") {
  Served served(digits(100), [](std::string path) {
    FileResponse file(std::move(path));
    file.max_ranges(2);
    return file;
  });
  CHECK(served.range("bytes=0-0,2-2").status_code() == 206);
  CHECK(served.range("bytes=0-0,2-2,4-4").status_code() == 200);
  CHECK(served.range("bytes=x").text() == served.content);
}

TEST_CASE("file response: Range counts only while If-Range names what is there") {
  Served served(digits(100));
  const std::string etag(served.get().header("etag").value_or(""));
  CHECK(served.get({{"range", "bytes=0-0"}, {"if-range", etag}}).status_code() == 206);
  CHECK(served.get({{"range", "bytes=0-0"}, {"if-range", modified_text}}).status_code() == 206);
  CHECK(served.get({{"range", "bytes=0-0"}, {"if-range", "\"other\""}}).status_code() == 200);
}

TEST_CASE("file response: conditions are answered with 304 and 412") {
  Served served("x", [](std::string path) {
    FileResponse file(std::move(path));
    file.header("cache-control", "max-age=60").filename("x.txt");
    return file;
  });
  const std::string etag(served.get().header("etag").value_or(""));
  TestResponse response = served.get({{"if-none-match", etag}, {"range", "bytes=0-0"}});
  CHECK(response.status_code() == 304);
  CHECK(response.text().empty());
  CHECK(response.header("etag") == etag);
  CHECK(response.header("cache-control") == "max-age=60");
  CHECK_FALSE(response.header("content-type").has_value());
  CHECK_FALSE(response.header("content-disposition").has_value());
  CHECK(served.get({{"if-modified-since", modified_text}}).status_code() == 304);
  CHECK(served.client.head("/file", {.headers = {{"if-none-match", "*"}}}).status_code() == 304);
  response = served.get({{"if-match", "\"other\""}});
  CHECK(response.status_code() == 412);
  CHECK(response.text() == "{\"detail\":\"Precondition Failed\"}");
}

TEST_CASE("file response: what answers a POST knows no conditions and no ranges") {
  Served served("text");
  const TestResponse response =
      served.client.post("/file", {.headers = {{"if-none-match", "*"}, {"range", "bytes=0-0"}}});
  CHECK(response.status_code() == 200);
  CHECK(response.text() == "text");
}

TEST_SUITE_END();
