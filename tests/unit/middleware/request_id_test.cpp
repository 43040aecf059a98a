// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/request_id.hpp"

#include <doctest/doctest.h>

#include <string>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

TEST_SUITE("middleware") {
  TEST_CASE("request id: the answer has the id of the request, also when it is an error") {
    App app;
    app.get("/", [](Request& request) { return std::string(request.request_id()); });
    app.use(request_id_middleware);
    TestClient client(std::move(app));
    CHECK(client.get("/", {.headers = {{"x-request-id", "abc"}}}).header("x-request-id") == "abc");
    CHECK(client.get("/nowhere", {.headers = {{"x-request-id", "abc"}}}).header("x-request-id") == "abc");
    const TestResponse response = client.get("/");
    CHECK(response.text() == "\"" + std::string(response.header("x-request-id").value_or("")) + "\"");
    CHECK(response.header("x-request-id") != client.get("/").header("x-request-id"));
  }
}
