// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/document.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "coroute/openapi/operation_id.hpp"
#include "support/openapi_document.hpp"

using namespace coroute;
using namespace coroute::testing;

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
