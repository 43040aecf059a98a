// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Handlers that are generators: what they yield as JSON Lines, server-sent events or pieces of text.
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/app/answer_options.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/params/server_sent_event.hpp"

namespace coroute::detail {

template <class T>
inline constexpr bool is_stream = false;
template <class T>
inline constexpr bool is_stream<AsyncGenerator<T>> =
    std::same_as<T, std::string> || std::same_as<T, ServerSentEvent> || ToJson<T>;

/// What is sent of the items that a handler of this type yields.
template <class Item>
constexpr StreamAs stream_as(AnswerAs as) noexcept {
  if constexpr (std::same_as<Item, ServerSentEvent>) {
    return StreamAs::Events;
  } else if constexpr (std::same_as<Item, std::string>) {
    return as == AnswerAs::EventStream ? StreamAs::Events : StreamAs::Text;
  } else {
    return as == AnswerAs::EventStream ? StreamAs::Events : StreamAs::JsonLines;
  }
}

/// `json` as the options want it, with what `as` puts around it.
std::string framed_item(std::string json, const AnswerOptions& options, StreamAs as);

template <class Item>
std::string encoded_item(const Item& item, const AnswerOptions& options, StreamAs as) {
  if constexpr (std::same_as<Item, ServerSentEvent>) {
    return item.encode();
  } else {
    std::string json;
    JsonWriter out(json);
    if (!options.model && !options.output.is_plain()) out.set_model_output(&options.output);
    Codec<Item>::write(out, item);
    return framed_item(std::move(json), options, as);
  }
}

template <class Item>
AsyncGenerator<std::string> encoded_items(AsyncGenerator<Item> items, const AnswerOptions& options, StreamAs as) {
  while (const std::optional<Item> item = co_await items.next()) {
    bool is_closed = false;
    try {
      co_yield encoded_item(*item, options, as);
    } catch (const GeneratorExit&) {
      is_closed = true;
    }
    if (is_closed) {
      co_await items.aclose();
      co_return;
    }
  }
}

Response response_of_pieces(AsyncGenerator<std::string> pieces, const AnswerOptions& options, StreamAs as);

/// `options` outlive the response, as those of a route do.
template <class Item>
Response stream_response(AsyncGenerator<Item> items, const AnswerOptions& options) {
  const StreamAs as = stream_as<Item>(options.as);
  if constexpr (std::same_as<Item, std::string>) {
    if (as == StreamAs::Text) return response_of_pieces(std::move(items), options, as);
  }
  return response_of_pieces(encoded_items(std::move(items), options, as), options, as);
}

/// Keeps what the generator may refer to until the stream has ended.
void keep_with_stream(Response& response, std::shared_ptr<const void> needed);

}  // namespace coroute::detail
