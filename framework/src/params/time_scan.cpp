// SPDX-License-Identifier: BSL-1.0
#include "time_scan.hpp"

#include <cmath>
#include <limits>

#include "text_scan.hpp"

namespace coroute::detail {
namespace {

using std::chrono::microseconds;

constexpr std::string_view unicode_minus = "\xE2\x88\x92";

/// Takes two digits; -1 when they aren't there.
int take_two_digits(std::string_view& rest) noexcept {
  if (rest.size() < 2 || !is_digit(rest[0]) || !is_digit(rest[1])) return -1;
  const int value = (rest[0] - '0') * 10 + (rest[1] - '0');
  rest.remove_prefix(2);
  return value;
}

/// Takes the digits behind a decimal point; those after the sixth don't count.
Reason take_fraction(std::string_view& rest, microseconds& fraction) {
  const std::string_view digits = take_digits(rest);
  if (digits.empty()) return "second fraction digits missing after `.`";
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i)
    value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  fraction = microseconds(value);
  return {};
}

Reason take_seconds(std::string_view& rest, microseconds& time) {
  const int second = take_two_digits(rest);
  if (second < 0) return "invalid character in second";
  if (second > 59) return "second value is outside expected range of 0-59";
  time += std::chrono::seconds(second);
  if (!take(rest, '.') && !take(rest, ',')) return {};
  microseconds fraction{};
  const Reason reason = take_fraction(rest, fraction);
  time += fraction;
  return reason;
}

bool take_offset_sign(std::string_view& rest, bool& negative) noexcept {
  if (rest.starts_with(unicode_minus)) {
    rest.remove_prefix(unicode_minus.size());
    negative = true;
    return true;
  }
  if (!rest.starts_with('+') && !rest.starts_with('-')) return false;
  negative = take_sign(rest);
  return true;
}

constexpr std::int64_t milliseconds_watershed = 20'000'000'000;

Reason check_range(double seconds) {
  constexpr double start_of_year_0 = -62'167'219'200;
  constexpr double start_of_year_10000 = 253'402'300'800;
  if (seconds < start_of_year_0) return "dates before 0000 are not supported as unix timestamps";
  if (seconds >= start_of_year_10000) return "dates after 9999 are not supported as unix timestamps";
  return {};
}

}  // namespace

Reason take_date(std::string_view& rest, std::chrono::year_month_day& date) {
  if (rest.size() < 10) return too_short;
  const int century = take_two_digits(rest);
  const int year = century < 0 ? -1 : take_two_digits(rest);
  if (year < 0) return "invalid character in year";
  if (!take(rest, '-')) return "invalid date separator, expected `-`";
  const int month = take_two_digits(rest);
  if (month < 0) return "invalid character in month";
  if (!take(rest, '-')) return "invalid date separator, expected `-`";
  const int day = take_two_digits(rest);
  if (day < 0) return "invalid character in day";
  if (month < 1 || month > 12) return "month value is outside expected range of 1-12";
  date = {std::chrono::year(century * 100 + year), std::chrono::month(static_cast<unsigned>(month)),
          std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? Reason() : "day value is outside expected range";
}

Reason take_clock(std::string_view& rest, microseconds& time) {
  if (rest.size() < 5) return too_short;
  const int hour = take_two_digits(rest);
  if (hour < 0) return "invalid character in hour";
  if (!take(rest, ':')) return "invalid time separator, expected `:`";
  // The hour's range is checked after the minute's digits, as speedate does.
  if (!is_digit(rest[0]) || !is_digit(rest[1])) return "invalid character in minute";
  if (hour > 23) return "hour value is outside expected range of 0-23";
  const Reason reason = take_minutes(rest, time);
  time += std::chrono::hours(hour);
  return reason;
}

Reason take_minutes(std::string_view& rest, microseconds& time) {
  const int minute = take_two_digits(rest);
  if (minute < 0) return "invalid character in minute";
  if (minute > 59) return "minute value is outside expected range of 0-59";
  time = std::chrono::minutes(minute);
  return take(rest, ':') ? take_seconds(rest, time) : Reason();
}

Reason read_offset(std::string_view rest, std::optional<std::chrono::minutes>& offset) {
  if (rest.empty()) return {};
  if (take(rest, 'Z') || take(rest, 'z')) {
    offset = std::chrono::minutes(0);
    return rest.empty() ? Reason() : extra_characters;
  }
  bool negative = false;
  if (!take_offset_sign(rest, negative)) return "invalid timezone sign";
  const int hour = take_two_digits(rest);
  if (hour < 0) return "invalid timezone hour";
  take(rest, ':');
  const int minute = take_two_digits(rest);
  if (minute < 0) return "invalid timezone minute";
  if (minute > 59) return "timezone minute value is outside expected range of 0-59";
  if (hour > 23) return "timezone offset must be less than 24 hours";
  offset = (negative ? -1 : 1) * std::chrono::minutes(hour * 60 + minute);
  return rest.empty() ? Reason() : extra_characters;
}

Reason read_civil_time(std::string_view text, CivilTime& civil) {
  if (const Reason reason = take_date(text, civil.date); !reason.empty()) return reason;
  if (text.empty()) return too_short;
  if (std::string_view("Tt _").find(text[0]) == std::string_view::npos)
    return "invalid datetime separator, expected `T`, `t`, `_` or space";
  text.remove_prefix(1);
  if (const Reason reason = take_clock(text, civil.time); !reason.empty()) return reason;
  return read_offset(text, civil.offset);
}

Reason read_unix_time(std::int64_t number, microseconds& time) {
  const bool in_milliseconds = number > milliseconds_watershed || number < -milliseconds_watershed;
  const double seconds = static_cast<double>(number) / (in_milliseconds ? 1000 : 1);
  if (const Reason reason = check_range(seconds); !reason.empty()) return reason;
  time = in_milliseconds ? microseconds(std::chrono::milliseconds(number)) : microseconds(std::chrono::seconds(number));
  return {};
}

Reason read_unix_time(double number, microseconds& time) {
  if (std::isnan(number)) return not_a_number;
  const double seconds = std::abs(number) > static_cast<double>(milliseconds_watershed) ? number / 1000 : number;
  if (const Reason reason = check_range(seconds); !reason.empty()) return reason;
  // Not `seconds * 1e6`: that product has fewer bits left for the microseconds.
  const double whole = std::floor(seconds);
  time = std::chrono::seconds(static_cast<std::int64_t>(whole)) +
         microseconds(static_cast<std::int64_t>(std::round((seconds - whole) * 1e6)));
  return {};
}

CivilTime civil_time(microseconds since_epoch) {
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  return {std::chrono::sys_days(day), since_epoch - day, std::nullopt};
}

void append_padded(std::string& out, std::int64_t number, int width) {
  const std::string digits = std::to_string(number < 0 ? -number : number);
  if (number < 0) out += '-';
  const auto wanted = static_cast<std::size_t>(width);
  if (digits.size() < wanted) out.append(wanted - digits.size(), '0');
  out += digits;
}

void append_clock(std::string& out, microseconds time) {
  const std::chrono::hh_mm_ss parts(time);
  append_padded(out, parts.hours().count(), 2);
  out += ':';
  append_padded(out, parts.minutes().count(), 2);
  out += ':';
  append_padded(out, parts.seconds().count(), 2);
  if (parts.subseconds().count() == 0) return;
  out += '.';
  append_padded(out, parts.subseconds().count(), 6);
}

}  // namespace coroute::detail
