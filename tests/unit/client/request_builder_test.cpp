// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/request_builder.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

// The chain of one co_await expression ends in an rvalue; a builder is moved, never copied.
static_assert(std::same_as<decltype(std::declval<RequestBuilder>().header("a", "b")), RequestBuilder&&>);
static_assert(std::is_nothrow_move_constructible_v<RequestBuilder> && !std::is_copy_constructible_v<RequestBuilder>);
static_assert(!std::is_aggregate_v<RequestBuilder>);
static_assert(Awaitable<RequestBuilder> && std::same_as<AwaitResult<RequestBuilder>, ClientResponse>);
static_assert(detail::QueryScalar<int> && detail::QueryScalar<bool> && detail::QueryScalar<double>);
static_assert(!detail::QueryScalar<char> && !detail::QueryScalar<const char*>);

namespace {

/// The message of the InvalidUrl that the request fails with: it contains no query, so this tests the path only.
Async<std::string> error_of(RequestBuilder request) {
  std::string text = "no error";
  try {
    co_await std::move(request);
  } catch (const ClientError& error) {
    text = error.what();
  }
  co_return text;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("request_builder: numbers become text as JSON would write them, bool becomes true or false") {
  CHECK(detail::query_text(true) == "true");
  CHECK(detail::query_text(false) == "false");
  CHECK(detail::query_text(-9223372036854775807LL - 1) == "-9223372036854775808");
  CHECK(detail::query_text(18446744073709551615ULL) == "18446744073709551615");
  CHECK(detail::query_text(0.1) == "0.1");
  CHECK(detail::query_text(-1.7976931348623157e308) == "-1.7976931348623157e+308");
}

TEST_CASE("request_builder: names, values and fields that would break the request are refused at once") {
  const Client client{{.base_url = "http://h"}};
  CHECK_THROWS_AS(client.get("/").header("a\r\nb", "c"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").header("a", "b\r\nc: d"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").header("a", std::string_view("b\0c", 3)), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").header("a b", "c"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").header("Content-Length", "5"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").header("transfer-encoding", "chunked"), std::invalid_argument);
  CHECK_THROWS_AS(client.post("/").body("x", "text/plain\r\nx: y"), std::invalid_argument);
}

TEST_CASE("client: methods that can't be sent are refused at once") {
  const Client client{{.base_url = "http://h"}};
  CHECK_THROWS_AS(static_cast<void>(client.request("GET /", "/")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(client.request("", "/")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(client.request("G\r\nT", "/")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(client.request("CONNECT", "/")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(client.request(Method::Connect, "/")), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(client.request(Method::Other, "/")), std::invalid_argument);
}

TEST_CASE("client: options that can't work are refused at once") {
  CHECK_THROWS_AS(Client({.base_url = "inventory:8000"}), InvalidUrl);
  CHECK_THROWS_AS(Client({.base_url = "ftp://h"}), InvalidUrl);
  CHECK_THROWS_AS(Client({.base_url = "http://h/?q=1"}), InvalidUrl);
  CHECK_THROWS_AS(Client({.headers = {{"content-length", "1"}}}), std::invalid_argument);
  CHECK_THROWS_AS(Client({.user_agent = "a\r\nb"}), std::invalid_argument);
  CHECK_THROWS_AS(Client({.limits = {.max_connections_per_host = 0}}), std::invalid_argument);
  CHECK_NOTHROW(Client({.base_url = "http://h:8000/api/", .user_agent = ""}));
}

ASYNC_TEST_CASE("request_builder: errors name method and URL, without the query") {
  const Client client;
  const std::string relative = co_await error_of(client.get("/x").query("token", "secret"));
  CHECK(relative == "GET /x: invalid URL: it is relative and the client has no base_url");
  const std::string scheme = co_await error_of(client.post("ftp://h/x?token=secret"));
  CHECK(scheme.starts_with("POST ftp://h/x: invalid URL"));
  CHECK(scheme.find("secret") == std::string::npos);
  const std::string split = co_await error_of(client.request(Method::Delete, "http://h/a\r\nb"));
  CHECK(split.starts_with("DELETE http://h/a??b: invalid URL"));
}

ASYNC_TEST_CASE("request_builder: an awaited request is used up") {
  const Client client;
  RequestBuilder request = client.get("relative");
  const std::string first = co_await error_of(std::move(request));
  CHECK(first != "no error");
  bool refused = false;
  try {
    co_await request;
  } catch (const RuntimeError&) {
    refused = true;
  }
  CHECK(refused);
  CHECK_THROWS_AS(request.header("a", "b"), RuntimeError);
}

ASYNC_TEST_CASE("request_builder: works in gather, timeout and create_task") {
  const Client client;
  int failures = 0;
  try {
    co_await gather(client.get("a"), client.post("b").json(Json(1)));
  } catch (const InvalidUrl&) {
    ++failures;
  }
  try {
    co_await timeout(1s, client.get("a").query("q", 1).query("r", true).query("s", 0.5).query("t", "text"));
  } catch (const InvalidUrl&) {
    ++failures;
  }
  try {
    co_await create_task(client.get("a").timeout(1s).send());
  } catch (const InvalidUrl&) {
    ++failures;
  }
  CHECK(failures == 3);
}

ASYNC_TEST_CASE("client: a request that is sent after its client's end is refused") {
  std::optional<Client> client(std::in_place, ClientOptions{.base_url = "http://127.0.0.1:1"});
  RequestBuilder request = client->get("/");
  client.reset();
  bool refused = false;
  try {
    co_await request;
  } catch (const RuntimeError&) {
    refused = true;
  }
  CHECK(refused);
}

TEST_SUITE_END();
