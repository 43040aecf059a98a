// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a 422 complains of, in one line.
#include <string>

#include "coroute/json.hpp"
#include "coroute/testing/test_response.hpp"

namespace coroute::testing {

/// "query.q: string_too_short", one for each error of a 422.
inline std::string errors_of(const TestResponse& response) {
  std::string text;
  if (response.status_code() != 422) return "status " + std::to_string(response.status_code());
  const Json answer = response.json();
  for (const Json& error : answer["detail"]) {
    text += text.empty() ? "" : ", ";
    for (const Json& step : error["loc"])
      text += (step.is_string() ? step.get<std::string>() : step.dump()) + ".";
    text.back() = ':';
    text += " " + error["type"].get<std::string>();
  }
  return text;
}

}  // namespace coroute::testing
