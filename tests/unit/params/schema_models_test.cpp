// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "support/schema_document.hpp"

using namespace coroute;
using namespace coroute::testing;
using coroute::detail::Rules;
using coroute::detail::rules_of;

TEST_SUITE("params") {
  TEST_CASE("schema: a model is an object whose fields have titles and of which those without a default are required") {
    CHECK(schema<shop::Item>() == reference("Item"));
    CHECK(definition<shop::Item>("Item") ==
          R"({"properties": {"id": {"type": "integer", "title": "Id"}, "name": {"type": "string", "title": "Name"}},
              "type": "object", "required": ["id", "name"], "title": "Item"})"_j);
  }

  TEST_CASE("schema: the defaults of a model's fields are those of its member initializers") {
    const nlohmann::json model = definition<shop::Defaults>("Defaults");
    const nlohmann::json& properties = model["properties"];
    CHECK(model["required"] == R"(["required"])"_j);
    CHECK(properties["count"]["default"] == 3);
    CHECK(properties["ratio"]["default"] == 0.5);
    CHECK(properties["color"]["default"] == "green");
    CHECK(properties["some"]["default"] == 7);
    CHECK(properties["items"]["default"] == R"([{"id": 1, "name": "a"}])"_j);
  }

  TEST_CASE("schema: null and what JSON can't say is no default") {
    const nlohmann::json properties = definition<shop::Defaults>("Defaults")["properties"];
    CHECK_FALSE(properties["none"].contains("default"));
    CHECK_FALSE(properties["not_a_number"].contains("default"));
    CHECK_FALSE(properties["required"].contains("default"));
  }

  TEST_CASE("schema: defaults are the same in requests and answers, as in FastAPI") {
    Document document;
    document.add<shop::Defaults>(SchemaMode::Input).add<shop::Defaults>(SchemaMode::Output);
    CHECK(document.names() == "Color Defaults Item");
  }

  TEST_CASE("schema: a model has the title and description that it declares and may forbid other members") {
    const nlohmann::json model = definition<shop::Declared>("Declared");
    CHECK(model["title"] == "As declared");
    CHECK(model["description"] == "All of it.");
    CHECK(model["additionalProperties"] == false);
    CHECK_FALSE(definition<shop::Item>("Item").contains("additionalProperties"));
    CHECK_FALSE(definition<shop::Item>("Item").contains("description"));
  }

  TEST_CASE("schema: a field goes by its alias, and a hidden one is not there") {
    const nlohmann::json model = definition<shop::Declared>("Declared");
    CHECK(model["properties"]["userId"] == R"({"type": "integer", "minimum": 1, "title": "Userid"})"_j);
    CHECK_FALSE(model["properties"].contains("user_id"));
    CHECK_FALSE(model["properties"].contains("internal"));
    CHECK(model["required"] == R"(["userId", "item"])"_j);
  }

  TEST_CASE("schema: a field that refers to a model has a title only when it declares one") {
    const nlohmann::json properties = definition<shop::Declared>("Declared")["properties"];
    nlohmann::json item = reference("Item");
    item["title"] = "The item";
    item["description"] = "what is sold";
    item["deprecated"] = true;
    CHECK(properties["item"] == item);
    CHECK_FALSE(properties["maybe"].contains("title"));
  }

  TEST_CASE("schema: a parameter that may be null has a title even when it refers to a definition") {
    const auto field = [](bool is_parameter) {
      return SchemaField{.type = &detail::operations_of<std::optional<shop::Color>>,
                         .rules = &detail::no_rules,
                         .title_from = "the_color",
                         .default_value = "red",
                         .is_parameter = is_parameter};
    };
    Document document;
    document.field(field(true)).field(field(false));
    CHECK(document.schema(0)["title"] == "The Color");
    CHECK(document.schema(0)["default"] == "red");
    CHECK_FALSE(document.schema(1).contains("title"));
  }

  TEST_CASE("schema: a model without fields, or without required ones, says so") {
    CHECK(definition<shop::Nothing>("Nothing") == R"({"properties": {}, "type": "object", "title": "Nothing"})"_j);
    CHECK_FALSE(definition<shop::AllOptional>("AllOptional").contains("required"));
  }

  TEST_CASE("schema: a recursive model refers to itself") {
    const nlohmann::json model = definition<shop::Tree>("Tree");
    CHECK(model["properties"]["children"]["items"] == reference("Tree"));
  }

  TEST_CASE("schema: a discriminated union names the field that tells and what each value means") {
    nlohmann::json expected = R"({"discriminator": {"propertyName": "pet_type", "mapping": {
        "cat": "#/components/schemas/Cat", "kitten": "#/components/schemas/Cat",
        "dog": "#/components/schemas/Dog"}}})"_j;
    expected["oneOf"] = {reference("Cat"), reference("Dog")};
    CHECK(schema<shop::Pet>() == expected);
    CHECK(definition<shop::Pet>("Dog")["properties"]["pet_type"] ==
          R"({"type": "string", "const": "dog", "title": "Pet Type"})"_j);
    CHECK(schema<std::optional<shop::Pet>>()["anyOf"][0] == expected);
  }

  TEST_CASE("schema: a patch requires nothing, has no defaults and is another definition") {
    Document document;
    document.add<shop::Defaults>().add<Patch<shop::Defaults>>();
    CHECK(document.schema(1) == reference("DefaultsPatch"));
    const nlohmann::json patch = document.definitions()["DefaultsPatch"];
    CHECK_FALSE(patch.contains("required"));
    CHECK(patch["title"] == "DefaultsPatch");
    CHECK(patch["properties"]["count"] == R"({"type": "integer", "title": "Count"})"_j);
    CHECK(document.definitions()["Defaults"].contains("required"));
  }

  TEST_CASE("schema: computed fields are read-only, required and in answers alone") {
    CHECK(
        definition<shop::Box>("Box") ==
        R"({"properties":{"width":{"title":"Width","type":"number"}},"required":["width"],"title":"Box","type":"object"})"_j);
    CHECK(definition<shop::Box>("Box", SchemaMode::Output) ==
          R"({"properties":{"width":{"title":"Width","type":"number"},)"
          R"("volume":{"readOnly":true,"title":"Volume","type":"number"},)"
          R"("theLabel":{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d","readOnly":true,"title":"T"}},)"
          R"("required":["width","volume","theLabel"],"title":"Box","type":"object"})"_j);
    CHECK(definition<shop::Crate>("Crate", SchemaMode::Output)["properties"]["first"] ==
          R"({"$ref":"#/components/schemas/Box","readOnly":true})"_j);
  }

  TEST_CASE("schema: a model with computed fields is split between requests and answers") {
    Document document;
    document.add<shop::Crate>(SchemaMode::Input).add<shop::Crate>(SchemaMode::Output);
    CHECK(document.names() == "Box-Input Box-Output Crate-Input Crate-Output");
  }

  TEST_CASE("schema: computed fields are there even where answers are described as requests are, as in FastAPI") {
    Document document(false);
    document.add<shop::Box>(SchemaMode::Input).add<shop::Box>(SchemaMode::Output).add<shop::Price>(SchemaMode::Output);
    CHECK(document.names() == "Box-Input Box-Output Price");
    CHECK(document.definitions()["Box-Output"]["properties"].contains("volume"));
    CHECK(document.definitions()["Price"]["properties"]["amount"].contains("anyOf"));
  }

  TEST_CASE("schema: a patch has no computed fields") {
    CHECK_FALSE(definition<Patch<shop::Box>>("BoxPatch", SchemaMode::Output)["properties"].contains("volume"));
  }

  TEST_CASE("schema: json_schema_extra of a model is added to its schema") {
    CHECK(definition<shop::Sampled>("Sampled") ==
          R"({"properties":{"a":{"default":0,"title":"A","type":"integer"}},"title":"Sample","type":"object",)"
          R"("examples":[{"a":3}],"x-origin":"shop"})"_j);
  }

  TEST_CASE("schema: fields have their names in requests and in answers, and titles after them") {
    CHECK(definition<shop::Renamed>("Renamed") ==
          R"({"properties":{"vx":{"title":"Vx","type":"integer"},"ya":{"default":1,"title":"Ya","type":"integer"},)"
          R"("z":{"default":1,"title":"Z","type":"integer"}},"required":["vx"],"title":"Renamed","type":"object"})"_j);
    CHECK(definition<shop::Renamed>("Renamed", SchemaMode::Output) ==
          R"({"properties":{"sx":{"title":"Sx","type":"integer"},"sy":{"default":1,"title":"Sy","type":"integer"},)"
          R"("z":{"default":1,"title":"Z","type":"integer"}},"required":["sx"],"title":"Renamed","type":"object"})"_j);
  }
}
