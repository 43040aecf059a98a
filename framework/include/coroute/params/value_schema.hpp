// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a JSON schema says of a scalar type that JSON itself doesn't have, and how a JSON value of the wrong kind is
/// refused.

#include <string_view>

namespace coroute {

/// Specialised beside each scalar type, with these `static constexpr std::string_view` members:
///
///   * `type`, `format`: the schema's keywords ("string", "uuid"). An empty `format` is not written.
///   * `error_type`, `error_message`: of a JSON value that is neither text nor, where the type has a
///     `value_from_number`, a number ("uuid_type").
///   * where the schema says more: `min_length` and `max_length` of the text, as std::size_t; `write_only`, as bool.
///
/// A type without a specialisation isn't one of these scalars.
template <typename T>
struct ValueSchema;

/// There are `value_from_text(std::string_view, T&)` and `to_text(const T&)`, found by ADL for the types of coroute;
/// those for std::chrono are visible where `time_text.hpp` has been included.
template <typename T>
concept ScalarValue = requires { ValueSchema<T>::format; };

}  // namespace coroute
