// SPDX-License-Identifier: BSL-1.0
// Fields behind a body, in both directions, over real connections (RFC 9110 section 6.5, RFC 9112 section 7.1.2).
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "coroute/client/http_transport.hpp"
#include "coroute/http/file_response.hpp"
#include "support/client_outcome.hpp"
#include "support/temporary_file.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(const Headers& fields) {
  std::string all;
  for (const HeaderField field : fields)
    all.append(field.name).append("=").append(field.value).append(";");
  return all;
}

/// Answers with the body and what came behind it; asks for them before, too.
Async<Response> tell(Request& request) {
  const std::string before = text_of(request.trailers());
  const std::string body(co_await request.body());
  const std::string among_headers(request.header("x-sum").value_or("none"));
  co_return text(before + body + '|' + text_of(request.trailers()) + '|' + among_headers);
}

AsyncGenerator<std::string> pieces_of(std::vector<std::string> pieces, std::shared_ptr<Headers> trailers) {
  std::size_t sum = 0;
  for (std::string& piece : pieces) {
    sum += piece.size();
    co_await sleep(1ms);
    co_yield std::move(piece);
  }
  trailers->add("X-Sum", std::to_string(sum));
}

/// A streamed answer with its number of bytes behind it.
Response summed(std::vector<std::string> pieces, std::optional<std::uint64_t> length = std::nullopt) {
  auto trailers = std::make_shared<Headers>();
  Response response = stream(pieces_of(std::move(pieces), trailers), "text/plain", Status::Ok, length);
  response.headers.set("trailer", "x-sum");
  return std::move(response.set_trailers(trailers));
}

Handler summing(std::vector<std::string> pieces, std::optional<std::uint64_t> length = std::nullopt) {
  return [=](Request&) { return Async<Response>::ready(summed(pieces, length)); };
}

std::string url_of(const TestServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

std::string received(const TestServer& server, const std::string& request) {
  RawClient client = server.connect();
  client.send(request);
  const std::string all = client.receive_all();
  return all.substr(all.find("\r\n\r\n") + 4);
}

const std::string chunked_post = "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("trailers: those of a request are there once its body has been read, and never among its headers") {
    TestServer server(&tell);
    RawClient client = server.connect();
    CHECK(client.request(chunked_post + "5\r\nhello\r\n0\r\nX-Sum: 5\r\nx-more:  a b \r\n\r\n").body ==
          "hello|X-Sum=5;x-more=a b;|none");
    CHECK(client.request(chunked_post + "0\r\nx-sum: 0\r\n\r\n").body == "|x-sum=0;|none");
    CHECK(client.request(chunked_post + "1\r\nx\r\n0\r\n\r\n").body == "x||none");
    CHECK(client.request("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1\r\n\r\nx").body == "x||none");
    CHECK(client.request("GET / HTTP/1.1\r\nhost: test\r\n\r\n").body == "||none");
  }

  TEST_CASE("trailers: those of a request are the same however its bytes arrive") {
    TestServer server(&tell);
    const std::string body = "5\r\nhello\r\n0\r\nX-Sum: 5\r\nx-more: y\r\n\r\n";
    for (std::size_t split = 1; split < body.size(); ++split) {
      RawClient client = server.connect();
      client.send(chunked_post + body.substr(0, split));
      std::this_thread::sleep_for(1ms);
      CHECK(client.request(body.substr(split)).body == "hello|X-Sum=5;x-more=y;|none");
    }
  }

  TEST_CASE("trailers: what a request has in them decides nothing") {
    TestServer server([](Request& request) -> Async<Response> {
      co_await request.body();
      co_return text(std::string(request.host()) + '|' + std::string(request.cookie("a").value_or("none")) + '|' +
                     std::string(request.header("authorization").value_or("none")) + '|' +
                     std::to_string(request.trailers().size()));
    });
    RawClient client = server.connect();
    const RawResponse response = client.request(
        chunked_post + "0\r\nhost: evil\r\ncookie: a=b\r\nauthorization: Bearer x\r\nconnection: close\r\n\r\n");
    CHECK(response.body == "test|none|none|4");
    CHECK_FALSE(response.closes());
  }

  TEST_CASE("trailers: those of a body that is read piece by piece are there at its end") {
    TestServer server([](Request& request) -> Async<Response> {
      std::string log;
      while (const auto piece = co_await request.next_chunk())
        log.append(*piece).append(text_of(request.trailers())).append(",");
      co_return text(log + text_of(request.trailers()));
    });
    RawClient client = server.connect();
    client.send(chunked_post + "1\r\na\r\n");
    std::this_thread::sleep_for(2ms);
    client.send("1\r\nb\r\n");
    std::this_thread::sleep_for(2ms);
    CHECK(client.request("0\r\nx-sum: 2\r\n\r\n").body == "a,b,x-sum=2;");
  }

  TEST_CASE("trailers: those of an answer stand in its last chunk, in lower case") {
    TestServer server(summing({"ab", "cde"}));
    CHECK(received(server, get("/", "connection: close\r\n")) == "2\r\nab\r\n3\r\ncde\r\n0\r\nx-sum: 5\r\n\r\n");
  }

  TEST_CASE("trailers: a body of known length goes out in chunks when it has some, and its length is still checked") {
    TestServer server(summing({"ab", "cde"}, 5));
    const RawResponse response = server.request(get("/"));
    CHECK(response.header("transfer-encoding") == "chunked");
    CHECK_FALSE(response.header("content-length").has_value());
    CHECK(response.body == "abcde");
    TestServer longer(summing({"ab", "cde"}, 6));
    CHECK(received(longer, get("/")) == "2\r\nab\r\n3\r\ncde\r\n");
  }

  TEST_CASE("trailers: a client of HTTP/1.0 gets none, and a known length as it is") {
    TestServer server(summing({"ab", "cde"}, 5));
    RawClient client = server.connect();
    const RawResponse response = client.request("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    CHECK(response.header("content-length") == "5");
    CHECK(response.body == "abcde");
    CHECK_FALSE(response.closes());
  }

  TEST_CASE("trailers: the answer to HEAD, and one whose body isn't streamed, has none") {
    TestServer server([](Request& request) -> Async<Response> {
      if (request.method() == Method::Head) co_return summed({"x"});
      Response response = text("plain");
      response.set_trailers(std::make_shared<const Headers>(Headers{{"x-sum", "5"}}));
      co_return response;
    });
    CHECK(received(server, "HEAD / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").empty());
    CHECK(received(server, get("/", "connection: close\r\n")) == "plain");
  }

  TEST_CASE("trailers: a file that is sent in pieces may have some too") {
    const TemporaryFile file;
    const std::string content(1'000'000, 'x');
    file.write(content);
    const FileResponse download(file.path());
    TestServer server([&](Request& request) -> Async<Response> {
      Response response = co_await download.answer(request);
      const auto trailers = std::make_shared<const Headers>(Headers{{"x-sum", "1000000"}});
      response.set_trailers(trailers);
      co_return response;
    });
    CHECK(received(server, get("/", "connection: close\r\n")).ends_with("\r\n0\r\nx-sum: 1000000\r\n\r\n"));
    const RawResponse response = server.request(get("/"));
    CHECK(response.header("transfer-encoding") == "chunked");
    CHECK(response.body == content);
  }

  TEST_CASE("trailers: a field that has to be known before the body ends the connection, and is reported") {
    for (const char* const name : {"content-length", "Transfer-Encoding", "set-cookie", "if-match", "Host"}) {
      CAPTURE(name);
      std::atomic<int> reported{0};
      std::string what;
      ServerOptions options;
      options.on_handler_error = [&](const HandlerError& failure) {
        what = describe_exception(failure.error);
        ++reported;
      };
      TestServer server(
          [name](Request&) -> Async<Response> {
            Response response = summed({"part"});
            response.set_trailers(std::make_shared<const Headers>(Headers{{name, "1"}}));
            co_return response;
          },
          std::move(options));
      CHECK(received(server, get("/")) == "4\r\npart\r\n");
      CHECK(eventually([&] { return reported == 1; }));
      CHECK(what.find(std::string(name) + "' can't be a trailer") != std::string::npos);
    }
  }

  TEST_CASE("trailers: an empty set of them is none") {
    TestServer server([](Request&) -> Async<Response> {
      Response response = stream(pieces_of({"x"}, std::make_shared<Headers>()));
      response.set_trailers(std::make_shared<const Headers>());
      co_return response;
    });
    CHECK(received(server, get("/", "connection: close\r\n")) == "1\r\nx\r\n0\r\n\r\n");
  }
}

TEST_SUITE("client") {
  TEST_CASE("trailers: the client gives those of an answer, whole or streamed, and uses the connection again") {
    TestServer server(summing({"ab", "cde"}));
    run([](std::string url) -> Async<void> {
      const Client client{ClientOptions{.base_url = url}};
      const ClientResponse whole = co_await client.get("/");
      CHECK(whole.text() == "abcde");
      CHECK(text_of(whole.trailers()) == "x-sum=5;");
      CHECK(whole.header("trailer") == "x-sum");
      CHECK_FALSE(whole.header("x-sum"));
      ClientStream streamed = co_await client.get("/").stream();
      CHECK(streamed.trailers().empty());
      const std::string body = co_await streamed.read();
      CHECK(body == "abcde");
      CHECK(text_of(streamed.trailers()) == "x-sum=5;");
      const ClientResponse again = co_await client.get("/");
      CHECK(text_of(again.trailers()) == "x-sum=5;");
    }(url_of(server)));
    CHECK(server->connections() <= 1);
  }

  TEST_CASE("trailers: the client sends them behind a body that a generator makes, whether its size is known or not") {
    TestServer server(&tell);
    run([](std::string url) -> Async<void> {
      const Client client{ClientOptions{.base_url = url}};
      for (const std::optional<std::uint64_t> size :
           {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(5)}) {
        auto trailers = std::make_shared<Headers>();
        AsyncGenerator<std::string> pieces = pieces_of({"ab", "cde"}, trailers);
        RequestBuilder request = client.post("/").body(std::move(pieces), "text/plain", size).trailers(trailers);
        const ClientResponse answer = co_await std::move(request);
        CHECK(answer.text() == "abcde|x-sum=5;|none");
      }
    }(url_of(server)));
  }

  TEST_CASE("trailers: the client refuses to send some without a generator, or a field that can't be one") {
    TestServer server(&tell);
    run([](std::string url) -> Async<void> {
      const Client client{ClientOptions{.base_url = url}};
      const auto trailers = std::make_shared<const Headers>(Headers{{"host", "evil"}});
      std::string refusal;
      try {
        co_await client.post("/").body("text").trailers(trailers);
      } catch (const RuntimeError& error) {
        refusal = error.what();
      }
      CHECK(refusal == "trailers need a body that a generator makes");
      AsyncGenerator<std::string> pieces = pieces_of({"ab"}, std::make_shared<Headers>());
      RequestBuilder request = client.post("/").body(std::move(pieces)).trailers(trailers);
      refusal.clear();
      try {
        co_await std::move(request);
      } catch (const std::invalid_argument& error) {
        refusal = error.what();
      }
      CHECK(refusal == "the field 'host' can't be a trailer: it has to be known before the body");
    }(url_of(server)));
  }

  TEST_CASE("trailers: a transport of connections carries those of request and answer") {
    TestServer server([](Request& request) -> Async<Response> {
      const std::string body(co_await request.body());
      const std::string sum(request.trailers().get("x-sum").value_or("none"));
      std::vector<std::string> pieces(1, body + ':' + sum);
      co_return summed(std::move(pieces));
    });
    run([](std::string url) -> Async<void> {
      ClientOptions options;
      options.base_url = url;
      options.transport = std::make_shared<HttpTransport>(ClientOptions());
      const Client client(std::move(options));
      auto trailers = std::make_shared<Headers>();
      AsyncGenerator<std::string> pieces = pieces_of({"ab", "cde"}, trailers);
      RequestBuilder request = client.post("/").body(std::move(pieces)).trailers(trailers);
      const ClientResponse answer = co_await std::move(request);
      CHECK(answer.text() == "abcde:5");
      CHECK(text_of(answer.trailers()) == "x-sum=7;");
    }(url_of(server)));
  }
}
