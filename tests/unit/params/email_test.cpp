// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/email.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using coroute::testing::read;
using coroute::testing::ValueRow;

namespace {

/// `escaped` is the reason as it stands in the ctx.
std::string refused(std::string_view reason, std::string_view escaped) {
  return "value_error | value is not a valid email address: " + std::string(reason) + " | {\"reason\":\"" +
         std::string(escaped) + "\"}";
}

std::string refused(std::string_view reason) {
  return refused(reason, reason);
}

void check_all_refused(const auto& rows) {
  for (const ValueRow& row : rows) {
    CAPTURE(row.input);
    CHECK(read<Email>(row.input) == refused(row.outcome));
  }
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("email: the domain becomes lower case, the local part stays") {
    const ValueRow rows[] = {
        {"a@b.co", "a@b.co"},
        {"Ann.Lee@EXAMPLE.Com", "Ann.Lee@example.com"},
        {"a+tag@c.co", "a+tag@c.co"},
        {"a!#$%&'*+/=?^_`{|}~-b@c.co", "a!#$%&'*+/=?^_`{|}~-b@c.co"},
        {"-a-@b-c.d--e.co", "-a-@b-c.d--e.co"},
        {"a@b.c", "a@b.c"},
        {"a@1.2.3.x4y", "a@1.2.3.x4y"},
        {"a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de"},
        {" a@b.co\n", "a@b.co"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<Email>(row.input) == row.outcome);
    }
  }

  TEST_CASE("email: an address has two parts around an @") {
    const ValueRow rows[] = {
        {"", "An email address must have an @-sign."},
        {"a", "An email address must have an @-sign."},
        {"@b.co", "There must be something before the @-sign."},
        {"a@", "There must be something after the @-sign."},
        {"a@@b.co", "The part after the @-sign contains invalid characters: '@'."},
        {"a@b@c.co", "The part after the @-sign contains invalid characters: '@'."},
    };
    check_all_refused(rows);
  }

  TEST_CASE("email: characters that no address has are listed, each once") {
    const ValueRow rows[] = {
        {"a b@c.de", "The email address contains invalid characters before the @-sign: SPACE."},
        {"a(b@c.co", "The email address contains invalid characters before the @-sign: '('."},
        {"a(((,b@c.co", "The email address contains invalid characters before the @-sign: '(', ','."},
        {"Bob <a@b.co>", "The email address contains invalid characters before the @-sign: '<', SPACE."},
        {"\xC3\xA4@b.co", "The email address contains invalid characters before the @-sign: '\xC3\xA4'."},
        {"a\x80@b.co", "The email address contains invalid characters before the @-sign: '\xEF\xBF\xBD'."},
        {"a\nb@c.co", "The email address contains invalid characters before the @-sign: U+000A."},
        {"a\x7F"
         "b@c.co",
         "The email address contains invalid characters before the @-sign: U+007F."},
        {"a@b c.de", "The part after the @-sign contains invalid characters: SPACE."},
        {"a@b_c.co", "The part after the @-sign contains invalid characters: '_'."},
        {"a@b%c.co", "The part after the @-sign contains invalid characters: '%'."},
        {"a@\xC3\xA4.co", "The part after the @-sign contains invalid characters: '\xC3\xA4'."},
    };
    check_all_refused(rows);
    CHECK(read<Email>(std::string_view("a\0b@c.co", 8)) ==
          refused("The email address contains invalid characters before the @-sign: U+0000."));
    CHECK(read<Email>("a\\b@c.co") ==
          refused("The email address contains invalid characters before the @-sign: \"\\\".",
                  "The email address contains invalid characters before the @-sign: \\\"\\\\\\\"."));
  }

  TEST_CASE("email: periods and hyphens stand between other characters") {
    const ValueRow rows[] = {
        {".a@b.co", "An email address cannot start with a period."},
        {"a.@b.co", "An email address cannot have a period immediately before the @-sign."},
        {"a..b@c.co", "An email address cannot have two periods in a row."},
        {"a@.b.co", "An email address cannot have a period immediately after the @-sign."},
        {"a@b.co.", "An email address cannot end with a period."},
        {"a@b..co", "An email address cannot have two periods in a row."},
        {"a@-b.co", "An email address cannot have a hyphen immediately after the @-sign."},
        {"a@b.co-", "An email address cannot end with a hyphen."},
        {"a@b-.co", "An email address cannot have a period and a hyphen next to each other."},
        {"a@b.-co", "An email address cannot have a period and a hyphen next to each other."},
    };
    check_all_refused(rows);
  }

  TEST_CASE("email: a domain ends in a name, after a period") {
    const ValueRow rows[] = {
        {"a@b", "The part after the @-sign is not valid. It should have a period."},
        {"a@localhost", "The part after the @-sign is not valid. It should have a period."},
        {"a@1.2.3.4", "The part after the @-sign is not valid. It is not within a valid top-level domain."},
        {"a@b.c1", "The part after the @-sign is not valid. It is not within a valid top-level domain."},
        {"a@[1.2.3.4]", "A bracketed IP address after the @-sign is not allowed here."},
        {"\"a b\"@c.co", "Quoting the part before the @-sign is not allowed here."},
    };
    check_all_refused(rows);
  }

  TEST_CASE("email: the parts have the lengths that mail servers take") {
    const auto label = [](std::size_t size) { return std::string(size, 'b'); };
    CHECK(read<Email>(std::string(64, 'a') + "@b.co") == std::string(64, 'a') + "@b.co");
    CHECK(read<Email>(std::string(65, 'a') + "@b.co") ==
          refused("The email address is too long before the @-sign (1 character too many)."));
    CHECK(read<Email>("a@" + label(63) + ".co") == "a@" + label(63) + ".co");
    CHECK(read<Email>("a@" + label(64) + ".co") ==
          refused("After the @-sign, periods cannot be separated by so many characters (1 character too many)."));
    const std::string domain = label(63) + "." + label(63) + "." + label(63) + ".";
    CHECK(read<Email>("a@" + domain + label(61)) == "a@" + domain + label(61));
    CHECK(read<Email>("a@" + domain + label(63)) ==
          refused("The email address is too long after the @-sign (2 characters too many)."));
    CHECK(read<Email>(std::string(2049, '@')) == refused("Length must not exceed 2048 characters"));
    CHECK(read<Email>(std::string(2048, 'x')) == refused("An email address must have an @-sign."));
  }

  TEST_CASE("email: the parts can be read") {
    const Email email = Email::parse("Ann@B.co");
    CHECK(email.address() == "Ann@b.co");
    CHECK(email.local_part() == "Ann");
    CHECK(email.domain() == "b.co");
    CHECK(Email().address().empty());
    CHECK(Email().local_part().empty());
    CHECK(Email().domain().empty());
    CHECK(email == Email::parse("Ann@b.CO"));
    CHECK(email != Email::parse("ann@b.co"));
    CHECK(Email::parse("a@b.co") < Email::parse("b@b.co"));
  }

  TEST_CASE("email: a refused text leaves the value as it was") {
    Email email = Email::parse("a@b.co");
    CHECK(value_from_text("x", email));
    CHECK(to_text(email) == "a@b.co");
    CHECK_THROWS_AS(Email::parse("x"), std::invalid_argument);
  }

  TEST_CASE("email: the schema is a string of format email") {
    CHECK(ValueSchema<Email>::format == "email");
    CHECK(ValueSchema<Email>::error_type == "string_type");
  }
}
