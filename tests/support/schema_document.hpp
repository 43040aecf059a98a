// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Schemas of types as a document has them, and types to describe.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "coroute/params/containers.hpp"
#include "coroute/params/email.hpp"
#include "coroute/params/patch.hpp"
#include "coroute/params/secret_str.hpp"
#include "coroute/params/time_of_day.hpp"
#include "coroute/params/tuple.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"
#include "params/schema_builder.hpp"

namespace shop {

using namespace coroute;

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

struct Box {
  double width;
  double volume() const { return width * width * width; }
  std::optional<std::string> label() const { return std::nullopt; }
  static constexpr auto schema =
      fields(computed<&Box::volume>(), computed<&Box::label>(title<"T">, description<"d">, alias<"theLabel">));
};
struct Crate {
  std::vector<Box> boxes;
  Box first() const { return boxes.front(); }
  static constexpr auto schema = fields(computed<&Crate::first>());
};

struct Sampled {
  int a = 0;
  static constexpr auto schema = fields(field<&Sampled::a>(defaulted))
                                     .titled("Sample")
                                     .json_schema_extra(R"({"examples":[{"a":3}],"x-origin":"shop"})");
};

struct Renamed {
  int x;
  int y = 1;
  int z = 1;
  static constexpr auto schema =
      fields(field<&Renamed::x>(validation_alias<"vx">, serialization_alias<"sx">),
             field<&Renamed::y>(defaulted, alias<"ya">, serialization_alias<"sy">), field<&Renamed::z>(defaulted));
};

struct Link {
  int value;
  std::unique_ptr<Link> next;
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

using namespace coroute;

struct Item {
  std::string shelf;
};
struct Price {
  Decimal amount;
};

}  // namespace warehouse

namespace coroute::testing {

using detail::Rules;

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

inline nlohmann::json reference(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

inline nlohmann::json operator""_j(const char* text, std::size_t size) {
  return nlohmann::json::parse(std::string_view(text, size));
}

}  // namespace coroute::testing
