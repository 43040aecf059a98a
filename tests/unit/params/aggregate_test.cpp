// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/detail/aggregate.hpp"

#include <doctest/doctest.h>

#include <any>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/json.hpp"
#include "coroute/params/email.hpp"
#include "coroute/params/parameter.hpp"
#include "coroute/params/secret_str.hpp"

using namespace coroute;
using namespace std::string_view_literals;
using detail::field_count;
using detail::field_names;
using detail::member_name;
using detail::qualified_type_name;
using detail::type_name;

namespace bazaar {

struct Nothing {};
struct Item {
  std::string name;
  double price = 1;
  std::optional<std::string> text;
};
template <class T>
struct Page {
  std::vector<T> items;
};
struct Outer {
  struct Inner {
    int x;
  };
};

}  // namespace bazaar

namespace {

struct Recursive {
  int value;
  std::vector<Recursive> children;
};
struct Inside {
  int a;
  int b;
};
/// Every kind of member whose construction could take more than one initializer, or none.
struct ManyKinds {
  Inside inside;
  std::array<int, 3> numbers;
  std::map<std::string, int> by_name;
  std::set<int> some;
  std::variant<int, std::string> either;
  std::unique_ptr<int> pointer;
  Json json;
  Uuid uuid;
  Decimal decimal;
  HttpUrl url;
  Email email;
  SecretStr secret;
  std::chrono::sys_seconds when;
  std::chrono::year_month_day day;
  std::chrono::milliseconds took;
  Strict<int> strict;
  Literal<"a", "b"> literal;
  OneOf<"kind", Inside> one_of;
  Patch<Inside> patch;
  Query<int, "q"> query;
  std::optional<Inside> maybe;
  bool last;
};
struct Thirty2 {
  int a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16;
  int b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16;
};
struct Derived : Inside {
  int c;
};
struct OfEmpty : bazaar::Nothing {
  int a;
};
struct StartsWithAny {
  std::any anything;
  int b;
};
struct StartsWithJson {
  Json json;
};
struct Underscored {
  int value;
  int value_2;
  int std_string_view;
  int Holder;
};

template <class T>
std::vector<std::string_view> names_of() {
  const auto& names = field_names<T>;
  return {names.begin(), names.end()};
}
using Names = std::vector<std::string_view>;

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("aggregate: members are counted, whatever they are made of") {
    static_assert(field_count<bazaar::Nothing> == 0);
    static_assert(field_count<bazaar::Item> == 3);
    static_assert(field_count<bazaar::Page<bazaar::Item>> == 1);
    static_assert(field_count<Recursive> == 2);
    static_assert(field_count<Thirty2> == 32);
    CHECK(field_count<ManyKinds> == 22);
  }

  TEST_CASE("aggregate: members have the names that they were given") {
    CHECK(names_of<bazaar::Nothing>().empty());
    CHECK(names_of<bazaar::Item>() == Names{"name", "price", "text"});
    CHECK(names_of<Recursive>() == Names{"value", "children"});
    CHECK(names_of<Underscored>() == Names{"value", "value_2", "std_string_view", "Holder"});
    CHECK(names_of<Thirty2>().front() == "a1"sv);
    CHECK(names_of<Thirty2>().back() == "b16"sv);
    CHECK(names_of<ManyKinds>().front() == "inside"sv);
    CHECK(names_of<ManyKinds>()[8] == "decimal"sv);
    CHECK(names_of<ManyKinds>().back() == "last"sv);
  }

  TEST_CASE("aggregate: the name of a member pointer is that of the member") {
    CHECK(member_name<&bazaar::Item::price> == "price");
    CHECK(member_name<&bazaar::Page<bazaar::Item>::items> == "items");
    CHECK(member_name<&Underscored::Holder> == "Holder");
  }

  TEST_CASE("aggregate: members are visited in order, to read and to write") {
    bazaar::Item item{"a", 2, "b"};
    detail::with_members<3>(item, [](auto& name, auto& price, auto& text) {
      CHECK(name == "a");
      CHECK(price == 2);
      CHECK(text == "b");
      price = 3;
    });
    CHECK(item.price == 3);
    const bazaar::Nothing nothing;
    CHECK(detail::with_members<0>(nothing, [](auto&... none) { return sizeof...(none); }) == 0);
    Thirty2 numbers{};
    detail::with_members<32>(numbers, [](auto&... each) {
      int i = 0;
      ((each = ++i), ...);
    });
    CHECK(numbers.b16 == 32);
  }

  TEST_CASE("aggregate: types are called without their namespace and template arguments") {
    CHECK(type_name<bazaar::Item>() == "Item");
    CHECK(type_name<bazaar::Page<bazaar::Item>>() == "Page");
    CHECK(type_name<bazaar::Outer::Inner>() == "Inner");
    CHECK(qualified_type_name<bazaar::Item>() == "bazaar::Item");
    CHECK(qualified_type_name<bazaar::Page<bazaar::Item>>().find("Item") != std::string_view::npos);
    CHECK(qualified_type_name<bazaar::Page<bazaar::Item>>() != qualified_type_name<bazaar::Page<int>>());
  }

  TEST_CASE("aggregate: one that inherits is told from one whose first member is made of anything") {
    static_assert(detail::inherits<Derived>);
    static_assert(detail::inherits<OfEmpty>);
    static_assert(!detail::inherits<bazaar::Item>);
    static_assert(!detail::inherits<bazaar::Nothing>);
    static_assert(!detail::inherits<StartsWithAny>);
    static_assert(!detail::inherits<StartsWithJson>);
    static_assert(!detail::inherits<ManyKinds>);
    CHECK(field_count<StartsWithAny> == 2);
  }
}
