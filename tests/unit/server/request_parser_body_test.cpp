// SPDX-License-Identifier: BSL-1.0
// Request bodies; heads are in request_parser_test.cpp.
#include "server/request_parser.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <string_view>

#include "support/parsed_head.hpp"

using coroute::ServerLimits;
using coroute::detail::RequestParser;
using coroute::testing::accepted;
using coroute::testing::ParsedHead;
using namespace std::string_literals;

namespace {

struct Decoded {
  std::string body;
  int refusal = accepted;
  bool done = false;
  std::size_t consumed = 0;

  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << '"' << decoded.body.substr(0, 80) << "\" refusal " << decoded.refusal << " done " << decoded.done
             << " consumed " << decoded.consumed;
}

/// Decodes as the connection does: what is consumed leaves the buffer, more is received when the parser needs it.
template <class NextPiece>
Decoded decode_in_pieces(RequestParser& parser, std::string_view bytes, NextPiece next_piece) {
  Decoded decoded;
  std::size_t received = 0;
  while (!parser.is_done()) {
    const std::string unread(bytes.substr(decoded.consumed, received - decoded.consumed));
    RequestParser::BodyStep step;
    step.need_more = true;
    if (!unread.empty()) step = parser.parse_body(unread);
    decoded.consumed += step.consumed;
    decoded.body += step.data;
    if (step.refusal) {
      decoded.refusal = step.refusal->code();
      break;
    }
    if (!step.need_more) continue;
    if (received == bytes.size()) break;
    received = std::min(bytes.size(), received + next_piece());
  }
  decoded.done = parser.is_done();
  return decoded;
}

const std::string chunked_head = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

Decoded decode_chunked(std::string_view body, const ServerLimits& limits = {}) {
  ParsedHead head(chunked_head, limits);
  REQUIRE(head.refusal() == accepted);
  return decode_in_pieces(head.parser(), body, [&] { return body.size(); });
}
Decoded decode_chunked_byte_by_byte(std::string_view body, const ServerLimits& limits = {}) {
  ParsedHead head(chunked_head, limits);
  REQUIRE(head.refusal() == accepted);
  return decode_in_pieces(head.parser(), body, [] { return std::size_t{1}; });
}

/// The status that refuses this body, whether it comes at once or byte by byte.
int body_refusal(std::string_view body, const ServerLimits& limits = {}) {
  const int at_once = decode_chunked(body, limits).refusal;
  CHECK(decode_chunked_byte_by_byte(body, limits).refusal == at_once);
  return at_once;
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("request parser: a body with a content length ends there") {
    ParsedHead parsed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    REQUIRE(parsed.refusal() == accepted);
    REQUIRE(parsed.parser().content_length().has_value());
    CHECK(*parsed.parser().content_length() == 5);
    const std::string_view bytes = "helloGET /smuggled HTTP/1.1\r\n";
    CHECK(decode_in_pieces(parsed.parser(), bytes, [&] { return bytes.size(); }) ==
          Decoded{"hello", accepted, true, 5});
    ParsedHead again("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    CHECK(decode_in_pieces(again.parser(), bytes, [] { return std::size_t{1}; }) ==
          Decoded{"hello", accepted, true, 5});
  }

  TEST_CASE("request parser: a body that breaks off is neither done nor refused") {
    for (const std::string_view body :
         {"", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n0", "0\r\n", "0\r\nX: y\r\n", "0\r\n\r"}) {
      CAPTURE(body);
      const Decoded decoded = decode_chunked(body);
      CHECK_FALSE(decoded.done);
      CHECK(decoded.refusal == accepted);
      CHECK(decode_chunked_byte_by_byte(body).refusal == accepted);
    }
  }

  TEST_CASE("request parser: chunks are joined and what follows them stays unread") {
    const std::string body = "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n";
    const Decoded expected{"hello", accepted, true, body.size()};
    CHECK(decode_chunked(body) == expected);
    CHECK(decode_chunked(body + "GET / HTTP/1.1\r\n\r\n") == expected);
    CHECK(decode_chunked_byte_by_byte(body + "GET / HTTP/1.1\r\n\r\n") == expected);
    CHECK(decode_chunked("0\r\n\r\n") == Decoded{"", accepted, true, 5});
    CHECK(decode_chunked("A\r\n0123456789\r\n00a\r\n0123456789\r\n000\r\n\r\n").body == "01234567890123456789");
    CHECK(decode_chunked("6\r\n\r\n0\r\n\r\r\n0\r\n\r\n").body == "\r\n0\r\n\r");
  }

  TEST_CASE("request parser: a broken chunk is refused") {
    const std::string rest = "\r\nhello\r\n0\r\n\r\n";
    for (const std::string& size :
         {"0x5"s, "+5"s, "-5"s, "5g"s, ""s, "5,5"s, "5\0"s, "10000000000000005"s, "fffffffffffffffff"s, "\xD9\xA5"s,
          "5 "s, " 5"s, "5\t"s, "5\nhello"s, "5\rhello"s, "5;a\nxx"s, "5;a\0"s, "5;\x01"s, "five"s}) {
      CAPTURE(size);
      CHECK(body_refusal(size + rest) == 400);
    }
    for (const std::string_view body :
         {"5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
          "5\r\nhelloXX0\r\n\r\n", "5\r\nhello\rX0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\r\nfoo\r\n\r\n",
          "0\r\n X: y\r\n\r\n", "0\r\nX : y\r\n\r\n", "0\r\nX: \x01\r\n\r\n"}) {
      CAPTURE(body);
      CHECK(body_refusal(body) == 400);
    }
  }

  TEST_CASE("request parser: chunk extensions are skipped") {
    CHECK(decode_chunked("5;a=b;c=\"d;\"\r\nhello\r\n0;z\r\n\r\n").body == "hello");
    CHECK(decode_chunked_byte_by_byte("5;a=b;c=\"d;\"\r\nhello\r\n0;z\r\n\r\n").body == "hello");
  }

  TEST_CASE("request parser: the extensions of one chunk may have as many bytes as the limit and not more") {
    for (const std::size_t limit : {std::size_t{8}, ServerLimits{}.max_chunk_extension_bytes}) {
      ServerLimits limits;
      limits.max_chunk_extension_bytes = limit;
      const auto body_with = [](std::size_t bytes) {
        return "5;" + std::string(bytes - 1, 'a') + "\r\nhello\r\n0\r\n\r\n";
      };
      CHECK(body_refusal(body_with(limit - 1), limits) == accepted);
      CHECK(body_refusal(body_with(limit), limits) == accepted);
      CHECK(body_refusal(body_with(limit + 1), limits) == 400);
      CHECK(body_refusal("0;" + std::string(limit - 1, 'a') + "\r\n\r\n", limits) == accepted);
      CHECK(body_refusal("0;" + std::string(limit, 'a') + "\r\n\r\n", limits) == 400);
    }
  }

  TEST_CASE("request parser: all extensions of a body may have as many bytes as the limit and not more") {
    for (const std::size_t limit : {std::size_t{100}, ServerLimits{}.max_chunk_extension_total_bytes}) {
      ServerLimits limits;
      limits.max_chunk_extension_total_bytes = limit;
      const auto body_with = [](std::size_t bytes) {
        std::string body;
        for (std::size_t left = bytes; left > 0;) {
          const std::size_t piece = std::min<std::size_t>(left, 50);
          body += "1;" + std::string(piece - 1, 'a') + "\r\nx\r\n";
          left -= piece;
        }
        return body + "0\r\n\r\n";
      };
      CHECK(body_refusal(body_with(limit - 1), limits) == accepted);
      CHECK(body_refusal(body_with(limit), limits) == accepted);
      CHECK(body_refusal(body_with(limit + 2), limits) == 400);
    }
  }

  TEST_CASE("request parser: trailers are kept apart, whatever they are called") {
    for (const coroute::HeaderField trailer :
         {coroute::HeaderField{"X-T", "1"}, coroute::HeaderField{"Host", "evil"},
          coroute::HeaderField{"Authorization", "Basic eA=="}, coroute::HeaderField{"Connection", "close"},
          coroute::HeaderField{"Cookie", "a=b"}, coroute::HeaderField{"Content-Type", "text/html"},
          coroute::HeaderField{"Upgrade", "websocket"}, coroute::HeaderField{"Expect", "100-continue"}}) {
      CAPTURE(trailer.name);
      ParsedHead parsed(chunked_head);
      CHECK(parsed.parser().trailers().empty());
      const std::string body =
          "5\r\nhello\r\n0\r\n" + std::string(trailer.name) + ": " + std::string(trailer.value) + "\r\n\r\n";
      const Decoded decoded = decode_in_pieces(parsed.parser(), body, [&] { return body.size(); });
      CHECK(decoded == Decoded{"hello", accepted, true, body.size()});
      CHECK(parsed.fields().size() == 2);
      CHECK(parsed.head().headers.get("host") == "localhost");
      CHECK_FALSE(parsed.parser().expects_continue());
      CHECK(parsed.parser().keeps_alive());
      CHECK(parsed.parser().trailers().size() == 1);
      CHECK(parsed.parser().trailers().get(trailer.name) == trailer.value);
    }
  }

  TEST_CASE("request parser: trailers that would change the framing are refused") {
    CHECK(body_refusal("0\r\nContent-Length: 5\r\n\r\n") == 400);
    CHECK(body_refusal("0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  }

  TEST_CASE("request parser: trailers may be as many as the limit and not more") {
    for (const std::size_t limit : {std::size_t{1}, ServerLimits{}.max_trailer_count}) {
      ServerLimits limits;
      limits.max_trailer_count = limit;
      const auto body_with = [](std::size_t count) {
        std::string body = "0\r\n";
        for (std::size_t i = 0; i < count; ++i)
          body += "a: b\r\n";
        return body + "\r\n";
      };
      CHECK(body_refusal(body_with(limit - 1), limits) == accepted);
      CHECK(body_refusal(body_with(limit), limits) == accepted);
      CHECK(body_refusal(body_with(limit + 1), limits) == 431);
    }
  }

  TEST_CASE("request parser: trailers may have as many bytes as the limit and not more") {
    for (const std::size_t limit : {std::size_t{64}, ServerLimits{}.max_trailer_bytes}) {
      ServerLimits limits;
      limits.max_trailer_bytes = limit;
      const auto body_with = [](std::size_t bytes) {
        return "0\r\na: " + std::string(15, 'b') + "\r\na: " + std::string(bytes - 25, 'b') + "\r\n\r\n";
      };
      CHECK(body_refusal(body_with(limit - 1), limits) == accepted);
      CHECK(body_refusal(body_with(limit), limits) == accepted);
      CHECK(body_refusal(body_with(limit + 1), limits) == 431);
    }
  }

  TEST_CASE("request parser: chunks are announced before they come, and the sum never wraps around") {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const auto announced = [](std::string_view body) {
      ParsedHead parsed(chunked_head);
      const Decoded decoded = decode_in_pieces(parsed.parser(), body, [&] { return body.size(); });
      CHECK(decoded.refusal == accepted);
      return parsed.parser().announced_bytes();
    };
    CHECK(announced("") == 0);
    CHECK(announced("5\r\nhello\r\nA\r\n") == 15);
    CHECK(announced("7fffffffffffffff\r\nx") == largest / 2);
    CHECK(announced("8000000000000000\r\nx") == largest / 2 + 1);
    CHECK(announced("ffffffffffffffff\r\nx") == largest);
    CHECK(announced("1\r\nx\r\nffffffffffffffff\r\nx") == largest);
    CHECK(announced("5\r\nhello\r\nfffffffffffffffd\r\nx") == largest);
    CHECK(announced("5\r\nhello\r\nfffffffffffffffa\r\nx") == largest);
    CHECK(announced("5\r\nhello\r\nfffffffffffffff9\r\nx") == largest - 1);
  }

  TEST_CASE("request parser: a body in any pieces gives what it gives at once") {
    std::mt19937 random(20260802);
    constexpr std::string_view tokens[] = {"5\r\nhello\r\n",
                                           "1\r\nx\r\n",
                                           "3;a=b\r\nabc\r\n",
                                           "0\r\n\r\n",
                                           "0\r\nX: y\r\n\r\n",
                                           "5",
                                           "\r\n",
                                           "hello",
                                           "\n",
                                           "\r",
                                           ";a",
                                           "g"};
    int done = 0;
    int refusals = 0;
    for (int round = 0; round < 5'000; ++round) {
      std::string body;
      const std::size_t count = random() % 6;
      for (std::size_t i = 0; i < count; ++i)
        body += tokens[random() % (i < 2 ? 5 : std::size(tokens))];
      CAPTURE(body);
      Decoded expected = decode_chunked(body);
      ParsedHead parsed(chunked_head);
      Decoded pieces = decode_in_pieces(parsed.parser(), body, [&] { return std::size_t{1} + random() % 5; });
      if (expected.refusal != accepted) pieces.consumed = expected.consumed;
      CHECK(pieces == expected);
      done += expected.done;
      refusals += expected.refusal != accepted;
    }
    CHECK(done > 500);
    CHECK(refusals > 200);
  }
}
