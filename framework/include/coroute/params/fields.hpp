// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a model says about its fields beyond their types, and fields that it computes for answers.
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

/// The functions of computed fields.
template <auto... functions>
struct Functions {
  static constexpr std::size_t count = sizeof...(functions);
};
template <class... Lists>
struct Joined {
  using type = Functions<>;
};
template <auto... one>
struct Joined<Functions<one...>> {
  using type = Functions<one...>;
};
template <auto... one, auto... two, class... Rest>
struct Joined<Functions<one...>, Functions<two...>, Rest...> : Joined<Functions<one..., two...>, Rest...> {};

/// Of a model as a whole.
struct ModelRules {
  bool forbid_extra = false;
  std::string_view title = {};
  std::string_view description = {};
  std::string_view json_schema_extra = {};
};

template <std::size_t field_count, class Functions>
struct FieldTable {
  static constexpr std::size_t own_fields = field_count;
  using Computed = Functions;
  std::array<NamedRules, field_count> fields{};
  std::array<NamedRules, Functions::count> computed{};
  ModelRules model = {};

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
  /// Members of a JSON object that the model's schema gets besides or in place of its own, such as `examples`.
  constexpr FieldTable json_schema_extra(std::string_view object) const {
    FieldTable table = *this;
    table.model.json_schema_extra = object;
    return table;
  }
  constexpr FieldTable titled(std::string_view title) const {
    FieldTable table = *this;
    table.model.title = title;
    return table;
  }
};

template <class T>
concept HasFieldTable = requires {
  T::schema.fields;
  T::schema.model;
};

/// Whether a constraint can be about values of the type.
template <class T, class C>
constexpr bool fits();

template <auto member>
struct MemberType;
template <class T, class M, M T::* member>
struct MemberType<member> {
  using type = M;
};

template <class F>
struct ComputedFrom;
template <class T, class R>
struct ComputedFrom<R (T::*)() const> {
  using Object = T;
  using Value = std::remove_cvref_t<R>;
};
template <class T, class R>
struct ComputedFrom<R (T::*)() const noexcept> : ComputedFrom<R (T::*)() const> {};
template <class T, class R>
struct ComputedFrom<R (*)(const T&)> {
  using Object = T;
  using Value = std::remove_cvref_t<R>;
};
template <class T, class R>
struct ComputedFrom<R (*)(const T&) noexcept> : ComputedFrom<R (*)(const T&)> {};

template <class T, class... C>
constexpr void check_constraints() {
  static_assert((fits<T, C>() && ...),
                "this constraint does not fit the field's type: ge, gt, le, lt and multiple_of are for numbers, "
                "min_length and max_length for texts and lists, pattern for texts, check<f> for what f takes");
  static_assert(!(DefaultValue<C> || ...) && !(DefaultFactory<C> || ...),
                "the default of a field is that of its member: write `int limit = 10;` and field<...>(defaulted)");
}

}  // namespace detail

/// The rules of one field.
template <auto member>
struct field {
  static constexpr std::size_t own_fields = 1;
  using Computed = detail::Functions<>;

  template <Constraint... C>
  constexpr explicit field(const C&... constraints) {
    detail::check_constraints<typename detail::MemberType<member>::type, C...>();
    (constraints.apply(row.rules), ...);
    if (row.rules.min_length > row.rules.max_length) detail::error_min_length_is_greater_than_max_length();
    if (!detail::leave_values(row.rules)) detail::error_the_bounds_leave_no_value();
  }
  detail::NamedRules row{detail::member_name<member>, {}};
};

/// A field that answers and their documents have and requests don't: what a const member function, or a function of
/// the model, returns. `computed<&Rectangle::area>(title<"Area">)`.
template <auto function>
struct computed {
  static constexpr std::size_t own_fields = 0;
  using Computed = detail::Functions<function>;

  template <Constraint... C>
  constexpr explicit computed(const C&... constraints) {
    static_assert(
        requires { typename detail::ComputedFrom<decltype(function)>::Value; },
        "computed<f>: f is a const member function without parameters, or a function of const Model&");
    (constraints.apply(row.rules), ...);
  }
  detail::NamedRules row{detail::member_name<function>, {}};
};

/// Of each field<>, computed<> and, for a model that inherits, the `schema` of a base.
template <class... Each>
constexpr auto fields(const Each&... each) {
  using Computed = typename detail::Joined<typename Each::Computed...>::type;
  detail::FieldTable<(Each::own_fields + ... + 0), Computed> table;
  std::size_t field_index = 0;
  std::size_t computed_index = 0;
  [[maybe_unused]] const auto add = [&]<class One>(const One& one) {
    if constexpr (requires { one.model; }) {
      for (const detail::NamedRules& row : one.fields)
        table.fields[field_index++] = row;
      for (const detail::NamedRules& row : one.computed)
        table.computed[computed_index++] = row;
    } else if constexpr (One::Computed::count == 1) {
      table.computed[computed_index++] = one.row;
    } else {
      table.fields[field_index++] = one.row;
    }
  };
  (add(each), ...);
  return table;
}

}  // namespace coroute
