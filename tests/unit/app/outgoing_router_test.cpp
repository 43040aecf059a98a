// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/outgoing_router.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/json.hpp"
#include "coroute/security/credentials.hpp"

using namespace coroute;

namespace {

struct Invoice {
  std::string id;
};
struct Receipt {
  bool ok;
};

constexpr auto takes_invoice = [](const Invoice&) {};

nlohmann::json document(App& app) {
  return nlohmann::json::parse(app.openapi());
}

/// The callbacks of an operation that has those of `router`.
nlohmann::json callbacks(const OutgoingRouter& router, AppOptions options = {}) {
  App app(std::move(options));
  app.post("/x", [] {}, {.name = "x", .callbacks = router.routes()});
  return document(app)["paths"]["/x"]["post"]["callbacks"];
}

/// Runs while documents are made, which no function of an outgoing route does.
Json never_called() {
  throw std::logic_error("called");
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("outgoing router: a callback stands under its name and its URL as it is") {
    OutgoingRouter router;
    router.post("{$callback_url}/invoices/{$request.body.id}", takes_invoice, {.name = "paid"});
    const nlohmann::json made = callbacks(router);
    CHECK(made.size() == 1);
    const nlohmann::json& operation = made["paid"]["{$callback_url}/invoices/{$request.body.id}"]["post"];
    CHECK(operation["summary"] == "Paid");
    CHECK(operation["operationId"] == "paid");
    CHECK(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Invoice");
    CHECK(operation["responses"].contains("422"));
  }

  TEST_CASE("outgoing router: every verb is the method of its request") {
    OutgoingRouter router;
    router.get("{$a}", [] {}, {.name = "a"})
        .post("{$b}", [] {}, {.name = "b"})
        .put("{$c}", [] {}, {.name = "c"})
        .patch("{$d}", [] {}, {.name = "d"})
        .del("{$e}", [] {}, {.name = "e"})
        .route(Method::Head, "{$f}", [] {}, {.name = "f"});
    const nlohmann::json made = callbacks(router);
    CHECK(made["a"]["{$a}"].contains("get"));
    CHECK(made["b"]["{$b}"].contains("post"));
    CHECK(made["c"]["{$c}"].contains("put"));
    CHECK(made["d"]["{$d}"].contains("patch"));
    CHECK(made["e"]["{$e}"].contains("delete"));
    CHECK(made["f"]["{$f}"].contains("head"));
  }

  TEST_CASE("outgoing router: a callback without a name is called after its method and URL") {
    OutgoingRouter router;
    router.post("{$callback_url}/paid", takes_invoice);
    const nlohmann::json made = callbacks(router);
    CHECK(made.begin().key() == "post_callback_url_paid");
    CHECK(made["post_callback_url_paid"]["{$callback_url}/paid"]["post"]["operationId"] == "post_callback_url_paid");
  }

  TEST_CASE("outgoing router: what the function takes and gives back is described as a handler's, and not called") {
    OutgoingRouter router;
    router.get("{$url}", never_called, {.name = "never"});
    router.post("{$url}", [](Query<int, "n">, Header<std::string, "x_sign">, HttpBearer) { return Receipt(); },
                {.status = 202, .name = "rich", .tags = {"t"}, .description = "D", .deprecated = true});
    const nlohmann::json made = callbacks(router);
    const nlohmann::json& rich = made["rich"]["{$url}"]["post"];
    CHECK(rich["parameters"][0]["name"] == "n");
    CHECK(rich["parameters"][1]["name"] == "x-sign");
    CHECK(rich["responses"]["202"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Receipt");
    CHECK(rich["security"][0].contains("HTTPBearer"));
    CHECK(rich["tags"][0] == "t");
    CHECK(rich["description"] == "D");
    CHECK(rich["deprecated"] == true);
    CHECK(made["never"]["{$url}"]["get"]["responses"].contains("200"));
  }

  TEST_CASE("outgoing router: a hidden route is not described") {
    OutgoingRouter router;
    router.post("{$url}", takes_invoice, {.name = "secret", .include_in_schema = false});
    CHECK(callbacks(router).is_null());
  }

  TEST_CASE("outgoing router: routes that have callbacks in common describe the same ones") {
    OutgoingRouter router;
    router.post("{$url}", takes_invoice, {.name = "event"});
    App app;
    app.post("/a", [] {}, {.callbacks = router.routes()}).post("/b", [] {}, {.callbacks = router.routes()});
    const nlohmann::json paths = document(app)["paths"];
    CHECK(paths["/a"]["post"]["callbacks"] == paths["/b"]["post"]["callbacks"]);
    CHECK(paths["/a"]["post"]["callbacks"].size() == 1);
  }

  TEST_CASE("outgoing router: callbacks of a router stand before those of its routes") {
    OutgoingRouter outer;
    outer.post("{$url}", takes_invoice, {.name = "outer"});
    OutgoingRouter middle;
    middle.post("{$url}", takes_invoice, {.name = "middle"});
    OutgoingRouter own;
    own.post("{$url}", takes_invoice, {.name = "own"});
    Router router("/r", {.callbacks = middle.routes()});
    router.post("/x", [] {}, {.callbacks = own.routes()});
    App app;
    app.include(std::move(router), "", {.callbacks = outer.routes()});
    const auto made = nlohmann::ordered_json::parse(app.openapi())["paths"]["/r/x"]["post"]["callbacks"];
    std::vector<std::string> names;
    for (const auto& [name, callback] : made.items())
      names.push_back(name);
    CHECK(names == std::vector<std::string>{"outer", "middle", "own"});
  }

  TEST_CASE("outgoing router: a callback may have callbacks itself") {
    OutgoingRouter inner;
    inner.post("{$inner}", takes_invoice, {.name = "inner"});
    OutgoingRouter outer;
    outer.post("{$outer}", takes_invoice, {.name = "outer", .callbacks = inner.routes()});
    CHECK(callbacks(outer)["outer"]["{$outer}"]["post"]["callbacks"]["inner"]["{$inner}"].contains("post"));
  }

  TEST_CASE("outgoing router: what it says of all routes is said before what they say") {
    OutgoingRouter router({.tags = {"all"}, .responses = {{"410", {.description = "gone"}}}, .deprecated = true});
    router.post("{$url}", takes_invoice, {.name = "event", .tags = {"own"}});
    const nlohmann::json operation = callbacks(router)["event"]["{$url}"]["post"];
    CHECK(operation["tags"] == nlohmann::json{"all", "own"});
    CHECK(operation["responses"]["410"]["description"] == "gone");
    CHECK(operation["deprecated"] == true);
  }

  TEST_CASE("outgoing router: ids come from its own function, else from that of the route around") {
    const auto loud = [](const Operation& operation) { return operation.name + "!"; };
    OutgoingRouter router;
    router.post("{$a}", takes_invoice, {.name = "a"});
    CHECK(callbacks(router, {.generate_unique_id_function = loud})["a"]["{$a}"]["post"]["operationId"] == "a!");
    OutgoingRouter own({.generate_unique_id_function = [](const Operation& operation) { return operation.path; }});
    own.post("{$a}", takes_invoice, {.name = "a"});
    CHECK(callbacks(own, {.generate_unique_id_function = loud})["a"]["{$a}"]["post"]["operationId"] == "{$a}");
  }

  TEST_CASE("outgoing router: an id that a route has too is an error that names both") {
    OutgoingRouter router;
    router.post("{$url}", takes_invoice, {.name = "x"});
    CHECK_THROWS_WITH_AS(callbacks(router),
                         "two operations have the operationId \"x\": POST /x and POST {$url}; give one of them another "
                         "name or operation_id",
                         std::invalid_argument);
  }

  TEST_CASE("outgoing router: an empty URL is refused") {
    OutgoingRouter router;
    CHECK_THROWS_AS(router.post("", takes_invoice), std::invalid_argument);
    CHECK(router.routes().empty());
  }

  TEST_CASE("outgoing router: webhooks have a part of the document of their own, under their names") {
    App app({.generate_unique_id_function = fastapi_operation_id});
    app.webhooks().post("new-subscription", takes_invoice, {.name = "new_subscription", .description = "When."});
    app.webhooks().del("hidden", takes_invoice, {.include_in_schema = false});
    const nlohmann::json made = document(app);
    CHECK(made["paths"].empty());
    CHECK(made["webhooks"].size() == 1);
    const nlohmann::json& operation = made["webhooks"]["new-subscription"]["post"];
    CHECK(operation["operationId"] == "new_subscriptionnew_subscription_post");
    CHECK(operation["description"] == "When.");
    CHECK(made["components"]["schemas"].contains("Invoice"));
  }

  TEST_CASE("outgoing router: an application without webhooks has no such part") {
    App app;
    CHECK_FALSE(document(app).contains("webhooks"));
  }
}
