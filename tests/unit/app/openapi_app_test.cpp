// SPDX-License-Identifier: BSL-1.0
// What of an application, its routers and its routes comes into the OpenAPI document.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "coroute/openapi/operation_id.hpp"
#include "coroute/params/decimal.hpp"
#include "coroute/security/credentials.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::answer;

namespace {

struct Item {
  int id;
  std::string name;
};
struct Price {
  Decimal value;
};

nlohmann::json operator""_j(const char* text, std::size_t size) {
  return nlohmann::json::parse(std::string_view(text, size));
}

nlohmann::json document(App& app) {
  return nlohmann::json::parse(app.openapi());
}

/// The operation of the only route of `declare`, at "/x".
template <class Declare>
nlohmann::json operation(Declare declare, AppOptions options = {}) {
  App app(std::move(options));
  declare(app);
  return document(app)["paths"]["/x"]["get"];
}

/// What is answered to a request that has something wrong.
nlohmann::json problem_of(const Handler& handler, std::string_view target) {
  try {
    static_cast<void>(answer(handler, "GET", target));
  } catch (const RequestValidationError& error) {
    return nlohmann::json::parse(error.problem_json(target));
  }
  return nullptr;
}

constexpr auto nothing = [] {};

std::string tagged_id(const Operation& operation) {
  return operation.tags.at(0) + "-" + operation.name;
}
std::string path_id(const Operation& operation) {
  return operation.method + operation.path;
}

Json authenticated(HttpBearer) {
  return {};
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("openapi: a route may say what media type its own Response has") {
    const nlohmann::json made =
        operation([](App& app) { app.get("/x", [] { return Response(); }, {.response_media_type = "image/png"}); });
    CHECK(made["responses"]["200"]["content"] == R"({"image/png": {"schema": {"type": "string"}}})"_j);
  }

  TEST_CASE("openapi: a media type that is JSON keeps the answer's model") {
    const nlohmann::json made = operation(
        [](App& app) { app.get("/x", [] { return Item(); }, {.response_media_type = "application/vnd.item+json"}); });
    CHECK(made["responses"]["200"]["content"] ==
          R"({"application/vnd.item+json": {"schema": {"$ref": "#/components/schemas/Item"}}})"_j);
  }

  TEST_CASE("openapi: the media type that is said goes before that of the class of the answer") {
    const nlohmann::json made = operation([](App& app) {
      app.get("/x", [] { return "a,b"; }, {.answer_as = AnswerAs::PlainText, .response_media_type = "text/csv"});
    });
    CHECK(made["responses"]["200"]["content"] == R"({"text/csv": {"schema": {"type": "string"}}})"_j);
  }

  TEST_CASE("openapi: what the application says of returned text is no text of other values") {
    App app{{.answer_as = AnswerAs::Html}};
    app.get("/text", [] { return "<p>"; });
    app.get("/item", [] { return Item(); });
    const nlohmann::json paths = nlohmann::json::parse(app.openapi())["paths"];
    CHECK(paths["/text"]["get"]["responses"]["200"]["content"].contains("text/html"));
    CHECK(paths["/item"]["get"]["responses"]["200"]["content"].contains("application/json"));
  }

  TEST_CASE("openapi: the items of a stream are described, as JSON lines and as events") {
    const nlohmann::json lines = operation([](App& app) {
      app.get("/x", [] { return Response(); },
              {.response_media_type = "application/jsonl", .item_schema = schema_of<Item>});
    });
    CHECK(lines["responses"]["200"]["content"] ==
          R"({"application/jsonl": {"itemSchema": {"$ref": "#/components/schemas/Item"}}})"_j);
    const nlohmann::json events = operation([](App& app) {
      app.get("/x", [] { return Response(); },
              {.response_media_type = "text/event-stream", .item_schema = schema_of<std::vector<int>>});
    });
    const nlohmann::json& event = events["responses"]["200"]["content"]["text/event-stream"]["itemSchema"];
    CHECK(event["properties"]["data"]["contentSchema"]["items"] == R"({"type": "integer"})"_j);
    CHECK(event["required"] == R"(["data"])"_j);
  }

  TEST_CASE("openapi: 422 is documented only where something is taken from the request") {
    const auto has_422 = [](auto handler) {
      App app;
      app.get("/x", handler);
      return document(app)["paths"]["/x"]["get"]["responses"].contains("422");
    };
    CHECK_FALSE(has_422([] {}));
    CHECK_FALSE(has_422([](Request&) {}));
    CHECK_FALSE(has_422([](HttpBearer) {}));
    CHECK(has_422([](Query<int, "q", defaults_to(1)>) {}));
    CHECK(has_422([](const Item&) {}));
    CHECK(has_422([](Header<std::string, "h">) {}));
  }

  TEST_CASE("openapi: 422 is described as the problem that it is answered with") {
    App app({.problem_details = true});
    app.get("/x", [](Query<int, "q">) {});
    const nlohmann::json made = document(app);
    CHECK(made["paths"]["/x"]["get"]["responses"]["422"]["content"] ==
          R"({"application/problem+json": {"schema": {"$ref": "#/components/schemas/ValidationProblem"}}})"_j);
    const nlohmann::json& schemas = made["components"]["schemas"];
    CHECK_FALSE(schemas.contains("HTTPValidationError"));
    const nlohmann::json& problem = schemas["ValidationProblem"];
    CHECK(problem["properties"]["errors"]["items"] == R"({"$ref": "#/components/schemas/ValidationError"})"_j);
    const nlohmann::json answered = problem_of(std::move(app).handler(), "/x?q=z");
    for (const auto& [member, value] : answered.items())
      CHECK(problem["properties"].contains(member));
    for (const nlohmann::json& member : problem["required"])
      CHECK(answered.contains(member.get<std::string>()));
  }

  TEST_CASE("openapi: a model that is written differently is described twice, unless the application says once") {
    for (const bool separate : {true, false}) {
      App app({.separate_input_output_schemas = separate});
      app.post("/x", [](const Price& price) { return price; });
      const nlohmann::json schemas = document(app)["components"]["schemas"];
      CAPTURE(schemas.dump());
      CHECK(schemas.contains("Price-Input") == separate);
      CHECK(schemas.contains("Price-Output") == separate);
      CHECK(schemas.contains("Price") == !separate);
    }
  }

  TEST_CASE("openapi: a model that is read as it is written has one schema") {
    App app;
    app.post("/x", [](const Item& item) { return item; });
    CHECK(document(app)["components"]["schemas"].contains("Item"));
  }

  TEST_CASE("openapi: openapi_extra is merged over the operation") {
    const nlohmann::json made = operation([](App& app) {
      app.get("/x", nothing,
              {.tags = {"a"}, .openapi_extra = R"({"x-internal": true, "tags": ["b"], "summary": "S"})"});
    });
    CHECK(made["x-internal"] == true);
    CHECK(made["tags"] == R"(["a", "b"])"_j);
    CHECK(made["summary"] == "S");
    App app;
    app.get("/x", nothing, {.openapi_extra = "[]"});
    CHECK_THROWS_WITH_AS(app.openapi(), "extra of GET /x is not a JSON object", std::invalid_argument);
  }

  TEST_CASE("openapi: what is said of the service is in the document") {
    App app({.title = "T",
             .version = "2",
             .summary = "s",
             .servers = {{.url = "/api"}},
             .openapi_tags = {{.name = "n"}},
             .external_docs = {.url = "https://x.io", .description = "more"}});
    const nlohmann::json made = document(app);
    CHECK(made["info"] == R"({"title": "T", "version": "2", "summary": "s"})"_j);
    CHECK(made["servers"] == R"([{"url": "/api"}])"_j);
    CHECK(made["tags"] == R"([{"name": "n"}])"_j);
    CHECK(made["externalDocs"] == R"({"url": "https://x.io", "description": "more"})"_j);
  }

  TEST_CASE("openapi: what the application says of all routes stands before what they say") {
    OutgoingRouter events;
    events.post("{$url}", nothing, {.name = "event"});
    App app({.responses = {{"401", {.description = "who?"}}, {"404", {.description = "app's"}}},
             .callbacks = events.routes(),
             .deprecated = true});
    app.get("/x", nothing, {.responses = {{"404", {.description = "own"}}}});
    Router router("/r");
    router.get("/y", nothing);
    app.include(std::move(router));
    const nlohmann::json paths = document(app)["paths"];
    CHECK(paths["/x"]["get"]["responses"]["401"]["description"] == "who?");
    CHECK(paths["/x"]["get"]["responses"]["404"]["description"] == "own");
    CHECK(paths["/r/y"]["get"]["responses"]["404"]["description"] == "app's");
    for (const char* const path : {"/x", "/r/y"}) {
      CHECK(paths[path]["get"]["deprecated"] == true);
      CHECK(paths[path]["get"]["callbacks"].contains("event"));
    }
  }

  TEST_CASE("openapi: an application that is not to be documented has no paths") {
    App app({.include_in_schema = false});
    app.get("/x", nothing);
    CHECK(document(app)["paths"].empty());
  }

  TEST_CASE("operation ids: the name is the id, without one words of method and path") {
    App app;
    app.get("/x", nothing, {.name = "read_x"}).get("/items/{id}", [](Path<int, "id">) {});
    const nlohmann::json paths = document(app)["paths"];
    CHECK(paths["/x"]["get"]["operationId"] == "read_x");
    CHECK(paths["/items/{id}"]["get"]["operationId"] == "get_items_id");
  }

  TEST_CASE("operation ids: the innermost function that makes them counts, an id that is given goes before") {
    App app({.generate_unique_id_function = fastapi_operation_id});
    app.get("/a", nothing, {.name = "a"});
    app.get("/b", nothing, {.name = "b", .generate_unique_id_function = path_id});
    app.get("/c", nothing, {.name = "c", .operation_id = "given", .generate_unique_id_function = path_id});
    Router inner("/in");
    inner.get("/d", nothing, {.name = "d", .tags = {"t"}});
    inner.get("/e", nothing, {.name = "e", .generate_unique_id_function = path_id});
    Router outer("/out", {.generate_unique_id_function = path_id});
    outer.include(std::move(inner), "", {.generate_unique_id_function = tagged_id});
    outer.get("/f", nothing, {.name = "f"});
    app.include(std::move(outer));
    const nlohmann::json paths = document(app)["paths"];
    const auto id_of = [&](const char* path) { return paths[path]["get"]["operationId"].get<std::string>(); };
    CHECK(id_of("/a") == "a_a_get");
    CHECK(id_of("/b") == "get/b");
    CHECK(id_of("/c") == "given");
    CHECK(id_of("/out/in/d") == "t-d");
    CHECK(id_of("/out/in/e") == "get/out/in/e");
    CHECK(id_of("/out/f") == "get/out/f");
  }

  TEST_CASE("operation ids: the function sees the path without convertors, and all tags") {
    App app({.generate_unique_id_function = [](const Operation& made) { return made.path + made.tags.back(); }});
    Router router("/v1", {.tags = {"outer"}});
    router.get("/files/{path:path}", [](Path<std::string, "path">) {}, {.tags = {"own"}});
    app.include(std::move(router));
    CHECK(document(app)["paths"]["/v1/files/{path}"]["get"]["operationId"] == "/v1/files/{path}own");
  }

  TEST_CASE("operation ids: the methods of one named route have ids of their own") {
    App app;
    app.route({Method::Get, Method::Post}, "/both", nothing, {.name = "both"});
    const nlohmann::json path = document(app)["paths"]["/both"];
    CHECK(path["get"]["operationId"] == "both_get");
    CHECK(path["post"]["operationId"] == "both_post");
    CHECK(path["get"]["summary"] == "Both");
    CHECK(path["post"]["summary"] == "Both");
  }

  TEST_CASE("operation ids: one that several routes have stops the start, with a message that names both") {
    const char* const message =
        "two operations have the operationId \"same\": GET /a and POST /b/{id}; give one of them another name or "
        "operation_id";
    const auto declare = [](AppOptions options = {}) {
      App app(std::move(options));
      app.get("/a", nothing, {.name = "same"});
      app.post("/b/{id}", [](Path<int, "id">) {}, {.operation_id = "same"});
      return app;
    };
    CHECK_THROWS_WITH_AS(declare().openapi(), message, std::invalid_argument);
    CHECK_THROWS_WITH_AS(declare().handler(), message, std::invalid_argument);
    App parent;
    CHECK_THROWS_WITH_AS(parent.mount("/sub", declare()), message, std::invalid_argument);
    CHECK_NOTHROW(declare({.openapi_url = std::nullopt}).handler());
  }

  TEST_CASE("operation ids: a mounted application has a document of its own and may use the same ids") {
    App app;
    app.get("/a", nothing, {.name = "same"});
    App sub;
    sub.get("/a", nothing, {.name = "same"});
    app.mount("/sub", std::move(sub));
    const Handler handler = std::move(app).handler();
    const auto of_sub = nlohmann::json::parse(answer(handler, "GET", "/sub/openapi.json").content());
    CHECK(of_sub["paths"]["/a"]["get"]["operationId"] == "same");
    CHECK(of_sub["servers"] == R"([{"url": "/sub"}])"_j);
    const auto of_app = nlohmann::json::parse(answer(handler, "GET", "/openapi.json").content());
    CHECK_FALSE(of_app["paths"].contains("/sub/a"));
  }

  TEST_CASE("openapi: servers are left as they are said when the root path is not to be among them") {
    for (const bool named : {true, false}) {
      App app({.servers = {{.url = "https://x.io"}}, .root_path = "/api", .root_path_in_servers = named});
      const Handler handler = std::move(app).handler();
      const auto made = nlohmann::json::parse(answer(handler, "GET", "/openapi.json").content());
      CHECK(made["servers"] ==
            (named ? R"([{"url": "/api"}, {"url": "https://x.io"}])"_j : R"([{"url": "https://x.io"}])"_j));
    }
  }

  TEST_CASE("openapi: Swagger UI may call what the application says") {
    App app({.swagger_ui_connect_origins = {"https://login.x.io"}});
    const Response page = answer(std::move(app).handler(), "GET", "/docs");
    if (page.status == Status::NotFound) return;  // a build without Swagger UI
    const std::string policy(page.headers.get("content-security-policy").value_or(""));
    CHECK(policy.find("https://login.x.io") != std::string::npos);
  }
}

TEST_SUITE("app") {
  TEST_CASE("security: credentials that a route takes are asked for together") {
    const nlohmann::json made =
        operation([](App& app) { app.get("/x", [](HttpBearer, ApiKeyHeader<"X-API-Key">, HttpBasic) {}); });
    CHECK(made["security"] == R"([{"HTTPBearer": [], "APIKeyHeader": [], "HTTPBasic": []}])"_j);
  }

  TEST_CASE("security: credentials that may lack are alternatives") {
    const nlohmann::json one_of = operation(
        [](App& app) { app.get("/x", [](std::optional<HttpBearer>, std::optional<ApiKeyHeader<"X-API-Key">>) {}); });
    CHECK(one_of["security"] == R"([{"HTTPBearer": []}, {"APIKeyHeader": []}])"_j);
    const nlohmann::json with_another = operation(
        [](App& app) { app.get("/x", [](std::optional<HttpBearer>, HttpBasic, std::optional<HttpDigest>) {}); });
    CHECK(with_another["security"] == R"([{"HTTPBasic": []}, {"HTTPBasic": [], "HTTPBearer": []},
                                          {"HTTPBasic": [], "HTTPDigest": []}])"_j);
  }

  TEST_CASE("security: what is asked for once may not lack, whoever else does without") {
    const nlohmann::json made = operation([](App& app) {
      app.get("/x", [](std::optional<HttpBearer>, Depends<authenticated>, std::optional<HttpBasic>) {});
    });
    CHECK(made["security"] == R"([{"HTTPBearer": []}, {"HTTPBearer": [], "HTTPBasic": []}])"_j);
  }

  TEST_CASE("security: each scheme is a requirement of its own when the application says so") {
    const nlohmann::json made =
        operation([](App& app) { app.get("/x", [](HttpBearer, HttpBasic, std::optional<HttpDigest>) {}); },
                  {.combine_security_schemes = false});
    CHECK(made["security"] == R"([{"HTTPBearer": []}, {"HTTPBasic": []}, {"HTTPDigest": []}])"_j);
  }

  TEST_CASE("security: routes that take no credentials say nothing of them") {
    CHECK_FALSE(operation([](App& app) { app.get("/x", nothing); }).contains("security"));
  }
}
