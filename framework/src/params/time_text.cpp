// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/time_text.hpp"

#include <algorithm>
#include <cmath>

#include "invalid_text.hpp"
#include "text_scan.hpp"
#include "time_scan.hpp"

namespace coroute {
namespace {

using detail::CivilTime;
using detail::Reason;
using std::chrono::microseconds;
using std::chrono::year_month_day;

constexpr microseconds first_time = std::chrono::seconds(-62'135'596'800);
constexpr microseconds last_time = std::chrono::seconds(253'402'300'800) - microseconds(1);

InvalidValue not_a_date(Reason reason) {
  return detail::invalid_because("date_from_datetime_parsing", "Input should be a valid date or datetime", reason);
}

InvalidValue not_a_datetime(Reason reason) {
  return detail::invalid_because("datetime_parsing", "Input should be a valid datetime", reason);
}

InvalidValue neither_datetime_nor_date(Reason reason) {
  return detail::invalid_because("datetime_from_date_parsing", "Input should be a valid datetime or date", reason);
}

std::string year_out_of_range(std::chrono::year year) {
  return "year " + std::to_string(static_cast<int>(year)) + " is out of range";
}

std::optional<InvalidValue> check_year(std::chrono::year year) {
  if (static_cast<int>(year) >= 1 && static_cast<int>(year) <= 9999) return std::nullopt;
  return not_a_datetime(year_out_of_range(year));
}

bool unix_integer_from_text(std::string_view text, std::int64_t& result) noexcept {
  const bool negative = detail::take_sign(text);
  if (text.empty() || !detail::all_digits(text)) return false;
  std::int64_t value = 0;
  for (const char digit : text) {
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit - '0', &value)) return false;
  }
  result = negative ? -value : value;
  return true;
}

/// Without a point only an integer is a number: "1e5" isn't.
bool unix_float_from_text(std::string_view text, double& result) noexcept {
  return text.find('.') != std::string_view::npos && detail::decimal_float_from_text(text, result);
}

Reason read_instant(std::string_view text, CivilTime& civil) {
  const Reason civil_reason = detail::read_civil_time(text, civil);
  if (civil_reason.empty()) return {};
  microseconds time{};
  std::int64_t integer = 0;
  double number = 0;
  Reason reason = civil_reason;
  if (unix_integer_from_text(text, integer)) {
    reason = detail::read_unix_time(integer, time);
  } else if (unix_float_from_text(text, number)) {
    reason = detail::read_unix_time(number, time);
  }
  if (!reason.empty()) return reason;
  civil = detail::civil_time(time);
  civil.offset = std::chrono::minutes(0);
  return {};
}

Reason read_date(std::string_view text, year_month_day& date) {
  const Reason reason = detail::take_date(text, date);
  return reason.empty() && !text.empty() ? detail::extra_characters : reason;
}

/// pydantic tries a datetime first, then a date, and tells what is wrong with the date.
std::optional<InvalidValue> read_datetime(std::string_view text, CivilTime& civil) {
  const Reason instant_reason = read_instant(text, civil);
  if (!instant_reason.empty()) {
    civil = {};
    const Reason date_reason = read_date(text, civil.date);
    std::int64_t integer = 0;
    if (!date_reason.empty())
      return neither_datetime_nor_date(unix_integer_from_text(text, integer) ? instant_reason : date_reason);
  }
  return check_year(civil.date.year());
}

std::optional<InvalidValue> store_date(const CivilTime& civil, year_month_day& date) {
  if (civil.time != microseconds(0))
    return detail::invalid("date_from_datetime_inexact",
                           "Datetimes provided to dates should have zero time - e.g. be exact dates");
  if (civil.date.year() < std::chrono::year(1))
    return detail::invalid_because("date_parsing", "Input should be a valid date in the format YYYY-MM-DD",
                                   year_out_of_range(civil.date.year()));
  date = civil.date;
  return std::nullopt;
}

microseconds since_epoch_of(const CivilTime& civil) {
  return std::chrono::sys_days(civil.date).time_since_epoch() + civil.time -
         civil.offset.value_or(std::chrono::minutes(0));
}

void append_date(std::string& out, const year_month_day& date) {
  detail::append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  detail::append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  detail::append_padded(out, static_cast<unsigned>(date.day()), 2);
}

template <typename Number>
std::optional<InvalidValue> date_from_number(Number unix_time, year_month_day& date) {
  microseconds time{};
  if (const Reason reason = detail::read_unix_time(unix_time, time); !reason.empty()) return not_a_date(reason);
  return store_date(detail::civil_time(time), date);
}

template <typename Number>
std::optional<InvalidValue> time_from_number(Number unix_time, microseconds& since_epoch) {
  microseconds time{};
  if (const Reason reason = detail::read_unix_time(unix_time, time); !reason.empty()) return not_a_datetime(reason);
  if (auto error = check_year(detail::civil_time(time).date.year())) return error;
  since_epoch = time;
  return std::nullopt;
}

}  // namespace

std::string to_text(const year_month_day& date) {
  std::string text;
  append_date(text, date);
  return text;
}

std::optional<InvalidValue> value_from_text(std::string_view text, year_month_day& date) {
  CivilTime civil;
  if (read_date(text, civil.date).empty()) return store_date(civil, date);
  if (const Reason reason = read_instant(text, civil); !reason.empty()) return not_a_date(reason);
  return store_date(civil, date);
}

std::optional<InvalidValue> value_from_number(double unix_time, year_month_day& date) {
  return date_from_number(unix_time, date);
}

std::optional<InvalidValue> value_from_number(std::int64_t unix_time, year_month_day& date) {
  return date_from_number(unix_time, date);
}

namespace detail {

std::optional<InvalidValue> utc_from_text(std::string_view text, microseconds& since_epoch) {
  CivilTime civil;
  if (auto error = read_datetime(text, civil)) return error;
  const microseconds time = since_epoch_of(civil);
  // An offset can move the first and the last day out of the years that UTC has.
  if (auto error = check_year(civil_time(time).date.year())) return error;
  since_epoch = time;
  return std::nullopt;
}

std::optional<InvalidValue> utc_from_number(double unix_time, microseconds& since_epoch) {
  return time_from_number(unix_time, since_epoch);
}

std::optional<InvalidValue> utc_from_number(std::int64_t unix_time, microseconds& since_epoch) {
  return time_from_number(unix_time, since_epoch);
}

std::optional<InvalidValue> local_from_text(std::string_view text, microseconds& since_epoch) {
  CivilTime civil;
  if (auto error = read_datetime(text, civil)) return error;
  if (civil.offset) return invalid("timezone_naive", "Input should not have timezone info");
  since_epoch = since_epoch_of(civil);
  return std::nullopt;
}

std::string datetime_text(microseconds since_epoch, std::string_view zone) {
  const CivilTime civil = civil_time(std::clamp(since_epoch, first_time, last_time));
  std::string text;
  append_date(text, civil.date);
  text += 'T';
  append_clock(text, civil.time);
  return text.append(zone);
}

std::optional<InvalidValue> to_ticks(microseconds from, const Ticks& ticks, TimeKind kind, std::int64_t& count) {
  const auto refuse = [kind](Reason reason) {
    return kind == TimeKind::datetime
               ? not_a_datetime(reason)
               : invalid_because("time_delta_parsing", "Input should be a valid timedelta", reason);
  };
  std::int64_t scaled = 0;
  const bool overflow = __builtin_mul_overflow(from.count(), ticks.num, &scaled);
  if (overflow || scaled / ticks.den < ticks.lowest || scaled / ticks.den > ticks.highest) {
    if (kind == TimeKind::datetime) return refuse(year_out_of_range(civil_time(from).date.year()));
    return refuse("durations of this length are not supported");
  }
  if (scaled % ticks.den != 0) return refuse("value is more precise than supported");
  count = scaled / ticks.den;
  return std::nullopt;
}

microseconds from_ticks(std::int64_t count, const Ticks& ticks) {
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(count, ticks.den, &scaled)) return count < 0 ? microseconds::min() : microseconds::max();
  const std::int64_t whole = scaled / ticks.num;
  return microseconds(scaled % ticks.num < 0 ? whole - 1 : whole);
}

microseconds from_seconds(double seconds) {
  const double scaled = std::floor(seconds * 1e6);
  if (scaled >= 0x1p63) return microseconds::max();
  if (scaled >= -0x1p63) return microseconds(static_cast<std::int64_t>(scaled));
  return std::isnan(seconds) ? microseconds(0) : microseconds::min();
}

}  // namespace detail
}  // namespace coroute
