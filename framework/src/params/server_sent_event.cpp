// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/server_sent_event.hpp"

#include <algorithm>
#include <stdexcept>

namespace coroute {
namespace {

constexpr std::string_view heartbeat_comment = ": ping\n\n";

void check_single_line(std::string_view text, const char* what) {
  if (text.find_first_of("\r\n") != std::string_view::npos) {
    throw std::invalid_argument(std::string("the ") + what + " of a server-sent event is a single line");
  }
}

/// Each line of `text` behind `name`. An end of the last line makes no further one.
void append_lines(std::string& out, std::string_view name, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    out.append(name).append(text.substr(0, end)).append(1, '\n');
    const std::size_t length_of_end = text.substr(end).starts_with("\r\n") ? 2 : 1;
    text.remove_prefix(std::min(end + length_of_end, text.size()));
  }
}

void append_utf16_escape(std::string& out, std::uint32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4)
    out.push_back(digits[(unit >> shift) & 0xF]);
}

/// `text` begins with a character of several bytes in valid UTF-8; takes it off.
std::uint32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  std::uint32_t character = first & (0x7Fu >> length);
  for (const char c : text.substr(1, length - 1))
    character = (character << 6) | (static_cast<unsigned char>(c) & 0x3Fu);
  text.remove_prefix(std::min(length, text.size()));
  return character;
}

void append_escaped(std::string& out, std::uint32_t character) {
  constexpr std::uint32_t first_beyond_16_bits = 0x10000;
  if (character < first_beyond_16_bits) return append_utf16_escape(out, character);
  character -= first_beyond_16_bits;
  append_utf16_escape(out, 0xD800 + (character >> 10));
  append_utf16_escape(out, 0xDC00 + (character & 0x3FF));
}

}  // namespace

const std::string& ServerSentEvent::none() noexcept {
  static const std::string empty;
  return empty;
}

/// A space after each comma and colon, ASCII only.
std::string ServerSentEvent::as_python_writes(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 8);
  bool in_string = false;
  while (!json.empty()) {
    const char c = json.front();
    if (static_cast<unsigned char>(c) >= 0x80) {
      append_escaped(out, take_character(json));
      continue;
    }
    const std::size_t length = in_string && c == '\\' && json.size() > 1 ? 2 : 1;
    out.append(json.substr(0, length));
    json.remove_prefix(length);
    if (c == '"') in_string = !in_string;
    if (!in_string && (c == ',' || c == ':')) out.push_back(' ');
  }
  return out;
}

ServerSentEvent&& ServerSentEvent::event(std::string type) {
  check_single_line(type, "type");
  event_ = std::move(type);
  return std::move(*this);
}

ServerSentEvent&& ServerSentEvent::id(std::string id) {
  check_single_line(id, "id");
  if (id.find('\0') != std::string::npos) throw std::invalid_argument("the id of a server-sent event has no NUL");
  id_ = std::move(id);
  return std::move(*this);
}

ServerSentEvent&& ServerSentEvent::retry(std::chrono::milliseconds time) {
  if (time.count() < 0) throw std::invalid_argument("the retry time of a server-sent event is not below 0");
  retry_ = time;
  return std::move(*this);
}

std::string ServerSentEvent::encode() const {
  std::string text;
  if (comment_) append_lines(text, ": ", *comment_);
  if (event_) text.append("event: ").append(*event_).append(1, '\n');
  if (data_) append_lines(text, "data: ", *data_);
  if (id_) text.append("id: ").append(*id_).append(1, '\n');
  if (retry_) text.append("retry: ").append(std::to_string(retry_->count())).append(1, '\n');
  text.push_back('\n');
  return text;
}

namespace {

AsyncGenerator<std::string> encoded(AsyncGenerator<ServerSentEvent> events) {
  while (const std::optional<ServerSentEvent> event = co_await events.next()) {
    bool is_closed = false;
    try {
      co_yield event->encode();
    } catch (const GeneratorExit&) {
      is_closed = true;
    }
    if (is_closed) {
      co_await events.aclose();
      co_return;
    }
  }
}

}  // namespace

Response event_stream(AsyncGenerator<ServerSentEvent> events, const EventStreamOptions& options, Status status) {
  return detail::event_stream_of(encoded(std::move(events)), options, status);
}

namespace detail {

Response event_stream_of(AsyncGenerator<std::string> events, const EventStreamOptions& options, Status status) {
  Response response = stream(with_heartbeat(std::move(events), options, std::string(heartbeat_comment)),
                             "text/event-stream; charset=utf-8", status);
  response.headers.set("cache-control", "no-cache");
  response.headers.set("x-accel-buffering", "no");
  return response;
}

}  // namespace detail
}  // namespace coroute
