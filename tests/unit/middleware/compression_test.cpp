// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/compression.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"
#include "support/test_request.hpp"
#include "support/unpacked.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::around;

namespace {

std::string unpacked(const TestResponse& response) {
  return testing::unpacked(response.header("content-encoding").value_or(""), response.text());
}

Handler sized(std::size_t size, CompressionOptions options = {}) {
  return around(CompressionMiddleware(std::move(options)), [size] { return text(std::string(size, 'x')); });
}

TestResponse get(Handler handler, std::string_view accepted = "gzip") {
  TestClient client(std::move(handler));
  return client.get("/", {.headers = {{"accept-encoding", accepted}}});
}

std::string coding_of(const TestResponse& response) {
  return std::string(response.header("content-encoding").value_or("none"));
}
std::string vary_of(const TestResponse& response) {
  return std::string(response.header("vary").value_or("none"));
}

AsyncGenerator<std::string> lines(int count) {
  for (int i = 0; i < count; ++i) {
    co_await sleep(1s);
    co_yield "line " + std::to_string(i) + "\n";
  }
}

AsyncGenerator<std::string> noting_its_cleanup(std::shared_ptr<bool> cleaned_up) {
  bool closed = false;
  try {
    co_yield std::string("first");
    co_yield std::string("second");
  } catch (const GeneratorExit&) {
    closed = true;
  }
  co_await sleep(1s);
  *cleaned_up = closed;
}

/// Around a handler that streams.
Handler streaming(std::string_view content_type, std::optional<std::uint64_t> length = std::nullopt,
                  CompressionOptions options = {}) {
  return around(CompressionMiddleware(std::move(options)),
                [=] { return stream(lines(3), content_type, Status::Ok, length); });
}

/// The answer to a handler that says `field` of 4000 bytes.
TestResponse with_field(std::string_view name, std::string_view value, Status status = Status::Ok) {
  return get(around(CompressionMiddleware(), [=] {
    Response response(std::string(4000, 'x'), "text/plain", status);
    response.headers.set(name, value);
    return response;
  }));
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("compression: a body of minimum_size is compressed, a smaller one is not") {
    CHECK(coding_of(get(sized(499))) == "none");
    CHECK(vary_of(get(sized(499))) == "none");
    for (const std::size_t size : {500U, 501U}) {
      const TestResponse response = get(sized(size));
      CHECK(coding_of(response) == "gzip");
      CHECK(vary_of(response) == "Accept-Encoding");
      CHECK(response.header("content-type") == "text/plain; charset=utf-8");
      CHECK(response.text().size() < 100);
      CHECK(unpacked(response) == std::string(size, 'x'));
    }
    CHECK(coding_of(get(sized(10, {.minimum_size = 10}))) == "none");  // it would not become smaller
    CHECK(coding_of(get(sized(100, {.minimum_size = 100}))) == "gzip");
  }

  TEST_CASE("compression: the client decides which one, and whether") {
    CHECK(coding_of(get(sized(4000), "gzip, deflate, br, zstd")) == "zstd");
    CHECK(coding_of(get(sized(4000), "gzip, br")) == "br");
    for (const char* const accepted : {"zstd", "br", "gzip"}) {
      const TestResponse response = get(sized(4000), accepted);
      CHECK(coding_of(response) == accepted);
      CHECK(unpacked(response) == std::string(4000, 'x'));
    }
    CHECK(coding_of(get(sized(4000), "gzip, br;q=0.1")) == "gzip");
    CHECK(coding_of(get(sized(4000, {.encodings = {"gzip", "br"}}), "gzip, br")) == "gzip");
    CHECK(coding_of(get(sized(4000, {.encodings = {"gzip"}}), "br")) == "none");
    const TestResponse plain = get(sized(4000), "identity");
    CHECK(coding_of(plain) == "none");
    CHECK(vary_of(plain) == "Accept-Encoding");
  }

  TEST_CASE("compression: a handler that waits is compressed too") {
    const TestResponse response = get(around(CompressionMiddleware(), []() -> Async<Response> {
      co_await sleep(1s);
      co_return text(std::string(4000, 'x'));
    }));
    CHECK(coding_of(response) == "gzip");
    CHECK(unpacked(response) == std::string(4000, 'x'));
  }

  TEST_CASE("compression: bytes that answers share stay as they are for the next") {
    const auto shared = std::make_shared<const std::string>(4000, 'x');
    TestClient client(around(CompressionMiddleware(), [=] { return shared_bytes(shared, "text/css"); }));
    for (int i = 0; i < 2; ++i) {
      const TestResponse response = client.get("/", {.headers = {{"accept-encoding", "gzip"}}});
      CHECK(unpacked(response) == *shared);
      CHECK(response.header("content-type") == "text/css");
    }
    CHECK(client.get("/").text() == *shared);
  }

  TEST_CASE("compression: large bodies are compressed on another thread, with the same result") {
    for (const std::size_t size : {1999U, 2000U, 2001U}) {
      const TestResponse response = get(sized(size, {.thread_minimum_size = 2000}));
      CHECK(coding_of(response) == "gzip");
      CHECK(unpacked(response) == std::string(size, 'x'));
    }
    CHECK(coding_of(get(sized(3000, {.thread_minimum_size = 2000}), "identity")) == "none");
  }

  TEST_CASE("compression: what is compressed already, partial or must not change is left alone") {
    CHECK(coding_of(with_field("content-encoding", "br")) == "br");
    CHECK(with_field("content-encoding", "br").text() == std::string(4000, 'x'));
    CHECK(coding_of(with_field("content-range", "bytes 0-3999/5000", Status::PartialContent)) == "none");
    CHECK(coding_of(with_field("cache-control", "public, no-transform")) == "none");
    CHECK(coding_of(with_field("cache-control", "public")) == "gzip");
    CHECK(coding_of(with_field("x-a", "b", Status::NotFound)) == "gzip");
  }

  TEST_CASE("compression: types that are compressed already, and streams of events, are left alone") {
    for (const char* const type : {"image/png", "IMAGE/PNG", "video/mp4; codecs=x", "text/event-stream", "audio/ogg"})
      CHECK(coding_of(with_field("content-type", type)) == "none");
    for (const char* const type : {"image/svg+xml", "text/html", "application/json", "audiox/y"})
      CHECK(coding_of(with_field("content-type", type)) == "gzip");
    CHECK(vary_of(with_field("content-type", "image/png")) == "none");
  }

  TEST_CASE("compression: a strong ETag becomes a weak one and ranges are not offered, since the bytes are others") {
    CHECK(with_field("etag", "\"abc\"").header("etag") == "W/\"abc\"");
    CHECK(with_field("etag", "W/\"abc\"").header("etag") == "W/\"abc\"");
    CHECK_FALSE(with_field("accept-ranges", "bytes").header("accept-ranges"));
  }

  TEST_CASE("compression: what a client has already would have depended on what it accepts") {
    CHECK(vary_of(with_field("etag", "\"abc\"", Status::NotModified)) == "Accept-Encoding");
  }

  TEST_CASE("compression: of a streamed body each piece can be read when it comes") {
    for (const char* const accepted : {"zstd", "br", "gzip"}) {
      const TestResponse response = get(streaming("text/plain"), accepted);
      CHECK(coding_of(response) == accepted);
      CHECK(vary_of(response) == "Accept-Encoding");
      CHECK_FALSE(response.header("content-length"));
      CHECK(unpacked(response) == "line 0\nline 1\nline 2\n");
      REQUIRE(response.pieces().size() == 4);  // the last one ends it
      CHECK(testing::unpacked(accepted, response.pieces()[0], false) == "line 0\n");
      CHECK(testing::unpacked(accepted, response.pieces()[0] + response.pieces()[1], false) == "line 0\nline 1\n");
    }
  }

  TEST_CASE("compression: a streamed body that is known to be small, or has events, is left alone") {
    CHECK(coding_of(get(streaming("text/plain", 21))) == "none");
    CHECK(get(streaming("text/plain", 21)).text() == "line 0\nline 1\nline 2\n");
    CHECK(coding_of(get(streaming("text/plain", 21, {.minimum_size = 21}))) == "gzip");
    CHECK(coding_of(get(streaming("text/plain", 21, {.minimum_size = 22}))) == "none");
    CHECK(coding_of(get(streaming("text/event-stream"))) == "none");
    CHECK(coding_of(get(streaming("text/plain"), "identity")) == "none");
  }

  TEST_CASE("compression: whoever closes a compressed stream waits for the cleanup of what made it") {
    const auto cleaned_up = std::make_shared<bool>(false);
    TestClient client(around(CompressionMiddleware(), [] { return 1; }));  // for its loop
    const Handler handler =
        around(CompressionMiddleware(), [=] { return stream(noting_its_cleanup(cleaned_up), "text/plain"); });
    const auto close_early = [](const Handler& streams) -> Async<> {
      testing::TestRequest request;
      request.header("accept-encoding", "gzip");
      Response response = co_await streams(*request);
      AsyncGenerator<std::string> pieces = response.take_stream();
      const auto first = co_await pieces.next();
      CHECK(testing::unpacked("gzip", first.value_or(""), false) == "first");
      co_await pieces.aclose();
    };
    client.run(close_early(handler));
    CHECK(*cleaned_up);
  }

  TEST_CASE("compression: HEAD gets the fields of GET") {
    TestClient client(sized(4000));
    const TestResponse response = client.head("/", {.headers = {{"accept-encoding", "gzip"}}});
    CHECK(coding_of(response) == "gzip");
  }

  TEST_CASE("compression: unknown encodings and levels beyond theirs are refused at once") {
    CHECK_THROWS_AS(CompressionMiddleware({.encodings = {"zip"}}), std::invalid_argument);
    CHECK_THROWS_AS(CompressionMiddleware({.gzip_level = 10}), std::invalid_argument);
    CHECK_THROWS_AS(CompressionMiddleware({.gzip_level = -1}), std::invalid_argument);
    CHECK_THROWS_AS(CompressionMiddleware({.brotli_quality = 12}), std::invalid_argument);
    CHECK_THROWS_AS(CompressionMiddleware({.zstd_level = 20}), std::invalid_argument);
    CHECK_NOTHROW(CompressionMiddleware({.gzip_level = 0, .brotli_quality = 11, .zstd_level = 19}));
  }
}
