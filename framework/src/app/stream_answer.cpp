// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/stream_answer.hpp"

namespace coroute::detail {
namespace {

/// Declared in this order, so that the generator is gone before what it refers to.
struct KeptStream {
  KeptStream(std::shared_ptr<const void> needed, AsyncGenerator<std::string> pieces) noexcept
      : needed(std::move(needed)), pieces(std::move(pieces)) {}

  std::shared_ptr<const void> needed;
  AsyncGenerator<std::string> pieces;
};

AsyncGenerator<std::string> pieces_of(KeptStream kept) {
  while (std::optional<std::string> piece = co_await kept.pieces.next()) {
    bool is_closed = false;
    try {
      co_yield std::move(*piece);
    } catch (const GeneratorExit&) {
      is_closed = true;
    }
    if (is_closed) {
      co_await kept.pieces.aclose();
      co_return;
    }
  }
}

}  // namespace

std::string framed_item(std::string json, const AnswerOptions& options, StreamAs as) {
  if (options.model) json = shape_answer(std::move(json), options.model, options.output);
  if (as == StreamAs::Events) return "data: " + json + "\n\n";
  json.push_back('\n');
  return json;
}

Response response_of_pieces(AsyncGenerator<std::string> pieces, const AnswerOptions& options, StreamAs as) {
  switch (as) {
    case StreamAs::Events:
      return event_stream_of(std::move(pieces), options.events, options.status);
    case StreamAs::JsonLines:
      return stream(std::move(pieces), "application/jsonl", options.status);
    case StreamAs::Text:
      break;
  }
  const bool is_html = options.as == AnswerAs::Html;
  return stream(std::move(pieces), is_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8", options.status);
}

void keep_with_stream(Response& response, std::shared_ptr<const void> needed) {
  if (!response.is_streamed()) return;
  const std::optional<std::uint64_t> length = response.stream_length();
  response.set_stream(pieces_of(KeptStream(std::move(needed), response.take_stream())), length);
}

}  // namespace coroute::detail
