// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "coroute/openapi/operation_id.hpp"
#include "support/openapi_document.hpp"

using namespace coroute;
using namespace coroute::testing;

TEST_SUITE("openapi") {
  TEST_CASE("operation: its summary is the name in words unless it has one") {
    CHECK(get_x([](Operation&) {})["summary"] == "X");
    CHECK(get_x([](Operation& operation) { operation.name = "read_all"; })["summary"] == "Read All");
    CHECK(get_x([](Operation& operation) { operation.summary = "all of them"; })["summary"] == "all of them");
    CHECK(get_x([](Operation& operation) { operation.name = ""; })["summary"] == "Get X");
  }

  TEST_CASE("operation: tags, description and deprecation are there when they are given") {
    const nlohmann::json plain = get_x([](Operation&) {});
    for (const char* key : {"tags", "description", "deprecated", "parameters", "requestBody", "security", "callbacks"})
      CHECK_FALSE(plain.contains(key));
    const nlohmann::json full = get_x([](Operation& operation) {
      operation.tags = {"b", "a"};
      operation.description = "d";
      operation.deprecated = true;
    });
    CHECK(full["tags"] == R"(["b", "a"])"_j);
    CHECK(full["description"] == "d");
    CHECK(full["deprecated"] == true);
  }

  TEST_CASE("operation: the extra object is merged: objects into objects, lists after lists, all else replaced") {
    const nlohmann::json merged = get_x([](Operation& operation) {
      operation.tags = {"a"};
      operation.extra = R"({"tags": ["b"], "summary": "S", "x-own": {"y": 1},
                            "responses": {"200": {"description": "fine"}, "418": {"description": "tea"}}})";
    });
    CHECK(merged["tags"] == R"(["a", "b"])"_j);
    CHECK(merged["summary"] == "S");
    CHECK(merged["x-own"] == R"({"y": 1})"_j);
    CHECK(merged["responses"]["200"]["description"] == "fine");
    CHECK(merged["responses"]["200"].contains("content"));
    CHECK(merged["responses"]["418"]["description"] == "tea");
  }

  TEST_CASE("operation: what should be a JSON object and is none is an error that names the route") {
    Operation operation{.method = "get", .path = "/x", .name = "x"};
    operation.extra = "{";
    CHECK(message_of({operation}).starts_with("extra of GET /x is not JSON: "));
    operation.extra = "[]";
    CHECK(message_of({operation}) == "extra of GET /x is not a JSON object");
    operation.extra = "";
    operation.method = "post";
    operation.parameters = {&Body<Item>::info()};
    operation.body_examples = "3";
    CHECK(message_of({operation}) == "body_examples of POST /x is not a JSON object");
    operation.body_examples = "";
    operation.security = {{std::make_shared<SecurityScheme>(SecurityScheme{.name = "S", .json = "nope"}), {}}};
    CHECK(message_of({operation}).starts_with("security scheme \"S\" is not JSON: "));
  }

  TEST_CASE("operation: two with one id are an error that names both routes") {
    const std::vector<Operation> named{{.method = "get", .path = "/a", .name = "f"},
                                       {.method = "post", .path = "/b/{id}", .name = "f"}};
    CHECK(message_of(named) ==
          "two operations have the operationId \"f\": GET /a and POST /b/{id}; give one of them another name or "
          "operation_id");
    const std::vector<Operation> given{{.method = "get", .path = "/a", .name = "f"},
                                       {.method = "get", .path = "/b", .name = "g", .operation_id = "f"}};
    CHECK(message_of(given).starts_with("two operations have the operationId \"f\": GET /a and GET /b"));
  }

  TEST_CASE("operation: webhooks and callbacks share the ids of routes") {
    const Operation f{.method = "post", .path = "/f", .name = "f"};
    OpenApiInfo info;
    info.webhooks = {{.method = "post", .path = "hook", .name = "f"}};
    CHECK(message_of({f}, info).find("POST /f and POST hook") != std::string::npos);
    Operation caller{.method = "get", .path = "/g", .name = "g"};
    caller.callbacks = {{.name = "c", .expression = "{$url}", .operation = std::make_shared<const Operation>(f)}};
    CHECK(message_of({caller, f}).find("the operationId \"f\"") != std::string::npos);
    CHECK(message_of({caller}) == "none");
  }

  TEST_CASE("operation: a hidden one takes no id") {
    CHECK(message_of({{.method = "get", .path = "/a", .name = "f"},
                      {.method = "get", .path = "/b", .name = "f", .in_schema = false}}) == "none");
  }

  TEST_CASE("operation: ids that are made from paths never collide") {
    const nlohmann::json paths = document_of({{.method = "get", .path = "/a/b"},
                                              {.method = "get", .path = "/a-b"},
                                              {.method = "get", .path = "/a/b/"},
                                              {.method = "get", .path = "/c", .name = "get_a_b_2"}})["paths"];
    CHECK(paths["/a/b"]["get"]["operationId"] == "get_a_b");
    CHECK(paths["/a-b"]["get"]["operationId"] == "get_a_b_3");
    CHECK(paths["/a/b/"]["get"]["operationId"] == "get_a_b_4");
    CHECK(paths["/c"]["get"]["operationId"] == "get_a_b_2");
  }

  TEST_CASE("operation: callbacks are described with their schemes and models, hidden ones are not") {
    Operation notify{.method = "post", .path = "{$url}", .name = "notify", .parameters = {&Body<Item>::info()}};
    notify.security = {{std::make_shared<SecurityScheme>(SecurityScheme{.name = "S", .json = "{}"}), {}}};
    Operation secret = notify;
    secret.in_schema = false;
    Operation caller{.method = "get", .path = "/x", .name = "x"};
    caller.callbacks = {{"event", "{$url}", std::make_shared<const Operation>(notify)},
                        {"secret", "{$url}", std::make_shared<const Operation>(secret)},
                        {"nothing", "{$url}", nullptr}};
    const nlohmann::json document = document_of({caller});
    const nlohmann::json& callbacks = document["paths"]["/x"]["get"]["callbacks"];
    CHECK(callbacks.size() == 1);
    CHECK(callbacks["event"]["{$url}"]["post"]["operationId"] == "notify");
    CHECK(document["components"]["schemas"].contains("Item"));
    CHECK(document["components"]["securitySchemes"].contains("S"));
  }
}
