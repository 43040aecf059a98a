// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The values that the targets for parameters take, as they are answered.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coroute/coroute.hpp"

namespace coroute::fuzz {

enum class Size { small, medium, large };
using Day = std::chrono::year_month_day;
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Wait = std::chrono::duration<std::int64_t, std::milli>;

template <class T>
using Maybe = std::optional<T>;

/// A member that no parameter is answered as null.
struct Values {
  Maybe<std::int64_t> i;
  Maybe<std::uint8_t> u;
  Maybe<double> d;
  Maybe<bool> b;
  Maybe<std::string> s;
  Maybe<std::string> p;
  Maybe<Size> size;
  Maybe<Literal<"asc", "desc">> order;
  Maybe<Day> day;
  Maybe<Time> at;
  Maybe<TimeOfDay> clock;
  Maybe<Wait> wait;
  Maybe<Uuid> id;
  Maybe<Decimal> amount;
  Maybe<HttpUrl> link;
  Maybe<Email> mail;
  Maybe<std::variant<std::int64_t, bool, std::string>> any;
  std::vector<std::int64_t> n;
  Maybe<std::vector<std::string>> tag;

  static constexpr auto schema =
      fields(field<&Values::i>(ge(-5), lt(1000)), field<&Values::d>(gt(-1.5), multiple_of(0.5)),
             field<&Values::s>(min_length(1), max_length(20)), field<&Values::p>(pattern<"^[a-z]+$">),
             field<&Values::amount>(max_digits(12), decimal_places(4)), field<&Values::n>(defaulted, max_length(8)))
          .forbid_extra();
};

}  // namespace coroute::fuzz
