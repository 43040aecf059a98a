// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/error_detail.hpp"

namespace coroute {
namespace {

void append(std::string& out, const Location& location) {
  out += '[';
  bool first = true;
  for (const auto& step : location) {
    if (!first) out += ',';
    first = false;
    if (const auto* name = std::get_if<std::string>(&step)) {
      detail::append_json_quoted(out, *name);
    } else {
      out += std::to_string(std::get<std::int64_t>(step));
    }
  }
  out += ']';
}

void append(std::string& out, const ErrorDetail& error) {
  out += "{\"type\":";
  detail::append_json_quoted(out, error.type);
  out += ",\"loc\":";
  append(out, error.loc);
  out += ",\"msg\":";
  detail::append_json_quoted(out, error.msg);
  out.append(",\"input\":").append(error.input);
  if (!error.ctx.empty()) out.append(",\"ctx\":").append(error.ctx);
  out += '}';
}

}  // namespace

std::string to_json_text(std::span<const ErrorDetail> errors) {
  std::string out = "[";
  for (const ErrorDetail& error : errors) {
    if (out.size() > 1) out += ',';
    append(out, error);
  }
  out += ']';
  return out;
}

std::string to_string(const Location& location) {
  std::string out;
  for (const auto& step : location) {
    if (!out.empty()) out += '.';
    const auto* const name = std::get_if<std::string>(&step);
    out += name ? *name : std::to_string(std::get<std::int64_t>(step));
  }
  return out;
}

}  // namespace coroute
