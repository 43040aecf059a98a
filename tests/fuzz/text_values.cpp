// SPDX-License-Identifier: BSL-1.0
// Any text as each of the values that are texts in requests: what is accepted is the same when written and read again.
#include "checks.hpp"
#include "coroute/http/cookie.hpp"
#include "coroute/http/date.hpp"
#include "http/content_parameters.hpp"
#include "support/read_value.hpp"
#include "targets.hpp"
#include "typed_answer.hpp"

namespace coroute::fuzz {
namespace {

template <class T>
void check_text(std::string_view text) {
  const auto first = testing::parse<T>(text);
  if (!first.errors.empty()) return;
  const std::string written = testing::written(first.value);
  const auto second = testing::read<T>(written);
  check(second.errors.empty(), "what was written can be read", written + " " + second.errors);
  check(testing::written(second.value) == written, "a value is the same when written and read", written);
}

void check_date(std::string_view text) {
  const std::chrono::system_clock::time_point now{std::chrono::seconds(1'700'000'000)};
  const auto time = parse_http_date(text, now);
  if (time) check(parse_http_date(http_date(*time), now) == time, "a date is the same when written and read", text);
}

}  // namespace

void text_values(std::string_view input) {
  check_text<std::int64_t>(input);
  check_text<std::uint64_t>(input);
  check_text<std::int8_t>(input);
  check_text<double>(input);
  check_text<float>(input);
  check_text<bool>(input);
  check_text<Day>(input);
  check_text<Time>(input);
  check_text<std::chrono::sys_seconds>(input);
  check_text<std::chrono::local_time<std::chrono::nanoseconds>>(input);
  check_text<TimeOfDay>(input);
  check_text<std::chrono::seconds>(input);
  check_text<std::chrono::nanoseconds>(input);
  check_text<std::chrono::hours>(input);
  check_text<Uuid>(input);
  check_text<Decimal>(input);
  check_text<Email>(input);
  check_date(input);
  static_cast<void>(detail::parse_content_parameters(input));
}

}  // namespace coroute::fuzz
