// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What can be done with a value of any type, behind pointers: what fields, parameters and bodies have in common.
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/http/upload_file.hpp"
#include "coroute/params/codec.hpp"
#include "coroute/params/fields.hpp"
#include "coroute/params/model_traits.hpp"

namespace coroute {

class Decimal;

template <Model T>
class Patch;

namespace detail {

/// The functions of a field's type.
struct TypeOperations {
  void (*read)(JsonReader& in, void* out, const Rules& rules, const Loc& at, Problems& problems);
  void (*write)(JsonWriter& out, const void* value);
  void (*describe)(SchemaNode node, const Rules& rules);
  /// Of a parameter: all values of that name; null: it can't be one.
  void (*parse)(std::span<const std::string_view> texts, void* out, const Rules& rules, const Loc& at,
                Problems& problems);
  bool (*is_null)(const void* value);         ///< Null: it never is.
  const void* (*checked)(const void* value);  ///< What `Rules::check` is about; gives null when there is no value.
  bool takes_many;                            ///< Several texts, such as ?tag=a&tag=b.
  /// Of a parameter that is a file or several; null: it is none.
  void (*take_files)(std::span<const UploadFile> files, void* out);
};

/// May be null, and is not required.
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_optional<std::unique_ptr<T>> = true;
template <class T>
inline constexpr bool is_optional<std::shared_ptr<T>> = true;

template <class T>
inline constexpr bool is_strict = false;
template <class T>
inline constexpr bool is_strict<Strict<T>> = true;

/// What checks and constraints are about: of an optional the value inside.
template <class T>
struct Checked {
  using type = T;
  static const void* value(const T& value) { return &value; }
};
template <class T>
  requires is_optional<T> || is_strict<T>
struct Checked<T> {
  using Inner = Checked<std::remove_cvref_t<decltype(*std::declval<const T&>())>>;
  using type = typename Inner::type;
  /// Null: there is none.
  static const void* value(const T& value) {
    if constexpr (is_optional<T>) {
      if (!value) return nullptr;
    }
    return Inner::value(*value);
  }
};

template <class T, class C>
constexpr bool fits() {
  using Value = typename Checked<T>::type;
  if constexpr (requires { typename C::Value; }) {
    return std::same_as<typename C::Value, Value>;
  } else {
    switch (C::rule_for) {
      case RuleFor::Anything:
        return true;
      case RuleFor::Numbers:
        return (std::is_arithmetic_v<Value> && !std::same_as<Value, bool>) || std::same_as<Value, Decimal>;
      case RuleFor::Decimals:
        return std::same_as<Value, Decimal>;
      case RuleFor::Lengths:
        return CustomText<Value> || (!is_std_array<Value> && requires(Value& container) { container.size(); });
      case RuleFor::Texts:
        return std::same_as<Value, std::string> || CustomText<Value>;
    }
    return false;
  }
}

template <class T>
constexpr auto parse_operation() {
  using Parse = void (*)(std::span<const std::string_view>, void*, const Rules&, const Loc&, Problems&);
  if constexpr (FromTexts<T>) {
    return Parse([](std::span<const std::string_view> texts, void* out, const Rules& rules, const Loc& at,
                    Problems& problems) { Codec<T>::parse_all(texts, *static_cast<T*>(out), rules, at, problems); });
  } else if constexpr (FromText<T>) {
    return Parse([](std::span<const std::string_view> texts, void* out, const Rules& rules, const Loc& at,
                    Problems& problems) { Codec<T>::parse(texts.back(), *static_cast<T*>(out), rules, at, problems); });
  } else {
    return Parse(nullptr);
  }
}

template <class T>
inline constexpr bool is_patch = false;
template <class T>
inline constexpr bool is_patch<Patch<T>> = true;

template <class T>
void read_erased(JsonReader& in, void* out, const Rules& rules, const Loc& at, Problems& problems) {
  T& value = *static_cast<T*>(out);
  // Members that are not there have their own defaults, neither those of the object around nor what a key that came
  // before has left.
  if constexpr (Model<T> || is_patch<T>) value = T{};
  const std::size_t begin = rules.check ? in.offset() : 0;
  const std::size_t before = problems.count();
  Codec<T>::read(in, value, rules, at, problems);
  if (!rules.check || problems.count() != before) return;
  if (const void* const checked = Checked<T>::value(value)) run_check(checked, rules, at, problems, in.text(begin));
}

template <class T>
constexpr auto read_operation() {
  using Read = void (*)(JsonReader&, void*, const Rules&, const Loc&, Problems&);
  if constexpr (FromJson<T>) {
    return Read(&read_erased<T>);
  } else {
    return Read(nullptr);
  }
}

template <class T>
constexpr auto write_operation() {
  using Write = void (*)(JsonWriter&, const void*);
  if constexpr (ToJson<T>) {
    return Write([](JsonWriter& out, const void* value) { Codec<T>::write(out, *static_cast<const T*>(value)); });
  } else {
    return Write(nullptr);
  }
}

template <class T>
constexpr auto is_null_operation() {
  using IsNull = bool (*)(const void*);
  if constexpr (is_optional<T>) {
    return IsNull([](const void* value) { return !*static_cast<const T*>(value); });
  } else {
    return IsNull(nullptr);
  }
}

template <class T>
constexpr auto take_files_operation() {
  using TakeFiles = void (*)(std::span<const UploadFile>, void*);
  if constexpr (std::same_as<T, UploadFile> || std::same_as<T, std::optional<UploadFile>>) {
    return TakeFiles([](std::span<const UploadFile> files, void* out) { *static_cast<T*>(out) = files.back(); });
  } else if constexpr (std::same_as<T, std::vector<UploadFile>>) {
    return TakeFiles(
        [](std::span<const UploadFile> files, void* out) { static_cast<T*>(out)->assign(files.begin(), files.end()); });
  } else if constexpr (std::same_as<T, std::optional<std::vector<UploadFile>>>) {
    return TakeFiles([](std::span<const UploadFile> files, void* out) {
      static_cast<T*>(out)->emplace(files.begin(), files.end());
    });
  } else {
    return TakeFiles(nullptr);
  }
}

template <class T>
inline constexpr TypeOperations operations_of{
    .read = read_operation<T>(),
    .write = write_operation<T>(),
    .describe = [](SchemaNode node, const Rules& rules) { Codec<T>::describe(node, rules); },
    .parse = parse_operation<T>(),
    .is_null = is_null_operation<T>(),
    .checked = [](const void* value) { return Checked<T>::value(*static_cast<const T*>(value)); },
    .takes_many = FromTexts<T>,
    .take_files = take_files_operation<T>(),
};

}  // namespace detail
}  // namespace coroute
