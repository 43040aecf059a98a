// SPDX-License-Identifier: BSL-1.0
#pragma once
/// From the bytes of a text/event-stream to its events (WHATWG HTML, section 9.2.6). No I/O.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/client/event_source.hpp"

namespace coroute::detail {

/// One for each connection. Lines end with LF, CR LF or CR; an event that no empty line ends is none.
class EventStreamParser {
 public:
  /// `last_event_id`: what an earlier connection had come to.
  explicit EventStreamParser(std::size_t max_event_bytes, std::string last_event_id = {})
      : max_event_bytes_(max_event_bytes), id_(last_event_id), last_event_id_(std::move(last_event_id)) {}

  /// Takes bytes off the front up to the end of the next event, or all of them. True: there is an event to take.
  bool feed(std::string_view& bytes);
  ServerSentEvent take_event();

  /// The data of an event together with the line that is being read are over the limit: feed nothing more.
  bool is_too_large() const noexcept { return too_large_; }
  /// What a new connection should tell the server.
  const std::string& last_event_id() const noexcept { return last_event_id_; }
  /// What the stream has set last.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

 private:
  bool finish_line();
  bool dispatch();
  void set_field(std::string_view name, std::string_view value);

  std::size_t max_event_bytes_;
  std::string line_;
  std::string type_;
  std::string data_;  // each line with LF behind it
  std::string id_;
  std::string last_event_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool is_first_line_ = true;
  bool after_cr_ = false;
  bool too_large_ = false;
};

}  // namespace coroute::detail
