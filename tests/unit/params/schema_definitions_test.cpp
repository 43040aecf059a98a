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
