// SPDX-License-Identifier: BSL-1.0
#include "client/outgoing_request.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using coroute::Headers;
using coroute::Url;
using coroute::detail::append_request_head;
using coroute::detail::check_field_name;
using coroute::detail::field_lines;
using coroute::detail::is_idempotent;
using coroute::detail::OutgoingRequest;

namespace {

OutgoingRequest request_of(std::string method) {
  OutgoingRequest request;
  request.method = std::move(method);
  return request;
}

std::string head_of(const OutgoingRequest& request, const Headers& defaults = {},
                    std::string_view url = "http://h:8000/x?q=1") {
  std::string head;
  append_request_head(head, request, Url::parse(url), defaults, field_lines(defaults));
  return head;
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("outgoing_request: a GET is request line and host, in origin form") {
    CHECK(head_of(request_of("GET")) == "GET /x?q=1 HTTP/1.1\r\nhost: h:8000\r\n\r\n");
    CHECK(head_of(request_of("GET"), {}, "http://[::1]/") == "GET / HTTP/1.1\r\nhost: [::1]\r\n\r\n");
  }

  TEST_CASE("outgoing_request: fields of the request come after the defaults and replace those of the same name") {
    OutgoingRequest request = request_of("GET");
    const Headers defaults{{"accept", "*/*"}, {"user-agent", "u"}, {"x-team", "a"}};
    request.headers.add("X-Team", "b");
    request.headers.add("x-team", "c");
    CHECK(head_of(request, defaults) ==
          "GET /x?q=1 HTTP/1.1\r\nhost: h:8000\r\naccept: */*\r\nuser-agent: u\r\nX-Team: b\r\nx-team: c\r\n\r\n");
  }

  TEST_CASE("outgoing_request: there is one host field, the caller's if given") {
    OutgoingRequest request = request_of("GET");
    CHECK(head_of(request, {{"Host", "default"}}) == "GET /x?q=1 HTTP/1.1\r\nHost: default\r\n\r\n");
    request.headers.add("host", "mine");
    CHECK(head_of(request, {{"host", "default"}}) == "GET /x?q=1 HTTP/1.1\r\nhost: mine\r\n\r\n");
  }

  TEST_CASE("outgoing_request: a length is sent with a body, and where one is expected (RFC 9110 section 8.6)") {
    OutgoingRequest request = request_of("DELETE");
    CHECK(head_of(request).find("content-length") == std::string::npos);
    request.has_body = true;
    CHECK(head_of(request).find("\r\ncontent-length: 0\r\n") != std::string::npos);
    request.body = "hello";
    CHECK(head_of(request).find("\r\ncontent-length: 5\r\n") != std::string::npos);
    for (const char* const method : {"POST", "PUT", "PATCH"}) {
      CAPTURE(method);
      CHECK(head_of(request_of(method)).find("\r\ncontent-length: 0\r\n") != std::string::npos);
    }
    CHECK(head_of(request_of("HEAD")).find("content-length") == std::string::npos);
  }

  TEST_CASE("outgoing_request: the fields of the framing can't be set") {
    CHECK_THROWS_AS(check_field_name("content-length"), std::invalid_argument);
    CHECK_THROWS_AS(check_field_name("Transfer-Encoding"), std::invalid_argument);
    CHECK_NOTHROW(check_field_name("content-type"));
  }

  TEST_CASE("outgoing_request: idempotent methods are those of RFC 9110 section 9.2.2") {
    for (const char* const method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
      CHECK(is_idempotent(method));
    for (const char* const method : {"POST", "PATCH", "get", "PURGE", ""})
      CHECK_FALSE(is_idempotent(method));
  }
}
