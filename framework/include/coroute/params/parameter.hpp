// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Handler arguments that come from a request: `Path<int, "item_id", ge(1)>`, `Query<std::string, "q">`, ...
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/http/request.hpp"
#include "coroute/params/containers.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/patch.hpp"
#include "coroute/params/tuple.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"

namespace coroute {

/// The part of a request that a parameter is in.
enum class ParameterIn : unsigned char { Path, Query, Header, Cookie, Form, Body };

/// "path", "query", ...: how errors and documents call it.
std::string_view to_string(ParameterIn in) noexcept;

namespace detail {

/// All that is known of a parameter while running.
struct ParameterInfo {
  ParameterIn in;
  std::string_view name;        ///< On the wire; empty: a model whose fields are parameters each.
  std::string_view identifier;  ///< As it was declared.
  const TypeOperations* type;
  const Rules* rules;
  const ModelInfo* (*model)();  ///< Of a parameter that is a model.
  bool required;
  /// Writes the default; null: there is none.
  void (*write_default)(JsonWriter& out);
};

template <auto constraint, class T>
void set_default(T& value) {
  using C = std::remove_cvref_t<decltype(constraint)>;
  if constexpr (DefaultFactory<C>) {
    value = T(constraint());
  } else if constexpr (DefaultValue<C>) {
    if constexpr (requires { Checked<T>::type::names; }) {
      constexpr typename Checked<T>::type literal(constraint.value.text);
      value = literal;
    } else if constexpr (requires { constraint.value.view(); }) {
      value = T(constraint.value.view());
    } else {
      value = T(constraint.value);
    }
  }
}

/// The value can be that of a T as it is: no 1.5 for an int.
template <class T, class V>
constexpr bool is_default_for(const V& value) {
  using Inner = typename Checked<T>::type;
  if constexpr (requires { value.view(); }) {
    return requires { Inner::names; } || std::is_constructible_v<T, std::string_view>;
  } else if constexpr (std::is_arithmetic_v<Inner> && std::is_arithmetic_v<V>) {
    return static_cast<V>(static_cast<Inner>(value)) == value;
  } else {
    return std::is_constructible_v<T, V>;
  }
}

template <class V>
constexpr bool follows(const V& value, const Rules& rules) {
  if constexpr (requires { value.view(); }) {
    std::size_t characters = 0;
    for (const char c : value.view())
      characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    return characters >= rules.min_length && characters <= rules.max_length;
  } else if constexpr (std::is_arithmetic_v<V>) {
    const double number = static_cast<double>(value);
    return (!rules.ge || number >= rules.ge.as_real()) && (!rules.gt || number > rules.gt.as_real()) &&
           (!rules.le || number <= rules.le.as_real()) && (!rules.lt || number < rules.lt.as_real());
  } else {
    return true;
  }
}

/// The type of the default is good, if there is one; `rules`: and so is its value.
template <class T, auto constraint>
constexpr bool has_good_default(const Rules* rules = nullptr) {
  using C = std::remove_cvref_t<decltype(constraint)>;
  if constexpr (DefaultValue<C>) {
    return rules ? follows(constraint.value, *rules) : is_default_for<T>(constraint.value);
  } else if constexpr (DefaultFactory<C>) {
    return std::is_constructible_v<T, decltype(constraint())>;
  } else {
    return true;
  }
}

/// "x_token" is sent as "x-token".
template <FixedString name>
inline constexpr auto header_name_storage = [] {
  FixedString copy = name;
  for (char& c : copy.text) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return copy;
}();

/// A parameter, or the field of a model of parameters, can be of this type.
template <class T>
inline constexpr bool can_be_parameter = FromText<T> || FromTexts<T> || take_files_operation<T>() != nullptr;

template <class T>
constexpr bool fields_can_be_parameters() {
  return decltype(ModelTraits<T>::visit(std::declval<T&>(), []<class... Field>(Field&...) {
    return std::bool_constant<(can_be_parameter<Field> && ...)>();
  }))::value;
}

/// An argument of a handler, which stands for its value: `*limit`, `limit->size()`, or where a T is wanted.
template <ParameterIn where, class T, FixedString name, auto... constraints>
class Parameter {
  static_assert((Constraint<std::remove_cvref_t<decltype(constraints)>> && ...),
                "after a parameter's type and name stand constraints: ge(1), max_length(50), defaults_to(10), ...");
  static_assert((fits<T, std::remove_cvref_t<decltype(constraints)>>() && ...),
                "this constraint does not fit the parameter's type: ge, gt, le, lt and multiple_of are for numbers, "
                "min_length and max_length for texts and lists, pattern for texts, check<f> for what f takes");
  static_assert(rules_of<constraints...>.min_length <= rules_of<constraints...>.max_length,
                "the min_length of this parameter is greater than its max_length");
  static_assert(leave_values(rules_of<constraints...>),
                "the bounds of this parameter, ge, gt, le and lt, leave no value");
  static_assert((has_good_default<T, constraints>() && ...), "the default of this parameter is no value of its type");
  static_assert((has_good_default<T, constraints>(&rules_of<constraints...>) && ...),
                "the default of this parameter breaks its own constraints");
  static_assert(where == ParameterIn::Body || can_be_parameter<T> || (Model<T> && name.view().empty()),
                "a parameter is read from text, and no text is a value of this type: a model is a body, or has no name "
                "and its fields are parameters each");
  static_assert(where != ParameterIn::Path || !(is_optional<T> || rules_of<constraints...>.has_default),
                "a path parameter is always there: it is not optional and has no default");
  static_assert(where == ParameterIn::Body || where == ParameterIn::Form || FromText<T> || FromTexts<T> ||
                    (Model<T> && constant_text<name>.empty()),
                "a parameter of this type can't be read from text");

 public:
  using value_type = T;
  static constexpr ParameterIn in = where;
  static constexpr const Rules& rules = rules_of<constraints...>;
  static constexpr std::string_view declared_name = constant_text<name>;

  Parameter() { (set_default<constraints>(value_), ...); }
  explicit Parameter(T value) : value_(std::move(value)) {}

  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
  operator const T&() const noexcept { return value_; }  // NOLINT(google-explicit-constructor): stands for its value
  /// For whoever fills it in.
  T& value() noexcept { return value_; }
  const T& value() const noexcept { return value_; }

  static constexpr std::string_view wire_name() {
    if (!rules.validation_alias.empty()) return rules.validation_alias;
    if (!rules.alias.empty()) return rules.alias;
    if constexpr (where == ParameterIn::Header) {
      if (rules.convert_underscores) return header_name_storage<name>.view();
    }
    return declared_name;
  }
  static constexpr bool is_group = Model<T> && declared_name.empty() && where != ParameterIn::Body;
  static constexpr bool is_required = !rules.has_default && !is_optional<T>;

  static const ParameterInfo& info();

 private:
  static void write_default(JsonWriter& out) {
    if constexpr (ToJson<T>) Codec<T>::write(out, *Parameter());
  }

  T value_{};
};

template <class T>
constexpr auto model_of() {
  using Get = const ModelInfo* (*)();
  if constexpr (Model<T>) {
    return Get([]() -> const ModelInfo* { return &model_info<T>(); });
  } else {
    return Get(nullptr);
  }
}

template <ParameterIn where, class T, FixedString name, auto... constraints>
const ParameterInfo& Parameter<where, T, name, constraints...>::info() {
  if constexpr (is_group) {
    static_assert(fields_can_be_parameters<T>(),
                  "a field of this model of parameters has a type that no text is a value of");
  }
  static constexpr ParameterInfo row{.in = where,
                                     .name = wire_name(),
                                     .identifier = declared_name,
                                     .type = &operations_of<T>,
                                     .rules = &rules,
                                     .model = model_of<T>(),
                                     .required = is_required,
                                     .write_default = rules.has_default && ToJson<T> ? &write_default : nullptr};
  return row;
}

template <class T>
inline constexpr bool is_parameter = false;
template <ParameterIn where, class T, FixedString name, auto... constraints>
inline constexpr bool is_parameter<Parameter<where, T, name, constraints...>> = true;

/// What a field of a parameter model is called in requests.
std::string wire_name(const FieldInfo& field, ParameterIn in);

/// Reads one from path, query, header or cookie; `out` has its default.
void extract_parameter(const Request& request, const ParameterInfo& info, void* out, Problems& problems);

}  // namespace detail

/// `{item_id}` of the route.
template <class T, FixedString name, auto... constraints>
using Path = detail::Parameter<ParameterIn::Path, T, name, constraints...>;
/// `?limit=10`; a list takes all values of the name. A model without a name: one parameter for each of its fields.
template <class T, FixedString name = "", auto... constraints>
using Query = detail::Parameter<ParameterIn::Query, T, name, constraints...>;
/// Underscores of the name become hyphens.
template <class T, FixedString name = "", auto... constraints>
using Header = detail::Parameter<ParameterIn::Header, T, name, constraints...>;
template <class T, FixedString name = "", auto... constraints>
using Cookie = detail::Parameter<ParameterIn::Cookie, T, name, constraints...>;
/// A field of a urlencoded or multipart form; an empty one counts as missing. A model without a name: one field for
/// each of its members.
template <class T, FixedString name = "", auto... constraints>
using Form = detail::Parameter<ParameterIn::Form, T, name, constraints...>;
/// A file of a multipart form: `File<UploadFile, "photo">`, a list of them, optional, or a std::string of its bytes.
template <class T, FixedString name, auto... constraints>
using File = detail::Parameter<ParameterIn::Form, T, name, constraints...>;
/// The JSON body, or with several of them, or `embed`, the member of that name.
template <class T, FixedString name = "", auto... constraints>
using Body = detail::Parameter<ParameterIn::Body, T, name, constraints...>;

/// A struct whose members are parameters, to use them together in several handlers.
///
///     struct Paging { Query<int, "skip", defaults_to(0)> skip; Query<int, "limit", defaults_to(100)> limit; };
///     Async<Json> list(Params<Paging> paging);
template <class T>
class Params {
 public:
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
  operator const T&() const noexcept { return value_; }  // NOLINT(google-explicit-constructor): stands for its value
  T& value() noexcept { return value_; }

 private:
  T value_{};
};

namespace detail {

template <class T>
inline constexpr bool is_params = false;
template <class T>
inline constexpr bool is_params<Params<T>> = true;

}  // namespace detail
}  // namespace coroute
