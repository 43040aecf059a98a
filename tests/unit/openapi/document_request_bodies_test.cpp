// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/openapi_document.hpp"

using namespace coroute;
using namespace coroute::testing;

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
