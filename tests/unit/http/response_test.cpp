// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/response.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/json.hpp"

using coroute::AsyncGenerator;
using coroute::Json;
using coroute::Response;
using coroute::SetCookie;
using coroute::Status;
using namespace std::string_literals;

namespace {

AsyncGenerator<std::string> letters() {
  co_yield std::string("a");
  co_yield std::string("b");
}

coroute::Async<std::string> read_all(Response response) {
  co_await response.read();
  co_return std::string(response.content());
}

coroute::Async<std::string> first_piece(Response response) {
  AsyncGenerator<std::string> pieces = response.take_stream();
  const std::optional<std::string> piece = co_await pieces.next();
  co_return piece.value_or("none");
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("response: a streamed one has pieces instead of a body, and a length when that is known") {
    const Response response = coroute::stream(letters(), "text/csv", Status::Accepted);
    CHECK(response.is_streamed());
    CHECK(response.content().empty());
    CHECK(response.content_type() == "text/csv");
    CHECK(response.status == Status::Accepted);
    CHECK(response.stream_length() == std::nullopt);
    CHECK(coroute::stream(letters(), {}, Status::Ok, 2).stream_length() == 2);
    CHECK(coroute::stream(letters()).headers.empty());
    CHECK_FALSE(coroute::text("x").is_streamed());
    CHECK(coroute::text("x").stream_length() == std::nullopt);
  }

  TEST_CASE("response: reading a streamed one makes a plain one of it, and any other stays what it is") {
    CHECK(coroute::run(read_all(coroute::stream(letters()))) == "ab");
    CHECK(coroute::run(read_all(coroute::text("x"))) == "x");
  }

  TEST_CASE("response: setting a stream replaces the body that was there") {
    Response response = coroute::static_bytes("constant", "text/plain");
    response.set_stream(letters());
    CHECK(response.content().empty());
    CHECK(coroute::run(first_piece(std::move(response))) == "a");
  }

  TEST_CASE("response: the pieces can be taken once, by one of several copies") {
    Response response = coroute::stream(letters());
    const Response copy = response;
    CHECK(coroute::run(first_piece(std::move(response))) == "a");
    CHECK_THROWS_AS(coroute::run(first_piece(copy)), coroute::RuntimeError);
    CHECK_THROWS_AS(coroute::run(first_piece(coroute::text("x"))), coroute::RuntimeError);
  }

  TEST_CASE("response: a new one is 200, without body, headers or type") {
    const Response response;
    CHECK(response.status == Status::Ok);
    CHECK(response.content().empty());
    CHECK(response.headers.empty());
    CHECK(response.content_type().empty());
    CHECK(Response(Status::NoContent).status == Status::NoContent);
  }

  TEST_CASE("response: a body with a type has it in the headers") {
    const Response response("a,b", "text/csv", Status::Created);
    CHECK(response.content() == "a,b");
    CHECK(response.headers.get("content-type") == "text/csv");
    CHECK(response.content_type() == "text/csv");
    CHECK(response.status == Status::Created);
    CHECK(Response("x").headers.empty());
  }

  TEST_CASE("response: text, html and json imply their type and need no header") {
    CHECK(coroute::text("x").content_type() == "text/plain; charset=utf-8");
    CHECK(coroute::html("<p>").content_type() == "text/html; charset=utf-8");
    CHECK(coroute::json(Json::array()).content_type() == "application/json");
    CHECK(coroute::json_text("[]").content_type() == "application/json");
    CHECK(coroute::text("x").headers.empty());
    CHECK(coroute::text("x").implied_content_type() == "text/plain; charset=utf-8");
    CHECK(coroute::text("x", Status::Accepted).status == Status::Accepted);
    CHECK(coroute::html("x", Status::NotFound).status == Status::NotFound);
    CHECK(coroute::json(1, Status::Created).status == Status::Created);
    CHECK(coroute::json_text("1", Status::Created).status == Status::Created);
  }

  TEST_CASE("response: json is compact and keeps the order of members") {
    CHECK(coroute::json(Json{{"z", 1}, {"a", {true, nullptr}}}).body == R"({"z":1,"a":[true,null]})");
    CHECK(coroute::json_text("{ }").body == "{ }");
  }

  TEST_CASE("response: a header overrules the implied type") {
    Response response = coroute::text("x");
    response.headers.set("Content-Type", "text/markdown");
    CHECK(response.content_type() == "text/markdown");
    CHECK(response.implied_content_type() == "text/plain; charset=utf-8");
  }

  TEST_CASE("response: static bytes are not copied") {
    static constexpr std::string_view bytes = "constant";
    const Response response = coroute::static_bytes(bytes, "text/plain", Status::Accepted);
    CHECK(response.content().data() == bytes.data());
    CHECK(response.content() == "constant");
    CHECK(response.body.empty());
    CHECK(response.content_type() == "text/plain");
    CHECK(response.status == Status::Accepted);
  }

  TEST_CASE("response: shared bytes are not copied, and live as long as a response needs them") {
    auto bytes = std::make_shared<const std::string>("common");
    const char* const place = bytes->data();
    Response response = coroute::shared_bytes(bytes, "text/plain", Status::Accepted);
    const Response copy = response;
    CHECK(bytes.use_count() == 3);
    bytes.reset();
    const Response moved = std::move(response);
    for (const Response* each : {&copy, &moved}) {
      CHECK(each->content().data() == place);
      CHECK(each->content() == "common");
      CHECK(each->body.empty());
      CHECK(each->content_type() == "text/plain");
      CHECK(each->status == Status::Accepted);
    }
  }

  TEST_CASE("response: shared bytes may be none") {
    const Response response = coroute::shared_bytes(std::make_shared<const std::string>(), "text/plain");
    CHECK(response.content().empty());
    CHECK(response.status == Status::Ok);
  }

  TEST_CASE("response: a type with control characters is refused") {
    for (const std::string& type : {"text/plain\r\nx: y"s, "a\nb"s, "a\0b"s}) {
      CHECK_THROWS_AS(Response("x", type), std::invalid_argument);
      CHECK_THROWS_AS(static_cast<void>(coroute::static_bytes("x", type)), std::invalid_argument);
      const auto shared = std::make_shared<const std::string>("x");
      CHECK_THROWS_AS(static_cast<void>(coroute::shared_bytes(shared, type)), std::invalid_argument);
    }
  }

  TEST_CASE("response: headers refuse what would split the response") {
    Response response;
    for (const std::string& value : {"a\r\nset-cookie: b=c"s, "a\nb"s, "a\rb"s, "a\0b"s}) {
      CHECK_THROWS_AS(response.headers.add("x-a", value), std::invalid_argument);
      CHECK_THROWS_AS(response.headers.set("x-a", value), std::invalid_argument);
    }
    CHECK_THROWS_AS(response.headers.add("x\r\ny", "z"), std::invalid_argument);
    CHECK_THROWS_AS(response.headers.add("x: y", "z"), std::invalid_argument);
    CHECK_THROWS_AS(response.headers.add("", "z"), std::invalid_argument);
    CHECK(response.headers.empty());
  }

  TEST_CASE("response: cookies are added one by one") {
    Response response;
    response.set_cookie({.name = "a", .value = "1"}).set_cookie({.name = "b", .value = "2", .same_site = {}});
    const auto cookies = response.headers.get_all("set-cookie");
    REQUIRE(cookies.size() == 2);
    CHECK(cookies[0] == "a=1; Path=/; SameSite=lax");
    CHECK(cookies[1] == "b=2; Path=/");
    CHECK_THROWS_AS(response.set_cookie({.name = "a b"}), std::invalid_argument);
    CHECK_THROWS_AS(response.set_cookie("a b", ""), std::invalid_argument);
    CHECK(response.headers.size() == 2);
    response.set_cookie("c", "d e");
    CHECK(response.headers.get_all("set-cookie").back() == "c=\"d e\"; Path=/; SameSite=lax");
  }

  TEST_CASE("response: a redirect is 307 with an encoded location and without body") {
    const Response response = coroute::redirect("/caf\xC3\xA9 x?a=b&c=%20#top");
    CHECK(response.status == Status::TemporaryRedirect);
    CHECK(response.headers.get("location") == "/caf%C3%A9%20x?a=b&c=%20#top");
    CHECK(response.content().empty());
    CHECK(response.content_type().empty());
    CHECK(coroute::redirect("/", Status::SeeOther).status == Status::SeeOther);
  }

  TEST_CASE("response: a redirect can't split the response") {
    CHECK(coroute::redirect("/a\r\nset-cookie: b=c").headers.get("location") == "/a%0D%0Aset-cookie:%20b=c");
    CHECK(coroute::redirect("/\"<>\\^`{|}").headers.get("location") == "/%22%3C%3E%5C%5E%60%7B%7C%7D");
  }

  TEST_CASE("response: a copy has content of its own") {
    Response first = coroute::text("one");
    const Response second = first;
    first.body = "two";
    CHECK(second.content() == "one");
    CHECK(first.content() == "two");
    const Response moved = std::move(first);
    CHECK(moved.content() == "two");
    CHECK(moved.content_type() == "text/plain; charset=utf-8");
  }
}
