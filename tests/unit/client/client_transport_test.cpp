// SPDX-License-Identifier: BSL-1.0
// Requests as a transport gets them, and answers as they come from one: no connection is involved.
#include "coroute/client/transport.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

struct StockItem {
  std::string sku;
  int left = 0;
  std::vector<std::string> tags = {};
  static constexpr auto schema =
      fields(field<&StockItem::sku>(min_length(1)), field<&StockItem::left>(ge(0)), field<&StockItem::tags>(defaulted));
};

struct Search {
  std::string q;
  int limit = 10;
  std::vector<std::string> tag = {};
  std::optional<bool> exact = {};
};

std::shared_ptr<MockTransport> echo() {
  return std::make_shared<MockTransport>([](const TransportRequest& request) -> Async<Response> {
    std::string all = request.method + ' ' + std::string(request.url.target()) + '\n';
    for (const HeaderField field : request.headers)
      all.append(field.name).append(": ").append(field.value).append("\n");
    co_return text(all + '\n' + request.body);
  });
}

Async<std::string> text_of(RequestBuilder request) {
  const ClientResponse response = co_await std::move(request);
  co_return response.text();
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("client transport: gets the request as it would be sent") {
  Client client{{.base_url = "http://h:81/api",
                 .headers = {{"x-all", "1"}},
                 .user_agent = "t",
                 .decompress = false,
                 .transport = echo()}};
  const std::string sent = co_await text_of(client.post("/x").query("a", "b c").header("x-one", "2").body("bytes"));
  CHECK(sent ==
        "POST /api/x?a=b+c\nhost: h:81\naccept: */*\nuser-agent: t\nx-all: 1\nx-one: 2\n"
        "content-type: application/octet-stream\n\nbytes");
}

ASYNC_TEST_CASE("client transport: a generated body arrives whole") {
  Client client{{.base_url = "http://h",
                 .headers = {{"accept", "a"}},
                 .user_agent = "",
                 .decompress = false,
                 .transport = echo()}};
  auto pieces = []() -> AsyncGenerator<std::string> {
    co_yield "one ";
    co_await sleep(1s);
    co_yield "two";
  };
  const std::string sent = co_await text_of(client.put("/x").body(pieces(), "text/plain"));
  CHECK(sent.ends_with("content-type: text/plain\n\none two"));
}

ASYNC_TEST_CASE("client transport: what it takes to make a body doesn't count for the head of the answer") {
  Client client{{.base_url = "http://h", .timeout = {.head = 10s, .total = 0ms}, .transport = echo()}};
  auto slow = []() -> AsyncGenerator<std::string> {
    co_await sleep(1h);
    co_yield "at last";
  };
  const std::string ended = co_await outcome_of(client.put("/x").body(slow(), "text/plain"));
  CHECK(ended.starts_with("200 "));
}

ASYNC_TEST_CASE("client transport: a part is asked for as it is, since of what is compressed a part can't be read") {
  Client client{{.base_url = "http://h", .transport = echo()}};
  const std::string part = co_await text_of(client.get("/x").header("range", "bytes=5-9"));
  CHECK(part.find("accept-encoding: identity\n") != std::string::npos);
  CHECK(part.find("gzip") == std::string::npos);
  const std::string own =
      co_await text_of(client.get("/x").header("range", "bytes=5-9").header("accept-encoding", "br"));
  CHECK(own.find("accept-encoding: br\n") != std::string::npos);
  CHECK(own.find("identity") == std::string::npos);
  const std::string whole = co_await text_of(client.get("/x"));
  CHECK(whole.find("gzip") != std::string::npos);
}

ASYNC_TEST_CASE("client transport: an empty body is none, whatever its coding") {
  const auto mock = std::make_shared<MockTransport>();
  for (const char* const coding : {"gzip", "deflate", "br", "zstd"}) {
    Response empty;
    empty.headers.set("content-encoding", coding);
    mock->on("GET", "/x", empty);
    Client client{{.base_url = "http://h", .transport = mock}};
    const std::string ended = co_await outcome_of(client.get("/x"));
    CHECK(ended == "200 ");
  }
}

ASYNC_TEST_CASE("client transport: status, headers and body come back, a HEAD has no body") {
  const auto mock = std::make_shared<MockTransport>();
  Response made = json(Json{{"left", 3}}, Status::Created);
  made.headers.add("x-a", "b");
  mock->on("GET", "/x", made).on("HEAD", "/x", made);
  Client client{{.base_url = "http://h", .transport = mock}};
  const ClientResponse got = co_await client.get("/x");
  CHECK(got.status() == Status::Created);
  CHECK(got.header("content-type") == "application/json");
  CHECK(got.header("x-a") == "b");
  CHECK(got.json() == Json{{"left", 3}});
  const ClientResponse head = co_await client.head("/x");
  CHECK(head.status() == Status::Created);
  CHECK(head.text().empty());
}

ASYNC_TEST_CASE("client transport: redirects are followed across it") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "http://a/from", redirect("http://b/to")).on("GET", "http://b/to", text("there"));
  Client client{{.transport = mock}};
  ended = co_await outcome_of(client.get("http://a/from").bearer_auth("secret"));
  CHECK(ended == "200 there");
  CHECK(mock->requests().size() == 2);
  CHECK(mock->requests()[0].headers.get("authorization") == "Bearer secret");
  CHECK_FALSE(mock->requests()[1].headers.contains("authorization"));
}

ASYNC_TEST_CASE("client transport: a redirect that drops the body drops its trailers too") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("POST", "http://a/from", redirect("/to", Status::SeeOther)).on("GET", "http://a/to", text("there"));
  Client client{{.transport = mock}};
  const auto trailers = std::make_shared<const Headers>(Headers{{"x-checksum", "1"}});
  auto pieces = []() -> AsyncGenerator<std::string> { co_yield "x"; };
  const std::string ended =
      co_await outcome_of(client.post("http://a/from").body(pieces(), "text/plain").trailers(trailers));
  CHECK(ended == "200 there");
  CHECK(mock->requests().at(0).trailers.size() == 1);
  CHECK(mock->requests().at(1).trailers.empty());
}

ASYNC_TEST_CASE("client transport: the limits hold: time and size") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/slow", [](const TransportRequest&) -> Async<Response> {
    co_await sleep(1h);
    co_return Response();
  });
  mock->on("GET", "/large", text(std::string(101, 'x'))).on("GET", "/fits", text(std::string(100, 'x')));
  ClientOptions options{.base_url = "http://h", .transport = mock};
  options.limits.max_body_bytes = 100;
  Client client(std::move(options));
  ended = co_await outcome_of(client.get("/slow"));
  CHECK(ended == "HeadTimeout");
  ended = co_await outcome_of(client.get("/slow").timeout(1s));
  CHECK(ended == "TotalTimeout");
  ended = co_await outcome_of(client.get("/large"));
  CHECK(ended == "ResponseTooLarge");
  ended = co_await outcome_of(client.get("/large").max_body_bytes(101));
  CHECK(ended == "200 " + std::string(101, 'x'));
  ended = co_await outcome_of(client.get("/fits"));
  CHECK(ended == "200 " + std::string(100, 'x'));
}

ASYNC_TEST_CASE("client transport: a 504 that comes with the end of the deadline is a time-out") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>([](const TransportRequest& request) -> Async<Response> {
    co_await sleep(std::chrono::milliseconds(std::stoi(std::string(request.headers.get("x-wait").value_or("0")))));
    co_return Response(Status::GatewayTimeout);
  });
  Client client{{.base_url = "http://h", .transport = mock}};
  auto ask = [&client](const char* wait) { return outcome_of(client.get("/").header("x-wait", wait)); };
  ended = co_await timeout(1s, ask("999"));
  CHECK(ended == "504 ");
  auto late = [](Async<std::string> asked) -> Async<std::string> {
    std::string outcome = "TimeoutError";
    try {
      outcome = co_await timeout(1s, std::move(asked));
    } catch (const TimeoutError&) {
    }
    co_return outcome;
  };
  const std::string outcome = co_await late(ask("1000"));
  CHECK((outcome == "TotalTimeout" || outcome == "TimeoutError"));
}

ASYNC_TEST_CASE("client transport: an answer is streamed from it, too") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/lines", text("a\nb\r\nc"));
  Client client{{.base_url = "http://h", .transport = mock}};
  std::string lines;
  ClientStream stream = co_await client.get("/lines").stream();
  CHECK(stream.status() == Status::Ok);
  auto each = std::move(stream).lines();
  while (true) {
    const std::optional<std::string> line = co_await each.next();
    if (!line) break;
    lines += *line + '|';
  }
  CHECK(lines == "a|b|c|");
}

ASYNC_TEST_CASE("mock transport: what was declared last for a request counts, lists are used up, errors are thrown") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/x", text("first")).on("GET", "/x", text("second"));
  mock->on("GET", "/x?page=2", text("page 2"));
  mock->on("GET", "/list", std::vector<Response>{text("1"), Response(Status::BadGateway)});
  mock->fail<ConnectError>("GET", "/down", "connection refused").fail<ReadTimeout>("POST", "/down");
  Client client{{.base_url = "http://h", .transport = mock}};
  ended = co_await outcome_of(client.get("/x"));
  CHECK(ended == "200 second");
  ended = co_await outcome_of(client.get("/x").query("page", 1));
  CHECK(ended == "200 second");
  ended = co_await outcome_of(client.get("/x").query("page", 2));
  CHECK(ended == "200 page 2");
  ended = co_await outcome_of(client.get("/list"));
  CHECK(ended == "200 1");
  ended = co_await outcome_of(client.get("/list"));
  CHECK(ended == "502 ");
  ended = co_await outcome_of(client.get("/list"));
  CHECK(ended == "502 ");
  ended = co_await outcome_of(client.get("/down"));
  CHECK(ended == "ConnectError");
  ended = co_await outcome_of(client.post("/down"));
  CHECK(ended == "ReadTimeout");
  CHECK(mock->count("GET", "/x") == 3);
  CHECK(mock->count("GET", "http://h/x?page=2") == 1);
  CHECK(mock->count("POST", "/x") == 0);
}

ASYNC_TEST_CASE("mock transport: a request that nothing was declared for is a mistake of the test") {
  Client client{{.base_url = "http://h", .transport = std::make_shared<MockTransport>()}};
  std::string what;
  try {
    co_await client.get("/x").query("secret", 1);
  } catch (const UnexpectedRequest& error) {
    what = error.what();
  }
  CHECK(what == "GET http://h/x: the MockTransport has no answer for it");
}

// --- what requests are made of ---

ASYNC_TEST_CASE("client: a model becomes a JSON body, a query or a form") {
  Client client{{.base_url = "http://h",
                 .headers = {{"accept", "a"}},
                 .user_agent = "",
                 .decompress = false,
                 .transport = echo()}};
  const StockItem item{"k1", 2, {"a"}};  // named: temporaries in an await are a trap of g++ 12
  const std::vector<int> numbers{1, 2};
  const Search off{.q = "&", .exact = false};
  const std::string json = co_await text_of(client.post("/x").json(item));
  CHECK(json.ends_with("content-type: application/json\n\n{\"sku\":\"k1\",\"left\":2,\"tags\":[\"a\"]}"));
  const std::string list = co_await text_of(client.post("/x").json(numbers));
  CHECK(list.ends_with("\n\n[1,2]"));
  const Search search{.q = "a b", .tag = {"x", "y"}};
  const std::string query = co_await text_of(client.get("/x").query("first", true).query(search));
  CHECK(query.starts_with("GET /x?first=true&q=a+b&limit=10&tag=x&tag=y\n"));
  const std::string form = co_await text_of(client.post("/x").form(off));
  CHECK(form.ends_with("content-type: application/x-www-form-urlencoded\n\nq=%26&limit=10&exact=false"));
}

ASYNC_TEST_CASE("client: a model with an object inside can't be a query") {
  struct Inner {
    int a = 0;
  };
  struct Outer {
    Inner inner;
  };
  const Client client{{.base_url = "http://h"}};
  CHECK_THROWS_WITH_AS(client.get("/").query(Outer()),
                       "the field 'inner' is no text and no list of texts: a query or form can't have it",
                       std::invalid_argument);
  co_return;
}

ASYNC_TEST_CASE("client: a form with files is multipart") {
  Client client{{.base_url = "http://h",
                 .headers = {{"accept", "a"}},
                 .user_agent = "",
                 .decompress = false,
                 .transport = echo()}};
  MultipartWriter form("boundary");
  form.add("title", "Sunset").add_file("photo", "s.txt", "content", "text/plain");
  const std::string sent = co_await text_of(client.post("/x").multipart(form));
  CHECK(sent.find("content-type: multipart/form-data; boundary=boundary\n") != std::string::npos);
  CHECK(sent.find("filename=\"s.txt\"") != std::string::npos);
  CHECK(sent.ends_with("--boundary--\r\n"));
}

ASYNC_TEST_CASE("client: cookies and credentials of one request") {
  Client client{{.base_url = "http://h",
                 .headers = {{"accept", "a"}},
                 .user_agent = "",
                 .decompress = false,
                 .transport = echo()}};
  const std::string sent = co_await text_of(client.get("/").cookie("a", "1").cookie("b", "2").basic_auth("Ann", "s:1"));
  CHECK(sent == "GET /\nhost: h\naccept: a\ncookie: a=1; b=2\nauthorization: Basic QW5uOnM6MQ==\n\n");
  CHECK_THROWS_AS(client.get("/").cookie("a b", "1"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").cookie("a", "1; b=2"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").basic_auth("a:b", "c"), std::invalid_argument);
  CHECK_THROWS_AS(client.get("/").bearer_auth("a\r\nb"), std::invalid_argument);
}

// --- what comes back ---

ASYNC_TEST_CASE("client: an answer is read as a model") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/items/1", json_text(R"({"sku":"k1","left":"3","more":true})"));
  mock->on("GET", "/items", json_text(R"([{"sku":"k1","left":0},{"sku":"k2","left":1}])"));
  Client client{{.base_url = "http://h", .transport = mock}};
  const StockItem item = co_await client.get("/items/1").as<StockItem>();
  CHECK(item.sku == "k1");
  CHECK(item.left == 3);
  const ClientResponse all = co_await client.get("/items");
  CHECK(all.as<std::vector<StockItem>>().at(1).sku == "k2");
}

ASYNC_TEST_CASE("client: an answer that is no such model says in what way") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/wrong", json_text(R"({"sku":"","tags":[1]})"));
  mock->on("GET", "/broken", text("<html>"));
  mock->on("GET", "/missing", json_text("{}", Status::NotFound));
  Client client{{.base_url = "http://h", .transport = mock}};
  std::vector<std::string> errors;
  for (const char* path : {"/wrong", "/broken", "/missing"}) {
    try {
      co_await client.get(path).query("secret", 1).as<StockItem>();
    } catch (const ResponseDecodeError& error) {
      errors.emplace_back(error.what());
    } catch (const HttpStatusError& error) {
      errors.emplace_back(error.what());
    }
  }
  CHECK(errors ==
        std::vector<std::string>{
            "GET http://h/wrong: the answer has 3 validation errors: string_too_short at sku, missing at left, "
            "string_type at tags.0",
            "GET http://h/broken: the answer has 1 validation error: json_invalid at 0",
            "GET http://h/missing: status 404 Not Found"});
}

// --- cookies of a client ---

ASYNC_TEST_CASE("client: cookies are kept and sent back when the client has a place for them") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  Response login = redirect("/home");
  login.set_cookie({.name = "session", .value = "s1"});
  login.set_cookie({.name = "seen", .value = "1", .path = "/home"});
  mock->on("POST", "/login", login).on("GET", "/home", text("in")).on("GET", "/other", text("in"));
  const auto cookies = std::make_shared<ClientCookies>();
  Client client{{.base_url = "http://h", .cookies = cookies, .transport = mock}};
  Client other{{.base_url = "http://h", .transport = mock}};
  ended = co_await outcome_of(client.post("/login").cookie("own", "1").max_redirects(0));
  CHECK(ended == "307 ");
  co_await client.get("/home");
  co_await client.get("/other").cookie("own", "2");
  co_await other.get("/other");
  std::vector<std::string> sent;
  for (const TransportRequest& request : mock->requests())
    sent.emplace_back(request.headers.get("cookie").value_or("none"));
  CHECK(sent == std::vector<std::string>{"own=1", "seen=1; session=s1", "own=2; session=s1", "none"});
  CHECK(cookies->get("session") == "s1");
}

// --- compression ---

ASYNC_TEST_CASE("client: asks for compression and takes it off, unless the request asks for itself") {
  std::string ended;
  const std::string gzip{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00",
                         23};
  const auto mock = std::make_shared<MockTransport>();
  Response compressed = text(gzip);
  compressed.headers.add("content-encoding", "gzip");
  compressed.headers.add("content-length", "23");
  mock->on("GET", "/x", compressed);
  Client client{{.base_url = "http://h", .transport = mock}};
  Client plain{{.base_url = "http://h", .decompress = false, .transport = mock}};
  const ClientResponse taken_off = co_await client.get("/x");
  CHECK(taken_off.text() == "abc");
  CHECK_FALSE(taken_off.headers().contains("content-encoding"));
  CHECK_FALSE(taken_off.headers().contains("content-length"));
  const ClientResponse as_it_came = co_await client.get("/x").header("accept-encoding", "gzip");
  CHECK(as_it_came.text() == gzip);
  CHECK(as_it_came.headers().contains("content-encoding"));
  ended = co_await outcome_of(plain.get("/x"));
  CHECK(ended == "200 " + gzip);
  std::vector<std::string> asked;
  for (const TransportRequest& request : mock->requests())
    asked.emplace_back(request.headers.get("accept-encoding").value_or("none"));
  CHECK(asked == std::vector<std::string>{"gzip, deflate, br", "gzip", "none"});
}

TEST_SUITE_END();
