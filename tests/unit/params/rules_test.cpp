// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/rules.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace coroute;
using detail::Constant;
using detail::rules_of;

namespace {

void must_be_even(const int& number) {
  if (number % 2 != 0) throw std::invalid_argument("odd");
}
void must_be_odd(int number) {
  if (number % 2 == 0) throw std::invalid_argument("even");
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("rules: nothing declared is nothing checked") {
    const detail::Rules& none = rules_of<>;
    CHECK_FALSE(none.ge);
    CHECK_FALSE(none.gt);
    CHECK_FALSE(none.le);
    CHECK_FALSE(none.lt);
    CHECK_FALSE(none.multiple_of);
    CHECK(none.min_length == 0);
    CHECK(none.max_length == detail::Rules::unlimited);
    CHECK(none.pattern.empty());
    CHECK_FALSE(static_cast<bool>(none.check));
    CHECK_FALSE(none.has_default);
    CHECK_FALSE(none.strict);
    CHECK_FALSE(none.allow_inf_nan);
    CHECK(none.convert_underscores);
    CHECK(none.in_schema);
  }

  TEST_CASE("rules: each constraint sets its own") {
    const detail::Rules& rules = rules_of<ge(1), gt(-2), le(3.5), lt(4), multiple_of(5), min_length(6), max_length(7),
                                          pattern<"^x$">, max_digits(8), decimal_places(9), strict, allow_inf_nan>;
    CHECK(rules.ge.kind == Constant::Kind::Integer);
    CHECK(rules.ge.integer == 1);
    CHECK(rules.gt.integer == -2);
    CHECK(rules.le.kind == Constant::Kind::Real);
    CHECK(rules.le.real == 3.5);
    CHECK(rules.lt.as_real() == 4.0);
    CHECK(rules.multiple_of.integer == 5);
    CHECK(rules.min_length == 6);
    CHECK(rules.max_length == 7);
    CHECK(rules.pattern == "^x$");
    CHECK(rules.max_digits == 8);
    CHECK(rules.decimal_places == 9);
    CHECK(rules.strict);
    CHECK(rules.allow_inf_nan);
  }

  TEST_CASE("rules: of a constraint that stands twice the last one counts") {
    CHECK(rules_of<ge(1), ge(2)>.ge.integer == 2);
  }

  TEST_CASE("rules: what documents say") {
    const detail::Rules& rules =
        rules_of<alias<"item-query">, title<"Query">, description<"What to look for">, format<"x">, deprecated, hidden>;
    CHECK(rules.alias == "item-query");
    CHECK(rules.title == "Query");
    CHECK(rules.description == "What to look for");
    CHECK(rules.format == "x");
    CHECK(rules.deprecated);
    CHECK_FALSE(rules.in_schema);
  }

  TEST_CASE("rules: a name in requests and one in answers stand beside the alias of both") {
    const detail::Rules& rules = rules_of<alias<"a">, validation_alias<"v">, serialization_alias<"s">>;
    CHECK(rules.alias == "a");
    CHECK(rules.validation_alias == "v");
    CHECK(rules.serialization_alias == "s");
    CHECK(rules_of<>.validation_alias.empty());
    CHECK(rules_of<>.serialization_alias.empty());
  }

  TEST_CASE("rules: bounds that leave a value are told from those that leave none") {
    using detail::leave_values;
    static_assert(leave_values(rules_of<>));
    static_assert(leave_values(rules_of<ge(1), le(1)>));
    static_assert(!leave_values(rules_of<ge(2), le(1)>));
    static_assert(!leave_values(rules_of<ge(1), lt(1)>));
    static_assert(!leave_values(rules_of<gt(1), le(1)>));
    static_assert(!leave_values(rules_of<gt(1), lt(1)>));
    static_assert(leave_values(rules_of<gt(1), lt(1.5)>));
    static_assert(!leave_values(rules_of<ge(1.5), le(1)>));
    static_assert(leave_values(rules_of<ge(5)>));
    CHECK(leave_values(rules_of<lt(-5)>));
  }

  TEST_CASE("rules: up to four examples, of every kind") {
    const detail::Rules& rules =
        rules_of<example<1>, example<2.5>, example<true>, example<"text">, example<"one too many">>;
    CHECK(rules.examples[0].integer == 1);
    CHECK(rules.examples[1].real == 2.5);
    CHECK(rules.examples[2].kind == Constant::Kind::Boolean);
    CHECK(rules.examples[3].kind == Constant::Kind::Text);
    CHECK(rules.examples[3].text == "text");
  }

  TEST_CASE("rules: every way to say a default makes the value optional") {
    CHECK(rules_of<defaults_to(5)>.has_default);
    CHECK(rules_of<defaults_to("text")>.has_default);
    CHECK(rules_of<defaulted>.has_default);
    CHECK(rules_of<default_factory<[] { return std::string("made"); }>>.has_default);
  }

  TEST_CASE("rules: a check takes its value by reference or as it is") {
    const int seven = 7;
    const int eight = 8;
    rules_of<check<must_be_even>>.check(&eight);
    rules_of<check<must_be_odd>>.check(&seven);
    CHECK_THROWS_WITH_AS(rules_of<check<must_be_even>>.check(&seven), "odd", std::invalid_argument);
    CHECK_THROWS_WITH_AS(rules_of<check<must_be_odd>>.check(&eight), "even", std::invalid_argument);
  }

  TEST_CASE("rules: of bodies and headers") {
    CHECK(rules_of<embed>.embed);
    CHECK_FALSE(rules_of<keep_underscores>.convert_underscores);
  }
}
