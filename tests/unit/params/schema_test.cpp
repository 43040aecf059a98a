// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/schema.hpp"

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

#include "coroute/params/containers.hpp"
#include "coroute/params/email.hpp"
#include "coroute/params/secret_str.hpp"
#include "coroute/params/time_of_day.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"
#include "params/schema_builder.hpp"

using namespace coroute;
using coroute::detail::Rules;
using coroute::detail::rules_of;

namespace shop {

enum class Color { red, green };
enum class Single { only };

struct Item {
  int id;
  std::string name;
};

struct Defaults {
  int count = 3;
  double ratio = 0.5;
  double not_a_number = std::numeric_limits<double>::quiet_NaN();
  Color color = Color::green;
  std::optional<int> none;
  std::optional<int> some = 7;
  std::vector<Item> items = {{1, "a"}};
  std::string required;
  static constexpr auto schema = fields(field<&Defaults::count>(defaulted), field<&Defaults::ratio>(defaulted),
                                        field<&Defaults::not_a_number>(defaulted), field<&Defaults::color>(defaulted),
                                        field<&Defaults::items>(defaulted));
};

struct Declared {
  int user_id;
  std::string internal;
  Item item;
  std::optional<Item> maybe;
  static constexpr auto schema =
      fields(field<&Declared::user_id>(alias<"userId">, ge(1)), field<&Declared::internal>(hidden),
             field<&Declared::item>(title<"The item">, description<"what is sold">, deprecated))
          .forbid_extra()
          .titled("As declared")
          .describe("All of it.");
};

struct Nothing {};

struct AllOptional {
  std::optional<int> a;
};

struct Tree {
  std::string name;
  std::vector<Tree> children;
};

struct Price {
  Decimal amount;
};
struct Offer {
  Price price;
  Color color;
};
struct Shop {
  std::vector<Offer> offers;
  Item item;
};

template <class T>
struct Page {
  std::vector<T> items;
  int total;
};

struct Cat {
  Literal<"cat", "kitten"> pet_type;
  int meows;
};
struct Dog {
  Literal<"dog"> pet_type;
  double barks;
};
using Pet = OneOf<"pet_type", Cat, Dog>;

struct Sku {
  std::string code;
};
inline bool from_text(std::string_view text, Sku& out) {
  out.code = text;
  return true;
}
inline std::string to_text(const Sku& sku) {
  return sku.code;
}

}  // namespace shop

namespace warehouse {

struct Item {
  std::string shelf;
};
struct Price {
  Decimal amount;
};

}  // namespace warehouse

namespace {

/// The schemas of several types in one document.
class Document {
 public:
  explicit Document(bool separate_modes = true) : builder_(separate_modes) {}

  template <class T>
  Document& add(SchemaMode mode = SchemaMode::Input, const Rules& rules = detail::no_rules) {
    builder_.set_mode(mode);
    Json schema = Json::object();
    Codec<T>::describe(SchemaNode(schema, builder_), rules);
    schemas_.push_back(std::move(schema));
    return *this;
  }
  Document& field(const SchemaField& field) {
    schemas_.push_back(builder_.describe(field));
    return *this;
  }
  SchemaBuilder& builder() { return builder_; }

  /// As a document has them, members in any order.
  nlohmann::json schema(std::size_t index = 0) {
    finish();
    return nlohmann::json::parse(schemas_[index].dump());
  }
  nlohmann::json definitions() {
    finish();
    return nlohmann::json::parse(definitions_.dump());
  }
  /// "Color Item"
  std::string names() {
    std::string all;
    const nlohmann::json named = definitions();
    for (const auto& [name, schema] : named.items())
      all.append(all.empty() ? "" : " ").append(name);
    return all;
  }

 private:
  void finish() {
    if (definitions_.is_null()) definitions_ = builder_.finish(schemas_);
  }

  SchemaBuilder builder_;
  Json schemas_ = Json::array();
  Json definitions_;
};

template <class T>
nlohmann::json schema(const Rules& rules = detail::no_rules, SchemaMode mode = SchemaMode::Input) {
  return Document().add<T>(mode, rules).schema();
}

template <class T>
nlohmann::json definition(const std::string& name, SchemaMode mode = SchemaMode::Input) {
  return Document().add<T>(mode).definitions().at(name);
}

nlohmann::json reference(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

nlohmann::json operator""_j(const char* text, std::size_t size) {
  return nlohmann::json::parse(std::string_view(text, size));
}

}  // namespace

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
}

TEST_SUITE("params") {
  TEST_CASE("schema names: a model that is described twice is defined once") {
    Document document;
    document.add<shop::Item>().add<std::vector<shop::Item>>();
    CHECK(document.names() == "Item");
  }

  TEST_CASE("schema names: two models of one name get the names of their namespaces") {
    Document document;
    document.add<shop::Item>().add<warehouse::Item>();
    CHECK(document.names() == "shop__Item warehouse__Item");
    CHECK(document.schema(0) == reference("shop__Item"));
    CHECK(document.schema(1) == reference("warehouse__Item"));
  }

  TEST_CASE("schema names: two models of one name with the same fields are one, as in pydantic") {
    Document document;
    document.add<shop::Price>().add<warehouse::Price>();
    CHECK(document.names() == "Price");
    CHECK(document.schema(0) == document.schema(1));
  }

  TEST_CASE("schema names: two types in one function or namespace of the same name are kept apart") {
    const auto other = [] {
      struct Item {
        bool flag;
      };
      return Item{};
    };
    const auto another = [] {
      struct Item {
        double weight;
      };
      return Item{};
    };
    Document document;
    document.add<decltype(other())>().add<decltype(another())>().add<shop::Item>();
    CHECK(document.definitions().size() == 3);
    CHECK(document.schema(0) != document.schema(1));
    CHECK(document.schema(1) != document.schema(2));
  }

  TEST_CASE("schema names: a template has its arguments in its name, in pydantic's spelling") {
    Document document;
    document.add<shop::Page<shop::Item>>().add<shop::Page<std::string>>().add<shop::Page<shop::Page<int>>>();
    CHECK(document.names() == "Item Page_Item_ Page_Page_int__ Page_int_ Page_str_");
    CHECK(document.definitions()["Page_Item_"]["title"] == "Page[Item]");
  }

  TEST_CASE("schema names: a model that differs between requests and answers is split, what it holds is not") {
    Document document;
    document.add<shop::Offer>(SchemaMode::Input).add<shop::Offer>(SchemaMode::Output);
    CHECK(document.names() == "Color Offer-Input Offer-Output Price-Input Price-Output");
    CHECK(document.schema(0) == reference("Offer-Input"));
    CHECK(document.schema(1) == reference("Offer-Output"));
    CHECK(document.definitions()["Offer-Output"]["properties"]["price"] == reference("Price-Output"));
    CHECK(document.definitions()["Offer-Input"]["properties"]["color"] == reference("Color"));
  }

  TEST_CASE("schema names: a difference deep inside splits all that lead to it, equal parts merge at any depth") {
    Document document;
    document.add<shop::Shop>(SchemaMode::Input).add<shop::Shop>(SchemaMode::Output);
    document.add<std::vector<shop::Page<shop::Page<shop::Item>>>>(SchemaMode::Input);
    document.add<std::vector<shop::Page<shop::Page<shop::Item>>>>(SchemaMode::Output);
    CHECK(document.names() ==
          "Color Item Offer-Input Offer-Output Page_Item_ Page_Page_Item__ Price-Input Price-Output Shop-Input "
          "Shop-Output");
  }

  TEST_CASE("schema names: a recursive model that is read and written is split, as in pydantic") {
    Document document;
    document.add<shop::Tree>(SchemaMode::Input).add<shop::Tree>(SchemaMode::Output);
    CHECK(document.names() == "Tree-Input Tree-Output");
    CHECK(document.definitions()["Tree-Input"]["title"] == "Tree");
  }

  TEST_CASE("schema names: a model that is only read or only written needs no suffix") {
    CHECK(Document().add<shop::Tree>(SchemaMode::Output).names() == "Tree");
    CHECK(Document().add<shop::Offer>(SchemaMode::Output).names() == "Color Offer Price");
  }

  TEST_CASE("schema names: without separate schemas answers are described as requests are") {
    Document document(false);
    document.add<shop::Offer>(SchemaMode::Input).add<shop::Offer>(SchemaMode::Output);
    document.add<shop::Tree>(SchemaMode::Input).add<shop::Tree>(SchemaMode::Output);
    CHECK(document.names() == "Color Offer Price Tree");
    CHECK(document.definitions()["Price"]["properties"]["amount"].contains("anyOf"));
  }

  TEST_CASE("schema names: a definition that is no type's is never taken for a model of its name") {
    Document document;
    document.add<shop::Item>();
    const std::string own = document.builder().add_definition("Item", Json::object({{"type", "null"}}));
    CHECK(document.names() == "Item-Input coroute__Item");
    CHECK(own != document.builder().add_definition("Item", Json::object({{"type", "string"}})));
  }
}
