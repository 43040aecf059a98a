// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/date.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace coroute {
namespace {

namespace chr = std::chrono;
using Clock = chr::system_clock;

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t short_name = 3;

void append_digits(std::string& out, long value, int width) {
  const std::size_t start = out.size();
  out.append(static_cast<std::size_t>(width), '0');
  for (std::size_t i = out.size(); i > start; --i, value /= 10)
    out[i - 1] = static_cast<char>('0' + value % 10);
}

struct DateParts {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

/// Reads from the front; after the first mismatch `ok()` stays false and every further read gives 0.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_{text} {}

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }
  bool next_is(char c) const { return ok_ && rest_.starts_with(c); }

  void literal(std::string_view expected) {
    if (take(rest_.starts_with(expected))) rest_.remove_prefix(expected.size());
  }

  int digits(std::size_t count) {
    const std::string_view text = rest_.substr(0, count);
    const bool valid =
        text.size() == count && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!take(valid)) return 0;
    rest_.remove_prefix(count);
    int value = 0;
    for (const char c : text)
      value = value * 10 + (c - '0');
    return value;
  }

  /// The index of the name that comes next, each cut to `length` characters.
  template <std::size_t Count>
  int name(const std::array<std::string_view, Count>& names, std::size_t length = std::string_view::npos) {
    for (std::size_t i = 0; i < Count; ++i) {
      const std::string_view candidate = names[i].substr(0, length);
      if (!rest_.starts_with(candidate)) continue;
      rest_.remove_prefix(candidate.size());
      return static_cast<int>(i);
    }
    take(false);
    return 0;
  }

  void time_of_day(DateParts& date) {
    date.hour = digits(2);
    literal(":");
    date.minute = digits(2);
    literal(":");
    date.second = digits(2);
  }

 private:
  bool take(bool matches) {
    ok_ = ok_ && matches;
    return ok_;
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<DateParts> read_imf_fixdate(std::string_view text) {
  Cursor cursor{text};
  DateParts date;
  cursor.name(weekdays, short_name);
  cursor.literal(", ");
  date.day = cursor.digits(2);
  cursor.literal(" ");
  date.month = cursor.name(months) + 1;
  cursor.literal(" ");
  date.year = cursor.digits(4);
  cursor.literal(" ");
  cursor.time_of_day(date);
  cursor.literal(" GMT");
  return cursor.at_end() ? std::optional(date) : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"; the year comes back without its century.
std::optional<DateParts> read_rfc850(std::string_view text) {
  Cursor cursor{text};
  DateParts date;
  cursor.name(weekdays);
  cursor.literal(", ");
  date.day = cursor.digits(2);
  cursor.literal("-");
  date.month = cursor.name(months) + 1;
  cursor.literal("-");
  date.year = cursor.digits(2);
  cursor.literal(" ");
  cursor.time_of_day(date);
  cursor.literal(" GMT");
  return cursor.at_end() ? std::optional(date) : std::nullopt;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<DateParts> read_asctime(std::string_view text) {
  Cursor cursor{text};
  DateParts date;
  cursor.name(weekdays, short_name);
  cursor.literal(" ");
  date.month = cursor.name(months) + 1;
  cursor.literal(" ");
  const bool one_digit = cursor.next_is(' ');
  if (one_digit) cursor.literal(" ");
  date.day = cursor.digits(one_digit ? 1 : 2);
  cursor.literal(" ");
  cursor.time_of_day(date);
  cursor.literal(" ");
  date.year = cursor.digits(4);
  return cursor.at_end() ? std::optional(date) : std::nullopt;
}

std::optional<chr::sys_seconds> to_seconds(const DateParts& date) {
  const chr::year_month_day day{chr::year{date.year}, chr::month{static_cast<unsigned>(date.month)},
                                chr::day{static_cast<unsigned>(date.day)}};
  // Second 60 is a leap second: POSIX time has none and counts on into the next minute.
  if (!day.ok() || date.hour > 23 || date.minute > 59 || date.second > 60) return std::nullopt;
  return chr::sys_days{day} + chr::hours{date.hour} + chr::minutes{date.minute} + chr::seconds{date.second};
}

/// The time of a date whose year has lost its century.
std::optional<chr::sys_seconds> to_seconds_near(DateParts date, Clock::time_point now) {
  const chr::sys_seconds latest = chr::floor<chr::seconds>(now) + chr::years{50};
  const chr::year_month_day latest_day{chr::floor<chr::days>(latest)};
  date.year += static_cast<int>(latest_day.year()) / 100 * 100;
  const std::optional<chr::sys_seconds> time = to_seconds(date);
  if (time && *time <= latest) return time;
  date.year -= 100;
  return to_seconds(date);
}

Clock::time_point to_clock(chr::sys_seconds time) {
  constexpr auto first = chr::ceil<chr::seconds>(Clock::time_point::min());
  constexpr auto last = chr::floor<chr::seconds>(Clock::time_point::max());
  return std::clamp(time, first, last);
}

}  // namespace

std::string http_date(Clock::time_point time) {
  const auto midnight = chr::floor<chr::days>(time);
  const chr::year_month_day date{midnight};
  const chr::hh_mm_ss clock{chr::floor<chr::seconds>(time) - midnight};
  std::string out;
  out.reserve(29);
  out += weekdays[chr::weekday{midnight}.c_encoding()].substr(0, short_name);
  out += ", ";
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += ' ';
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  append_digits(out, static_cast<int>(date.year()), 4);
  out += ' ';
  append_digits(out, clock.hours().count(), 2);
  out += ':';
  append_digits(out, clock.minutes().count(), 2);
  out += ':';
  append_digits(out, clock.seconds().count(), 2);
  out += " GMT";
  return out;
}

std::optional<Clock::time_point> parse_http_date(std::string_view text, Clock::time_point now) {
  std::optional<chr::sys_seconds> time;
  if (const auto fixdate = read_imf_fixdate(text)) {
    time = to_seconds(*fixdate);
  } else if (const auto rfc850 = read_rfc850(text)) {
    time = to_seconds_near(*rfc850, now);
  } else if (const auto asctime = read_asctime(text)) {
    time = to_seconds(*asctime);
  }
  return time ? std::optional(to_clock(*time)) : std::nullopt;
}

}  // namespace coroute
