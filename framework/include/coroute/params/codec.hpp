// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How values of a type are read from JSON and from the text of a parameter, checked, written as JSON and described.
///
/// `Codec<T>` has, as far as they make sense for T:
///     static void read(JsonReader& in, T& out, const Rules& rules, const Loc& at, Problems& problems);
///     static void parse(std::string_view text, T& out, const Rules& rules, const Loc& at, Problems& problems);
///     static void write(JsonWriter& out, const T& value);
///     static void describe(SchemaNode node, const Rules& rules);
/// `read` consumes the value at hand, whether it is good or not; what is wrong goes to `problems`.
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "coroute/params/detail/aggregate.hpp"
#include "coroute/params/json_reader.hpp"
#include "coroute/params/json_writer.hpp"
#include "coroute/params/problems.hpp"
#include "coroute/params/rules.hpp"
#include "coroute/params/schema.hpp"

namespace coroute {

class UploadFile;

template <class T>
struct Codec;

namespace detail {

template <class T>
concept Describable = requires(SchemaNode node) { Codec<T>::describe(node, no_rules); };
template <class T>
concept FromJson = requires(JsonReader& in, T& out, const Loc& at, Problems& problems) {
  Codec<T>::read(in, out, no_rules, at, problems);
};
template <class T>
concept ToJson = requires(JsonWriter& out, const T& value) { Codec<T>::write(out, value); };
/// A parameter can be of this type.
template <class T>
concept FromText = requires(T& out, const Loc& at, Problems& problems) {
  Codec<T>::parse(std::string_view(), out, no_rules, at, problems);
};
/// Containers that a parameter can be: filled from all values of its name.
template <class T>
concept FromTexts = requires(std::span<const std::string_view> texts, T& out, const Loc& at, Problems& problems) {
  Codec<T>::parse_all(texts, out, no_rules, at, problems);
};

// What doesn't depend on the type; each false when there was a problem, which has been noted.
bool read_integer(JsonReader& in, std::int64_t& out, const Rules& rules, const Loc& at, Problems& problems);
bool parse_integer(std::string_view text, std::int64_t& out, const Rules& rules, const Loc& at, Problems& problems);
bool read_unsigned(JsonReader& in, std::uint64_t& out, const Rules& rules, const Loc& at, Problems& problems);
bool parse_unsigned(std::string_view text, std::uint64_t& out, const Rules& rules, const Loc& at, Problems& problems);
bool read_real(JsonReader& in, double& out, const Rules& rules, const Loc& at, Problems& problems);
bool parse_real(std::string_view text, double& out, const Rules& rules, const Loc& at, Problems& problems);
bool read_boolean(JsonReader& in, bool& out, const Rules& rules, const Loc& at, Problems& problems);
bool parse_boolean(std::string_view text, bool& out, const Rules& rules, const Loc& at, Problems& problems);
/// The view lives as long as the reader.
bool read_text(JsonReader& in, std::string_view& out, const Rules& rules, const Loc& at, Problems& problems);
bool check_text(std::string_view text, const Rules& rules, const Loc& at, Problems& problems);
bool read_bytes(JsonReader& in, std::string_view& out, const Rules& rules, const Loc& at, Problems& problems);
bool check_bytes(std::string_view text, const Rules& rules, const Loc& at, Problems& problems);
void add_out_of_range(const Loc& at, Problems& problems, std::string_view input, bool input_is_json);
void add_not_finite(const Loc& at, Problems& problems, std::string_view input, bool input_is_json);
/// Runs `rules.check`; false and a value_error when it throws.
bool run_check(const void* value, const Rules& rules, const Loc& at, Problems& problems, std::string_view input);
void describe_number(SchemaNode node, std::string_view type, const Rules& rules);
void describe_text(SchemaNode node, const Rules& rules);

/// Neither a number nor a text in JSON: one says std::int8_t or std::string.
template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

/// A number of any width, through the widest.
template <class T, class Wide>
bool narrow(Wide wide, T& out) {
  if constexpr (sizeof(T) < sizeof(Wide)) {
    if (wide < static_cast<Wide>(std::numeric_limits<T>::min()) ||
        wide > static_cast<Wide>(std::numeric_limits<T>::max())) {
      return false;
    }
  }
  out = static_cast<T>(wide);
  return true;
}

/// False for a number beyond the range of a shorter type.
template <class T>
bool narrow_real(double wide, T& out) {
  if constexpr (sizeof(T) < sizeof(double)) {
    if (std::isfinite(wide) && std::abs(wide) > static_cast<double>(std::numeric_limits<T>::max())) return false;
  }
  out = static_cast<T>(wide);
  return true;
}

}  // namespace detail

template <>
struct Codec<bool> {
  static void read(JsonReader& in, bool& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    detail::read_boolean(in, out, rules, at, problems);
  }
  static void parse(std::string_view text, bool& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    detail::parse_boolean(text, out, rules, at, problems);
  }
  static void write(JsonWriter& out, bool value) { out.boolean(value); }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_number(node, "boolean", rules); }
};

template <std::integral T>
  requires(!detail::Character<T>)
struct Codec<T> {
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;

  static void read(JsonReader& in, T& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    const std::size_t begin = in.offset();
    Wide wide{};
    bool good;
    if constexpr (std::is_signed_v<T>) {
      good = detail::read_integer(in, wide, rules, at, problems);
    } else {
      good = detail::read_unsigned(in, wide, rules, at, problems);
    }
    if (good && !detail::narrow(wide, out)) detail::add_out_of_range(at, problems, in.text(begin), true);
  }
  static void parse(std::string_view text, T& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    Wide wide{};
    bool good;
    if constexpr (std::is_signed_v<T>) {
      good = detail::parse_integer(text, wide, rules, at, problems);
    } else {
      good = detail::parse_unsigned(text, wide, rules, at, problems);
    }
    if (good && !detail::narrow(wide, out)) detail::add_out_of_range(at, problems, text, false);
  }
  static void write(JsonWriter& out, T value) {
    if constexpr (std::is_signed_v<T>) {
      out.integer(value);
    } else {
      out.unsigned_integer(value);
    }
  }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_number(node, "integer", rules); }
};

template <std::floating_point T>
struct Codec<T> {
  static void read(JsonReader& in, T& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    const std::size_t begin = in.offset();
    double wide{};
    if (!detail::read_real(in, wide, rules, at, problems)) return;
    if (!detail::narrow_real(wide, out)) detail::add_not_finite(at, problems, in.text(begin), true);
  }
  static void parse(std::string_view text, T& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    double wide{};
    if (!detail::parse_real(text, wide, rules, at, problems)) return;
    if (!detail::narrow_real(wide, out)) detail::add_not_finite(at, problems, text, false);
  }
  /// Infinity and NaN, which JSON doesn't have, as null.
  static void write(JsonWriter& out, T value) {
    if (std::isfinite(value)) {
      out.number(static_cast<double>(value));
    } else {
      out.null();
    }
  }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_number(node, "number", rules); }
};

template <>
struct Codec<std::string> {
  static void read(JsonReader& in, std::string& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    std::string_view text;
    if (detail::read_text(in, text, rules, at, problems)) out = text;
  }
  static void parse(std::string_view text, std::string& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    if (detail::check_text(text, rules, at, problems)) out = text;
  }
  static void write(JsonWriter& out, std::string_view value) { out.string(value); }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_text(node, rules); }
};

/// For answers: what it points to must outlive them.
template <>
struct Codec<std::string_view> {
  static void write(JsonWriter& out, std::string_view value) { out.string(value); }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_text(node, rules); }
};

/// For answers: null.
template <>
struct Codec<std::nullptr_t> {
  static void write(JsonWriter& out, std::nullptr_t) { out.null(); }
  static void describe(SchemaNode node, const detail::Rules&) { node.type("null"); }
};

/// A file of a form.
template <>
struct Codec<UploadFile> {
  static void describe(SchemaNode node, const detail::Rules& rules);
};

/// Any JSON; include coroute/json.hpp to use it.
template <>
struct Codec<Json> {
  static void read(JsonReader& in, Json& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems);
  static void write(JsonWriter& out, const Json& value);
  static void describe(SchemaNode node, const detail::Rules& rules);
};

/// The bytes of a text in JSON, as in pydantic; what is not UTF-8 becomes U+FFFD in answers.
template <>
struct Codec<std::vector<std::byte>> {
  using Bytes = std::vector<std::byte>;
  static void read(JsonReader& in, Bytes& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    std::string_view text;
    if (detail::read_bytes(in, text, rules, at, problems)) assign(out, text);
  }
  static void parse(std::string_view text, Bytes& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    if (detail::check_bytes(text, rules, at, problems)) assign(out, text);
  }
  static void write(JsonWriter& out, std::span<const std::byte> value) {
    out.string({reinterpret_cast<const char*>(value.data()), value.size()});
  }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.type("string", "binary");
    node.rules(rules);
  }

 private:
  static void assign(Bytes& out, std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    out.assign(bytes.begin(), bytes.end());
  }
};

namespace detail {

template <class T>
T& set_new(std::optional<T>& out) {
  return out.emplace();
}
template <class T>
T& set_new(std::unique_ptr<T>& out) {
  out = std::make_unique<T>();
  return *out;
}
template <class T>
T& set_new(std::shared_ptr<T>& out) {
  out = std::make_shared<T>();
  return *out;
}

/// A value or null; a parameter that has a text has a value.
template <class Nullable, class T>
struct NullableCodec {
  static void read(JsonReader& in, Nullable& out, const Rules& rules, const Loc& at, Problems& problems)
    requires FromJson<T>
  {
    if (in.kind() == JsonKind::Null) {
      in.read_null();
      out = Nullable();
    } else {
      Codec<T>::read(in, set_new(out), rules, at, problems);
    }
  }
  static void parse(std::string_view text, Nullable& out, const Rules& rules, const Loc& at, Problems& problems)
    requires FromText<T>
  {
    Codec<T>::parse(text, set_new(out), rules, at, problems);
  }
  static void parse_all(std::span<const std::string_view> texts, Nullable& out, const Rules& rules, const Loc& at,
                        Problems& problems)
    requires FromTexts<T>
  {
    Codec<T>::parse_all(texts, set_new(out), rules, at, problems);
  }
  static void write(JsonWriter& out, const Nullable& value)
    requires ToJson<T>
  {
    if (value) {
      Codec<T>::write(out, *value);
    } else {
      out.null();
    }
  }
  static void describe(SchemaNode node, const Rules& rules) {
    Codec<T>::describe(node.nullable(), rules);
    node.annotations(rules);
  }
};

}  // namespace detail

template <class T>
struct Codec<std::optional<T>> : detail::NullableCodec<std::optional<T>, T> {};
/// As an optional, for models that hold themselves.
template <class T>
  requires(!std::is_array_v<T>)
struct Codec<std::unique_ptr<T>> : detail::NullableCodec<std::unique_ptr<T>, T> {};
/// Written as often as it is held; what holds itself has no JSON.
template <class T>
  requires(!std::is_array_v<T>)
struct Codec<std::shared_ptr<T>> : detail::NullableCodec<std::shared_ptr<T>, T> {};

/// A value that is not coerced: JSON's "5" is no number.
template <class T>
class Strict {
 public:
  using value_type = T;

  Strict() = default;
  Strict(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): stands for its value
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
  operator const T&() const noexcept { return value_; }  // NOLINT(google-explicit-constructor)
  bool operator==(const Strict&) const = default;

 private:
  friend struct Codec<Strict<T>>;
  T value_{};
};

template <class T>
struct Codec<Strict<T>> {
  static void read(JsonReader& in, Strict<T>& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    detail::Rules own = rules;
    own.strict = true;
    Codec<T>::read(in, out.value_, own, at, problems);
  }
  static void parse(std::string_view text, Strict<T>& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems)
    requires detail::FromText<T>
  {
    Codec<T>::parse(text, out.value_, rules, at, problems);
  }
  static void write(JsonWriter& out, const Strict<T>& value) { Codec<T>::write(out, value.value_); }
  static void describe(SchemaNode node, const detail::Rules& rules) { Codec<T>::describe(node, rules); }
};

}  // namespace coroute
