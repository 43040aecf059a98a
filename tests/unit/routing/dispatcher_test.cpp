// SPDX-License-Identifier: BSL-1.0
#include "routing/dispatcher.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/test_request.hpp"

using namespace coroute;
using coroute::detail::Dispatcher;
using coroute::testing::answer;
using coroute::testing::TestRequest;

namespace {

Handler saying(std::string what) {
  return [what = std::move(what)](Request& request) {
    return Async<Response>::ready(text(what + " " + std::string(request.route_path())));
  };
}

/// The routes of the black-box suite: /users/me before /users/{uid}, both slash forms, methods apart and together.
void fill(Dispatcher& dispatcher) {
  dispatcher.add(Method::Get, "/users/me", saying("me"), {}, false);
  dispatcher.add(Method::Get, "/users/{uid}", saying("user"), {.name = "user"}, false);
  dispatcher.add(Method::Get, "/multi", saying("get"), {}, false);
  dispatcher.add(Method::Post, "/multi", saying("post"), {}, false);
  dispatcher.add(Method::Get, "/slash/", saying("slash"), {}, false);
  dispatcher.add(Method::Get, "/noslash", saying("noslash"), {}, false);
  dispatcher.add(Method::Post, "/only-post", saying("post"), {.max_body_bytes = 10, .cancel_on_disconnect = false},
                 false);
  dispatcher.add({Method::Options, Method::Put}, "/own-options", saying("options"), {}, false);
  dispatcher.freeze();
}

class Fixture {
 public:
  explicit Fixture(DispatchOptions options = {}) : dispatcher_(std::move(options)) { fill(dispatcher_); }

  Response operator()(std::string_view method, std::string_view target) const {
    TestRequest request(method, target);
    return (*this)(request);
  }
  Response operator()(TestRequest& request) const {
    return answer([this](Request& inner) { return dispatcher_.dispatch(inner); }, request);
  }
  const Dispatcher& dispatcher() const { return dispatcher_; }

 private:
  Dispatcher dispatcher_;
};

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("dispatcher: the first declared route that matches answers") {
    const Fixture ask;
    CHECK(ask("GET", "/users/me").body == "me /users/me");
    CHECK(ask("GET", "/users/you").body == "user /users/{uid}");
    CHECK(ask("POST", "/multi?a=b").body == "post /multi");
  }

  TEST_CASE("dispatcher: an unknown path is FastAPI's 404") {
    const Fixture ask;
    for (const std::string_view target : {"/", "/does-not-exist", "/users", "/users/", "//users/me", "/Users/me",
                                          "/users/me/x", "/%75sers", "/noslash%2F", "/noslash%"}) {
      CAPTURE(target);
      const Response response = ask("GET", target);
      CHECK(response.status == Status::NotFound);
      CHECK(response.body == R"({"detail":"Not Found"})");
      CHECK(response.body.size() == 22);
      CHECK(response.content_type() == "application/json");
      CHECK(response.headers.empty());
    }
  }

  TEST_CASE("dispatcher: another method is FastAPI's 405, with all methods of all matching routes") {
    const Fixture ask;
    const auto allowed = [&](std::string_view method, std::string_view target) {
      const Response response = ask(method, target);
      CHECK(response.status == Status::MethodNotAllowed);
      CHECK(response.body == R"({"detail":"Method Not Allowed"})");
      CHECK(response.body.size() == 31);
      CHECK(response.content_type() == "application/json");
      CHECK(response.headers.size() == 1);
      return std::string(response.headers.get("allow").value_or("none"));
    };
    CHECK(allowed("POST", "/noslash") == "GET, HEAD");
    CHECK(allowed("DELETE", "/multi") == "GET, HEAD, POST");
    CHECK(allowed("GET", "/only-post") == "POST");
    CHECK(allowed("HEAD", "/only-post") == "POST");
    CHECK(allowed("PROPFIND", "/users/me") == "GET, HEAD");
    CHECK(allowed("GET", "/own-options") == "OPTIONS, PUT");
  }

  TEST_CASE("dispatcher: HEAD is answered by the route for GET") {
    const Fixture ask;
    const Response response = ask("HEAD", "/noslash");
    CHECK(response.status == Status::Ok);
    CHECK(response.body == "noslash /noslash");
  }

  TEST_CASE("dispatcher: OPTIONS is answered with the methods, unless a route does it") {
    const Fixture ask;
    const Response response = ask("OPTIONS", "/multi");
    CHECK(response.status == Status::NoContent);
    CHECK(response.headers.get("allow") == "GET, HEAD, POST");
    CHECK(response.body.empty());
    CHECK(ask("OPTIONS", "/own-options").body == "options /own-options");
    CHECK(ask("OPTIONS", "/none").status == Status::NotFound);
    CHECK(ask("OPTIONS", "*").status == Status::NotFound);
  }

  TEST_CASE("dispatcher: the other slash form is a redirect to an absolute URL with the query as it was") {
    const Fixture ask;
    const Response added = ask("GET", "/slash?x=1&y=a%20b");
    CHECK(added.status == Status::TemporaryRedirect);
    CHECK(added.headers.get("location") == "http://testserver/slash/?x=1&y=a%20b");
    CHECK(added.headers.size() == 1);
    CHECK(added.body.empty());
    CHECK(added.content_type().empty());
    CHECK(ask("GET", "/noslash/").headers.get("location") == "http://testserver/noslash");
    CHECK(ask("GET", "/noslash/?").headers.get("location") == "http://testserver/noslash");
    CHECK(ask("GET", "/users/a%20b/").headers.get("location") == "http://testserver/users/a%20b");
  }

  TEST_CASE("dispatcher: a redirect also leads to a route of another method") {
    const Fixture ask;
    CHECK(ask("POST", "/slash").headers.get("location") == "http://testserver/slash/");
    CHECK(ask("OPTIONS", "/slash").status == Status::TemporaryRedirect);
  }

  TEST_CASE("dispatcher: a redirect has the scheme and host of the request, or neither") {
    const Fixture ask;
    TestRequest secure("GET", "/slash");
    secure.scheme("https").without_headers().header("host", "[::1]:8443");
    CHECK(ask(secure).headers.get("location") == "https://[::1]:8443/slash/");
    TestRequest old("GET", "/slash");
    old.version(10).without_headers();
    CHECK(ask(old).headers.get("location") == "/slash/");
  }

  TEST_CASE("dispatcher: a redirect never leads to another host") {
    Dispatcher dispatcher{DispatchOptions{}};
    dispatcher.add(Method::Get, "/{a:path}/", saying("any"), {}, false);
    const Handler handler = [&](Request& request) { return dispatcher.dispatch(request); };
    TestRequest request("GET", "//evil.example");
    request.version(10).without_headers();
    const Response response = answer(handler, request);
    CHECK_FALSE(response.headers.contains("location"));
  }

  TEST_CASE("dispatcher: redirects can be switched off") {
    const Fixture ask(DispatchOptions{.redirect_slashes = false});
    CHECK(ask("GET", "/slash").status == Status::NotFound);
    CHECK(ask("GET", "/noslash/").status == Status::NotFound);
    CHECK(ask("GET", "/slash/").status == Status::Ok);
  }

  TEST_CASE("dispatcher: a matched request has the route's path, values, limit and watch") {
    const Fixture ask;
    TestRequest user("GET", "/users/a%20b");
    static_cast<void>(ask(user));
    CHECK(user->route_path() == "/users/{uid}");
    CHECK(user->path_param("uid") == "a b");
    CHECK(user->cancel_on_disconnect());
    TestRequest post("POST", "/only-post");
    post.body({"x"});
    static_cast<void>(ask(post));
    CHECK(post.source().limit() == 10);
    CHECK_FALSE(post->cancel_on_disconnect());
  }

  TEST_CASE("dispatcher: a request without a route keeps the server's limit and has no values") {
    const Fixture ask;
    TestRequest request("GET", "/only-post");
    request.body({"x"});
    const std::uint64_t limit = request.source().limit();
    static_cast<void>(ask(request));
    CHECK(request.source().limit() == limit);
    CHECK(request->route_path().empty());
    CHECK(request->path_params().empty());
  }

  TEST_CASE("dispatcher: a path is found by the name of its route") {
    const Fixture ask;
    const std::vector<PathParam> values = {{"uid", "a b?c"}};
    CHECK(ask.dispatcher().url_path_for("user", values) == "/users/a%20b%3Fc");
    CHECK_THROWS_WITH_AS(static_cast<void>(ask.dispatcher().url_path_for("nobody", values)),
                         "no route has the name \"nobody\"", std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(ask.dispatcher().url_path_for("user", {})), std::invalid_argument);
  }

  TEST_CASE("dispatcher: a mount takes as many segments off the path as it has") {
    Dispatcher dispatcher{DispatchOptions{}};
    const Handler show = [](Request& request) {
      return Async<Response>::ready(text(std::string(request.root_path()) + "|" + std::string(request.path())));
    };
    const auto shared = [&show](Request& request) { return show(request); };
    dispatcher.add(MethodSet::any(), "/a/{b}/{mounted:path}", shared, {}, true);
    dispatcher.add(MethodSet::any(), "/{mounted:path}", shared, {}, true);
    dispatcher.freeze();
    const Handler handler = [&](Request& request) { return dispatcher.dispatch(request); };
    CHECK(answer(handler, "GET", "/a/x/y/z").body == "/a/x|/y/z");
    CHECK(answer(handler, "GET", "/a/x%2Fy/").body == "/a/x%2Fy|/");
    CHECK(answer(handler, "GET", "/a/x//y").body == "/a/x|//y");
    CHECK(answer(handler, "GET", "/a").body == "|/a");
    CHECK(answer(handler, "GET", "/").body == "|/");
  }
}
