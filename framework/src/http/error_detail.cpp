// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/error_detail.hpp"

#include "utf8.hpp"

namespace coroute {
namespace {

void append_escaped(std::string& out, char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[static_cast<unsigned char>(byte) >> 4U];
      out += digits[static_cast<unsigned char>(byte) & 15U];
  }
}

bool is_ascii(char byte) noexcept {
  return static_cast<unsigned char>(byte) < 0x80;
}

bool stands_for_itself(char byte) noexcept {
  return is_ascii(byte) && byte >= 0x20 && byte != '"' && byte != '\\';
}

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

std::string json_quoted(std::string_view text) {
  std::string out;
  detail::append_json_quoted(out, text);
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

namespace detail {

void append_json_quoted(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out += '"';
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    while (end < text.size() && stands_for_itself(text[end]))
      ++end;
    out.append(text.substr(i, end - i));
    i = end;
    if (i == text.size()) break;
    if (is_ascii(text[i])) {
      append_escaped(out, text[i++]);
    } else {
      const Utf8Match match = match_utf8(text.substr(i));
      out.append(match.valid ? text.substr(i, match.bytes) : utf8_replacement);
      i += match.bytes;
    }
  }
  out += '"';
}

}  // namespace detail
}  // namespace coroute
