// SPDX-License-Identifier: BSL-1.0
#include "app/served_document.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::answer;
using coroute::testing::TestRequest;
using detail::ServedDocument;

namespace {

constexpr auto nothing = [] {};

std::vector<Operation> one_operation() {
  return {{.method = "get", .path = "/x", .name = "x"}};
}

Response ask(const Handler& handler, std::string_view method, std::string_view if_none_match = {}) {
  TestRequest request(method, "/openapi.json");
  if (!if_none_match.empty()) request.header("if-none-match", if_none_match);
  return answer(handler, request);
}

std::string etag_of(const Response& response) {
  return std::string(response.headers.get("etag").value_or("none"));
}

App small_app() {
  App app;
  app.get("/x", nothing, {.name = "x"});
  return app;
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("served document: the text for a root path is made once") {
    ServedDocument document;
    document.set({}, one_operation(), true);
    const auto first = document.text_for("");
    CHECK(document.text_for("") == first);
    const auto mounted = document.text_for("/sub");
    CHECK(mounted != first);
    CHECK(document.text_for("/sub") == mounted);
    CHECK(mounted->etag() != first->etag());
  }

  TEST_CASE("served document: the root path is a server, before those that are named, and once") {
    const auto servers = [](std::vector<ApiServer> named, std::string_view root_path, bool in_servers = true) {
      ServedDocument document;
      document.set({.servers = std::move(named)}, one_operation(), in_servers);
      return nlohmann::json::parse(document.text_for(root_path)->text()).value("servers", nlohmann::json()).dump();
    };
    CHECK(servers({}, "") == "null");
    CHECK(servers({}, "/a") == R"([{"url":"/a"}])");
    CHECK(servers({{.url = "/b"}}, "/a") == R"([{"url":"/a"},{"url":"/b"}])");
    CHECK(servers({{.url = "/a"}}, "/a") == R"([{"url":"/a"}])");
    CHECK(servers({}, "/\"\\", true) == R"([{"url":"/\"\\"}])");
    CHECK(servers({}, "/a", false) == "null");
    CHECK(servers({{.url = "/b"}}, "/a", false) == R"([{"url":"/b"}])");
  }

  TEST_CASE("served document: what is wrong with it is said when it is set") {
    ServedDocument document;
    std::vector<Operation> operations = one_operation();
    operations.push_back({.method = "get", .path = "/y", .name = "x"});
    CHECK_THROWS_AS(document.set({}, operations, true), std::invalid_argument);
  }

  TEST_CASE("served document: root paths that clients make up don't pile up") {
    ServedDocument document;
    document.set({}, one_operation(), true);
    const auto first = document.text_for("");
    for (int i = 0; i < 1000; ++i)
      CHECK(document.text_for("/" + std::to_string(i))->text().find("\"/" + std::to_string(i) + "\"") !=
            std::string::npos);
    CHECK(document.text_for("") == first);
    const auto kept = document.text_for("/63");
    CHECK(document.text_for("/63") == kept);
    const auto made_anew = document.text_for("/64");
    CHECK(document.text_for("/64") != made_anew);
    CHECK(document.text_for("/64")->etag() == made_anew->etag());
  }

  TEST_CASE("served document: all loops may ask at once") {
    ServedDocument document;
    document.set({}, one_operation(), true);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&document] {
        for (int i = 0; i < 50; ++i)
          static_cast<void>(document.text_for("/" + std::to_string(i % 5)));
      });
    }
    for (std::thread& each : threads)
      each.join();
    CHECK(document.text_for("/4") == document.text_for("/4"));
  }

  TEST_CASE("openapi.json: it has a strong entity tag and is asked about again each time") {
    const Handler handler = small_app().handler();
    const Response response = ask(handler, "GET");
    CHECK(response.status == Status::Ok);
    CHECK(response.content_type() == "application/json");
    CHECK(response.headers.get("cache-control") == "no-cache");
    const std::string etag = etag_of(response);
    CHECK(etag.front() == '"');
    CHECK(etag.back() == '"');
    CHECK(etag.find_first_not_of("0123456789abcdef-", 1) == etag.size() - 1);
  }

  TEST_CASE("openapi.json: who has it is answered with 304, who has another one with the document") {
    const Handler handler = small_app().handler();
    const std::string etag = etag_of(ask(handler, "GET"));
    for (const std::string& known : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
      const Response response = ask(handler, "GET", known);
      CAPTURE(known);
      CHECK(response.status == Status::NotModified);
      CHECK(response.content().empty());
      CHECK(etag_of(response) == etag);
      CHECK(response.headers.get("cache-control") == "no-cache");
    }
    for (const std::string& other : {std::string("\"x\""), etag.substr(1), etag.substr(0, etag.size() - 1), "x" + etag})
      CHECK(ask(handler, "GET", other).status == Status::Ok);
  }

  TEST_CASE("openapi.json: HEAD is answered as GET is") {
    const Handler handler = small_app().handler();
    const Response response = ask(handler, "HEAD");
    CHECK(response.status == Status::Ok);
    CHECK(etag_of(response) == etag_of(ask(handler, "GET")));
    CHECK(ask(handler, "HEAD", etag_of(response)).status == Status::NotModified);
    CHECK(ask(handler, "POST").status == Status::MethodNotAllowed);
  }

  TEST_CASE("openapi.json: answers share the bytes, which outlive the application") {
    Response first;
    Response second;
    {
      const Handler handler = small_app().handler();
      first = ask(handler, "GET");
      second = ask(handler, "GET");
    }
    CHECK(first.content().data() == second.content().data());
    CHECK(first.body.empty());
    CHECK(nlohmann::json::parse(first.content())["paths"].contains("/x"));
  }

  TEST_CASE("openapi.json: routes that are added before the start are in it, and its tag is another one") {
    App app = small_app();
    const std::string before = app.openapi();
    app.get("/y", nothing, {.name = "y"});
    const std::string after = app.openapi();
    CHECK(before != after);
    const Response response = ask(std::move(app).handler(), "GET");
    CHECK(response.content() == after);
    CHECK(etag_of(response) != etag_of(ask(small_app().handler(), "GET")));
  }

  TEST_CASE("openapi.json: the same routes have the same tag in every process") {
    CHECK(etag_of(ask(small_app().handler(), "GET")) == etag_of(ask(small_app().handler(), "GET")));
  }
}
