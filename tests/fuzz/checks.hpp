// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the targets share: a request's answer, and the end of the program when something that must hold doesn't.
#include <string>
#include <string_view>

#include "coroute/http/handler.hpp"
#include "coroute/http/response.hpp"
#include "coroute/json.hpp"
#include "support/test_request.hpp"

namespace coroute::fuzz {

/// Prints what it was about and aborts: what a fuzzer takes for a finding.
[[noreturn]] void fail(std::string_view what, std::string_view about);

inline void check(bool holds, std::string_view what, std::string_view about = {}) {
  if (!holds) fail(what, about);
}

/// The handler's answer, on a loop that is kept from call to call. Checked: it is a success, or says what the client
/// did wrong; JSON is JSON; nothing threw.
Response answer_to(const Handler& handler, testing::TestRequest& request);

/// Of 309 digits or more: nlohmann/json takes it for an error, coroute's reader doesn't, as Python.
bool has_integer_beyond_double(std::string_view text);

/// Of an answer that is JSON.
Json parsed(const Response& response);

/// As parse_json takes it but with duplicate keys, of which the last one counts; discarded() when it isn't JSON.
Json parsed_leniently(std::string_view text);

/// A request target made of any bytes, as the server lets it pass: what it refuses is percent-encoded.
std::string as_target(std::string_view bytes);

/// The members of a JSON object as pairs of a query string; null ones are left out.
std::string as_query(const Json& object);

}  // namespace coroute::fuzz
