// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <limits>
#include "coroute/params/time_text.hpp"

#include "invalid_text.hpp"
#include "text_scan.hpp"
#include "time_scan.hpp"

namespace coroute::detail {
namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

constexpr std::int64_t microseconds_per_day = microseconds(24h).count();
/// Of each quantity in a text, so that a few of them can be added up without overflow.
constexpr std::int64_t max_quantity = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t max_days = microseconds::max().count() / microseconds_per_day - 1;

/// As speedate has it, whatever its sentence says.
constexpr std::int64_t max_hours_alone = 2'400'000'000;
constexpr std::size_t max_hour_digits = 10;

constexpr Reason quantity_too_large = "a numeric value in the duration is too large";
constexpr Reason duration_too_long = "durations may not exceed 106,751,990 days";
constexpr Reason hours_too_many = "durations may not exceed 999,999,999 hours";
constexpr Reason wrong_days = "\"day\" identifier in duration not correctly formatted";
static_assert(max_days == 106'751'990);

InvalidValue not_a_duration(Reason reason) {
  return invalid_because("time_delta_parsing", "Input should be a valid timedelta", reason);
}

/// The sum of a text's quantities.
struct Total {
  std::int64_t days = 0;
  microseconds time{0};

  bool add_days(std::int64_t count) noexcept { return !__builtin_add_overflow(days, count, &days) && days <= max_days; }
  bool add_seconds(std::int64_t count) noexcept {
    time += std::chrono::seconds(count % 86'400);
    return add_days(count / 86'400) && carry();
  }
  bool add_fraction_of_seconds(double seconds) noexcept {
    const double whole = std::trunc(seconds);
    time += microseconds(std::llround((seconds - whole) * 1e6));
    return add_seconds(static_cast<std::int64_t>(whole));
  }
  bool carry() noexcept {
    const std::int64_t full_days = time.count() / microseconds_per_day;
    time -= microseconds(full_days * microseconds_per_day);
    return add_days(full_days);
  }
  microseconds sum() const noexcept { return microseconds(days * microseconds_per_day) + time; }
};

Reason take_quantity(std::string_view& rest, std::int64_t& quantity) {
  const std::string_view digits = take_digits(rest);
  if (digits.empty()) return "invalid digit in duration";
  quantity = 0;
  for (const char digit : digits) {
    quantity = quantity * 10 + (digit - '0');
    if (quantity > max_quantity) return quantity_too_large;
  }
  return {};
}

/// A point or comma and the digits behind it, which may be none; 0 to just below 1.
double take_quantity_fraction(std::string_view& rest) {
  rest.remove_prefix(1);
  double fraction = 0;
  decimal_float_from_text("0." + std::string(take_digits(rest)), fraction);
  return fraction;
}

/// Days in a unit of the date part; 0: no such unit.
constexpr std::int64_t days_of(char unit) noexcept {
  return unit == 'Y' ? 365 : unit == 'M' ? 30 : unit == 'W' ? 7 : unit == 'D' ? 1 : 0;
}

/// Seconds in a unit of the time part; 0: no such unit.
constexpr std::int64_t seconds_of(char unit) noexcept {
  return unit == 'H' ? 3600 : unit == 'M' ? 60 : unit == 'S' ? 1 : 0;
}

/// Takes one "1.5H".
Reason take_iso_part(std::string_view& rest, bool in_time, bool& had_fraction, Total& total) {
  std::int64_t quantity = 0;
  if (const Reason reason = take_quantity(rest, quantity); !reason.empty()) return reason;
  const bool has_fraction = rest.starts_with('.') || rest.starts_with(',');
  const double fraction = has_fraction ? take_quantity_fraction(rest) : 0;
  if (had_fraction) return "quantity fraction invalid in duration";
  had_fraction = has_fraction;

  const std::int64_t unit = rest.empty() ? 0 : in_time ? seconds_of(rest[0]) : days_of(rest[0]);
  if (unit == 0)
    return in_time ? "quantity invalid in time part of duration" : "quantity invalid in date part of duration";
  rest.remove_prefix(1);
  if (quantity * unit > max_quantity) return quantity_too_large;
  const bool fits = in_time ? total.add_seconds(quantity * unit) : total.add_days(quantity * unit);
  const double fraction_seconds = fraction * static_cast<double>(in_time ? unit : unit * 86'400);
  return fits && total.add_fraction_of_seconds(fraction_seconds) ? Reason() : duration_too_long;
}

/// Reads what follows "P".
Reason read_iso(std::string_view rest, Total& total) {
  if (rest.empty() || rest == "T") return too_short;
  bool in_time = false;
  bool had_fraction = false;
  while (!rest.empty()) {
    if (take(rest, 'T')) {
      if (in_time) return "`t` character repeated in duration";
      in_time = true;
      continue;
    }
    if (const Reason reason = take_iso_part(rest, in_time, had_fraction, total); !reason.empty()) return reason;
  }
  return {};
}

/// Reads a clock whose hours may have any number of digits.
Reason read_hours(std::string_view rest, std::int64_t max_hours, Total& total) {
  if (rest.size() < 5) return too_short;
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return "invalid character in hour";
  const std::string_view digits = rest.substr(0, colon);
  if (digits.size() > max_hour_digits) return hours_too_many;
  if (!all_digits(digits)) return "invalid character in hour";
  std::int64_t hours = 0;
  for (const char digit : digits)
    hours = hours * 10 + (digit - '0');

  rest.remove_prefix(colon + 1);
  if (rest.size() < 2) return too_short;
  if (const Reason reason = take_minutes(rest, total.time); !reason.empty()) return reason;
  if (!rest.empty()) return extra_characters;
  if (hours > max_hours) return hours_too_many;
  return total.add_seconds(hours * 3600) ? Reason() : duration_too_long;
}

/// Takes " d", "day", " days" and the comma and the space that may follow.
bool take_days_word(std::string_view& rest) noexcept {
  const auto take_letter = [&rest](char lower, char upper) { return take(rest, lower) || take(rest, upper); };
  take(rest, ' ');
  if (!take_letter('d', 'D')) return false;
  if (take_letter('a', 'A')) {
    if (!take_letter('y', 'Y')) return false;
    take_letter('s', 'S');
  }
  take(rest, ',');
  take(rest, ' ');
  return true;
}

Reason read_days(std::string_view rest, Total& total) {
  if (rest.empty()) return too_short;
  std::int64_t days = 0;
  if (const Reason reason = take_quantity(rest, days); !reason.empty()) return reason;
  if (!take_days_word(rest)) return wrong_days;
  if (!rest.empty()) {
    if (const Reason reason = read_hours(rest, 23, total); !reason.empty()) return reason;
  }
  return total.add_days(days) ? Reason() : duration_too_long;
}

void append_unit(std::string& out, std::int64_t count, char unit) {
  if (count != 0) out.append(std::to_string(count)).append(1, unit);
}

void append_seconds(std::string& out, std::int64_t seconds, std::int64_t microsecond) {
  if (seconds == 0 && microsecond == 0) return;
  out += std::to_string(seconds);
  if (microsecond != 0) {
    out += '.';
    append_padded(out, microsecond, 6);
    out.erase(out.find_last_not_of('0') + 1);
  }
  out += 'S';
}

}  // namespace

std::optional<InvalidValue> duration_from_text(std::string_view text, microseconds& duration) {
  std::string_view rest = text;
  const bool negative = take_sign(rest);
  Total total;
  Reason reason;
  if (text.empty()) {
    reason = too_short;
  } else if (take(rest, 'P')) {
    reason = read_iso(rest, total);
  } else if (rest.size() < 5 || text.find_first_of("dD") != std::string_view::npos) {
    reason = read_days(rest, total);
  } else {
    reason = read_hours(rest, max_hours_alone, total);
  }
  if (!reason.empty()) return not_a_duration(reason);
  duration = negative ? -total.sum() : total.sum();
  return std::nullopt;
}

std::optional<InvalidValue> duration_from_number(double seconds, microseconds& duration) {
  if (std::isnan(seconds)) return not_a_duration(not_a_number);
  constexpr auto max_seconds = static_cast<double>(max_days * 86'400);
  if (std::abs(seconds) > max_seconds) return not_a_duration(duration_too_long);
  const double whole = std::trunc(seconds);
  duration =
      std::chrono::seconds(static_cast<std::int64_t>(whole)) + microseconds(std::llround((seconds - whole) * 1e6));
  return std::nullopt;
}

std::optional<InvalidValue> duration_from_number(std::int64_t seconds, microseconds& duration) {
  constexpr std::int64_t max_seconds = max_days * 86'400;
  if (seconds < -max_seconds || seconds > max_seconds) return not_a_duration(duration_too_long);
  duration = std::chrono::seconds(seconds);
  return std::nullopt;
}

std::string duration_text(microseconds duration) {
  constexpr std::uint64_t day = static_cast<std::uint64_t>(microseconds_per_day);
  const bool negative = duration < microseconds(0);
  const auto bits = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t magnitude = negative ? 0U - bits : bits;
  const auto days = static_cast<std::int64_t>(magnitude / day);
  const std::chrono::hh_mm_ss clock(microseconds(static_cast<std::int64_t>(magnitude % day)));

  std::string text = negative ? "-P" : "P";
  append_unit(text, days / 365, 'Y');
  append_unit(text, days % 365, 'D');
  if (clock.to_duration() != microseconds(0)) {
    text += 'T';
    append_unit(text, clock.hours().count(), 'H');
    append_unit(text, clock.minutes().count(), 'M');
    append_seconds(text, clock.seconds().count(), clock.subseconds().count());
  }
  return magnitude == 0 ? "PT0S" : text;
}

}  // namespace coroute::detail
