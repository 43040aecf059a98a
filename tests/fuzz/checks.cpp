// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "coroute/asyncio/runner.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "http/exception_response.hpp"

namespace coroute::fuzz {
namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "no std::exception";
  }
}

/// As a server makes it, but for what is a fault of the program.
Response response_of(Runner& runner, const Handler& handler, Request& request) {
  std::exception_ptr error;
  try {
    return runner.run(testing::call(handler, request));
  } catch (...) {
    error = std::current_exception();
  }
  std::optional<Response> response = detail::response_for(request, error, false);
  if (!response) fail("nothing is thrown but what says what to answer", text_of(error));
  return std::move(*response);
}

}  // namespace

void fail(std::string_view what, std::string_view about) {
  std::fprintf(stderr, "does not hold: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(about.size()), about.data());
  std::abort();
}

Response answer_to(const Handler& handler, testing::TestRequest& request) {
  static Runner runner({.virtual_time = true});
  const Response response = response_of(runner, handler, request.get());
  const int status = response.status.code();
  check(status < 500, "the server made no mistake", response.content());
  if (response.content_type() == "application/json" && status != 204) {
    check(has_integer_beyond_double(response.content()) || Json::accept(response.content()), "an answer is JSON",
          response.content());
  }
  if (status == 422) {
    check(response.content().starts_with(R"({"detail":[{"type":")"), "a 422 lists its errors", response.content());
  }
  return response;
}

bool has_integer_beyond_double(std::string_view text) {
  constexpr std::size_t enough_digits = std::numeric_limits<double>::max_exponent10 + 1;
  std::size_t digits = 0;
  return std::any_of(text.begin(), text.end(), [&](char c) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    return digits >= enough_digits;
  });
}

Json parsed(const Response& response) {
  Json value = Json::parse(response.content(), nullptr, false);
  check(!value.is_discarded(), "an answer is JSON", response.content());
  return value;
}

Json parsed_leniently(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

std::string as_target(std::string_view bytes) {
  std::string target = "/";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    const bool is_escape = c == '%' && i + 2 < bytes.size() && is_hex(bytes[i + 1]) && is_hex(bytes[i + 2]) &&
                           !(bytes[i + 1] == '0' && bytes[i + 2] == '0');
    if (is_escape || (c > ' ' && c < '\x7F' && c != '#' && c != '%')) {
      target += c;
    } else if (c != '\0') {
      target += percent_encode(std::string_view(&c, 1));
    }
  }
  return target;
}

std::string as_query(const Json& object) {
  std::string query;
  const auto add = [&](const std::string& name, const Json& value) {
    if (value.is_null()) return;
    if (!query.empty()) query += '&';
    query += percent_encode(name) + '=' + percent_encode(value.is_string() ? value.get<std::string>() : value.dump());
  };
  for (const auto& [name, value] : object.items()) {
    if (value.is_array()) {
      for (const Json& item : value)
        add(name, item);
    } else {
      add(name, value);
    }
  }
  return query;
}

}  // namespace coroute::fuzz
