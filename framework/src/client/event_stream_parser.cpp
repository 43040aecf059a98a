// SPDX-License-Identifier: BSL-1.0
#include "event_stream_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace coroute::detail {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

bool EventStreamParser::feed(std::string_view& bytes) {
  while (!bytes.empty() && !too_large_) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (end > max_event_bytes_ || line_.size() + data_.size() > max_event_bytes_ - end) {
      too_large_ = true;
      return false;
    }
    line_.append(bytes.substr(0, end));
    if (end == bytes.size()) {
      bytes = {};
      return false;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (finish_line()) return true;
  }
  return false;
}

/// True: the line ends an event.
bool EventStreamParser::finish_line() {
  std::string_view line = line_;
  if (std::exchange(is_first_line_, false) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  if (line.empty()) {
    line_.clear();
    return dispatch();
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  set_field(line.substr(0, colon), value);
  line_.clear();
  return false;
}

/// A comment has an empty name.
void EventStreamParser::set_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    data_.append(value).append(1, '\n');
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    std::uint32_t milliseconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    const bool is_number = error == std::errc() && end == value.data() + value.size();
    if (is_number) retry_ = std::chrono::milliseconds(milliseconds);
  }
}

bool EventStreamParser::dispatch() {
  last_event_id_ = id_;
  if (data_.empty()) type_.clear();
  return !data_.empty();
}

ServerSentEvent EventStreamParser::take_event() {
  ServerSentEvent event;
  data_.pop_back();
  event.raw_data(std::exchange(data_, {}));
  if (!type_.empty()) event.event(std::exchange(type_, {}));
  event.id(last_event_id_);
  return event;
}

}  // namespace coroute::detail
