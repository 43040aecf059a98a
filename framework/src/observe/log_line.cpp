// SPDX-License-Identifier: BSL-1.0
#include "log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "http/utf8.hpp"

namespace coroute::detail {
namespace {

/// Bytes that stand for themselves in a quoted text.
constexpr bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/// Bytes that need no quotes around them.
constexpr bool is_bare(char c) {
  return is_plain(c) && c != ' ' && c != '=';
}

/// Invisible characters outside ASCII that move the cursor, break the line or turn the direction of writing.
constexpr bool is_deceptive(std::uint32_t code_point) {
  return (code_point >= 0x80 && code_point <= 0x9F) || (code_point >= 0x2028 && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

std::uint32_t code_point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(sequence[i])} & 0x3FU; };
  if (sequence.size() == 2) return (byte(0) & 0x1FU) << 6U | byte(1);
  if (sequence.size() == 3) return (byte(0) & 0x0FU) << 12U | byte(1) << 6U | byte(2);
  return 0x10000;
}

void append_escape(std::string& out, std::uint32_t code_point) {
  if (code_point == '\n') {
    out += "\\n";
  } else if (code_point == '\r') {
    out += "\\r";
  } else if (code_point == '\t') {
    out += "\\t";
  } else {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
      out += digits[(code_point >> shift) & 15U];
  }
}

/// `text` is not empty. Appends its first character and returns how many bytes that had.
std::size_t append_special(std::string& out, std::string_view text, bool quoted) {
  const char c = text[0];
  if (c == '"' || c == '\\') {
    if (quoted) out += '\\';
    out += c;
    return 1;
  }
  if (static_cast<unsigned char>(c) < 0x80) {
    append_escape(out, static_cast<unsigned char>(c));
    return 1;
  }
  const Utf8Match match = match_utf8(text);
  const std::string_view sequence = text.substr(0, match.bytes);
  if (!match.valid) {
    out += utf8_replacement;
  } else if (const std::uint32_t code_point = code_point_of(sequence); is_deceptive(code_point)) {
    append_escape(out, code_point);
  } else {
    out += sequence;
  }
  return match.bytes;
}

void append_escaped(std::string& out, std::string_view text, bool quoted) {
  std::string_view rest = text.substr(0, max_log_text_bytes);
  while (!rest.empty()) {
    const auto plain = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_plain) - rest.begin());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (!rest.empty()) rest.remove_prefix(append_special(out, rest, quoted));
  }
  if (text.size() > max_log_text_bytes) out += "...";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, true);
  out += '"';
}

/// With quotes only when they are needed.
void append_text_value(std::string& out, std::string_view text) {
  const bool bare =
      !text.empty() && text.size() <= max_log_text_bytes && std::all_of(text.begin(), text.end(), is_bare);
  if (bare) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

template <class T>
void append_number(std::string& out, T number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

struct ValueWriter {
  std::string& out;
  LogFormat format;

  void operator()(std::string_view text) const {
    format == LogFormat::Json ? append_quoted(out, text) : append_text_value(out, text);
  }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(double number) const {
    // JSON has no number for infinity or NaN.
    format == LogFormat::Json && !std::isfinite(number) ? void(out += "null") : append_number(out, number);
  }
  template <std::integral T>
  void operator()(T number) const {
    append_number(out, number);
  }
};

bool is_reserved_member(std::string_view key) {
  return key == "time" || key == "level" || key == "message" || key == "stack";
}

std::string describe(const StackEntry& entry) {
  std::string text(entry.function);
  if (entry.file.empty()) return text;
  text.append(" (").append(entry.file).append(":");
  append_number(text, entry.line);
  text += ')';
  return text;
}

void append_json_field(std::string& out, const LogField& field) {
  out += ",\"";
  append_escaped(out, field.key, true);
  out += is_reserved_member(field.key) ? "_\":" : "\":";
  std::visit(ValueWriter{out, LogFormat::Json}, field.value);
}

void append_text_field(std::string& out, const LogField& field) {
  out += ' ';
  append_text_value(out, field.key);
  out += '=';
  std::visit(ValueWriter{out, LogFormat::Text}, field.value);
}

void append_json_body(std::string& out, std::string_view message, std::initializer_list<LogField> fields,
                      const std::vector<StackEntry>& stack, std::string_view request_id) {
  out += R"("message":)";
  append_quoted(out, message);
  for (const LogField& field : fields)
    append_json_field(out, field);
  if (!request_id.empty()) append_json_field(out, {request_id_key, request_id});
  if (!stack.empty()) {
    out += R"(,"stack":)";
    char separator = '[';
    for (const StackEntry& entry : stack) {
      out += separator;
      append_quoted(out, describe(entry));
      separator = ',';
    }
    out += ']';
  }
  out += '}';
}

void append_text_body(std::string& out, std::string_view message, std::initializer_list<LogField> fields,
                      const std::vector<StackEntry>& stack, std::string_view request_id) {
  append_escaped(out, message, false);
  for (const LogField& field : fields)
    append_text_field(out, field);
  if (!request_id.empty()) append_text_field(out, {request_id_key, request_id});
  for (const StackEntry& entry : stack) {
    out += "\n  at ";
    append_escaped(out, describe(entry), false);
  }
}

void append_padded(std::string& out, unsigned number, unsigned digits) {
  for (unsigned power = digits == 4 ? 1000 : digits == 3 ? 100 : 10; power > 0; power /= 10) {
    out += static_cast<char>('0' + number / power % 10);
  }
}

/// RFC 3339, in UTC with milliseconds.
void append_time(std::string& out, std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += '.';
  append_padded(out, static_cast<unsigned>(clock.subseconds().count()), 3);
  out += 'Z';
}

constexpr std::array<std::string_view, 7> text_levels{"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "OFF"};

}  // namespace

void append_log_body(std::string& out, LogFormat format, std::string_view message,
                     std::initializer_list<LogField> fields, const std::vector<StackEntry>& stack,
                     std::string_view request_id) {
  if (format == LogFormat::Json) {
    append_json_body(out, message, fields, stack, request_id);
  } else {
    append_text_body(out, message, fields, stack, request_id);
  }
}

void append_log_line(std::string& out, LogFormat format, LogLevel level, std::chrono::system_clock::time_point time,
                     std::string_view body) {
  if (format == LogFormat::Json) {
    out += R"({"time":")";
    append_time(out, time);
    out += R"(","level":")";
    out += to_string(level);
    out += R"(",)";
  } else {
    append_time(out, time);
    out += ' ';
    out += text_levels[static_cast<std::size_t>(level)];
    out += ' ';
  }
  out += body;
  out += '\n';
}

}  // namespace coroute::detail

namespace coroute {

std::string format_stack(const std::vector<StackEntry>& stack) {
  std::string text;
  for (const StackEntry& entry : stack) {
    if (!text.empty()) text += '\n';
    text += "  at ";
    detail::append_escaped(text, detail::describe(entry), false);
  }
  return text;
}

}  // namespace coroute
