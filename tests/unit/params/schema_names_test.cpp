// SPDX-License-Identifier: BSL-1.0
#include "params/schema_names.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::detail::component_name;
using coroute::detail::long_type_name;
using coroute::detail::short_type_name;
using coroute::detail::title_case;

TEST_SUITE("params") {
  TEST_CASE("title case: words begin with capitals and underscores become spaces") {
    CHECK(title_case("item_id") == "Item Id");
    CHECK(title_case("q") == "Q");
    CHECK(title_case("") == "");
    CHECK(title_case("read_items_by_owner") == "Read Items By Owner");
  }

  TEST_CASE("title case: hyphens, points and digits begin words, as in Python's str.title") {
    CHECK(title_case("item-query") == "Item-Query");
    CHECK(title_case("x-token") == "X-Token");
    CHECK(title_case("v2beta") == "V2Beta");
    CHECK(title_case("a.b") == "A.B");
  }

  TEST_CASE("title case: capitals inside a word become small") {
    CHECK(title_case("userID") == "Userid");
    CHECK(title_case("HTTPStatus") == "Httpstatus");
  }

  TEST_CASE("title case: underscores at both ends stay as spaces") {
    CHECK(title_case("_x_") == " X ");
    CHECK(title_case("a__b") == "A  B");
  }

  TEST_CASE("title case: letters beyond ASCII are left as they are and belong to their words") {
    CHECK(title_case("größe") == "Größe");
  }

  TEST_CASE("short type name: namespaces and enclosing classes are dropped") {
    CHECK(short_type_name("Item") == "Item");
    CHECK(short_type_name("shop::Item") == "Item");
    CHECK(short_type_name("shop::v1::Order::Line") == "Line");
  }

  TEST_CASE("short type name: unnamed namespaces and functions are dropped, in both compilers' spellings") {
    CHECK(short_type_name("(anonymous namespace)::Item") == "Item");
    CHECK(short_type_name("{anonymous}::Item") == "Item");
    CHECK(short_type_name("shop::f(int, const std::map<int, int>&)::Item") == "Item");
  }

  TEST_CASE("short type name: template arguments are kept in brackets") {
    CHECK(short_type_name("shop::Page<shop::Item>") == "Page[Item]");
    CHECK(short_type_name("shop::Page<(anonymous namespace)::Item>") == "Page[Item]");
    CHECK(short_type_name("shop::Pair<shop::Item, shop::Page<int>>") == "Pair[Item, Page[int]]");
    CHECK(short_type_name("shop::Pair<shop::Item, shop::Page<int> >") == "Pair[Item, Page[int]]");
  }

  TEST_CASE("short type name: a text is called str") {
    CHECK(short_type_name("Page<std::basic_string<char>>") == "Page[str]");
    CHECK(short_type_name("Pair<std::__cxx11::basic_string<char>, std::__cxx11::basic_string<char> >") ==
          "Pair[str, str]");
  }

  TEST_CASE("short type name: what is no type's name does no harm") {
    CHECK(short_type_name("") == "");
    CHECK(short_type_name(")(::") == ")");
    CHECK(short_type_name("<<<") == "[[[");
    CHECK(short_type_name("a::") == "");
  }

  TEST_CASE("long type name: named scopes stay, unnamed ones and parameters of functions go") {
    CHECK(long_type_name("Item") == "Item");
    CHECK(long_type_name("shop::v1::Item") == "shop::v1::Item");
    CHECK(long_type_name("(anonymous namespace)::Item") == "Item");
    CHECK(long_type_name("shop::(anonymous namespace)::Item") == "shop::Item");
    CHECK(long_type_name("shop::{anonymous}::Item") == "shop::Item");
    CHECK(long_type_name("shop::f(int, char)::Item") == "shop::f::Item");
    CHECK(long_type_name("Page<shop::Item>") == "Page<shop::Item>");
    CHECK(long_type_name("") == "");
  }

  TEST_CASE("component name: what may not stand in a component's name becomes an underscore, spaces vanish") {
    CHECK(component_name("Item") == "Item");
    CHECK(component_name("Item-Input") == "Item-Input");
    CHECK(component_name("Page[Item]") == "Page_Item_");
    CHECK(component_name("Pair[Item, Page[int]]") == "Pair_Item_Page_int__");
    CHECK(component_name("shop::Item") == "shop__Item");
    CHECK(component_name("a.b/c~d") == "a_b_c_d");
    CHECK(component_name("\xc3\xbc") == "__");
  }
}
