// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/static_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::test::TemporaryDirectory;

namespace {

/// A directory served below /static, with a secret beside it.
struct Site {
  explicit Site(StaticFilesOptions options = {}) : client((fill(outer), make_app(outer.path("site"), options))) {}

  static void fill(const TemporaryDirectory& outer) {
    outer.write("secret.txt", "secret");
    outer.write("site/hello.txt", "hello");
    outer.write("site/with space+plus.txt", "space");
    outer.write("site/index.html", "<h1>home</h1>");
    outer.write("site/404.html", "<h1>nothing</h1>");
    outer.write("site/sub/index.html", "<h1>sub</h1>");
    outer.write("site/sub/page.html", "<h1>page</h1>");
    outer.write("site/empty/file.txt", "x");
    outer.write("site/app.js", "plain script");
    outer.write("site/app.js.br", "br script");
    outer.write("site/app.js.zst", "zstd script");
    outer.write("site/app.js.gz", "gzip script");
    outer.write("site/only.css", "style");
    outer.write("site/only.css.gz", "gzip style");
    outer.link("site/outside.txt", "../secret.txt");
    outer.link("site/inside.txt", "hello.txt");
  }
  static App make_app(const std::string& directory, const StaticFilesOptions& options) {
    App app;
    app.mount("/static", StaticFiles(directory, options));
    return app;
  }
  TestResponse get(std::string_view path, Headers headers = {}) {
    return client.get(path, {.headers = std::move(headers)});
  }
  int status_of(std::string_view path) { return get(path).status_code(); }

  TemporaryDirectory outer;
  TestClient client;
};

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("static files: a path is a file below the directory") {
  Site site;
  const TestResponse response = site.get("/static/hello.txt");
  CHECK(response.text() == "hello");
  CHECK(response.header("content-type") == "text/plain; charset=utf-8");
  CHECK(response.header("accept-ranges") == "bytes");
  CHECK(site.get("/static/sub/page.html").text() == "<h1>page</h1>");
  CHECK(site.get("/static/with%20space+plus.txt").text() == "space");
  CHECK(site.get("/static/hello.txt", {{"range", "bytes=1-2"}}).text() == "el");
  CHECK(site.client.head("/static/hello.txt").header("content-length") == "5");
}

TEST_CASE("static files: what isn't there is 404 in the application's own way") {
  Site site;
  CHECK(site.get("/static/none.txt").text() == "{\"detail\":\"Not Found\"}");
  for (const std::string_view path :
       {"/static/", "/static/sub", "/static/sub/", "/static/hello.txt/", "/static/hello.txt/x", "/static/none/none"}) {
    CAPTURE(path);
    CHECK(site.status_of(path) == 404);
  }
  App app;
  app.mount("/", StaticFiles(site.outer.path("site")));
  app.exception_handler(404, [](Request&, const HttpException&) { return text("own", 404); });
  TestClient client(std::move(app));
  CHECK(client.get("/none").text() == "own");
}

TEST_CASE("static files: nothing leads outside of the directory") {
  for (const Symlinks symlinks : {Symlinks::Refuse, Symlinks::Beneath, Symlinks::Follow}) {
    StaticFilesOptions options;
    options.symlinks = symlinks;
    Site site(options);
    for (const std::string_view path :
         {"/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt",
          "/static/sub/../../secret.txt", "/static/%252e%252e/secret.txt", "/static//etc/passwd",
          "/static/%2fetc%2fpasswd", "/static/./hello.txt", "/static/sub/./page.html", "/static/sub//page.html",
          "/static/..", "/static/%2e%2e", "/static/hello.txt%00", "/static/hello.txt%00.html",
          "/static/..%5csecret.txt", "/static/%zz", "/static/.../secret.txt"}) {
      CAPTURE(path);
      CHECK(site.status_of(path) == 404);
    }
  }
}

TEST_CASE("static files: links are followed as far as told") {
  Site site;
  CHECK(site.get("/static/inside.txt").text() == "hello");
  CHECK(site.status_of("/static/outside.txt") == 404);
  Site linkless({.symlinks = Symlinks::Refuse});
  CHECK(linkless.status_of("/static/inside.txt") == 404);
  Site lax({.symlinks = Symlinks::Follow});
  CHECK(lax.get("/static/outside.txt").text() == "secret");
}

TEST_CASE("static files: what is no regular file is not served") {
  Site site;
  REQUIRE(mkfifo(site.outer.path("site/fifo").c_str(), 0600) == 0);
  CHECK(site.status_of("/static/fifo") == 404);
}

TEST_CASE("static files: methods other than GET and HEAD are refused") {
  Site site;
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    CAPTURE(method);
    const TestResponse response = site.client.request(method, "/static/hello.txt");
    CHECK(response.status_code() == 405);
    CHECK(response.header("allow") == "GET, HEAD");
    CHECK(response.text() == "{\"detail\":\"Method Not Allowed\"}");
  }
}

TEST_CASE("static files: with html a directory is its index, below a path that ends with a slash") {
  Site site({.html = true});
  CHECK(site.get("/static/").text() == "<h1>home</h1>");
  CHECK(site.get("/static/sub/").text() == "<h1>sub</h1>");
  CHECK(site.get("/static/sub/").header("content-type") == "text/html; charset=utf-8");
  const TestResponse response = site.client.get("/static/sub?x=1", {.follow_redirects = false});
  CHECK(response.status_code() == 307);
  CHECK(response.header("location") == "http://testserver/static/sub/?x=1");
}

TEST_CASE("static files: with html 404.html answers for what isn't there") {
  Site site({.html = true});
  const TestResponse response = site.get("/static/none");
  CHECK(response.status_code() == 404);
  CHECK(response.text() == "<h1>nothing</h1>");
  CHECK(site.status_of("/static/empty/") == 404);
  CHECK(site.get("/static/none", {{"if-none-match", "*"}, {"range", "bytes=0-1"}}).text() == "<h1>nothing</h1>");
}

TEST_CASE("static files: the fallback answers navigation, not what scripts ask for") {
  Site site({.html = true, .fallback = "index.html"});
  const TestResponse response = site.get("/static/users/7", {{"accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
  CHECK(response.status_code() == 200);
  CHECK(response.text() == "<h1>home</h1>");
  CHECK(site.get("/static/chunk.js", {{"accept", "*/*"}}).status_code() == 404);
  CHECK(site.get("/static/hello.txt", {{"accept", "text/html"}}).text() == "hello");
}

TEST_CASE("static files: a packed variant is sent to who accepts it, as the client likes it best") {
  Site site({.precompressed = true});
  const auto asked = [&](std::string_view accepted) {
    return site.get("/static/app.js", {{"accept-encoding", accepted}});
  };
  const TestResponse response = asked("gzip, deflate, br, zstd");
  CHECK(response.text() == "br script");
  CHECK(response.header("content-encoding") == "br");
  CHECK(response.header("content-type") == "text/javascript; charset=utf-8");
  CHECK(response.header("vary") == "Accept-Encoding");
  CHECK(asked("gzip, zstd").text() == "zstd script");
  CHECK(asked("gzip;q=1, br;q=0.5").text() == "gzip script");
  CHECK(asked("br;q=0, *").text() == "zstd script");
  const TestResponse plain = asked("identity");
  CHECK(plain.text() == "plain script");
  CHECK_FALSE(plain.header("content-encoding").has_value());
  CHECK(plain.header("vary") == "Accept-Encoding");
  CHECK(plain.header("etag") != response.header("etag"));
  CHECK(site.get("/static/only.css", {{"accept-encoding", "br, gzip"}}).text() == "gzip style");
}

TEST_CASE("static files: without being told no variant is looked for") {
  Site site;
  const TestResponse response = site.get("/static/app.js", {{"accept-encoding", "br"}});
  CHECK(response.text() == "plain script");
  CHECK_FALSE(response.header("vary").has_value());
}

TEST_CASE("static files: cache-control and the limit of ranges are those of the options") {
  Site site({.cache_control = "max-age=3600", .max_ranges = 1});
  const TestResponse response = site.get("/static/hello.txt", {{"range", "bytes=0-0,2-2"}});
  CHECK(response.status_code() == 200);
  CHECK(response.header("cache-control") == "max-age=3600");
  const std::string etag(response.header("etag").value_or(""));
  CHECK(site.get("/static/hello.txt", {{"if-none-match", etag}}).header("cache-control") == "max-age=3600");
  CHECK(site.get("/static/hello.txt", {{"range", "bytes=0-0"}}).status_code() == 206);
}

TEST_CASE("static files: a directory that isn't there, or is a file, is an error at once") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("file", "x");
  CHECK_THROWS_AS(StaticFiles(directory.path("none")), std::invalid_argument);
  CHECK_THROWS_AS(StaticFiles{file}, std::invalid_argument);
}

TEST_SUITE_END();
