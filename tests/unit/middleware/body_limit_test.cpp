// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/body_limit.hpp"

#include <doctest/doctest.h>

#include <string>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

namespace {

Async<std::size_t> size_of_body(Request& request) {
  const std::string_view body = co_await request.body();
  co_return body.size();
}

int status_for(TestClient& client, std::string_view path, std::size_t size) {
  const int whole = client.post(path, {.body = std::string(size, 'x')}).status_code();
  const std::string half(size / 2, 'x');
  const TestResponse pieces = client.post(path, {.chunks = {half, std::string(size - half.size(), 'x')}});
  CHECK(pieces.status_code() == whole);
  return whole;
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("body limit: a body of the limit is read, a larger one gets 413, however it comes") {
    App app;
    app.use(BodyLimitMiddleware(100));
    app.post("/", size_of_body);
    TestClient client(std::move(app));
    CHECK(status_for(client, "/", 99) == 200);
    CHECK(status_for(client, "/", 100) == 200);
    CHECK(status_for(client, "/", 101) == 413);
    CHECK(client.post("/", {.body = std::string(101, 'x')}).text() == R"({"detail":"Content Too Large"})");
  }

  TEST_CASE("body limit: the innermost limit counts, whether it is larger or smaller") {
    App app;
    app.use(BodyLimitMiddleware(100));
    app.post("/route", size_of_body, {.max_body_bytes = 200});
    app.post("/both", size_of_body, {.max_body_bytes = 200, .middleware = {BodyLimitMiddleware(50)}});
    Router large("/large");
    large.use(BodyLimitMiddleware(300));
    large.post("/", size_of_body, {.max_body_bytes = 10});
    app.include(std::move(large));
    TestClient client(std::move(app));
    CHECK(status_for(client, "/route", 200) == 200);
    CHECK(status_for(client, "/route", 201) == 413);
    CHECK(status_for(client, "/both", 50) == 200);
    CHECK(status_for(client, "/both", 51) == 413);
    CHECK(status_for(client, "/large/", 300) == 200);
    CHECK(status_for(client, "/large/", 301) == 413);
  }
}
