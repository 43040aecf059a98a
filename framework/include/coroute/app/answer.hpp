// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a handler may return, and the Response that it becomes.
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/app/answer_options.hpp"
#include "coroute/app/stream_answer.hpp"
#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/result.hpp"
#include "coroute/http/response.hpp"
#include "coroute/params/containers.hpp"
#include "coroute/params/dependency.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"

namespace coroute::detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

/// What is written for a returned R: text literals are strings.
template <class R>
using Written = std::conditional_t<std::is_convertible_v<R, std::string_view> && !std::same_as<R, std::string> &&
                                       !std::is_null_pointer_v<R>,
                                   std::string_view, R>;

template <class T>
inline constexpr bool is_text = std::is_convertible_v<const T&, std::string_view> && !std::is_null_pointer_v<T>;
template <>
inline constexpr bool is_text<void> = false;

template <class R>
concept Writable = requires(JsonWriter& out, const Written<R>& value) { Codec<Written<R>>::write(out, value); };

template <class R>
struct AnswerType {
  using type = R;
};
template <class T>
struct AnswerType<Async<T>> : AnswerType<T> {};
template <class T>
struct AnswerType<Result<T>> : AnswerType<T> {};

/// What returns a Response says all of the answer itself.
template <class R>
inline constexpr bool answers_itself = std::same_as<typename AnswerType<R>::type, Response>;

template <class R>
concept Answer = std::same_as<R, Response> || std::is_void_v<R> || is_result<R> || is_stream<R> || Writable<R>;

/// Shared, for a handler of its own.
std::shared_ptr<const AnswerOptions> answer_options(Status status);

/// `json` as the options want it.
Response shaped_response(std::string json, const AnswerOptions& options);
/// A text as html, plain text, or the place to go to.
Response text_response(std::string text, const AnswerOptions& options);

inline Response null_response(const AnswerOptions& options) {
  return json_text("null", options.status);
}

/// A value as a JSON response; a generator as a stream; nothing as `null`, as in FastAPI. The error of a Result is
/// thrown.
template <class R>
Response to_response(R&& value, const AnswerOptions& options) {
  using Value = std::remove_cvref_t<R>;
  if constexpr (std::same_as<Value, Response>) {
    return std::forward<R>(value);
  } else if constexpr (is_stream<Value>) {
    return stream_response(std::forward<R>(value), options);
  } else if constexpr (is_result<Value>) {
    if constexpr (std::is_void_v<typename Value::value_type>) {
      value.value();
      return null_response(options);
    } else {
      return to_response(std::forward<R>(value).value(), options);
    }
  } else {
    if constexpr (is_text<Value>) {
      if (options.as != AnswerAs::Json) return text_response(std::string(std::string_view(value)), options);
    }
    std::string text;
    JsonWriter out(text);
    if (options.is_plain()) [[likely]] {
      Codec<Written<Value>>::write(out, value);
      return json_text(std::move(text), options.status);
    }
    if (!options.model && !options.output.is_plain()) out.set_model_output(&options.output);
    Codec<Written<Value>>::write(out, value);
    return shaped_response(std::move(text), options);
  }
}

}  // namespace coroute::detail
