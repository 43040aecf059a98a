// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/schema.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include "support/schema_document.hpp"

using namespace coroute;
using namespace coroute::testing;
using coroute::detail::Rules;
using coroute::detail::rules_of;

TEST_SUITE("params") {
  TEST_CASE("schema: numbers, booleans and texts have their JSON types") {
    CHECK(schema<int>() == R"({"type": "integer"})"_j);
    CHECK(schema<std::uint64_t>() == R"({"type": "integer"})"_j);
    CHECK(schema<float>() == R"({"type": "number"})"_j);
    CHECK(schema<bool>() == R"({"type": "boolean"})"_j);
    CHECK(schema<std::string>() == R"({"type": "string"})"_j);
    CHECK(schema<std::string_view>() == R"({"type": "string"})"_j);
  }

  TEST_CASE("schema: what takes any JSON says nothing of it") {
    CHECK(schema<Json>() == nlohmann::json::object());
    CHECK(schema<Json>(rules_of<title<"Any">>) == R"({"title": "Any"})"_j);
  }

  TEST_CASE("schema: a type that refuses coercion is described as the type itself") {
    CHECK(schema<Strict<int>>(rules_of<ge(1)>) == R"({"type": "integer", "minimum": 1})"_j);
  }

  TEST_CASE("schema: bounds of a number are minimum and maximum, exclusive ones too") {
    CHECK(schema<int>(rules_of<ge(1), le(9), multiple_of(2)>) ==
          R"({"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2})"_j);
    CHECK(schema<int>(rules_of<gt(0), lt(10)>) ==
          R"({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10})"_j);
  }

  TEST_CASE("schema: bounds of an integer are written as integers, those of a real number with a point") {
    Document document;
    document.add<int>(SchemaMode::Input, rules_of<gt(0)>).add<double>(SchemaMode::Input, rules_of<gt(0)>);
    CHECK(document.schema(0).dump() == R"({"exclusiveMinimum":0,"type":"integer"})");
    CHECK(document.schema(1).dump() == R"({"exclusiveMinimum":0.0,"type":"number"})");
    CHECK(schema<int>(rules_of<ge(1.5)>).dump() == R"({"minimum":1.5,"type":"integer"})");
  }

  TEST_CASE("schema: bounds of zero are there, the default lengths are not") {
    CHECK(schema<double>(rules_of<ge(0), le(0)>) == R"({"type": "number", "minimum": 0, "maximum": 0})"_j);
    CHECK(schema<std::string>(rules_of<min_length(0)>) == R"({"type": "string"})"_j);
    CHECK(schema<std::string>(rules_of<min_length(1)>) == R"({"type": "string", "minLength": 1})"_j);
    CHECK(schema<std::string>(rules_of<max_length(0)>) == R"({"type": "string", "maxLength": 0})"_j);
  }

  TEST_CASE("schema: lengths count the characters of a text, the items of a list, the members of a map") {
    constexpr const Rules& lengths = rules_of<min_length(1), max_length(2)>;
    CHECK(schema<std::string>(lengths) == R"({"type": "string", "minLength": 1, "maxLength": 2})"_j);
    CHECK(schema<std::vector<int>>(lengths) ==
          R"({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2})"_j);
    CHECK(schema<std::map<std::string, int>>(lengths) ==
          R"({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1,
              "maxProperties": 2})"_j);
  }

  TEST_CASE("schema: texts have their pattern as it was declared") {
    CHECK(schema<std::string>(rules_of<pattern<R"(^\d"+$)">>) == R"({"type": "string", "pattern": "^\\d\"+$"})"_j);
  }

  TEST_CASE("schema: title, description, format, deprecation and examples of every kind are written") {
    constexpr const Rules& rules = rules_of<title<"T">, description<"D">, format<"f">, deprecated, example<1>,
                                            example<0.5>, example<true>, example<"x">>;
    CHECK(schema<std::string>(rules) == R"({"type": "string", "title": "T", "description": "D", "format": "f",
                                            "deprecated": true, "examples": [1, 0.5, true, "x"]})"_j);
  }

  TEST_CASE("schema: four examples are kept, a fifth is not") {
    constexpr const Rules& rules = rules_of<example<1>, example<2>, example<3>, example<4>, example<5>>;
    CHECK(schema<int>(rules)["examples"] == "[1, 2, 3, 4]"_j);
  }

  TEST_CASE("schema: an optional value has its constraints on the value and its annotations on the whole") {
    constexpr const Rules& rules = rules_of<min_length(3), title<"T">, deprecated, format<"password">>;
    CHECK(schema<std::optional<std::string>>(rules) ==
          R"({"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}], "title": "T", "deprecated": true,
              "format": "password"})"_j);
    CHECK(schema<std::optional<std::vector<int>>>(rules_of<max_length(2), description<"d">>) ==
          R"({"anyOf": [{"type": "array", "items": {"type": "integer"}, "maxItems": 2}, {"type": "null"}],
              "description": "d"})"_j);
  }

  TEST_CASE("schema: an optional model or enumeration refers to it") {
    CHECK(schema<std::optional<shop::Item>>() == nlohmann::json{{"anyOf", {reference("Item"), {{"type", "null"}}}}});
    CHECK(schema<std::optional<shop::Color>>() == nlohmann::json{{"anyOf", {reference("Color"), {{"type", "null"}}}}});
  }

  TEST_CASE("schema: an optional union is one union, not one inside another") {
    CHECK(schema<std::optional<std::variant<int, std::string>>>(rules_of<title<"T">>) ==
          R"({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}], "title": "T"})"_j);
    CHECK(schema<std::optional<std::optional<int>>>() == R"({"anyOf": [{"type": "integer"}, {"type": "null"}]})"_j);
  }

  TEST_CASE("schema: a variant is any of its types, those inside a variant of its own among them") {
    CHECK(schema<std::variant<int, std::vector<std::string>>>(rules_of<title<"T">>) ==
          R"({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}], "title": "T"})"_j);
    CHECK(schema<std::variant<int, std::variant<bool, std::string>>>() ==
          R"({"anyOf": [{"type": "integer"}, {"type": "boolean"}, {"type": "string"}]})"_j);
  }

  TEST_CASE("schema: types of a variant that documents don't tell apart are there once") {
    CHECK(schema<std::variant<int, std::int64_t, bool>>() ==
          R"({"anyOf": [{"type": "integer"}, {"type": "boolean"}]})"_j);
    CHECK(schema<std::variant<int, std::int64_t>>(rules_of<title<"T">>) == R"({"type": "integer", "title": "T"})"_j);
  }

  TEST_CASE("schema: lists, sets and maps describe what is in them") {
    CHECK(schema<std::vector<std::vector<int>>>() ==
          R"({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}})"_j);
    CHECK(schema<std::set<std::string>>() ==
          R"({"type": "array", "items": {"type": "string"}, "uniqueItems": true})"_j);
    CHECK(schema<std::unordered_map<std::string, double>>() ==
          R"({"type": "object", "additionalProperties": {"type": "number"}})"_j);
    CHECK(schema<std::map<int, shop::Item>>() ==
          nlohmann::json{{"type", "object"}, {"additionalProperties", reference("Item")}});
  }

  TEST_CASE("schema: a tuple describes its items one by one, an array has as many as it is long") {
    CHECK(schema<std::pair<int, std::string>>() ==
          R"({"maxItems":2,"minItems":2,"prefixItems":[{"type":"integer"},{"type":"string"}],"type":"array"})"_j);
    CHECK(schema<std::tuple<int>>() ==
          R"({"maxItems":1,"minItems":1,"prefixItems":[{"type":"integer"}],"type":"array"})"_j);
    CHECK(schema<std::tuple<>>() == R"({"maxItems":0,"minItems":0,"type":"array"})"_j);
    CHECK(schema<std::array<double, 3>>() ==
          R"({"items":{"type":"number"},"maxItems":3,"minItems":3,"type":"array"})"_j);
    CHECK(schema<std::tuple<shop::Item, std::optional<int>>>() ==
          R"({"maxItems":2,"minItems":2,"type":"array","prefixItems":[{"$ref":"#/components/schemas/Item"},)"
          R"({"anyOf":[{"type":"integer"},{"type":"null"}]}]})"_j);
    CHECK(schema<std::deque<int>>() == schema<std::vector<int>>());
  }

  TEST_CASE("schema: the keys of a tuple stand in FastAPI's order") {
    SchemaBuilder builder;
    CHECK(
        builder
            .describe(
                {.type = &detail::operations_of<std::pair<int, int>>, .rules = &detail::no_rules, .title_from = "ends"})
            .dump() ==
        R"({"prefixItems":[{"type":"integer"},{"type":"integer"}],"type":"array","maxItems":2,"minItems":2,"title":"Ends"})");
  }

  TEST_CASE("schema: bytes are a binary text, lengths count them") {
    CHECK(schema<std::vector<std::byte>>(rules_of<min_length(2), max_length(3)>) ==
          R"({"format":"binary","maxLength":3,"minLength":2,"type":"string"})"_j);
  }

  TEST_CASE("schema: a pointer is a value or null") {
    CHECK(schema<std::unique_ptr<int>>() == schema<std::optional<int>>());
    CHECK(schema<std::shared_ptr<shop::Item>>() == schema<std::optional<shop::Item>>());
    CHECK(definition<shop::Link>("Link") ==
          R"({"properties":{"value":{"title":"Value","type":"integer"},)"
          R"("next":{"anyOf":[{"$ref":"#/components/schemas/Link"},{"type":"null"}]}},)"
          R"("required":["value"],"title":"Link","type":"object"})"_j);
  }

  TEST_CASE("schema: an enumeration is a definition, a Literal stands where it is") {
    CHECK(schema<shop::Color>() == reference("Color"));
    CHECK(definition<shop::Color>("Color") == R"({"type": "string", "enum": ["red", "green"], "title": "Color"})"_j);
    CHECK(definition<shop::Single>("Single") == R"({"type": "string", "enum": ["only"], "title": "Single"})"_j);
    CHECK(schema<Literal<"a", "b">>() == R"({"type": "string", "enum": ["a", "b"]})"_j);
    CHECK(schema<Literal<"a">>() == R"({"type": "string", "const": "a"})"_j);
  }

  TEST_CASE("schema: what is said of one use of a definition stands beside its reference") {
    nlohmann::json expected = reference("Color");
    expected["description"] = "d";
    CHECK(schema<shop::Color>(rules_of<description<"d">>) == expected);
  }

  TEST_CASE("schema: dates, times, identifiers and addresses have their formats") {
    using std::chrono::microseconds;
    CHECK(schema<std::chrono::year_month_day>() == R"({"type": "string", "format": "date"})"_j);
    CHECK(schema<std::chrono::sys_time<microseconds>>() == R"({"type": "string", "format": "date-time"})"_j);
    CHECK(schema<TimeOfDay>() == R"({"type": "string", "format": "time"})"_j);
    CHECK(schema<microseconds>() == R"({"type": "string", "format": "duration"})"_j);
    CHECK(schema<Uuid>() == R"({"type": "string", "format": "uuid"})"_j);
    CHECK(schema<Email>() == R"({"type": "string", "format": "email"})"_j);
    CHECK(schema<HttpUrl>() == R"({"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083})"_j);
    CHECK(schema<SecretStr>() == R"({"type": "string", "format": "password", "writeOnly": true})"_j);
    CHECK(schema<shop::Sku>(rules_of<max_length(8)>) == R"({"type": "string", "maxLength": 8})"_j);
  }

  TEST_CASE("schema: a decimal is a number or a text in requests and a text in answers") {
    const auto input = R"({"anyOf": [{"type": "number", "minimum": 1.0},
                                     {"type": "string", "pattern": "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}],
                           "title": "T"})"_j;
    const auto output = R"({"type": "string", "pattern": "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$", "title": "T"})"_j;
    constexpr const Rules& rules = rules_of<ge(1), title<"T">>;
    CHECK(schema<Decimal>(rules) == input);
    CHECK(schema<Decimal>(rules, SchemaMode::Output) == output);
    CHECK(schema<std::optional<Decimal>>()["anyOf"].size() == 3);
    CHECK(schema<std::optional<Decimal>>(rules)["title"] == "T");
    CHECK(schema<std::optional<Decimal>>(detail::no_rules, SchemaMode::Output)["anyOf"].size() == 2);
  }

  TEST_CASE("schema: a decimal's pattern counts the digits that were declared") {
    const auto pattern_of = [](std::size_t digits, std::size_t places) {
      Rules rules;
      rules.max_digits = digits;
      rules.decimal_places = places;
      return schema<Decimal>(rules, SchemaMode::Output)["pattern"].get<std::string>();
    };
    CHECK(pattern_of(Rules::unlimited, 2) == R"(^(?!^[-+.]*$)[+-]?0*\d*\.?\d{0,2}0*$)");
    CHECK(pattern_of(5, Rules::unlimited) == R"(^(?!^[-+.]*$)[+-]?0*(?:\d{0,5}|(?=[\d.]{1,6}0*$)\d*\.\d*0*$))");
    CHECK(pattern_of(5, 2) == R"(^(?!^[-+.]*$)[+-]?0*(?:\d{0,3}|(?=[\d.]{1,6}0*$)\d{0,3}\.\d{0,2}0*$))");
    CHECK(pattern_of(2, 5) == R"(^(?!^[-+.]*$)[+-]?0*(?:\d{0,0}|(?=[\d.]{1,3}0*$)\d{0,0}\.\d{0,5}0*$))");
  }

  TEST_CASE("schema: a file is a text of any bytes, and a form knows that it is there") {
    SchemaBuilder builder;
    Json schema = Json::object();
    SchemaNode(schema, builder).file();
    CHECK(schema == Json::object({{"type", "string"}, {"contentMediaType", "application/octet-stream"}}));
    CHECK(builder.has_file(schema));
    CHECK(builder.has_file(Json::object({{"items", schema}})));
    CHECK_FALSE(builder.has_file(Json::object({{"contentMediaType", "application/json"}})));
    CHECK_FALSE(builder.has_file(Json::object()));
  }

  TEST_CASE("schema: a file is found behind references, recursive ones too") {
    SchemaBuilder builder;
    Json file = Json::object();
    SchemaNode(file, builder).file();
    const std::string form = builder.add_definition("Form", Json::object({{"properties", {{"file", file}}}}));
    CHECK(builder.has_file(Json::object({{"$ref", form}})));
    Json tree = Json::object();
    Codec<shop::Tree>::describe(SchemaNode(tree, builder), detail::no_rules);
    CHECK_FALSE(builder.has_file(tree));
  }
}
