// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "coroute/openapi/operation_id.hpp"
#include "support/openapi_document.hpp"

using namespace coroute;
using namespace coroute::testing;

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
