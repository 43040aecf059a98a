// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `std::tuple` and `std::pair` as values: pydantic's tuples, JSON arrays with an item for each type.
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "coroute/params/codec.hpp"
#include "coroute/params/model.hpp"

namespace coroute {
namespace detail {

using ItemTypes = std::span<const TypeOperations* const>;

void read_tuple(JsonReader& in, ItemTypes types, std::span<void* const> items, const Loc& at, Problems& problems);
void parse_tuple(std::span<const std::string_view> texts, ItemTypes types, std::span<void* const> items, const Loc& at,
                 Problems& problems);
void write_tuple(JsonWriter& out, ItemTypes types, std::span<const void* const> items);
void describe_tuple(SchemaNode node, ItemTypes types, const Rules& rules);

template <class Tuple, class... T>
struct TupleCodec {
  static void read(JsonReader& in, Tuple& out, const Rules&, const Loc& at, Problems& problems)
    requires(FromJson<T> && ...)
  {
    read_tuple(in, types, items_of<void*>(out), at, problems);
  }
  static void parse_all(std::span<const std::string_view> texts, Tuple& out, const Rules&, const Loc& at,
                        Problems& problems)
    requires(FromText<T> && ...)
  {
    parse_tuple(texts, types, items_of<void*>(out), at, problems);
  }
  static void write(JsonWriter& out, const Tuple& value)
    requires(ToJson<T> && ...)
  {
    write_tuple(out, types, items_of<const void*>(value));
  }
  static void describe(SchemaNode node, const Rules& rules) { describe_tuple(node, types, rules); }

 private:
  static constexpr std::array<const TypeOperations*, sizeof...(T)> types{&operations_of<T>...};

  template <class Pointer, class From>
  static std::array<Pointer, sizeof...(T)> items_of(From& tuple) {
    return std::apply([](auto&... item) { return std::array<Pointer, sizeof...(T)>{&item...}; }, tuple);
  }
};

}  // namespace detail

template <class... T>
struct Codec<std::tuple<T...>> : detail::TupleCodec<std::tuple<T...>, T...> {};
template <class First, class Second>
struct Codec<std::pair<First, Second>> : detail::TupleCodec<std::pair<First, Second>, First, Second> {};

}  // namespace coroute
