// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a model says about its fields beyond their types.
///
///     struct NewItem {
///       std::string name;
///       double price;
///       static constexpr auto schema = fields(field<&NewItem::name>(min_length(1)), field<&NewItem::price>(gt(0)));
///     };
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coroute/params/detail/aggregate.hpp"
#include "coroute/params/rules.hpp"

namespace coroute {
namespace detail {

struct NamedRules {
  std::string_view name;
  Rules rules;
};

/// Of a model as a whole.
struct ModelRules {
  bool forbid_extra = false;
  std::string_view title = {};
  std::string_view description = {};
};

template <std::size_t count>
struct FieldTable {
  std::array<NamedRules, count> fields;
  ModelRules model;

  /// Members that the model doesn't have are errors.
  constexpr FieldTable forbid_extra() const {
    FieldTable table = *this;
    table.model.forbid_extra = true;
    return table;
  }
  /// What documents say about the model.
  constexpr FieldTable describe(std::string_view description) const {
    FieldTable table = *this;
    table.model.description = description;
    return table;
  }
  constexpr FieldTable titled(std::string_view title) const {
    FieldTable table = *this;
    table.model.title = title;
    return table;
  }
};

template <class T>
concept HasFieldTable = requires { T::schema.fields; };

/// Whether a constraint can be about values of the type.
template <class T, class C>
constexpr bool fits();

template <auto member>
struct MemberType;
template <class T, class M, M T::* member>
struct MemberType<member> {
  using type = M;
};

}  // namespace detail

/// The rules of one field.
template <auto member>
struct field {
  template <Constraint... C>
  constexpr explicit field(const C&... constraints) {
    static_assert((detail::fits<typename detail::MemberType<member>::type, C>() && ...),
                  "this constraint does not fit the field's type: ge, gt, le, lt and multiple_of are for numbers, "
                  "min_length and max_length for texts and lists, pattern for texts, check<f> for what f takes");
    static_assert(!(detail::DefaultValue<C> || ...) && !(detail::DefaultFactory<C> || ...),
                  "the default of a field is that of its member: write `int limit = 10;` and field<...>(defaulted)");
    (constraints.apply(rules), ...);
  }
  detail::Rules rules{};
};

template <auto... members>
constexpr auto fields(const field<members>&... each) {
  return detail::FieldTable<sizeof...(members)>{{detail::NamedRules{detail::member_name<members>, each.rules}...}, {}};
}

}  // namespace coroute
