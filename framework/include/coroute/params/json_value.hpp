// SPDX-License-Identifier: BSL-1.0
#pragma once
/// JSON texts as values of declared types and back, for what is no request: messages, files, answers of other services.
#include <concepts>
#include <string>
#include <string_view>

#include "coroute/http/validation_error.hpp"
#include "coroute/params/containers.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/tuple.hpp"
#include "coroute/params/type_operations.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"

namespace coroute {
namespace detail {

/// Throws ValidationError.
void read_json_value(std::string_view text, void* out, const TypeOperations& type);

}  // namespace detail

/// pydantic's `validate_json`: `text` as a T, coerced and checked as a request's body is. Throws ValidationError, whose
/// locations begin inside the value.
///
///     const auto order = validate_json<Order>(message);
template <class T>
  requires(detail::FromJson<T> && std::default_initializable<T>)
T validate_json(std::string_view text) {
  T value{};
  detail::read_json_value(text, &value, detail::operations_of<T>);
  return value;
}

/// pydantic's `dump_json`: compact, with the names that fields have in answers. Throws JsonNotFinite.
template <detail::ToJson T>
std::string dump_json(const T& value) {
  std::string text;
  JsonWriter out(text);
  Codec<T>::write(out, value);
  return text;
}

}  // namespace coroute
