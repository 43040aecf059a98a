// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/security_scopes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/security/oauth2.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::get;
using coroute::testing::TestRequest;

namespace {

using Oauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read", "items", "Items">>;
using Texts = std::vector<std::string>;

std::vector<std::string> calls;
Texts called() {
  return std::exchange(calls, {});
}

std::string current(const SecurityScopes& wanted) {
  calls.push_back("current:" + wanted.scope_str());
  return wanted.scope_str();
}
std::string active(Security<current, "me"> user) {
  calls.emplace_back("active");
  return *user;
}
std::string through_plain(Depends<active> user) {
  return *user;
}
int plain() {
  calls.emplace_back("plain");
  return 1;
}
std::string takes_by_value(SecurityScopes wanted, Depends<plain>) {
  return wanted.scope_str() + "|" + std::to_string(wanted.scopes.size());
}
std::string with_token(const Oauth2& bearer, const SecurityScopes& wanted) {
  return bearer.token + ":" + wanted.scope_str();
}
std::string substitute(const SecurityScopes& wanted) {
  return "substitute " + wanted.scope_str();
}
AsyncGenerator<std::string> generator(const SecurityScopes& wanted) {
  calls.push_back("+" + wanted.scope_str());
  co_yield wanted.scope_str();
  calls.push_back("-" + wanted.scope_str());
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("scopes: scope_str separates them by spaces") {
    CHECK(SecurityScopes{}.scope_str().empty());
    CHECK(SecurityScopes{{"a"}}.scope_str() == "a");
    CHECK(SecurityScopes{{"a", "b:c", "d"}}.scope_str() == "a b:c d");
  }

  TEST_CASE("scopes: add up from the handler down the chain, without repeats") {
    const auto ask = [](auto function) { return get(make_handler(std::move(function)), "/"); };
    CHECK(ask([](Depends<current> user) { return *user; }) == R"(200 "")");
    CHECK(ask([](Security<current> user) { return *user; }) == R"(200 "")");
    CHECK(ask([](Security<current, "a", "b", "a"> user) { return *user; }) == R"(200 "a b")");
    CHECK(ask([](Security<active, "items"> user) { return *user; }) == R"(200 "items me")");
    CHECK(ask([](Security<active, "me", "items"> user) { return *user; }) == R"(200 "me items")");
    CHECK(ask([](Depends<active> user) { return *user; }) == R"(200 "me")");
    CHECK(ask([](Security<through_plain, "x"> user) { return *user; }) == R"(200 "x me")");
    CHECK(ask([](Security<takes_by_value, "a", "b"> user) { return *user; }) == R"(200 "a b|2")");
  }

  TEST_CASE("scopes: are empty for a handler, and one dependency's are not its sibling's") {
    calls.clear();
    const Handler handler = make_handler([](SecurityScopes own, Security<current, "a"> a, Security<current, "b"> b) {
      return Texts{own.scope_str(), *a, *b};
    });
    CHECK(get(handler, "/") == R"(200 ["","a","b"])");
    CHECK(called() == Texts{"current:a", "current:b"});
  }

  TEST_CASE("scopes: what looks at them is made once for each set, whatever their order") {
    calls.clear();
    const Handler handler =
        make_handler([](Security<active, "items", "me"> a, Security<active, "me", "items"> b, Depends<active> c,
                        Security<active, "items"> d) { return Texts{*a, *b, *c, *d}; });
    CHECK(get(handler, "/") == R"(200 ["items me","items me","me","items me"])");
    CHECK(called() == Texts{"current:items me", "active", "current:me", "active", "active"});
  }

  TEST_CASE("scopes: what doesn't look at them is made once, unless asked for with some itself") {
    calls.clear();
    const Handler shared = make_handler([](Security<takes_by_value, "a">, Security<takes_by_value, "b">) {});
    CHECK(get(shared, "/") == "200 null");
    CHECK(called() == Texts{"plain"});
    const Handler asked = make_handler([](Security<plain, "x">, Depends<plain>, Security<plain, "x">) {});
    CHECK(get(asked, "/") == "200 null");
    CHECK(called() == Texts{"plain", "plain"});
  }

  TEST_CASE("scopes: a generator of several sets is set up and ended for each") {
    calls.clear();
    TestRequest request;
    const Handler handler = make_handler([](Security<generator, "a">, Security<generator, "b">) {});
    CHECK(exchange(handler, request) == "200 null");
    run(request->run_after_response());
    CHECK(called() == Texts{"+a", "+b", "-b", "-a"});
  }

  TEST_CASE("scopes: reach a scheme's neighbours, and a substitute") {
    const Handler handler = make_handler([](Security<with_token, "me"> user) { return *user; });
    TestRequest request;
    request.header("authorization", "Bearer t");
    CHECK(exchange(handler, request) == R"(200 "t:me")");
    CHECK(get(handler, "/") == R"(401 {"detail":"Not authenticated"})");

    DependencyOverrides overrides;
    overrides.set<with_token, substitute>();
    TestRequest replaced;
    replaced->set_dependency_overrides(&overrides);
    CHECK(exchange(handler, replaced) == R"(200 "substitute me")");
  }

  TEST_CASE("scopes: a scheme may be asked for with some, without a function around it") {
    const Handler handler = make_handler([](Security<from_request<Oauth2>, "me"> bearer) { return bearer->token; });
    TestRequest request;
    request.header("authorization", "Bearer t");
    CHECK(exchange(handler, request) == R"(200 "t")");
  }

  TEST_CASE("scopes: those of a route's list and of its routers are asked for before the handler's") {
    calls.clear();
    Router router("/r", {.dependencies = {security<current, "router">()}});
    router.get("/", [](Security<current, "own"> user) { return *user; },
               {.dependencies = {security<active, "route">()}});
    App app;
    app.include(std::move(router));
    CHECK(get(std::move(app).handler(), "/r/") == R"(200 "own")");
    CHECK(called() == Texts{"current:router", "current:route me", "active", "current:own"});
  }

  TEST_CASE("scopes: security<...>() describes the same use for lists of dependencies") {
    CHECK(security<current, "a">() == &Security<current, "a">::use);
    CHECK(security<current, "a", "b">()->scopes.size() == 2);
    CHECK(security<Oauth2, "me">()->scopes[0] == "me");
    CHECK(depends<current>()->scopes.empty());
    CHECK(depends<active>()->info->uses_scopes);
    CHECK(depends<Oauth2>()->info->uses_scopes);
    CHECK_FALSE(depends<plain>()->info->uses_scopes);
  }
}
