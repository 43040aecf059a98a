// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/document.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/openapi/operation_id.hpp"
#include "coroute/params/parameter.hpp"

using namespace coroute;

namespace {

struct Item {
  int id;
};
struct Amount {
  Decimal value;
};
struct Paging {
  int skip = 0;
  std::optional<int> limit;
  std::string secret;
  std::string order_by;
  static constexpr auto schema =
      fields(field<&Paging::skip>(defaulted, ge(0), description<"how many to leave out">, deprecated),
             field<&Paging::secret>(hidden));
};
struct Credentials {
  std::string user;
  std::string note = "none";
  static constexpr auto schema = fields(field<&Credentials::note>(defaulted));
};
struct Attachment {
  std::string name;
  UploadFile file;
};
struct ValidationError {
  int code;
};

}  // namespace

namespace {

nlohmann::json operator""_j(const char* text, std::size_t size) {
  return nlohmann::json::parse(std::string_view(text, size));
}

nlohmann::json document_of(std::vector<Operation> operations, const OpenApiInfo& info = {}) {
  return nlohmann::json::parse(openapi_document(info, operations));
}

/// The operation object of GET /x with `change` made to it.
template <class F>
nlohmann::json get_x(F change, std::string method = "get") {
  Operation operation{.method = method, .path = "/x", .name = "x"};
  change(operation);
  return document_of({operation})["paths"]["/x"][method];
}

template <class... P>
nlohmann::json parameters() {
  return get_x([](Operation& operation) { operation.parameters = {&P::info()...}; })["parameters"];
}

template <class... P>
nlohmann::json document_with_body(bool embeds = false) {
  return document_of(
      {{.method = "post", .path = "/x", .name = "x", .parameters = {&P::info()...}, .embeds_body = embeds}});
}
template <class... P>
nlohmann::json request_body(bool embeds = false) {
  return document_with_body<P...>(embeds)["paths"]["/x"]["post"]["requestBody"];
}

std::string message_of(const std::vector<Operation>& operations, const OpenApiInfo& info = {}) {
  try {
    openapi_document(info, operations);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

nlohmann::json media(const std::string& type, nlohmann::json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("document: a service with one route and nothing said about it is FastAPI's to the byte") {
    const std::vector<Operation> operations{
        {.method = "get", .path = "/", .name = "root", .operation_id = fastapi_operation_id("root", "/", "get")}};
    CHECK(openapi_document({.title = "FastAPI"}, operations) ==
          R"({"openapi":"3.1.0","info":{"title":"FastAPI","version":"0.1.0"},"paths":{"/":{"get":{"summary":"Root",)"
          R"("operationId":"root__get","responses":{"200":{"description":"Successful Response","content":)"
          R"({"application/json":{"schema":{}}}}}}}}})");
  }

  TEST_CASE("document: the path below a proxy is a server") {
    const OpenApiInfo info{.title = "FastAPI", .servers = {{.url = "/api/v1"}}};
    CHECK(document_of({}, info)["servers"] == R"([{"url": "/api/v1"}])"_j);
  }

  TEST_CASE("document: a service without routes has paths and no components") {
    CHECK(document_of({}) ==
          R"({"openapi": "3.1.0", "info": {"title": "coroute", "version": "0.1.0"}, "paths": {}})"_j);
  }

  TEST_CASE("document: what is said about the service is there, what isn't is left out") {
    const OpenApiInfo info{.title = "T",
                           .license = {.name = "MIT", .url = "https://x.io/"},
                           .tags = {{.name = "a"}, {.name = "b", .description = "B"}},
                           .external_docs = {.url = "https://x.io/docs"},
                           .openapi_version = "3.1.1"};
    const nlohmann::json document = document_of({}, info);
    CHECK(document["openapi"] == "3.1.1");
    CHECK(document["info"]["license"] == R"({"name": "MIT", "url": "https://x.io/"})"_j);
    CHECK_FALSE(document["info"].contains("contact"));
    CHECK_FALSE(document.contains("servers"));
    CHECK(document["tags"] == R"([{"name": "a"}, {"name": "b", "description": "B"}])"_j);
    CHECK(document["externalDocs"] == R"({"url": "https://x.io/docs"})"_j);
  }

  TEST_CASE("document: texts of any kind come out as valid JSON") {
    const OpenApiInfo info{.title = "a\"b\\c\n\xff", .description = "grün"};
    CHECK(document_of({}, info)["info"]["title"] == "a\"b\\c\n\xef\xbf\xbd");
    CHECK(openapi_document(info, {}).find("grün") != std::string::npos);
  }

  TEST_CASE("document: paths stand in the order of the routes, the methods of one path together") {
    const std::vector<Operation> operations{{.method = "get", .path = "/b", .name = "b"},
                                            {.method = "get", .path = "/a", .name = "a"},
                                            {.method = "post", .path = "/b", .name = "c"}};
    const auto paths = nlohmann::ordered_json::parse(openapi_document({}, operations))["paths"];
    CHECK(paths.begin().key() == "/b");
    CHECK(paths.size() == 2);
    CHECK(paths["/b"]["post"]["operationId"] == "c");
  }

  TEST_CASE("document: of two routes with one path and method the first, which answers, is described") {
    const nlohmann::json document =
        document_of({{.method = "get", .path = "/x", .name = "a"}, {.method = "get", .path = "/x", .name = "a"}});
    CHECK(document["paths"]["/x"]["get"]["operationId"] == "a");
  }

  TEST_CASE("document: a route that is not to be shown is not there, nor are its models") {
    Operation hidden{.method = "get", .path = "/x", .name = "x", .in_schema = false};
    hidden.response_schema = schema_of<Item>;
    CHECK(document_of({hidden})["paths"].empty());
    CHECK_FALSE(document_of({hidden}).contains("components"));
  }

  TEST_CASE("document: webhooks have a part of their own") {
    OpenApiInfo info;
    info.webhooks = {{.method = "post", .path = "paid", .name = "paid", .parameters = {&Body<Item>::info()}}};
    const nlohmann::json document = document_of({}, info);
    CHECK(document["webhooks"]["paid"]["post"]["summary"] == "Paid");
    CHECK(document["components"]["schemas"].contains("Item"));
    CHECK(document["paths"].empty());
  }

  TEST_CASE("document: one schema for requests and answers when that is asked for") {
    Operation operation{.method = "post", .path = "/x", .name = "x", .parameters = {&Body<Amount>::info()}};
    operation.response_schema = schema_of<Amount>;
    CHECK(document_of({operation})["components"]["schemas"].contains("Amount-Output"));
    const nlohmann::json merged = document_of({operation}, {.separate_input_output_schemas = false});
    CHECK(merged["components"]["schemas"].contains("Amount"));
    CHECK(merged["components"]["schemas"].size() == 3);
  }
}

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

  TEST_CASE("operation: security schemes are listed one by one, each once, with all scopes that are asked for") {
    const auto oauth = std::make_shared<SecurityScheme>(SecurityScheme{.name = "O", .json = R"({"type": "oauth2"})"});
    const auto key = std::make_shared<SecurityScheme>(SecurityScheme{.name = "K", .json = R"({"type": "apiKey"})"});
    const nlohmann::json document = document_of(
        {{.method = "get", .path = "/x", .name = "x", .security = {{oauth, {"a"}}, {key, {}}, {oauth, {"b", "a"}}}}});
    CHECK(document["paths"]["/x"]["get"]["security"] == R"([{"O": ["a", "b"]}, {"K": []}])"_j);
    CHECK(document["components"]["securitySchemes"] == R"({"O": {"type": "oauth2"}, "K": {"type": "apiKey"}})"_j);
    CHECK_FALSE(document["components"].contains("schemas"));
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

TEST_SUITE("openapi") {
  TEST_CASE("parameters: path, query, header and cookie in this order, each kind as declared") {
    const nlohmann::json all =
        parameters<Cookie<int, "c">, Header<int, "h_h">, Query<int, "q2">, Query<int, "q1">, Path<int, "p">>();
    std::string names;
    for (const nlohmann::json& each : all)
      names += each["in"].get<std::string>() + ":" + each["name"].get<std::string>() + " ";
    CHECK(names == "path:p query:q2 query:q1 header:h-h cookie:c ");
  }

  TEST_CASE("parameters: the title of a header is its name on the wire") {
    CHECK(parameters<Header<int, "x_token">>()[0]["schema"]["title"] == "X-Token");
    CHECK(parameters<Header<int, "x_token", keep_underscores>>()[0]["schema"]["title"] == "X Token");
  }

  TEST_CASE("parameters: required is what has no default and may not be null") {
    const nlohmann::json all =
        parameters<Query<int, "a">, Query<std::optional<int>, "b">, Query<int, "c", defaults_to(1)>>();
    CHECK(all[0]["required"] == true);
    CHECK(all[1]["required"] == false);
    CHECK(all[2]["required"] == false);
    CHECK(all[2]["schema"]["default"] == 1);
    CHECK_FALSE(all[1]["schema"].contains("default"));
  }

  TEST_CASE("parameters: description and deprecation are said of the parameter and of its schema") {
    const nlohmann::json one = parameters<Query<int, "a", description<"d">, deprecated>>()[0];
    CHECK(one["description"] == "d");
    CHECK(one["deprecated"] == true);
    CHECK(one["schema"]["description"] == "d");
    CHECK(one["schema"]["deprecated"] == true);
  }

  TEST_CASE("parameters: the same one twice is described once, and one that is required wins") {
    using Optional = Query<std::optional<int>, "q">;
    using Required = Query<int, "q">;
    using Defaulted = Query<int, "q", defaults_to(3)>;
    CHECK(parameters<Optional, Required>().size() == 1);
    CHECK(parameters<Optional, Required>()[0]["required"] == true);
    CHECK(parameters<Required, Optional>()[0]["required"] == true);
    CHECK(parameters<Optional, Defaulted>()[0]["schema"]["default"] == 3);
  }

  TEST_CASE("parameters: one name in the query and in a header are two parameters") {
    CHECK(parameters<Query<int, "q">, Header<int, "q">>().size() == 2);
  }

  TEST_CASE("parameters: a model without a name is one parameter for each of its fields but the hidden ones") {
    const nlohmann::json all = parameters<Query<Paging>>();
    REQUIRE(all.size() == 3);
    CHECK(all[0] == R"({"name": "skip", "in": "query", "required": false, "deprecated": true,
                        "description": "how many to leave out",
                        "schema": {"type": "integer", "minimum": 0, "default": 0, "title": "Skip", "deprecated": true,
                                   "description": "how many to leave out"}})"_j);
    CHECK(all[1]["schema"] == R"({"anyOf": [{"type": "integer"}, {"type": "null"}], "title": "Limit"})"_j);
    CHECK(all[2]["required"] == true);
  }

  TEST_CASE("parameters: the fields of a header model have hyphens") {
    const nlohmann::json all = parameters<Header<Paging>>();
    CHECK(all[2]["name"] == "order-by");
    CHECK(all[2]["schema"]["title"] == "Order By");
  }

  TEST_CASE("parameters: a hidden one is not described but can still be wrong") {
    const nlohmann::json operation =
        get_x([](Operation& made) { made.parameters = {&Query<int, "q", hidden>::info()}; });
    CHECK_FALSE(operation.contains("parameters"));
    CHECK(operation["responses"].contains("422"));
  }
}

TEST_SUITE("openapi") {
  TEST_CASE("request body: one model is the body") {
    CHECK(
        request_body<Body<Item>>() ==
        R"({"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}})"_j);
  }

  TEST_CASE("request body: an optional one is not required and may be null") {
    const nlohmann::json body = request_body<Body<std::optional<Item>, "item">>();
    CHECK_FALSE(body.contains("required"));
    CHECK(body["content"]["application/json"]["schema"] ==
          R"({"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}], "title": "Item"})"_j);
  }

  TEST_CASE("request body: a list has a title when the body has a name") {
    CHECK(request_body<Body<std::vector<int>, "numbers">>()["content"]["application/json"]["schema"] ==
          R"({"type": "array", "items": {"type": "integer"}, "title": "Numbers"})"_j);
    CHECK(request_body<Body<std::vector<int>>>()["content"]["application/json"]["schema"] ==
          R"({"type": "array", "items": {"type": "integer"}})"_j);
  }

  TEST_CASE("request body: an embedded one is a member of an object that is called after the operation") {
    const nlohmann::json document = document_with_body<Body<Item, "item", embed>>(true);
    CHECK(document["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]["schema"] ==
          R"({"$ref": "#/components/schemas/Body_x"})"_j);
    CHECK(document["components"]["schemas"]["Body_x"] ==
          R"({"properties": {"item": {"$ref": "#/components/schemas/Item"}}, "type": "object", "required": ["item"],
              "title": "Body_x"})"_j);
  }

  TEST_CASE("request body: several are members, and the body is required when one of them is") {
    using Optional = Body<std::optional<Item>, "item">;
    using Defaulted = Body<int, "count", defaults_to(2), ge(0)>;
    const nlohmann::json document = document_with_body<Optional, Defaulted>();
    CHECK_FALSE(document["paths"]["/x"]["post"]["requestBody"].contains("required"));
    const nlohmann::json& schema = document["components"]["schemas"]["Body_x"];
    CHECK_FALSE(schema.contains("required"));
    CHECK(schema["properties"]["count"] == R"({"type": "integer", "minimum": 0, "default": 2, "title": "Count"})"_j);
    CHECK(schema["properties"]["item"] == R"({"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]})"_j);
    CHECK(request_body<Optional, Body<int, "n">>()["required"] == true);
  }

  TEST_CASE("request body: one that two dependencies share is there once") {
    CHECK(request_body<Body<Item>, Body<Item>>()["content"]["application/json"]["schema"] ==
          R"({"$ref": "#/components/schemas/Item"})"_j);
  }

  TEST_CASE("request body: methods that can have one show it, OPTIONS and TRACE don't") {
    const auto with_body = [](Operation& made) { made.parameters = {&Body<Item>::info()}; };
    for (const char* method : {"get", "head", "post", "put", "delete", "patch"})
      CHECK(get_x(with_body, method).contains("requestBody"));
    for (const char* method : {"options", "trace"})
      CHECK_FALSE(get_x(with_body, method).contains("requestBody"));
  }

  TEST_CASE("request body: examples stand beside its schema") {
    const nlohmann::json operation = get_x(
        [](Operation& made) {
          made.parameters = {&Body<Item>::info()};
          made.body_examples = R"({"one": {"value": {"id": 1}}})";
        },
        "post");
    CHECK(operation["requestBody"]["content"]["application/json"]["examples"]["one"]["value"] == R"({"id": 1})"_j);
  }

  TEST_CASE("request body: form fields are urlencoded, with a file they are multipart") {
    CHECK(request_body<Form<std::string, "a">>()["content"].contains("application/x-www-form-urlencoded"));
    CHECK(request_body<Form<std::string, "a">, Form<UploadFile, "f">>()["content"].contains("multipart/form-data"));
    CHECK(request_body<Form<std::optional<std::vector<UploadFile>>, "f">>()["content"].contains("multipart/form-data"));
  }

  TEST_CASE("request body: a single form field is a member of an object all the same") {
    const nlohmann::json document = document_with_body<Form<std::string, "a">>();
    CHECK(document["components"]["schemas"]["Body_x"]["properties"]["a"] == R"({"type": "string", "title": "A"})"_j);
  }

  TEST_CASE("request body: a form model is the body, and a file in it makes it multipart") {
    CHECK(request_body<Form<Credentials>>()["content"] ==
          media("application/x-www-form-urlencoded", R"({"$ref": "#/components/schemas/Credentials"})"_j));
    CHECK(request_body<Form<Attachment>>()["content"] ==
          media("multipart/form-data", R"({"$ref": "#/components/schemas/Attachment"})"_j));
  }

  TEST_CASE("request body: the fields of a form model and other form fields are one object") {
    const nlohmann::json document = document_with_body<Form<Credentials>, Form<int, "pin">>();
    const nlohmann::json& schema = document["components"]["schemas"]["Body_x"];
    CHECK(schema["required"] == R"(["user", "pin"])"_j);
    CHECK(schema["properties"]["note"]["default"] == "none");
  }
}

TEST_SUITE("openapi") {
  TEST_CASE("responses: the usual one has the route's status, description and schema") {
    const nlohmann::json responses = get_x([](Operation& made) {
      made.status = 201;
      made.response_description = "made";
      made.response_schema = schema_of<Item>;
    })["responses"];
    CHECK(responses ==
          nlohmann::json{{"201",
                          {{"description", "made"},
                           {"content", media("application/json", R"({"$ref": "#/components/schemas/Item"})"_j)}}}});
  }

  TEST_CASE("responses: a schema that is no reference is titled after the operation") {
    const nlohmann::json responses = get_x([](Operation& made) {
      made.operation_id = "read_x_x_get";
      made.response_schema = schema_of<std::vector<int>>;
      made.responses = {{"404", {.schema = schema_of<std::optional<Item>>}}};
    })["responses"];
    CHECK(responses["200"]["content"]["application/json"]["schema"]["title"] == "Response Read X X Get");
    CHECK(responses["404"]["content"]["application/json"]["schema"]["title"] == "Response 404 Read X X Get");
  }

  TEST_CASE("responses: one that may be any JSON says nothing of it") {
    const nlohmann::json responses =
        get_x([](Operation& made) { made.response_schema = schema_of<Json>; })["responses"];
    CHECK(responses["200"]["content"] == media("application/json", nlohmann::json::object()));
  }

  TEST_CASE("responses: statuses that never have a body have no content") {
    for (const int status : {100, 199, 204, 205, 304}) {
      const nlohmann::json operation = get_x([&](Operation& made) { made.status = status; });
      CHECK_FALSE(operation["responses"][std::to_string(status)].contains("content"));
    }
    for (const int status : {200, 203, 206, 303, 305}) {
      const nlohmann::json operation = get_x([&](Operation& made) { made.status = status; });
      CHECK(operation["responses"][std::to_string(status)].contains("content"));
    }
  }

  TEST_CASE("responses: texts are strings, and one without a media type has no content") {
    const auto of = [](std::string type) {
      return get_x([&](Operation& made) { made.response_media_type = type; })["responses"]["200"];
    };
    CHECK(of("text/html")["content"] == media("text/html", R"({"type": "string"})"_j));
    CHECK(of("application/problem+json")["content"] == media("application/problem+json", nlohmann::json::object()));
    CHECK_FALSE(of("").contains("content"));
  }

  TEST_CASE("responses: streams describe their items, events that any text may be their data") {
    const auto of = [](std::string type, DescribeSchema item) {
      const nlohmann::json response = get_x([&](Operation& made) {
        made.response_media_type = type;
        made.item_schema = item;
      });
      return nlohmann::json(response["responses"]["200"]["content"][type]["itemSchema"]);
    };
    CHECK(of("application/jsonl", schema_of<Item>) == R"({"$ref": "#/components/schemas/Item"})"_j);
    CHECK(of("application/jsonl", schema_of<int>) == R"({"type": "integer", "title": "Streamitem X"})"_j);
    CHECK(of("text/event-stream", schema_of<Item>)["properties"]["data"] ==
          R"({"type": "string", "contentMediaType": "application/json",
              "contentSchema": {"$ref": "#/components/schemas/Item"}})"_j);
    CHECK(of("text/event-stream", nullptr)["properties"]["data"] == R"({"type": "string"})"_j);
    CHECK_FALSE(of("text/event-stream", nullptr).contains("required"));
  }

  TEST_CASE("responses: further ones have their own description or the phrase of their status") {
    const nlohmann::json responses = get_x([](Operation& made) {
      made.responses = {{"404", {}},     {"409", {.description = "taken"}},
                        {"4xx", {}},     {"5XX", {}},
                        {"Default", {}}, {"299", {}},
                        {"1XX", {}},     {"2xx", {}},
                        {"3XX", {}}};
    })["responses"];
    CHECK(responses["404"]["description"] == "Not Found");
    CHECK(responses["409"]["description"] == "taken");
    CHECK(responses["1XX"]["description"] == "Information");
    CHECK(responses["2XX"]["description"] == "Success");
    CHECK(responses["3XX"]["description"] == "Redirection");
    CHECK(responses["4XX"]["description"] == "Client Error");
    CHECK(responses["5XX"]["description"] == "Server Error");
    CHECK(responses["default"]["description"] == "Default Response");
    CHECK(responses["299"]["description"] == "Additional Response");
  }

  TEST_CASE("responses: further ones have content when they have a schema or another media type") {
    const nlohmann::json responses = get_x([](Operation& made) {
      made.responses = {{"404", {.schema = schema_of<Item>}},
                        {"302", {.description = "moved"}},
                        {"403", {.schema = schema_of<Item>, .has_content = false}},
                        {"304", {.schema = schema_of<Item>}},
                        {"1XX", {.schema = schema_of<Item>}},
                        {"500", {.media_type = "text/plain"}}};
    })["responses"];
    CHECK(responses["404"]["content"] == media("application/json", R"({"$ref": "#/components/schemas/Item"})"_j));
    CHECK(responses["500"]["content"] == media("text/plain", R"({"type": "string"})"_j));
    for (const char* key : {"302", "403", "304", "1XX"})
      CHECK_FALSE(responses[key].contains("content"));
  }

  TEST_CASE("responses: a further one of the usual status adds to it") {
    const nlohmann::json response = get_x([](Operation& made) {
      made.response_schema = schema_of<Item>;
      made.responses = {{"200", {.description = "JSON or a picture", .media_type = "image/png"}}};
    })["responses"]["200"];
    CHECK(response["description"] == "JSON or a picture");
    CHECK(response["content"].contains("application/json"));
    CHECK(response["content"].contains("image/png"));
  }

  TEST_CASE("responses: what is no status is an error that names the route") {
    for (const char* key : {"", "4", "40", "600", "099", "4X4", "XXX", "404 ", "none", "4Xx4"}) {
      CAPTURE(key);
      Operation operation{.method = "get", .path = "/x", .name = "x"};
      operation.responses = {{key, {}}};
      CHECK(message_of({operation}).starts_with("responses of GET /x: \"" + std::string(key) + "\" is no status"));
    }
    for (const char* key : {"100", "599", "5xx", "dEfault"}) {
      Operation operation{.method = "get", .path = "/x", .name = "x"};
      operation.responses = {{key, {}}};
      CHECK(message_of({operation}) == "none");
    }
  }

  TEST_CASE("responses: 422 is there for whatever takes something, unless a response for it is declared") {
    const auto responses = [](std::string further) {
      return nlohmann::json(get_x([&](Operation& made) {
        made.parameters = {&Query<int, "q">::info()};
        if (!further.empty()) made.responses = {{further, {.description = "own"}}};
      })["responses"]);
    };
    CHECK(responses("")["422"] ==
          nlohmann::json{
              {"description", "Validation Error"},
              {"content", media("application/json", R"({"$ref": "#/components/schemas/HTTPValidationError"})"_j)}});
    CHECK(responses("422")["422"] == R"({"description": "own"})"_j);
    CHECK_FALSE(responses("4XX").contains("422"));
    CHECK_FALSE(responses("default").contains("422"));
    CHECK(responses("404").contains("422"));
    CHECK_FALSE(get_x([](Operation&) {})["responses"].contains("422"));
  }

  TEST_CASE("responses: the components of 422 are there only when something refers to them") {
    Operation operation{.method = "get", .path = "/x", .name = "x", .parameters = {&Query<int, "q">::info()}};
    CHECK(document_of({operation})["components"]["schemas"].size() == 2);
    operation.responses = {{"422", {}}};
    CHECK_FALSE(document_of({operation}).contains("components"));
  }

  TEST_CASE("responses: a model of the service that is called as one of those components keeps apart from it") {
    Operation operation{.method = "get", .path = "/x", .name = "x", .parameters = {&Query<int, "q">::info()}};
    operation.response_schema = schema_of<ValidationError>;
    const nlohmann::json document = document_of({operation});
    const nlohmann::json& schemas = document["components"]["schemas"];
    CHECK(schemas.size() == 3);
    const std::string item = schemas["HTTPValidationError"]["properties"]["detail"]["items"]["$ref"];
    CHECK(item == "#/components/schemas/coroute__ValidationError");
    CHECK(schemas["coroute__ValidationError"]["properties"].contains("loc"));
    const nlohmann::json& usual = document["paths"]["/x"]["get"]["responses"]["200"];
    CHECK(usual["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/ValidationError-Output");
  }
}
