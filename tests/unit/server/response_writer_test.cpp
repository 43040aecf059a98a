// SPDX-License-Identifier: BSL-1.0
#include "server/response_writer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "coroute/json.hpp"

using coroute::Json;
using coroute::Response;
using coroute::Status;
using coroute::detail::body_to_send;
using coroute::detail::make_fixed_fields;
using coroute::detail::OutputBuffer;
using coroute::detail::ResponseContext;
using coroute::detail::write_head;

namespace {

std::string head_of(const Response& response, const ResponseContext& context = {}) {
  OutputBuffer buffer;
  write_head(buffer, response, context);
  return std::string(buffer.view());
}

Response with_header(Response response, std::string_view name, std::string_view value) {
  response.headers.add(name, value);
  return response;
}

ResponseContext closing() {
  ResponseContext context;
  context.keep_alive = false;
  return context;
}

coroute::AsyncGenerator<std::string> nothing() {
  co_return;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("response writer: a streamed body has chunks, or the length that is known, or ends with the connection") {
    ResponseContext context;
    CHECK(contains(head_of(coroute::stream(nothing()), context), "transfer-encoding: chunked\r\n"));
    CHECK_FALSE(contains(head_of(coroute::stream(nothing()), context), "content-length"));
    const std::string known = head_of(coroute::stream(nothing(), "text/plain", Status::Ok, 7), context);
    CHECK(contains(known, "content-length: 7\r\ncontent-type: text/plain\r\n"));
    CHECK_FALSE(contains(known, "chunked"));
    Response trailed = coroute::stream(nothing(), "text/plain", Status::Ok, 7);
    trailed.set_trailers(std::make_shared<const coroute::Headers>());
    CHECK(contains(head_of(trailed, context), "transfer-encoding: chunked\r\n"));
    CHECK_FALSE(contains(head_of(trailed, context), "content-length"));
    context.http11 = false;
    CHECK(contains(head_of(trailed, context), "content-length: 7\r\n"));
    const std::string old = head_of(coroute::stream(nothing()), context);
    CHECK_FALSE(contains(old, "chunked"));
    CHECK_FALSE(contains(old, "content-length"));
    CHECK_FALSE(contains(head_of(coroute::stream(nothing(), {}, Status::NoContent)), "chunked"));
  }

  TEST_CASE("response writer: a chunk has its size in hex, and what is too large to copy is left to the caller") {
    OutputBuffer buffer;
    CHECK(coroute::detail::put_chunk(buffer, std::string(26, 'x'), 26).empty());
    CHECK(buffer.view() == "1a\r\n" + std::string(26, 'x') + "\r\n");
    buffer.clear();
    const std::string large(27, 'y');
    CHECK(coroute::detail::put_chunk(buffer, large, 26).data() == large.data());
    CHECK(buffer.view() == "1b\r\n");
  }

  TEST_CASE("response writer: status line, fixed fields, length and type come in this order") {
    ResponseContext context;
    context.fixed_fields = "date: now\r\nserver: coroute\r\n";
    CHECK(head_of(coroute::text("hello"), context) ==
          "HTTP/1.1 200 OK\r\ndate: now\r\nserver: coroute\r\ncontent-length: 5\r\n"
          "content-type: text/plain; charset=utf-8\r\n\r\n");
  }

  TEST_CASE("response writer: every maker of responses has its content type") {
    const auto type_line = [](const Response& response) {
      const std::string head = head_of(response);
      const std::size_t begin = head.find("content-type: ");
      return begin == std::string::npos ? "" : head.substr(begin, head.find("\r\n", begin) - begin);
    };
    CHECK(type_line(coroute::text("")) == "content-type: text/plain; charset=utf-8");
    CHECK(type_line(coroute::html("")) == "content-type: text/html; charset=utf-8");
    CHECK(type_line(coroute::json(Json(1))) == "content-type: application/json");
    CHECK(type_line(coroute::json_text("1")) == "content-type: application/json");
    CHECK(type_line(coroute::static_bytes("x", "image/png")) == "content-type: image/png");
    CHECK(type_line(Response("x", "a/b")) == "content-type: a/b");
    CHECK(type_line(Response("x")).empty());
    CHECK(type_line(coroute::redirect("/")).empty());
  }

  TEST_CASE("response writer: a content type that the handler set replaces the implied one") {
    const std::string head = head_of(with_header(coroute::text("x"), "Content-Type", "text/csv"));
    CHECK(head == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-type: text/csv\r\n\r\n");
  }

  TEST_CASE("response writer: other statuses have their registered phrase, unregistered ones none") {
    CHECK(head_of(Response(Status::NotFound)).starts_with("HTTP/1.1 404 Not Found\r\n"));
    CHECK(head_of(Response(Status::Created)).starts_with("HTTP/1.1 201 Created\r\n"));
    CHECK(head_of(Response(Status::NetworkAuthenticationRequired))
              .starts_with("HTTP/1.1 511 Network Authentication Required\r\n"));
    CHECK(head_of(Response(Status(299))).starts_with("HTTP/1.1 299 \r\n"));
  }

  TEST_CASE("response writer: fields go out in lower case, in order, repeated ones too") {
    Response response("x");
    response.headers.add("X-Second", "Value");
    response.headers.add("set-cookie", "a=b");
    response.headers.add("Set-Cookie", "c=d");
    response.headers.add("x-empty", "");
    response.headers.add("X_^Z", "1");
    CHECK(head_of(response) ==
          "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nx-second: Value\r\nset-cookie: a=b\r\nset-cookie: c=d\r\n"
          "x-empty: \r\nx_^z: 1\r\n\r\n");
  }

  TEST_CASE("response writer: framing fields that the handler set are left out") {
    Response response = coroute::text("hello");
    response.headers.add("Content-Length", "999");
    response.headers.add("transfer-encoding", "chunked");
    response.headers.add("CONNECTION", "keep-alive");
    response.headers.add("Date", "yesterday");
    response.headers.add("dates", "stay");
    response.headers.add("x-content-length", "stays");
    CHECK(head_of(response, closing()) ==
          "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/plain; charset=utf-8\r\n"
          "dates: stay\r\nx-content-length: stays\r\nconnection: close\r\n\r\n");
  }

  TEST_CASE("response writer: what happens to the connection is said where it isn't the default") {
    ResponseContext context;
    CHECK(head_of(Response("x"), context) == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n");
    CHECK(head_of(Response("x"), closing()) == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n");
    context.http11 = false;
    CHECK(head_of(Response("x"), context) == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n");
    context.keep_alive = false;
    CHECK(head_of(Response("x"), context) == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n");
  }

  TEST_CASE("response writer: an empty body has a length, an answer without body has none") {
    CHECK(head_of(Response(Status::Ok)) == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    CHECK(head_of(coroute::text("dropped", Status::NoContent)) == "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(head_of(coroute::text("dropped", Status::NotModified)) == "HTTP/1.1 304 Not Modified\r\n\r\n");
    CHECK(head_of(coroute::text("dropped", Status::ResetContent)) ==
          "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n");
    CHECK(head_of(with_header(Response(Status::NotModified), "etag", "\"x\"")) ==
          "HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\n");
  }

  TEST_CASE("response writer: HEAD gets the head of GET and no body") {
    ResponseContext head_request;
    head_request.head_request = true;
    const Response response = coroute::text("hello");
    CHECK(head_of(response, head_request) == head_of(response));
    CHECK(body_to_send(response, head_request).empty());
    CHECK(body_to_send(response, {}) == "hello");
  }

  TEST_CASE("response writer: a body is only sent where the status allows one") {
    for (const Status status : {Status::NoContent, Status::ResetContent, Status::NotModified}) {
      CHECK(body_to_send(coroute::text("dropped", status), {}).empty());
    }
    for (const Status status : {Status::Ok, Status::Created, Status::NotFound, Status::InternalServerError}) {
      CHECK(body_to_send(coroute::text("kept", status), {}) == "kept");
    }
  }

  TEST_CASE("response writer: static bytes are sent from where they are") {
    static constexpr std::string_view bytes = "static";
    const Response response = coroute::static_bytes(bytes, "text/plain");
    CHECK(body_to_send(response, {}).data() == bytes.data());
    CHECK(head_of(response).find("content-length: 6\r\n") != std::string::npos);
  }

  TEST_CASE("response writer: a large head fits, behind what waits in the buffer") {
    Response response("x");
    const std::string value(5000, 'v');
    for (int i = 0; i < 10; ++i)
      response.headers.add("x-large", value);
    OutputBuffer buffer;
    buffer.append("earlier");
    write_head(buffer, response, closing());
    std::string expected = "earlierHTTP/1.1 200 OK\r\ncontent-length: 1\r\n";
    for (int i = 0; i < 10; ++i)
      expected += "x-large: " + value + "\r\n";
    CHECK(buffer.view() == expected + "connection: close\r\n\r\n");
  }

  TEST_CASE("response writer: fixed fields are the date and, where there is one, the server's name") {
    const std::string fields = make_fixed_fields("coroute");
    CHECK(fields.starts_with("date: "));
    CHECK(fields.ends_with(" GMT\r\nserver: coroute\r\n"));
    CHECK(fields.size() == std::string_view("date: Sun, 06 Nov 1994 08:49:37 GMT\r\nserver: coroute\r\n").size());
    CHECK(make_fixed_fields("").ends_with(" GMT\r\n"));
  }
}
