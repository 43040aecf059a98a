// SPDX-License-Identifier: BSL-1.0
// Any text as JSON: the reader that models use agrees with the parser that Json uses.
#include "checks.hpp"
#include "support/json_agreement.hpp"
#include "targets.hpp"

namespace coroute::fuzz {

void json_reader(std::string_view input) {
  if (has_integer_beyond_double(input)) return;
  check(testing::disagreement(input).empty(), "both parsers agree", testing::disagreement(input));
}

}  // namespace coroute::fuzz
