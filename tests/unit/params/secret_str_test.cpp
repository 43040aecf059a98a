// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/secret_str.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using coroute::testing::read;

namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("secret: only get_secret_value tells it") {
    SecretStr secret;
    CHECK_FALSE(value_from_text("hunter2", secret));
    CHECK(secret.get_secret_value() == "hunter2");
    CHECK(secret.size() == 7);
    CHECK(to_text(secret) == "**********");
    static_assert(!std::convertible_to<SecretStr, std::string>);
    static_assert(!std::convertible_to<SecretStr, std::string_view>);
    static_assert(!Printable<SecretStr> && Printable<std::string>);
  }

  TEST_CASE("secret: the text tells its length only when it is empty") {
    CHECK(read<SecretStr>("") == "");
    CHECK(read<SecretStr>("x") == "**********");
    CHECK(read<SecretStr>(std::string(1000, 'x')) == "**********");
  }

  TEST_CASE("secret: any bytes are kept") {
    const std::string bytes("\0\xFF\n ", 4);
    SecretStr secret;
    CHECK_FALSE(value_from_text(bytes, secret));
    CHECK(secret.get_secret_value() == bytes);
  }

  TEST_CASE("secret: values compare by what they hide") {
    CHECK(SecretStr("abc") == SecretStr("abc"));
    CHECK(SecretStr("abc") != SecretStr("abd"));
    CHECK(SecretStr("abc") != SecretStr("xbc"));
    CHECK(SecretStr("abc") != SecretStr("abcd"));
    CHECK(SecretStr("\xFF") != SecretStr("\x7F"));
    CHECK(SecretStr() == SecretStr(""));
  }

  TEST_CASE("secret: the schema is a string of format password") {
    CHECK(ValueSchema<SecretStr>::format == "password");
    CHECK(ValueSchema<SecretStr>::error_type == "string_type");
  }
}
