// SPDX-License-Identifier: BSL-1.0
#include "client/response_reader.hpp"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using coroute::ClientLimits;
using coroute::Headers;
using coroute::detail::ResponseError;
using coroute::detail::ResponseReader;
using namespace std::string_view_literals;

namespace {

const ClientLimits default_limits;

struct Outcome {
  std::string text;  // "<status> <body>", "error <sentence>" or "incomplete"
  bool reusable = false;
  std::string rest;

  bool operator==(const Outcome&) const = default;
};

struct Options {
  ClientLimits limits = default_limits;
  bool head_request = false;
  bool end = false;
  std::size_t piece = std::string::npos;  // bytes at a time
};

Outcome read(std::string_view bytes, const Options& options = {}) {
  ResponseReader reader(options.limits, options.head_request);
  std::string unread;
  for (std::size_t at = 0; at < bytes.size() && !reader.is_done() && reader.error() == ResponseError::None;) {
    const std::string_view piece = bytes.substr(at, options.piece);
    unread += piece;
    at += piece.size();
    unread.erase(0, reader.feed(unread));
    if (reader.is_done()) unread += bytes.substr(at);
  }
  if (options.end) reader.feed_end(true);
  if (reader.error() != ResponseError::None) return {std::string("error: ") + to_string(reader.error()), false, ""};
  if (!reader.is_done()) return {"incomplete", false, ""};
  return {std::to_string(reader.response().status_code()) + ' ' + reader.response().body(),
          reader.response().is_reusable(), unread};
}

std::string text_of(std::string_view bytes, const Options& options = {}) {
  return read(bytes, options).text;
}

bool reusable(std::string_view bytes, const Options& options = {}) {
  return read(bytes, options).reusable;
}

Options with_end() {
  Options options;
  options.end = true;
  return options;
}
Options to_head() {
  Options options;
  options.head_request = true;
  return options;
}
Options with_body_limit(std::uint64_t limit) {
  Options options;
  options.limits.max_body_bytes = limit;
  options.end = true;
  return options;
}

constexpr std::string_view ambiguous = "error: the length of the response is ambiguous";
constexpr std::string_view other_coding = "error: the response has a transfer-encoding other than chunked";
constexpr std::string_view bad_chunk = "error: the chunked response body is malformed";
constexpr std::string_view bad_head = "error: the response head is malformed";
constexpr std::string_view early_end = "error: the connection was closed before the response was complete";
constexpr std::string_view body_too_large = "error: the response body is over the limit";

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("response_reader: reads a body of a given length and leaves what follows") {
    const Outcome outcome = read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhellomore");
    CHECK(outcome == Outcome{"200 hello", true, "more"});
    CHECK(read("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") == Outcome{"404 ", true, ""});
  }

  TEST_CASE("response_reader: decodes chunks, drops extensions, keeps trailers apart") {
    const std::string_view bytes =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b;c=\"d\"\r\n world\r\n0\r\nx: "
        "y\r\n\r\n";
    CHECK(read(bytes) == Outcome{"200 hello world", true, ""});
    ResponseReader reader(default_limits, false);
    reader.feed(bytes);
    CHECK_FALSE(reader.response().headers().contains("x"));
    CHECK(reader.response().trailers().size() == 1);
    CHECK(reader.response().trailers().get("x") == "y");
    CHECK(read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nconnection: close\r\n\r\n") ==
          Outcome{"200 ", true, ""});
  }

  TEST_CASE("response_reader: gives the same answer however the bytes arrive") {
    const std::vector<std::string_view> responses{
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\na: b\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhello",
    };
    for (const std::string_view bytes : responses) {
      const Outcome whole = read(bytes, with_end());
      for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
        CAPTURE(bytes);
        CAPTURE(piece);
        Options options = with_end();
        options.piece = piece;
        REQUIRE(read(bytes, options) == whole);
      }
    }
  }

  TEST_CASE("response_reader: without a length the body ends with the connection, which can't be used again") {
    CHECK(text_of("HTTP/1.1 200 OK\r\n\r\nhello") == "incomplete");
    CHECK(read("HTTP/1.1 200 OK\r\n\r\nhello", with_end()) == Outcome{"200 hello", false, ""});
    CHECK(read("HTTP/1.1 200 OK\r\n\r\n", with_end()) == Outcome{"200 ", false, ""});
    CHECK(read("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\nhello", with_end()) ==
          Outcome{"200 hello", false, ""});
  }

  TEST_CASE("response_reader: responses without a body end at their head, whatever it says (RFC 9112 section 6.3)") {
    CHECK(read("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", to_head()) == Outcome{"200 ", true, ""});
    CHECK(read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", to_head()) == Outcome{"200 ", true, ""});
    CHECK(read("HTTP/1.1 200 OK\r\n\r\n", to_head()) == Outcome{"200 ", true, ""});
    CHECK(read("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n") == Outcome{"304 ", true, ""});
    CHECK(read("HTTP/1.1 204 No Content\r\n\r\n") == Outcome{"204 ", true, ""});
  }

  TEST_CASE("response_reader: a 204 that announces a body makes the connection unusable") {
    CHECK(read("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello") == Outcome{"204 ", false, "hello"});
    CHECK(read("HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n") == Outcome{"204 ", false, ""});
  }

  TEST_CASE("response_reader: the connection can be used again when both sides say so") {
    const std::string_view rest = "content-length: 0\r\n\r\n";
    CHECK(reusable(std::string("HTTP/1.1 200 OK\r\n").append(rest)));
    CHECK_FALSE(reusable(std::string("HTTP/1.1 200 OK\r\nconnection: close\r\n").append(rest)));
    CHECK_FALSE(reusable(std::string("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n").append(rest)));
    CHECK_FALSE(reusable(std::string("HTTP/1.1 200 OK\r\nconnection: x\r\nconnection: close\r\n").append(rest)));
    CHECK_FALSE(reusable(std::string("HTTP/1.0 200 OK\r\n").append(rest)));
    CHECK(reusable(std::string("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n").append(rest)));
  }

  TEST_CASE("response_reader: lengths that differ or are no number are refused, equal ones are not") {
    const auto with_lengths = [](std::string_view fields) {
      return std::string("HTTP/1.1 200 OK\r\n").append(fields).append("\r\nhello");
    };
    CHECK(text_of(with_lengths("content-length: 5\r\ncontent-length: 5\r\n")) == "200 hello");
    CHECK(text_of(with_lengths("content-length: 5, 5\r\n")) == "200 hello");
    CHECK(text_of(with_lengths("content-length: 5\r\ncontent-length: 6\r\n")) == ambiguous);
    CHECK(text_of(with_lengths("content-length: 5, 6\r\n")) == ambiguous);
    for (const std::string bad : {"", "-5", "+5", "0x5", "5 5", "5.0", "five", "5,", "99999999999999999999", "\"5\""}) {
      CAPTURE(bad);
      CHECK(text_of(with_lengths(std::string("content-length: ") + bad + "\r\n")) == ambiguous);
    }
  }

  TEST_CASE("response_reader: length and transfer-encoding together are refused in either order") {
    const std::string_view chunks = "\r\n0\r\n\r\n";
    CHECK(
        text_of(std::string("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n").append(chunks)) ==
        ambiguous);
    CHECK(
        text_of(std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n").append(chunks)) ==
        ambiguous);
    CHECK(text_of(std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\ncontent-length: 3\r\n").append(chunks)) ==
          ambiguous);
  }

  TEST_CASE("response_reader: only exactly chunked, once and in HTTP/1.1, is a transfer-encoding") {
    const auto with_coding = [](std::string_view coding) {
      return std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: ").append(coding).append("\r\n\r\n0\r\n\r\n");
    };
    CHECK(text_of(with_coding("chunked")) == "200 ");
    CHECK(text_of(with_coding("Chunked")) == "200 ");
    for (const std::string bad :
         {"gzip", "gzip, chunked", "chunked, identity", "xchunked", "\"chunked\"", "identity", "chunked;q=1", "",
          "\xA0"
          "chunked"}) {
      CAPTURE(bad);
      CHECK(text_of(with_coding(bad)) == other_coding);
    }
    CHECK(text_of(with_coding("chunked\r\ntransfer-encoding: chunked")) == ambiguous);
    CHECK(text_of(with_coding("gzip\r\ntransfer-encoding: chunked")) == other_coding);
    CHECK(text_of("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n") == other_coding);
  }

  TEST_CASE("response_reader: malformed chunks are refused") {
    for (const std::string bad :
         {"x\r\n", "-1\r\n", "0x5\r\nhello\r\n\r\n", "5\nhello\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloX\r\n0\r\n",
          "ffffffffffffffffff\r\n", "5 5\r\n", ";\r\n", "5;\x01\r\n", "5;a=\"\n\"\r\nhello\r\n", " 5\r\nhello\r\n",
          "0\r\ncontent-length: 5\r\n\r\n", "0\r\nbad trailer\r\n\r\n"}) {
      CAPTURE(bad);
      CHECK(text_of(std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n") + bad) == bad_chunk);
    }
  }

  TEST_CASE("response_reader: chunk extensions and trailers are bounded") {
    const std::string head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const std::string chunk = "1;" + std::string(1023, 'a') + "\r\nx\r\n";
    CHECK(text_of(head + chunk + chunk + chunk + chunk + "0\r\n\r\n") == "200 xxxx");
    CHECK(text_of(head + chunk + chunk + chunk + chunk + chunk + "0\r\n\r\n") == bad_chunk);
    CHECK(text_of(head + "1;" + std::string(9000, 'a')) == bad_chunk);
    CHECK(text_of(head + "0\r\n" + std::string(9000, 'a')) == bad_chunk);
    std::string trailers;
    for (std::size_t i = 0; i < default_limits.max_header_count; ++i)
      trailers += "a: b\r\n";
    CHECK(text_of(head + "0\r\n" + trailers + "\r\n") == "200 ");
    CHECK(text_of(head + "0\r\n" + trailers + "a: b\r\n\r\n") == bad_chunk);
  }

  TEST_CASE("response_reader: malformed heads are refused") {
    for (const std::string bad :
         {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
          "HTTP/1.1 200 OK\r\na : b\r\n\r\n", "HTTP/1.1 200 OK\r\na: b\x01\r\n\r\n",
          "HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n", "HTTP/1.1 200 O\x7FK\r\n\r\n", "HTTP/1.1 200 OK\n\n"}) {
      CAPTURE(bad);
      CHECK(text_of(bad) == bad_head);
    }
    CHECK(text_of("HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n"sv) == bad_head);
  }

  TEST_CASE("response_reader: takes exactly the field names and values that Headers takes, trimmed as there") {
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      const std::string text{'x', static_cast<char>(byte), 'y'};
      for (const std::string& field : {text + ":v", "n:" + text, "n: \t" + text + "\t "}) {
        ResponseReader reader(default_limits, true);
        reader.feed("HTTP/1.1 200 OK\r\n" + field + "\r\n\r\n");
        const std::size_t colon = field.find(':');
        Headers expected;
        try {
          expected.add(field.substr(0, colon), field.substr(colon + 1));
        } catch (const std::invalid_argument&) {
          CHECK(reader.error() != ResponseError::None);
          continue;
        }
        REQUIRE(reader.error() == ResponseError::None);
        CHECK(reader.response().headers().get(field.substr(0, colon)) == (*expected.begin()).value);
      }
    }
  }

  TEST_CASE("response_reader: other versions are refused") {
    for (const std::string bad :
         {"HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.x 200 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "ICY 200 OK\r\n\r\n"}) {
      CAPTURE(bad);
      CHECK(text_of(bad) == "error: the response is not HTTP/1.1");
    }
  }

  TEST_CASE("response_reader: statuses are numbers from 100 to 599") {
    CHECK(text_of("HTTP/1.1 599 \r\ncontent-length: 0\r\n\r\n") == "599 ");
    for (const std::string bad : {"099", "600", "999", "20", "2000", "abc", "-20", ""}) {
      CAPTURE(bad);
      CHECK(text_of(std::string("HTTP/1.1 ") + bad + " OK\r\ncontent-length: 0\r\n\r\n") ==
            "error: the status of the response is not a number from 100 to 599");
    }
  }

  TEST_CASE("response_reader: skips informational responses, at most eight") {
    const std::string informational = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";
    const std::string final = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    std::string eight;
    for (int i = 0; i < 8; ++i)
      eight += informational;
    CHECK(read(informational + final) == Outcome{"200 ok", true, ""});
    CHECK(text_of(eight + final) == "200 ok");
    CHECK(text_of(eight + informational + final) == "error: too many informational responses came first");
    ResponseReader reader(default_limits, false);
    reader.feed(informational + final);
    CHECK_FALSE(reader.response().headers().contains("link"));
  }

  TEST_CASE("response_reader: a switch of protocols that nobody asked for is refused") {
    CHECK(text_of("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n") ==
          "error: the peer switched protocols without being asked");
  }

  TEST_CASE("response_reader: a body may have max_body_bytes and not one more, in every framing") {
    const std::string by_length = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    const std::string by_chunks =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    const std::string by_end = "HTTP/1.1 200 OK\r\n\r\nhello";
    for (const std::string& bytes : {by_length, by_chunks, by_end}) {
      CAPTURE(bytes);
      CHECK(text_of(bytes, with_body_limit(6)) == "200 hello");
      CHECK(text_of(bytes, with_body_limit(5)) == "200 hello");
      CHECK(text_of(bytes, with_body_limit(4)) == body_too_large);
    }
    CHECK(text_of("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n") == body_too_large);
    CHECK(text_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n") == body_too_large);
  }

  TEST_CASE("response_reader: a head over the limits is refused") {
    Options options;
    options.limits.max_response_head_bytes = 64;
    CHECK(text_of("HTTP/1.1 200 OK\r\na: " + std::string(60, 'x') + "\r\n\r\n", options) ==
          "error: the response head is over the limit");
  }

  TEST_CASE("response_reader: an end before the end is an error") {
    for (const std::string part : {"", "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", "HTTP/1.1 100 Continue\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
                                   "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
      CAPTURE(part);
      CHECK(text_of(part, with_end()) == early_end);
    }
  }

  TEST_CASE("response_reader: however a response is damaged, all ways of receiving it agree") {
    const std::vector<std::string> originals{
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\nhello world",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\nx: y\r\n\r\n",
        "HTTP/1.0 200 OK\r\na: b\r\n\r\nuntil the end",
    };
    constexpr std::string_view replacements = "\r\n :;0159afAF\t,=\"\0\x7F\xFF"sv;
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
      std::string bytes = originals[random() % originals.size()];
      for (std::size_t damages = random() % 3 + 1; damages > 0; --damages) {
        const std::size_t at = random() % bytes.size();
        switch (random() % 3) {
          case 0:
            bytes[at] = replacements[random() % replacements.size()];
            break;
          case 1:
            bytes.erase(at, random() % 4);
            break;
          default:
            bytes.insert(at, 1, replacements[random() % replacements.size()]);
        }
      }
      const Outcome whole = read(bytes, with_end());
      Options options = with_end();
      options.piece = random() % 5 + 1;
      const Outcome pieces = read(bytes, options);
      CAPTURE(bytes);
      CAPTURE(options.piece);
      const bool both_failed = whole.text.starts_with("error") && pieces.text.starts_with("error");
      REQUIRE((both_failed || whole == pieces));
    }
  }

  TEST_CASE("response_reader: repeated fields are all there, in order") {
    ResponseReader reader(default_limits, false);
    reader.feed("HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\ncontent-length: 0\r\n\r\n");
    REQUIRE(reader.is_done());
    const auto cookies = reader.response().headers().get_all("set-cookie");
    REQUIRE(cookies.size() == 2);
    CHECK(cookies[0] == "a=1");
    CHECK(cookies[1] == "b=2");
  }

  TEST_CASE("response_reader: 101 is an answer when an upgrade was asked for, and what follows is left") {
    const std::string bytes = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 x\r\nupgrade: y\r\n\r\nHTTP/1.1 2";
    CHECK(text_of(bytes).starts_with("error"));
    ResponseReader reader(default_limits, false);
    reader.allow_upgrade();
    CHECK(bytes.substr(reader.feed(bytes)) == "HTTP/1.1 2");
    CHECK(reader.has_final_head());
    CHECK(reader.error() == ResponseError::None);
    CHECK(reader.response().status_code() == 101);
    CHECK(reader.response().headers().get("upgrade") == "y");
  }
}
