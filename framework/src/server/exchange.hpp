// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a request in progress needs and an idle connection doesn't hold; kept by the worker for the next one.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection_body.hpp"
#include "coroute/http/request.hpp"
#include "head_scanner.hpp"
#include "http/request_scope.hpp"
#include "output_buffer.hpp"
#include "request_parser.hpp"

namespace coroute::detail {

struct Exchange {
  /// Room for body bytes behind the largest head and what is read line by line behind it.
  static constexpr std::size_t body_room = 4 * 1024;

  explicit Exchange(std::size_t input_capacity) : input(new char[input_capacity]), capacity(input_capacity) {}

  std::string_view unread() const noexcept { return {input.get() + begin, end - begin}; }

  /// Something of the request goes on after its answer.
  bool has_work_left() const noexcept { return scope.running > 0 || request->has_work_after_response(); }

  /// Makes space behind `end`: what is not consumed moves down to `floor`, the end of what must stay in place.
  void make_room(std::size_t floor) noexcept {
    if (begin == end) {
      begin = end = floor;
    } else if (end == capacity && begin > floor) {
      std::memmove(input.get() + floor, input.get() + begin, end - begin);
      end = floor + (end - begin);
      begin = floor;
    }
  }

  /// The same before the head of `head_size` unread bytes is taken, when less than `room` is behind it.
  void make_room_behind(std::size_t head_size, std::size_t room) noexcept {
    if (begin == 0 || capacity - begin - head_size >= room) return;
    std::memmove(input.get(), input.get() + begin, end - begin);
    end -= begin;
    begin = 0;
  }

  std::unique_ptr<char[]> input;
  std::size_t capacity;
  std::size_t begin = 0;  ///< Of what has been received and not consumed.
  std::size_t end = 0;
  std::size_t head_end = 0;  ///< The head of the request in progress stays in place below.
  OutputBuffer output;
  std::uint64_t streamed_bytes = 0;  ///< Of a streamed body, so far.
  std::vector<HeaderField> fields;
  std::optional<HeadScanner> scanner;
  std::optional<RequestParser> parser;
  std::optional<ConnectionBody> body;
  std::optional<PeerAddress> forwarded_client;  ///< For whom a trusted proxy asks.
  std::string forwarded_host;
  std::optional<Request> request;
  RequestScope scope{request};  ///< Tasks that the handler created.
};

}  // namespace coroute::detail
