// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/client_response.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

#include "coroute/client/errors.hpp"
#include "coroute/json.hpp"

using namespace coroute;

namespace {

ClientResponse response_of(Status status, std::string body = "") {
  return ClientResponse("GET", Url::parse("http://h/x?token=secret"), status, {{"Content-Type", "text/plain"}},
                        std::move(body));
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("client_response: gives what it was made of") {
    const ClientResponse response = response_of(201, "hello");
    CHECK(response.status() == Status::Created);
    CHECK(response.text() == "hello");
    CHECK(response.header("content-type") == "text/plain");
    CHECK_FALSE(response.header("x-none"));
    CHECK(response.headers().size() == 1);
    CHECK(response.method() == "GET");
    CHECK(response.url().to_string() == "http://h/x?token=secret");
  }

  TEST_CASE("client_response: copies share the body, a temporary gives its own") {
    const ClientResponse response = response_of(200, std::string(1000, 'a'));
    const ClientResponse copy = response;
    CHECK(copy.text().data() == response.text().data());
    const std::string& from_temporary = response_of(200, "hello").text();
    CHECK(from_temporary == "hello");
  }

  TEST_CASE("client_response: ok and raise_for_status divide at 400") {
    for (const int code : {200, 204, 304, 399}) {
      CAPTURE(code);
      CHECK(response_of(code).ok());
      CHECK_NOTHROW(response_of(code).raise_for_status());
    }
    for (const int code : {400, 404, 500, 599}) {
      CAPTURE(code);
      const ClientResponse response = response_of(code);
      CHECK_FALSE(response.ok());
      CHECK_THROWS_AS(response.raise_for_status(), HttpStatusError);
    }
  }

  TEST_CASE("client_response: raise_for_status gives the response on") {
    const ClientResponse response = response_of(200, "hello");
    CHECK(&response.raise_for_status() == &response);
    CHECK(response_of(200, "hello").raise_for_status().text() == "hello");
  }

  TEST_CASE("client_response: the error of a status has the response and no query") {
    try {
      static_cast<void>(response_of(503, "later").raise_for_status());
      FAIL("no error");
    } catch (const HttpStatusError& error) {
      CHECK(error.status() == Status::ServiceUnavailable);
      CHECK(error.response().text() == "later");
      CHECK(std::string(error.what()) == "GET http://h/x: status 503 Service Unavailable");
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(response_of(499).raise_for_status()), "GET http://h/x: status 499",
                         HttpStatusError);
  }

  TEST_CASE("client_response: json parses the body, strictly") {
    CHECK(response_of(200, R"({"b": [1, 2], "a": null})").json().dump() == R"({"b":[1,2],"a":null})");
    CHECK_THROWS_AS(response_of(200, "").json(), JsonParseError);
    CHECK_THROWS_AS(response_of(200, "{} x").json(), JsonParseError);
  }

  TEST_CASE("errors: every one is a ClientError and a std::exception, every time-out a ClientTimeout") {
    static_assert(std::is_base_of_v<ClientError, HttpStatusError> && std::is_base_of_v<ClientError, InvalidUrl> &&
                  std::is_base_of_v<ClientError, DnsError> && std::is_base_of_v<ClientError, ConnectError> &&
                  std::is_base_of_v<ClientError, ConnectionClosed> && std::is_base_of_v<ClientError, ProtocolError> &&
                  std::is_base_of_v<ClientError, ResponseTooLarge> && std::is_base_of_v<ClientError, ClientTimeout>);
    static_assert(std::is_base_of_v<ClientTimeout, DnsTimeout> && std::is_base_of_v<ClientTimeout, ConnectTimeout> &&
                  std::is_base_of_v<ClientTimeout, ReadTimeout> && std::is_base_of_v<ReadTimeout, HeadTimeout> &&
                  std::is_base_of_v<ClientTimeout, TotalTimeout>);
    static_assert(std::is_convertible_v<const TotalTimeout*, const std::exception*>);
    CHECK(std::string(ConnectError("GET http://h/", "refused").what()) == "GET http://h/: refused");
  }
}
