// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/detail/enumerators.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

using namespace coroute;
using detail::enumerators;
using detail::EnumeratorScanner;

namespace market_words {

enum class Color { red, green, light_blue };
template <class T, int number>
struct Box {
  enum class Kind { first, last = number };
};

}  // namespace market_words

namespace {

enum class Hidden { one, two };
enum class Small : unsigned char { one, two, far = 200 };
enum Plain : int { plain_first, plain_second };
enum WithoutType { without_first, without_last = 5 };
enum WithoutTypeBelowZero { below = -3, above = 3 };
enum class Single { only };
enum class FromOne { one = 1, two };
enum class WithGaps { first, third = 2, tenth = 9 };
enum class Edges { too_low = -17, lowest = -16, highest = 127, too_high = 128 };
enum class Tiny : std::int8_t { low = -128, zero = 0, high = 127 };
enum class Answer : bool { no, yes };
enum class Letter : char { a = 'a', z = 'z' };
enum class Twice { one = 1, also_one = 1 };
enum class Empty {};
enum class Far { far = 1000 };

using Row = std::pair<std::string_view, int>;
using Rows = std::vector<Row>;

template <class E>
Rows rows_of() {
  Rows rows;
  const auto& table = enumerators<E>;
  for (std::size_t i = 0; i < table.names.size(); ++i)
    rows.emplace_back(table.names[i], table.values[i]);
  return rows;
}

std::vector<std::string_view> scanned(std::string_view text, int count) {
  std::vector<std::string_view> names;
  EnumeratorScanner scanner(text);
  for (int i = 0; i < count; ++i)
    names.push_back(scanner.next());
  return names;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("enumerators: have their names, wherever the enumeration stands") {
    CHECK(rows_of<market_words::Color>() == Rows{{"red", 0}, {"green", 1}, {"light_blue", 2}});
    CHECK(rows_of<market_words::Box<std::pair<int, int>, 2>::Kind>() == Rows{{"first", 0}, {"last", 2}});
    CHECK(rows_of<Hidden>() == Rows{{"one", 0}, {"two", 1}});
    CHECK(rows_of<Plain>() == Rows{{"plain_first", 0}, {"plain_second", 1}});
    CHECK(rows_of<Single>() == Rows{{"only", 0}});
    enum class Local { here };
    CHECK(rows_of<Local>() == Rows{{"here", 0}});
  }

  TEST_CASE("enumerators: need not count from 0, and may have gaps") {
    CHECK(rows_of<FromOne>() == Rows{{"one", 1}, {"two", 2}});
    CHECK(rows_of<WithGaps>() == Rows{{"first", 0}, {"third", 2}, {"tenth", 9}});
    CHECK(rows_of<Letter>() == Rows{{"a", 97}, {"z", 122}});
    CHECK(rows_of<Answer>() == Rows{{"no", 0}, {"yes", 1}});
  }

  TEST_CASE("enumerators: of an enumeration without a fixed type are found too") {
    CHECK(rows_of<WithoutType>() == Rows{{"without_first", 0}, {"without_last", 5}});
    CHECK(rows_of<WithoutTypeBelowZero>() == Rows{{"below", -3}, {"above", 3}});
  }

  TEST_CASE("enumerators: from -16 to 127 are found, those beyond are not") {
    CHECK(rows_of<Edges>() == Rows{{"lowest", -16}, {"highest", 127}});
    CHECK(rows_of<Tiny>() == Rows{{"zero", 0}, {"high", 127}});
    CHECK(rows_of<Small>() == Rows{{"one", 0}, {"two", 1}});
    CHECK(rows_of<Far>().empty());
    CHECK(rows_of<Empty>().empty());
  }

  TEST_CASE("enumerators: of two names of one value there is one") {
    const Rows rows = rows_of<Twice>();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].second == 1);
  }

  TEST_CASE("enumerators: a value that has no name is no index") {
    CHECK(enumerators<WithGaps>.index_of(0) == 0);
    CHECK(enumerators<WithGaps>.index_of(9) == 2);
    CHECK(enumerators<WithGaps>.index_of(1) == 3);
    CHECK(enumerators<WithGaps>.index_of(-1) == 3);
    CHECK(enumerators<WithGaps>.index_of(INT64_MAX) == 3);
  }

  TEST_CASE("enumerators: are told from numbers in the spelling of every compiler") {
    using Names = std::vector<std::string_view>;
    CHECK(scanned("shop::red, (shop::Color)1, shop::blue>]", 3) == Names{"red", "", "blue"});
    CHECK(scanned("(anonymous namespace)::red, ((anonymous namespace)::Color)-1>]", 2) == Names{"red", ""});
    CHECK(scanned("{anonymous}::red, (<unnamed>::Color)1, <unnamed>::blue}; x]", 3) == Names{"red", "", "blue"});
    CHECK(scanned("(Box<f(1), 2>::Kind)7, Box<f(1), 2>::last>", 2) == Names{"", "last"});
    CHECK(scanned("(C)1, (C)-2, (Cc)3, c4, (C)5>", 5) == Names{"", "", "", "c4", ""});
    CHECK(scanned("4, -5, c6>", 3) == Names{"", "", "c6"});
    CHECK(scanned("", 1) == Names{""});
    CHECK(scanned("(", 2) == Names{"", ""});
    CHECK(scanned("a", 2) == Names{"a", ""});
  }
}
