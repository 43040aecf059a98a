// SPDX-License-Identifier: BSL-1.0
#include "server/head_scanner.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

using coroute::ServerLimits;
using coroute::Status;
using coroute::detail::HeadScanner;
using Result = coroute::detail::HeadScanner::Result;

namespace {

struct Verdict {
  Result result = Result::Incomplete;
  int status = 0;  ///< Only of a refusal. What is wrong in two ways may be refused for either, as the pieces fall.
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const Verdict&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  return out << "result " << static_cast<int>(verdict.result) << " status " << verdict.status << " begin "
             << verdict.begin << " end " << verdict.end;
}

Verdict verdict_of(const HeadScanner& scanner, Result result) {
  Verdict verdict;
  verdict.result = result;
  if (result == Result::Refused) verdict.status = scanner.refusal().code();
  if (result == Result::Complete) {
    verdict.begin = scanner.head_begin();
    verdict.end = scanner.head_end();
  }
  return verdict;
}

Verdict scan(std::string_view bytes, const ServerLimits& limits = {}) {
  HeadScanner scanner(limits);
  return verdict_of(scanner, scanner.scan(bytes.data(), bytes.size()));
}

/// As when the bytes arrive in pieces of random length, in a buffer that may move.
template <class NextPiece>
Verdict scan_in_pieces(std::string_view bytes, const ServerLimits& limits, NextPiece next_piece) {
  HeadScanner scanner(limits);
  Result result = Result::Incomplete;
  for (std::size_t size = 0; size < bytes.size() && result == Result::Incomplete;) {
    size = std::min(bytes.size(), size + next_piece());
    const std::string moved(bytes.substr(0, size));
    result = scanner.scan(moved.data(), moved.size());
  }
  return verdict_of(scanner, result);
}

Verdict scan_byte_by_byte(std::string_view bytes, const ServerLimits& limits = {}) {
  return scan_in_pieces(bytes, limits, [] { return std::size_t{1}; });
}

const Verdict incomplete;
Verdict complete(std::size_t begin, std::size_t end) {
  return {Result::Complete, 0, begin, end};
}
Verdict refused(Status status) {
  return {Result::Refused, status.code(), 0, 0};
}

/// At once and byte by byte.
void check_both(std::string_view bytes, const Verdict& expected, const ServerLimits& limits = {}) {
  CAPTURE(bytes.substr(0, 80));
  CHECK(scan(bytes, limits) == expected);
  CHECK(scan_byte_by_byte(bytes, limits) == expected);
}

/// A request line of exactly that many bytes without its line end.
std::string request_line(std::size_t length) {
  constexpr std::string_view rest = "GET / HTTP/1.1";
  return "GET /" + std::string(length - rest.size(), 'a') + " HTTP/1.1";
}

/// Field lines with their line ends, exactly that many bytes together.
std::string field_of(std::size_t length) {
  return "a: " + std::string(length - 5, 'b') + "\r\n";
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("head scanner: a head ends behind its empty line, whatever follows") {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    check_both(head, complete(0, head.size()));
    check_both(head + "body\nbody", complete(0, head.size()));
    check_both(head + head, complete(0, head.size()));
    check_both("GET / HTTP/1.0\r\n\r\n", complete(0, 18));
  }

  TEST_CASE("head scanner: an unfinished head is incomplete at every length") {
    const std::string head = "\r\nPOST /x?y=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
    for (std::size_t size = 0; size < head.size(); ++size) {
      CAPTURE(size);
      CHECK(scan(std::string_view(head).substr(0, size)) == incomplete);
    }
    check_both(head, complete(2, head.size()));
  }

  TEST_CASE("head scanner: up to four empty lines before a request are skipped") {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    std::string empty_lines;
    for (std::size_t count = 1; count <= 4; ++count) {
      empty_lines += "\r\n";
      check_both(empty_lines + head, complete(2 * count, 2 * count + head.size()));
    }
    check_both(empty_lines, incomplete);
    check_both(empty_lines + "\r\n", refused(Status::BadRequest));
    check_both(empty_lines + "\r\n" + head, refused(Status::BadRequest));
  }

  TEST_CASE("head scanner: a line feed without a carriage return is refused") {
    for (const std::string_view bytes :
         {"\n", "\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\nHost: a\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\n\n",
          "GET / HTTP/1.1\r\nX: b\nTransfer-Encoding: chunked\r\n\r\n"}) {
      check_both(bytes, refused(Status::BadRequest));
    }
  }

  TEST_CASE("head scanner: a line end of two carriage returns is refused") {
    for (const std::string_view bytes :
         {"\r\r\n", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"}) {
      check_both(bytes, refused(Status::BadRequest));
    }
  }

  TEST_CASE("head scanner: a field that begins with white space is refused") {
    for (const std::string_view bytes :
         {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\t\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 5\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n chunked\r\n\r\n"}) {
      check_both(bytes, refused(Status::BadRequest));
    }
  }

  TEST_CASE("head scanner: a request line may be as long as the limit and not longer") {
    const std::string fields = "\r\nHost: a\r\n\r\n";
    for (const std::size_t limit : {std::size_t{20}, ServerLimits{}.max_request_line_bytes}) {
      ServerLimits limits;
      limits.max_request_line_bytes = limit;
      check_both(request_line(limit - 1) + fields, complete(0, limit - 1 + fields.size()), limits);
      check_both(request_line(limit) + fields, complete(0, limit + fields.size()), limits);
      check_both(request_line(limit + 1) + fields, refused(Status::UriTooLong), limits);
    }
  }

  TEST_CASE("head scanner: a request line that doesn't end is refused without waiting for its end") {
    ServerLimits limits;
    limits.max_request_line_bytes = 20;
    check_both(std::string(22, 'G'), incomplete, limits);
    check_both(std::string(23, 'G'), refused(Status::UriTooLong), limits);
    check_both("\r\n" + std::string(22, 'G'), incomplete, limits);
    check_both("\r\n" + std::string(23, 'G'), refused(Status::UriTooLong), limits);
    check_both(std::string(100'000, 'G'), refused(Status::UriTooLong));
  }

  TEST_CASE("head scanner: fields may have as many bytes as the limit, the empty line included, and not more") {
    const std::string line = "GET / HTTP/1.1\r\n";
    for (const std::size_t limit : {std::size_t{64}, ServerLimits{}.max_header_bytes}) {
      ServerLimits limits;
      limits.max_header_bytes = limit;
      const auto head_with = [&](std::size_t bytes) { return line + field_of(20) + field_of(bytes - 22) + "\r\n"; };
      check_both(head_with(limit - 1), complete(0, line.size() + limit - 1), limits);
      check_both(head_with(limit), complete(0, line.size() + limit), limits);
      check_both(head_with(limit + 1), refused(Status::RequestHeaderFieldsTooLarge), limits);
    }
  }

  TEST_CASE("head scanner: a field that doesn't end is refused without waiting for its end") {
    ServerLimits limits;
    limits.max_header_bytes = 64;
    const std::string line = "GET / HTTP/1.1\r\n";
    check_both(line + std::string(64, 'a'), incomplete, limits);
    check_both(line + std::string(65, 'a'), refused(Status::RequestHeaderFieldsTooLarge), limits);
    check_both(line + "a: " + std::string(2'000'000, 'b'), refused(Status::RequestHeaderFieldsTooLarge));
  }

  TEST_CASE("head scanner: there may be as many fields as the limit and not more") {
    const auto head_with = [](std::size_t fields) {
      std::string head = "GET / HTTP/1.1\r\n";
      for (std::size_t i = 0; i < fields; ++i)
        head += "a:\r\n";
      return head + "\r\n";
    };
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, ServerLimits{}.max_header_count}) {
      ServerLimits limits;
      limits.max_header_count = limit;
      if (limit > 0) check_both(head_with(limit - 1), complete(0, head_with(limit - 1).size()), limits);
      check_both(head_with(limit), complete(0, head_with(limit).size()), limits);
      check_both(head_with(limit + 1), refused(Status::RequestHeaderFieldsTooLarge), limits);
    }
    check_both(head_with(50'000), refused(Status::RequestHeaderFieldsTooLarge));
  }

  TEST_CASE("head scanner: what can't become a request line is refused at its first byte that shows it") {
    const std::string_view tls_hello("\x16\x03\x01\x02\x00\x01\xFC", 7);
    CHECK(scan(tls_hello) == refused(Status::BadRequest));
    CHECK(scan(tls_hello.substr(0, 1)) == refused(Status::BadRequest));
    for (const char noise : {'\0', '\x01', '\t', '\x0B', '\x1F', '\x7F', '\x80', '\xFF'}) {
      CAPTURE(static_cast<int>(noise));
      CHECK(scan(std::string("GET /") + noise) == refused(Status::BadRequest));
      CHECK(scan(std::string("\r\nGET /") + noise) == refused(Status::BadRequest));
    }
    CHECK(scan("GET / HTTP/1.1\r") == incomplete);
    CHECK(scan(std::string("GET / HTTP/1.1\r\nX: \x01\x80", 21)) == incomplete);
  }

  TEST_CASE("head scanner: bytes that come in any pieces give the verdict of all at once") {
    std::mt19937 random(20260801);
    constexpr std::string_view tokens[] = {"\r\n",
                                           "\r\n",
                                           "\r\n",
                                           "\n",
                                           "\r",
                                           " ",
                                           "\t",
                                           "Host: a",
                                           "a:",
                                           "b",
                                           "GET / HTTP/1.1",
                                           "POST /x HTTP/1.0",
                                           "x: y",
                                           "\r\n\r\n",
                                           "zzzz",
                                           "12345678"};
    ServerLimits limits;
    limits.max_request_line_bytes = 24;
    limits.max_header_bytes = 48;
    limits.max_header_count = 4;
    int completed = 0;
    int refusals = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::string bytes = random() % 2 ? "GET / HTTP/1.1\r\n" : "";
      const std::size_t count = random() % 12;
      for (std::size_t i = 0; i < count; ++i)
        bytes += tokens[random() % std::size(tokens)];
      // A tab is noise in an unfinished request line; the parser refuses it in a finished one.
      if (bytes.substr(0, bytes.find("\r\n", bytes.find_first_not_of("\r\n"))).find('\t') != std::string::npos)
        continue;
      const Verdict expected = scan(bytes, limits);
      CAPTURE(bytes);
      for (Verdict pieces : {scan_byte_by_byte(bytes, limits),
                             scan_in_pieces(bytes, limits, [&] { return std::size_t{1} + random() % 7; })}) {
        if (pieces.status != 0) pieces.status = expected.status;
        CHECK(pieces == expected);
      }
      completed += expected.result == Result::Complete;
      refusals += expected.result == Result::Refused;
    }
    CHECK(completed > 500);
    CHECK(refusals > 500);
  }
}
