// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Writes problem details (RFC 9457 section 3.1).
#include <string>
#include <string_view>

#include "coroute/http/error_detail.hpp"
#include "coroute/http/status.hpp"

namespace coroute::detail {

struct ProblemText {
  explicit ProblemText(Status error_status) : status(error_status) {}

  std::string to_json() const {
    std::string out = "{\"type\":";
    append_json_quoted(out, type);
    const std::string_view phrase = title.empty() ? reason_phrase(status) : title;
    if (!phrase.empty()) {
      out += ",\"title\":";
      append_json_quoted(out, phrase);
    }
    out.append(",\"status\":").append(std::to_string(status.code()));
    if (!detail.empty()) out.append(",\"detail\":").append(detail);
    if (!instance.empty()) {
      out += ",\"instance\":";
      append_json_quoted(out, instance);
    }
    return out.append(extensions).append("}");
  }

  Status status;
  std::string_view type = "about:blank";
  std::string_view title;     ///< Empty: the reason phrase.
  std::string detail;         ///< A JSON string; empty: none.
  std::string_view instance;  ///< Empty: none.
  std::string extensions;     ///< Members, each with a comma before it.
};

}  // namespace coroute::detail
