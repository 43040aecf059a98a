// SPDX-License-Identifier: BSL-1.0
// Server-sent events: however a stream is cut, they are those that the standard's grammar gives.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "checks.hpp"
#include "client/event_stream_parser.hpp"
#include "targets.hpp"

namespace coroute::fuzz {
namespace {

constexpr std::size_t max_event_bytes = 200;

struct Outcome {
  std::string events;
  std::string last_id;
  bool too_large = false;
  bool operator==(const Outcome&) const = default;
};

std::string shown(std::string_view type, std::string_view data, std::string_view id) {
  std::string text;
  for (const std::string_view part : {type, data, id})
    text.append(part).append(1, '\x01');
  return text;
}

std::string shown(const ServerSentEvent& event) {
  return shown(event.event(), event.data(), event.id());
}

/// In pieces of so many bytes.
Outcome parsed(std::string_view stream, std::size_t piece_bytes) {
  detail::EventStreamParser parser(max_event_bytes);
  Outcome outcome;
  while (!stream.empty()) {
    std::string_view piece = stream.substr(0, piece_bytes);
    stream.remove_prefix(piece.size());
    while (parser.feed(piece))
      outcome.events += shown(parser.take_event());
    if (parser.is_too_large()) break;
    check(piece.empty(), "bytes were left although there is no event");
  }
  outcome.last_id = parser.last_event_id();
  outcome.too_large = parser.is_too_large();
  return outcome;
}

/// Complete lines, as section 9.2.5 has them.
std::vector<std::string> lines_of(std::string_view stream) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != '\r' && stream[i] != '\n') {
      line += stream[i];
      continue;
    }
    if (stream[i] == '\r' && i + 1 < stream.size() && stream[i + 1] == '\n') ++i;
    lines.push_back(std::move(line));
    line.clear();
  }
  return lines;
}

/// Section 9.2.6, word by word.
std::string expected(std::string_view stream) {
  if (stream.starts_with("\xEF\xBB\xBF")) stream.remove_prefix(3);
  std::string events;
  std::string data;
  std::string type;
  std::string id;
  for (const std::string& line : lines_of(stream)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name = line.substr(0, colon);
    std::string value = colon < line.size() ? line.substr(colon + 1) : "";
    if (value.starts_with(' ')) value.erase(0, 1);
    if (line.empty()) {
      if (!data.empty()) {
        data.pop_back();
        events += shown(type.empty() ? "message" : type, data, id);
      }
      data.clear();
      type.clear();
    } else if (name == "data") {
      data += value + '\n';
    } else if (name == "event") {
      type = value;
    } else if (name == "id" && value.find('\0') == std::string::npos) {
      id = value;
    }
  }
  return events;
}

}  // namespace

void event_stream(std::string_view input) {
  const Outcome whole = parsed(input, std::max<std::size_t>(input.size(), 1));
  for (const std::size_t piece_bytes : {1U, 2U, 3U, 7U})
    check(parsed(input, piece_bytes) == whole, "it makes a difference how the stream is cut", input);
  if (!whole.too_large) check(whole.events == expected(input), "other events than the standard's", input);
}

}  // namespace coroute::fuzz
