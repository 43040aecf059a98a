// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/etag.hpp"

#include <doctest/doctest.h>

#include <string>

#include "coroute/middleware/compression.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::around;
using coroute::testing::TestRequest;

namespace {

AsyncGenerator<std::string> one_piece() {
  co_yield std::string("piece");
}

Handler with_etag(EtagOptions options = {}, Status status = Status::Ok) {
  return around(EtagMiddleware(options), [status] {
    Response response = text("content", status);
    response.headers = Headers{{"cache-control", "no-cache"}, {"content-language", "en"}, {"x-a", "b"}};
    return response;
  });
}

Handler with_fields(Headers fields) {
  return around(EtagMiddleware(), [fields] {
    Response response = text("content");
    response.headers = fields;
    return response;
  });
}

std::string etag_of(const TestResponse& response) {
  return std::string(response.header("etag").value_or("none"));
}

int status_if(TestClient& client, std::string_view name, std::string_view value) {
  return client.get("/", {.headers = {{name, value}}}).status_code();
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("etag: depends on the body alone") {
    TestClient client(with_etag());
    const std::string etag = etag_of(client.get("/"));
    CHECK(etag == etag_of(client.get("/other")));
    CHECK(etag.size() == 26);
    CHECK(etag.front() == '"');
    TestClient other(around(EtagMiddleware(), [] { return text("Content"); }));
    CHECK(etag_of(other.get("/")) != etag);
    TestClient weak(with_etag({.weak = true}));
    CHECK(etag_of(weak.get("/")) == "W/" + etag);
  }

  TEST_CASE("etag: what the client has is not sent again, but all that caches must know is") {
    TestClient client(with_etag());
    const std::string etag = etag_of(client.get("/"));
    const TestResponse response = client.get("/", {.headers = {{"if-none-match", etag}}});
    CHECK(response.status_code() == 304);
    CHECK(response.text().empty());
    CHECK(etag_of(response) == etag);
    CHECK(response.header("cache-control") == "no-cache");
    CHECK(response.header("x-a") == "b");
    CHECK_FALSE(response.header("content-type"));
    CHECK_FALSE(response.header("content-language"));
  }

  TEST_CASE("etag: If-None-Match is a list, compared weakly, or a star") {
    TestClient client(with_fields({{"etag", "\"a,b\""}}));
    for (const char* const list : {"\"a,b\"", "W/\"a,b\"", "\"x\", \"a,b\"", "\"x\",W/\"y\" , W/\"a,b\"", "*"}) {
      CAPTURE(list);
      CHECK(status_if(client, "if-none-match", list) == 304);
    }
    for (const char* const list : {"", "\"a\"", "a,b", "\"a,b", "\"x\" \"y\"", "w/\"a,b\"", "\"\""}) {
      CAPTURE(list);
      CHECK(status_if(client, "if-none-match", list) == 200);
    }
    TestClient weak(with_fields({{"etag", "W/\"a\""}}));
    CHECK(status_if(weak, "if-none-match", "\"a\"") == 304);
  }

  TEST_CASE("etag: If-Modified-Since counts when there is no If-None-Match") {
    TestClient client(with_fields({{"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
    CHECK(status_if(client, "if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT") == 200);
    CHECK(status_if(client, "if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT") == 304);
    CHECK(status_if(client, "if-modified-since", "Sun, 06 Nov 1994 08:49:38 GMT") == 304);
    CHECK(status_if(client, "if-modified-since", "yesterday") == 200);
    const Headers both{{"if-none-match", "\"x\""}, {"if-modified-since", "Sun, 06 Nov 1994 08:49:38 GMT"}};
    CHECK(client.get("/", {.headers = both}).status_code() == 200);
    TestClient unknown(with_etag());
    CHECK(status_if(unknown, "if-modified-since", "Sun, 06 Nov 1994 08:49:38 GMT") == 200);
  }

  TEST_CASE("etag: If-Match and If-Unmodified-Since rule out other states with 412") {
    TestClient client(with_fields({{"etag", "\"a\""}, {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
    CHECK(status_if(client, "if-match", "\"x\", \"a\"") == 200);
    CHECK(status_if(client, "if-match", "*") == 200);
    CHECK(status_if(client, "if-match", "W/\"a\"") == 412);
    CHECK(status_if(client, "if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT") == 200);
    CHECK(status_if(client, "if-unmodified-since", "Sun, 06 Nov 1994 08:49:36 GMT") == 412);
    const TestResponse refused = client.get("/", {.headers = {{"if-match", "\"x\""}}});
    CHECK(refused.status_code() == 412);
    CHECK(refused.text() == R"({"detail":"Precondition Failed"})");
    CHECK(etag_of(refused) == "none");
    const Headers both{{"if-match", "\"x\""}, {"if-none-match", "\"a\""}};
    CHECK(client.get("/", {.headers = both}).status_code() == 412);
    CHECK(client.post("/", {.headers = {{"if-match", "\"x\""}}}).status_code() == 200);
  }

  TEST_CASE("etag: the tag that it makes meets If-Match unless it is weak") {
    TestClient client(with_etag());
    CHECK(status_if(client, "if-match", etag_of(client.get("/"))) == 200);
    TestClient weak(with_etag({.weak = true}));
    CHECK(status_if(weak, "if-match", etag_of(weak.get("/"))) == 412);
  }

  TEST_CASE("etag: a streamed body gets none, but what its handler says of it counts") {
    const Handler handler = around(EtagMiddleware(), [](Request& request) {
      Response response = stream(one_piece(), "text/plain");
      if (request.path() == "/named") response.headers.set("etag", "\"abc\"");
      return response;
    });
    const auto ask = [&handler](std::string_view path) {
      TestRequest request("GET", path);
      request.header("if-none-match", "\"abc\"");
      return testing::answer(handler, request);
    };
    CHECK(ask("/").is_streamed());
    CHECK_FALSE(ask("/").headers.contains("etag"));
    CHECK(ask("/named").status == Status::NotModified);
    CHECK_FALSE(ask("/named").is_streamed());
  }

  TEST_CASE("etag: a larger body than max_body_bytes gets none") {
    TestClient below(with_etag({.max_body_bytes = 8}));
    CHECK(etag_of(below.get("/")) != "none");
    TestClient at(with_etag({.max_body_bytes = 7}));
    CHECK(etag_of(at.get("/")) != "none");
    TestClient above(with_etag({.max_body_bytes = 6}));
    CHECK(etag_of(above.get("/")) == "none");
  }

  TEST_CASE("etag: other methods and other answers are left alone") {
    TestClient client(with_etag());
    CHECK(etag_of(client.head("/")) == etag_of(client.get("/")));
    CHECK(etag_of(client.post("/")) == "none");
    TestClient missing(with_etag({}, Status::NotFound));
    CHECK(etag_of(missing.get("/")) == "none");
    CHECK(missing.get("/", {.headers = {{"if-none-match", "*"}}}).status_code() == 404);
  }

  TEST_CASE("etag: inside compression, a client that has a compressed body is told so") {
    TestClient client(
        wrap(CompressionMiddleware(), around(EtagMiddleware(), [] { return text(std::string(4000, 'x')); })));
    const TestResponse first = client.get("/", {.headers = {{"accept-encoding", "gzip"}}});
    CHECK(first.header("content-encoding") == "gzip");
    CHECK(etag_of(first).starts_with("W/\""));
    const Headers again{{"accept-encoding", "gzip"}, {"if-none-match", etag_of(first)}};
    CHECK(client.get("/", {.headers = again}).status_code() == 304);
  }
}
