// SPDX-License-Identifier: BSL-1.0
#include "client/response_scanner.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::ClientLimits;
using coroute::detail::ResponseScanner;
using Result = ResponseScanner::Result;

namespace {

const ClientLimits default_limits;

Result scan(std::string_view bytes, const ClientLimits& limits = default_limits) {
  ResponseScanner scanner(limits);
  return scanner.scan(bytes);
}

std::string head_with_fields(std::size_t count) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < count; ++i)
    head += "a: b\r\n";
  return head + "\r\n";
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("response_scanner: finds the end of a head, whatever follows") {
    const std::string_view bytes = "HTTP/1.1 200 OK\r\na: b\r\n\r\nbody\n\n";
    ResponseScanner scanner(default_limits);
    CHECK(scanner.scan(bytes) == Result::Complete);
    CHECK(bytes.substr(scanner.head_end()) == "body\n\n");
  }

  TEST_CASE("response_scanner: counts the fields of a head") {
    for (const std::size_t count : {0U, 1U, 7U}) {
      ResponseScanner scanner(default_limits);
      CHECK(scanner.scan(head_with_fields(count)) == Result::Complete);
      CHECK(scanner.field_count() == count);
    }
  }

  TEST_CASE("response_scanner: gives the same answer however the bytes arrive") {
    const std::string_view bytes = "HTTP/1.0 404 Not Found\r\na: b\r\nc: d\r\n\r\n";
    ResponseScanner scanner(default_limits);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      REQUIRE(scanner.scan(bytes.substr(0, size)) == Result::Incomplete);
    }
    CHECK(scanner.scan(bytes) == Result::Complete);
    CHECK(scanner.head_end() == bytes.size());
  }

  TEST_CASE("response_scanner: what is no HTTP/1 is refused at its first differing byte") {
    CHECK(scan("S") == Result::NotHttp);
    CHECK(scan("SSH-2.0-OpenSSH\r\n") == Result::NotHttp);
    CHECK(scan("HTTP/2") == Result::NotHttp);
    CHECK(scan("\r\nHTTP/1.1 200 OK\r\n\r\n") == Result::NotHttp);
    CHECK(scan("http/1.1 200 OK\r\n\r\n") == Result::NotHttp);
    CHECK(scan(std::string_view("\x15\x03\x01\0\2", 5)) == Result::NotHttp);
    CHECK(scan("HTTP/1") == Result::Incomplete);
  }

  TEST_CASE("response_scanner: bare line feeds, stray carriage returns and folded fields are refused") {
    CHECK(scan("HTTP/1.1 200 OK\n") == Result::Malformed);
    CHECK(scan("HTTP/1.1 200 OK\r\na: b\n") == Result::Malformed);
    CHECK(scan("HTTP/1.1 200 OK\r\n\n") == Result::Malformed);
    CHECK(scan("HTTP/1.1 200 OK\r\r\n") == Result::Malformed);
    CHECK(scan("HTTP/1.1 200 OK\r\na: b\rc: d\r\n") == Result::Malformed);
    CHECK(scan("HTTP/1.1 200 OK\r\na: b\r\n c\r\n") == Result::Malformed);
    CHECK(scan("HTTP/1.1 200 OK\r\n\ta: b\r\n") == Result::Malformed);
  }

  TEST_CASE("response_scanner: a head may have max_header_count fields and not one more") {
    ClientLimits limits;
    limits.max_header_count = 3;
    CHECK(scan(head_with_fields(2), limits) == Result::Complete);
    CHECK(scan(head_with_fields(3), limits) == Result::Complete);
    CHECK(scan(head_with_fields(4), limits) == Result::TooLarge);
  }

  TEST_CASE("response_scanner: a head may have max_response_head_bytes and not one more") {
    const std::string head = head_with_fields(5);
    ClientLimits limits;
    limits.max_response_head_bytes = head.size() + 1;
    CHECK(scan(head, limits) == Result::Complete);
    limits.max_response_head_bytes = head.size();
    CHECK(scan(head + "body", limits) == Result::Complete);
    limits.max_response_head_bytes = head.size() - 1;
    CHECK(scan(head, limits) == Result::TooLarge);
  }

  TEST_CASE("response_scanner: an endless line is refused before it ends") {
    ClientLimits limits;
    limits.max_response_head_bytes = 100;
    const std::string line = "HTTP/1.1 200 " + std::string(87, 'a');
    CHECK(scan(line, limits) == Result::Incomplete);
    CHECK(scan(line + 'a', limits) == Result::TooLarge);
  }
}
