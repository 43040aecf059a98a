// SPDX-License-Identifier: BSL-1.0
#include "server/request_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/parsed_head.hpp"

using coroute::HeaderField;
using coroute::Method;
using coroute::RequestHead;
using coroute::ServerLimits;
using coroute::detail::is_valid_host;
using coroute::detail::is_valid_target;
using coroute::detail::RequestParser;
using coroute::testing::accepted;
using coroute::testing::ParsedHead;
using namespace std::string_literals;

namespace {

int refusal_of(std::string head) {
  return ParsedHead(std::move(head)).refusal();
}
int line_refusal(std::string_view line) {
  return refusal_of(std::string(line) + "\r\nHost: localhost\r\n\r\n");
}
int target_refusal(std::string_view target, std::string_view method = "GET") {
  return line_refusal(std::string(method) + " " + std::string(target) + " HTTP/1.1");
}
int host_refusal(std::string_view host) {
  return refusal_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
}
/// With these lines behind the Host field.
int fields_refusal(std::string_view lines, std::string_view request_line = "POST / HTTP/1.1") {
  return refusal_of(std::string(request_line) + "\r\nHost: localhost\r\n" + std::string(lines) + "\r\n\r\n");
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("request parser: a head gives method, target, version and fields as they were sent") {
    ParsedHead parsed(
        "GET /a%20b?c=d HTTP/1.1\r\nHost: localhost:8000\r\nX-A:\t  v w \t \r\nx-a: \xFF\xFE\r\nX-B:\r\n\r\n");
    REQUIRE(parsed.refusal() == accepted);
    const RequestHead head = parsed.head();
    CHECK(head.method == Method::Get);
    CHECK(head.method_name == "GET");
    CHECK(head.target == "/a%20b?c=d");
    CHECK(head.version == 11);
    REQUIRE(parsed.fields().size() == 4);
    CHECK(head.headers.get("host") == "localhost:8000");
    CHECK(parsed.fields()[1].name == "X-A");
    CHECK(parsed.fields()[1].value == "v w");
    CHECK(parsed.fields()[2].value == "\xFF\xFE");
    CHECK(parsed.fields()[3].value.empty());
    CHECK(parsed.parser().is_done());
    CHECK_FALSE(parsed.parser().expects_continue());
  }

  TEST_CASE("request parser: the fields of an earlier request are gone") {
    std::vector<HeaderField> fields{{"old", "field"}};
    const ServerLimits limits;
    RequestParser parser(limits, false, fields);
    CHECK_FALSE(parser.parse_head("GET / HTTP/1.0\r\n\r\n"));
    CHECK(parser.head().headers.empty());
    CHECK(parser.head().version == 10);
  }

  TEST_CASE("request parser: half a head is refused") {
    std::vector<HeaderField> fields;
    const ServerLimits limits;
    for (const std::string_view head : {"", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n"}) {
      RequestParser parser(limits, false, fields);
      CHECK(parser.parse_head(head) == coroute::Status::BadRequest);
    }
  }

  TEST_CASE("request parser: known and unknown methods in capitals pass") {
    for (const std::string_view method :
         {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH", "X_1", "PRI", "QUERY"}) {
      CAPTURE(method);
      ParsedHead parsed(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
      CHECK(parsed.refusal() == accepted);
      CHECK(parsed.head().method_name == method);
      CHECK(parsed.head().method == coroute::parse_method(method));
    }
  }

  TEST_CASE("request parser: a method in other letters than capitals is not implemented") {
    for (const std::string_view method : {"get", "Get", "gET", "pOST", "connect", "G!T", "GET*", "G.T"}) {
      CAPTURE(method);
      CHECK(target_refusal("/", method) == 501);
    }
  }

  TEST_CASE("request parser: a method may have 32 characters and not more") {
    CHECK(target_refusal("/", std::string(31, 'A')) == accepted);
    CHECK(target_refusal("/", std::string(32, 'A')) == accepted);
    CHECK(target_refusal("/", std::string(33, 'A')) == 501);
    CHECK(target_refusal("/", std::string(8000, 'A')) == 501);
  }

  TEST_CASE("request parser: what is no token is no method") {
    for (const std::string& line :
         {"G(T / HTTP/1.1"s, "GE\x01T / HTTP/1.1"s, "GE\0T / HTTP/1.1"s, " / HTTP/1.1"s, "GET: / HTTP/1.1"s,
          "\0GET / HTTP/1.1"s, " GET / HTTP/1.1"s, "GET\t/ HTTP/1.1"s, "G\xC3\x89T / HTTP/1.1"s}) {
      CAPTURE(line);
      CHECK(line_refusal(line) == 400);
    }
  }

  TEST_CASE("request parser: CONNECT is never allowed, TRACE only where it is switched on") {
    CHECK(target_refusal("/", "CONNECT") == 405);
    CHECK(target_refusal("example.org:443", "CONNECT") == 405);
    CHECK(target_refusal("/", "TRACE") == 405);
    const std::string trace = "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(ParsedHead(trace, {}, true).refusal() == accepted);
    CHECK(ParsedHead("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", {}, true).refusal() == 405);
  }

  TEST_CASE("request parser: another version of HTTP is not supported") {
    for (const std::string_view version : {"HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "HTTP/3.0", "HTTP/1.2"}) {
      CAPTURE(version);
      CHECK(line_refusal("GET / " + std::string(version)) == 505);
    }
    CHECK(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
    CHECK(refusal_of("GET / HTTP/1.0\r\n\r\n") == accepted);
  }

  TEST_CASE("request parser: what is no version is refused") {
    for (const std::string& line :
         {"GET /"s, "GET / "s, "GET"s, "GET / http/1.1"s, "GET / HTTP/11"s, "GET / HTTP/1."s, "GET / HTTP/1.10"s,
          "GET / HTTP/01.1"s, "GET / HTTP/+1.1"s, "GET / HTTP/1.1x"s, "GET / HTTP/1.1\0"s, "GET / HTTPS/1.1"s,
          "GET / HTTP/1,1"s, "GET / HTTP/a.b"s, "GET / HTTP/2"s, "GET / HTTP/22.0"s, "HTTP/1.1 200 OK"s,
          "PROXY TCP4 1.2.3.4 1.2.3.4 1 2"s}) {
      CAPTURE(line);
      CHECK(line_refusal(line) == 400);
    }
  }

  TEST_CASE("request parser: exactly one space stands between the parts of a request line") {
    for (const std::string_view line : {"GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET\f/\fHTTP/1.1",
                                        "GET\r/\rHTTP/1.1", "GET /a b HTTP/1.1", "GET / HTTP/1.1\t"}) {
      CAPTURE(line);
      CHECK(line_refusal(line) == 400);
    }
  }

  TEST_CASE("request parser: a target is printable ASCII with complete escapes") {
    for (const std::string_view target : {"/", "//", "/a/../b", "/%41%c3%a9%2F", "/a?b=%20&c", "/?", "/??", "/a%ff",
                                          "/[x]|{y}^`\"<>\\", "/%01", "/a;b=c"}) {
      CAPTURE(target);
      CHECK(target_refusal(target) == accepted);
      CHECK(is_valid_target(target));
    }
    for (const std::string& target :
         {"/%zz"s, "/a%"s, "/a%2"s, "/a%2g"s, "/a?b=%"s, "/a?b=%4"s, "/a%00b"s, "/?%00"s, "/a#b"s, "/#"s, "/a?b#c"s,
          "/a\0b"s, "/a\x7F"s, "/caf\xC3\xA9"s, "/a\rb"s, "/\x01"s, "/%%41"s}) {
      CAPTURE(target);
      CHECK(target_refusal(target) == 400);
      CHECK_FALSE(is_valid_target(target));
    }
  }

  TEST_CASE("request parser: a target is a path, an absolute URL, or for OPTIONS an asterisk") {
    CHECK(target_refusal("*", "OPTIONS") == accepted);
    CHECK(target_refusal("*") == 400);
    CHECK(target_refusal("**", "OPTIONS") == 400);
    CHECK(target_refusal("*x", "OPTIONS") == 400);
    for (const std::string_view target :
         {"foo", "foo/bar", "?a", "localhost:80", "localhost", "ftp://localhost/", "http:/localhost", "http:localhost",
          "http://", "https://", "http", "mailto:a@b", "httpx://localhost/"}) {
      CAPTURE(target);
      CHECK(target_refusal(target) == 400);
    }
  }

  TEST_CASE("request parser: of an absolute URL the path and query count") {
    const auto target_of = [](std::string_view target) {
      ParsedHead parsed("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      CAPTURE(target);
      CHECK(parsed.refusal() == accepted);
      return std::string(parsed.head().target);
    };
    CHECK(target_of("http://localhost/a/b?c") == "/a/b?c");
    CHECK(target_of("https://localhost/a") == "/a");
    CHECK(target_of("HTTP://LOCALHOST/a") == "/a");
    CHECK(target_of("http://localhost") == "/");
    CHECK(target_of("http://localhost/") == "/");
    CHECK(target_of("http://localhost?query") == "/?query");
    CHECK(target_of("http://localhost?") == "/?");
    CHECK(target_of("http://localhost?" + std::string(100, 'q') + "/x") == "/?" + std::string(100, 'q') + "/x");
    CHECK(target_of("http://localhost//other.example/") == "//other.example/");
    CHECK(refusal_of("GET http://a:80/ HTTP/1.1\r\nHost: A:80\r\n\r\n") == accepted);
    CHECK(refusal_of("GET http://[::1]:80/ HTTP/1.1\r\nHost: [::1]:80\r\n\r\n") == accepted);
    CHECK(refusal_of("GET http://any.example/ HTTP/1.0\r\n\r\n") == accepted);
  }

  TEST_CASE("request parser: an absolute URL that contradicts the Host field is refused") {
    for (const std::string_view target :
         {"http://other.example/", "http://localhost:80/", "http://localhost.evil/", "http://evil?localhost",
          "http://u@localhost/", "http://localhost@evil/", "http:///path", "http://?query", "http://a b/",
          "http://[::1/", "http://localhost:x/", "http://localhost:99999/", "http://localhost\\evil/"}) {
      CAPTURE(target);
      CHECK(target_refusal(target) == 400);
    }
    CHECK(refusal_of("GET http://a/ HTTP/1.1\r\n\r\n") == 400);
    CHECK(refusal_of("GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n") == 400);
    CHECK(refusal_of("GET http://u@a/ HTTP/1.0\r\n\r\n") == 400);
  }

  TEST_CASE("request parser: HTTP/1.1 needs one Host field, HTTP/1.0 has one at most") {
    CHECK(refusal_of("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(refusal_of("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n") == 400);
    CHECK(fields_refusal("Host: localhost") == 400);
    CHECK(fields_refusal("hOsT: evil") == 400);
    CHECK(refusal_of("GET / HTTP/1.0\r\n\r\n") == accepted);
    CHECK(refusal_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
    CHECK(refusal_of("GET / HTTP/1.0\r\nHost: a b\r\n\r\n") == 400);
  }

  TEST_CASE("request parser: a Host field is a name or address with an optional port") {
    for (const std::string_view host :
         {"", "a", "localhost", "localhost:8000", "LOCALHOST", "a.b-c_d~e", "1.2.3.4:80", "[::1]", "[::1]:80",
          "[2001:db8::ff00:42:8329]", "[::ffff:1.2.3.4]:1", "a:", "a:0", "a:65535", "%41", "a!$&'()*+,;="}) {
      CAPTURE(host);
      CHECK(is_valid_host(host));
      CHECK(host_refusal(host) == accepted);
    }
  }

  TEST_CASE("request parser: any other Host field is refused") {
    for (const std::string& host : {"a b"s,      "a/b"s,       "/"s,           "http://a"s, "u@a"s,
                                    "a:b"s,      "a:-1"s,      "a:+1"s,        "a:65536"s,  "a:99999"s,
                                    "a:100000"s, "a:0x50"s,    "a:1:2"s,       "a: 80"s,    ":80"s,
                                    ":"s,        "[::1"s,      "::1"s,         "[]"s,       "[:]"s,
                                    "[::1]x"s,   "[::1]80"s,   "[::1]:x"s,     "[::g]"s,    "[fe80::1%25eth0]"s,
                                    "[a]"s,      "[1.2.3.4]"s, "[....]"s,      "[:::]"s,    "[1:2:3:4:5:6:7:8:9]"s,
                                    "a?b"s,      "a#b"s,       "%zz"s,         "%4"s,       "%"s,
                                    "%00"s,      "<script>"s,  "a\\b"s,        "a\"b"s,     "a^b"s,
                                    "a\0b"s,     "a\x7F"s,     "caf\xC3\xA9"s, "a, b"s,     "a\tb"s}) {
      CAPTURE(host);
      CHECK_FALSE(is_valid_host(host));
      CHECK(host_refusal(host) == 400);
    }
  }

  TEST_CASE("request parser: a field's name is a token directly before the colon") {
    for (const std::string& line : {"X-A : 1"s, "X-A\t: 1"s, ": x"s, "X(Y: 1"s, "X\0Y: 1"s, "\"X\": 1"s, "X@Y: 1"s,
                                    "X\x01: 1"s, "X\xC3\xA9: 1"s, "no colon"s, "X Y: 1"s, "X\rY: 1"s}) {
      CAPTURE(line);
      CHECK(fields_refusal(line) == 400);
    }
  }

  TEST_CASE("request parser: a field's value has no control characters") {
    for (const std::string& line :
         {"X: a\0b"s, "X: \0"s, "X: a\rb"s, "X: a\rTransfer-Encoding: chunked"s, "X: a\x07"s, "X: a\x7F"s, "X: \x0B"s,
          "X: \x1B[0m"s, "X: a\nb"s, "X: a\nTransfer-Encoding: chunked"s}) {
      CAPTURE(line);
      CHECK(fields_refusal(line) == 400);
    }
    CHECK(fields_refusal("X: a\tb") == accepted);
    CHECK(fields_refusal("X: \x80\xFF") == accepted);
  }

  TEST_CASE("request parser: folded fields are refused") {
    CHECK(fields_refusal("X: 1\r\n 2") == 400);
    CHECK(fields_refusal("Content-Length:\r\n 5") == 400);
    CHECK(fields_refusal("Transfer-Encoding:\r\n\tchunked") == 400);
  }

  TEST_CASE("request parser: a content length is digits only") {
    for (const std::string_view length : {"0", "5", "05", "18446744073709551614", "9223372036854775808"}) {
      CAPTURE(length);
      CHECK(fields_refusal("Content-Length: " + std::string(length)) == accepted);
    }
    for (const std::string& length : {"+5"s,
                                      "-5"s,
                                      "-0"s,
                                      "5.0"s,
                                      "5e0"s,
                                      ""s,
                                      "5;"s,
                                      "\"5\""s,
                                      "5 5"s,
                                      "0_5"s,
                                      "0x5"s,
                                      "\x0B"
                                      "5"s,
                                      "5\0"s,
                                      "\xEF\xBC\x95"s,
                                      "5, 6"s,
                                      "5, x"s,
                                      "5abc"s,
                                      "\xC2\xA0"
                                      "5"s,
                                      "18446744073709551616"s,
                                      "18446744073709551621"s,
                                      "-4294967291"s,
                                      "99999999999999999999999999"s,
                                      "5\r"s,
                                      "5, 5"s,
                                      "5,5"s,
                                      ",5"s,
                                      "5,"s}) {
      CAPTURE(length);
      CHECK(fields_refusal("Content-Length: " + length) == 400);
    }
  }

  TEST_CASE("request parser: two content lengths are refused, also the same twice") {
    CHECK(fields_refusal("Content-Length: 5\r\nContent-Length: 5") == 400);
    CHECK(fields_refusal("Content-Length: 5\r\nContent-Length: 6") == 400);
    CHECK(fields_refusal("Content-Length: 0\r\ncontent-length: 0") == 400);
    CHECK(fields_refusal("Content-Length : 5") == 400);
  }

  TEST_CASE("request parser: the only transfer coding is chunked, once") {
    for (const std::string_view coding : {"chunked", "cHuNkEd", "\t chunked \t"}) {
      CAPTURE(coding);
      CHECK(fields_refusal("Transfer-Encoding: " + std::string(coding)) == accepted);
    }
    for (const std::string& coding :
         {"identity"s, "gzip"s, "xchunked"s, "chunkedx"s, "chunked;foo=1"s, "\"chunked\""s,
          "\x0B"
          "chunked"s,
          "chunked\f"s, "chunked, identity"s, "gzip, chunked"s, "chunked, chunked"s, "chunked,"s, ",chunked"s, ""s,
          "\xE2\x84\xAA"
          "hunked"s,
          "\xA0"
          "chunked"s,
          "\rchunked"s, "chunked\0"s, "chunked chunked"s}) {
      CAPTURE(coding);
      CHECK(fields_refusal("Transfer-Encoding: " + coding) == 400);
    }
    for (const std::string_view lines : {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                         "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                                         "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                                         "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked"}) {
      CAPTURE(lines);
      CHECK(fields_refusal(lines) == 400);
    }
  }

  TEST_CASE("request parser: a transfer coding together with a content length is refused") {
    for (const std::string_view lines :
         {"Transfer-Encoding: chunked\r\nContent-Length: 5", "Content-Length: 5\r\nTransfer-Encoding: chunked",
          "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nTransfer-Encoding: identity",
          "Transfer-Encoding: \xA0"
          "chunked\r\nContent-Length: 5"}) {
      CAPTURE(lines);
      CHECK(fields_refusal(lines) == 400);
    }
  }

  TEST_CASE("request parser: HTTP/1.0 has no transfer coding") {
    CHECK(fields_refusal("Transfer-Encoding: chunked", "POST / HTTP/1.0") == 400);
    CHECK(fields_refusal("Transfer-Encoding: identity", "POST / HTTP/1.0") == 400);
    CHECK(fields_refusal("Content-Length: 5", "POST / HTTP/1.0") == accepted);
  }

  TEST_CASE("request parser: an upgrade to WebSocket has no body") {
    const std::string upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    CHECK(fields_refusal(upgrade + "Content-Length: 5", "GET / HTTP/1.1") == 400);
    CHECK(fields_refusal(upgrade + "Transfer-Encoding: chunked", "GET / HTTP/1.1") == 400);
    CHECK(fields_refusal("Content-Length: 5\r\nUpgrade: h2c, WebSocket\r\nConnection: upgrade", "GET / HTTP/1.1") ==
          400);
    CHECK(fields_refusal(upgrade + "Content-Length: 0", "GET / HTTP/1.1") == accepted);
    CHECK(fields_refusal("Connection: upgrade\r\nUpgrade: websocket", "GET / HTTP/1.1") == accepted);
    CHECK(fields_refusal("Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 5") == accepted);
  }

  TEST_CASE("request parser: the only expectation is 100-continue, once") {
    ParsedHead parsed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
    CHECK(parsed.refusal() == accepted);
    CHECK(parsed.parser().expects_continue());
    for (const std::string_view lines : {"Expect: bogus", "Expect:", "Expect: 100-continue, x", "Expect: 200-ok",
                                         "Expect: 100-continue\r\nExpect: 100-continue"}) {
      CAPTURE(lines);
      CHECK(fields_refusal(lines) == 417);
    }
  }

  TEST_CASE("request parser: an expectation of HTTP/1.0 is ignored") {
    ParsedHead parsed("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    CHECK(parsed.refusal() == accepted);
    CHECK_FALSE(parsed.parser().expects_continue());
    CHECK(refusal_of("POST / HTTP/1.0\r\nExpect: bogus\r\n\r\n") == accepted);
  }

  TEST_CASE("request parser: a connection stays open as RFC 9112 section 9.3 says") {
    const auto keeps_alive = [](std::string_view version, std::string_view lines) {
      ParsedHead parsed("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(lines) + "\r\n");
      CHECK(parsed.refusal() == accepted);
      return parsed.parser().keep_alive();
    };
    CHECK(keeps_alive("HTTP/1.1", ""));
    CHECK_FALSE(keeps_alive("HTTP/1.1", "Connection: CLOSE\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.1", "Connection: foo, close\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.1", "Connection: foo\r\nConnection: close\r\n"));
    CHECK_FALSE(keeps_alive("HTTP/1.0", ""));
    CHECK(keeps_alive("HTTP/1.0", "Connection: keep-alive\r\n"));
  }
}
