// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How what a handler returns becomes a Response.
#include "coroute/app/route_options.hpp"

namespace coroute::detail {

/// What is sent of a generator's items.
enum class StreamAs : unsigned char { JsonLines, Events, Text };

struct AnswerOptions {
  Status status = Status::Ok;
  AnswerAs as = AnswerAs::Json;
  ResponseModel model = {};
  ModelOutput output = {};
  EventStreamOptions events = {};

  bool is_plain() const noexcept { return as == AnswerAs::Json && !model && output.is_plain(); }
};

}  // namespace coroute::detail
