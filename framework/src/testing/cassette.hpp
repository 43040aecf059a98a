// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Recorded requests with their answers, and their form as JSON.
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/headers.hpp"
#include "coroute/http/status.hpp"

namespace coroute::detail {

struct Interaction {
  std::string method;
  std::string url;
  Headers request_headers;
  std::string request_body;
  Headers request_trailers;
  Status status = Status::Ok;
  Headers response_headers;
  std::string response_body;
  Headers response_trailers;

  /// "GET http://h/x?y"
  std::string label() const { return method + ' ' + url; }
};

class Cassette {
 public:
  /// What stands in place of a value that was redacted.
  static constexpr std::string_view redacted_value = "[redacted]";

  /// Throws std::runtime_error with the reason.
  static Cassette parse(std::string_view text);
  /// The same from a file, which the reason names.
  static Cassette load(const std::string& file);

  /// Indented. Bodies and values of fields that are not UTF-8 are written in base64. Throws std::runtime_error.
  std::string to_text() const;
  void save(const std::string& file) const;

  std::vector<Interaction> interactions;
};

/// Puts `Cassette::redacted_value` in place of the values of those fields.
Headers redact(const Headers& headers, const std::vector<std::string>& names);

}  // namespace coroute::detail
