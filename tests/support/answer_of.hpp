// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a client sees of a handler: its answer, or that to the HttpException it throws, as the server makes it.
#include <string>
#include <string_view>

#include "coroute/http/http_exception.hpp"
#include "support/test_request.hpp"

namespace coroute::testing {

inline Response answer_of(const Handler& handler, TestRequest& request) {
  try {
    return answer(handler, request);
  } catch (const HttpException& error) {
    return json_text("{\"detail\":" + error.detail_json() + "}", error.status());
  }
}

/// "200 {...}": status and body in one text to compare.
inline std::string exchange(const Handler& handler, TestRequest& request) {
  const Response response = answer_of(handler, request);
  return std::to_string(response.status.code()) + " " + std::string(response.content());
}
inline std::string get(const Handler& handler, std::string_view target) {
  TestRequest request("GET", target);
  return exchange(handler, request);
}
inline std::string post(const Handler& handler, std::string_view target, std::string json,
                        std::string_view method = "POST") {
  TestRequest request(method, target);
  request.json(std::move(json));
  return exchange(handler, request);
}

/// "422 {"detail":[...]}"
inline std::string refused(std::string_view errors) {
  return "422 {\"detail\":[" + std::string(errors) + "]}";
}

}  // namespace coroute::testing
