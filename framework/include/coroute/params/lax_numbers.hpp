// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Numbers and booleans as pydantic's lax mode reads them: from the text of a parameter, and from a JSON number that
/// isn't of the wanted kind. What is refused leaves the result unchanged.

#include <cstdint>
#include <optional>
#include <string_view>
#include "coroute/params/invalid_value.hpp"

namespace coroute::detail {

/// White space around the number, one sign, single underscores between digits and a fraction of zeros are taken:
/// " +1_000.00 ". A number that 64 bits can't hold, or of more than 4300 digits, is "int_parsing_size".
std::optional<InvalidValue> int_from_text(std::string_view text, std::int64_t& result);
/// A negative number is "greater_than_equal" with ge 0.
std::optional<InvalidValue> int_from_text(std::string_view text, std::uint64_t& result);

/// Also "inf", "infinity" and "nan" in any case, and infinity for a number beyond the range: whether they are allowed
/// is for the caller to say.
std::optional<InvalidValue> float_from_text(std::string_view text, double& result);

/// 0 1 t f true false y n yes no on off, in any case, no white space.
std::optional<InvalidValue> bool_from_text(std::string_view text, bool& result);

/// Refuses a fraction ("int_from_float"), infinity and NaN, and what the integer can't hold.
std::optional<InvalidValue> int_from_number(double number, std::int64_t& result);
std::optional<InvalidValue> int_from_number(double number, std::uint64_t& result);
std::optional<InvalidValue> int_from_number(std::int64_t number, std::uint64_t& result);
std::optional<InvalidValue> int_from_number(std::uint64_t number, std::int64_t& result);

/// 0 and 1 only.
std::optional<InvalidValue> bool_from_number(std::int64_t number, bool& result);
std::optional<InvalidValue> bool_from_number(double number, bool& result);

}  // namespace coroute::detail
