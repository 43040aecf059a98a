// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The declared path of a route, such as "/items/{item_id:int}": its grammar, checked by the compiler for literals.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace coroute {

/// What a `{name:convertor}` placeholder accepts; the regular expressions are Starlette's.
enum class Convertor : std::uint8_t {
  Str,    ///< `str`, the default: `[^/]+`
  Int,    ///< `int`: `[0-9]+`
  Float,  ///< `float`: `[0-9]+(\.[0-9]+)?`
  Uuid,   ///< `uuid`: 8-4-4-4-12 hexadecimal digits, any case
  Path,   ///< `path`: `.*`, may be empty and may hold slashes
};

/// The word used in a declared path ("str", "int", ...).
[[nodiscard]] constexpr std::string_view to_string(Convertor convertor);

/// A declared path that is known to be well formed. A literal is checked while compiling: a malformed one is a compile
/// error that calls a function named after the mistake. Empty: the prefix of the router. Holds a view: a runtime string
/// must outlive it.
///
///     RoutePath path = "/items/{item_id}";         // RoutePath{"/items/{item_id"} does not compile
class RoutePath {
 public:
  template <std::size_t Size>
  consteval RoutePath(const char (&literal)[Size]);  // NOLINT(google-explicit-constructor): app.get("/x", f)

  /// For a path that is only known while running. Not checked here: `PathPattern::parse` does it and throws.
  [[nodiscard]] static constexpr RoutePath runtime(std::string_view text) { return RoutePath{text, Unchecked{}}; }

  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  constexpr operator std::string_view() const { return text_; }  // NOLINT(google-explicit-constructor)

 private:
  struct Unchecked {};
  constexpr RoutePath(std::string_view text, Unchecked) : text_{text} {}

  std::string_view text_;
};

// Implementation ------------------------------------------------------------------------------------------------------

constexpr std::string_view to_string(Convertor convertor) {
  switch (convertor) {
    case Convertor::Str:
      return "str";
    case Convertor::Int:
      return "int";
    case Convertor::Float:
      return "float";
    case Convertor::Uuid:
      return "uuid";
    case Convertor::Path:
      return "path";
  }
  return "str";
}

namespace detail {

enum class PathMistake : std::uint8_t {
  None,
  NoLeadingSlash,
  ControlCharacter,
  UnclosedBrace,
  UnopenedBrace,
  BadParameterName,
  UnknownConvertor,
  DuplicateParameter,
};

/// One step through a declared path: literal text or a placeholder.
struct PathToken {
  std::string_view text;  ///< The literal text, or the placeholder's name.
  Convertor convertor = Convertor::Str;
  bool is_parameter = false;
};

/// Splits a declared path into tokens, at compile time or at run time.
class PathScanner {
 public:
  constexpr explicit PathScanner(std::string_view path) : rest_{path} {}

  /// False at the end and after a mistake.
  constexpr bool next(PathToken& token);
  [[nodiscard]] constexpr PathMistake mistake() const { return mistake_; }

 private:
  constexpr bool fail(PathMistake mistake);
  constexpr bool scan_literal(PathToken& token);
  constexpr bool scan_parameter(PathToken& token);

  std::string_view rest_;
  PathMistake mistake_ = PathMistake::None;
};

constexpr bool is_identifier(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (c < '0' || c > '9')) return false;
  }
  return true;
}

constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr std::optional<Convertor> find_convertor(std::string_view word) {
  for (const Convertor each : {Convertor::Str, Convertor::Int, Convertor::Float, Convertor::Uuid, Convertor::Path}) {
    if (to_string(each) == word) return each;
  }
  return std::nullopt;
}

constexpr bool PathScanner::next(PathToken& token) {
  if (rest_.empty() || mistake_ != PathMistake::None) return false;
  return rest_.front() == '{' ? scan_parameter(token) : scan_literal(token);
}

constexpr bool PathScanner::fail(PathMistake mistake) {
  mistake_ = mistake;
  return false;
}

constexpr bool PathScanner::scan_literal(PathToken& token) {
  const std::string_view text = rest_.substr(0, rest_.find('{'));
  for (const char c : text) {
    if (c == '}') return fail(PathMistake::UnopenedBrace);
    if (is_control(c)) return fail(PathMistake::ControlCharacter);
  }
  token = {.text = text};
  rest_.remove_prefix(text.size());
  return true;
}

constexpr bool PathScanner::scan_parameter(PathToken& token) {
  const std::size_t close = rest_.find_first_of("{}", 1);
  if (close == std::string_view::npos || rest_[close] == '{') return fail(PathMistake::UnclosedBrace);
  const std::string_view inside = rest_.substr(1, close - 1);
  const std::size_t colon = inside.find(':');
  const std::string_view name = inside.substr(0, colon);
  if (!is_identifier(name)) return fail(PathMistake::BadParameterName);
  const auto convertor =
      colon == std::string_view::npos ? std::optional{Convertor::Str} : find_convertor(inside.substr(colon + 1));
  if (!convertor) return fail(PathMistake::UnknownConvertor);
  token = {.text = name, .convertor = *convertor, .is_parameter = true};
  rest_.remove_prefix(close + 1);
  return true;
}

/// How many placeholders of a well-formed path carry this name.
constexpr std::size_t count_parameter(std::string_view path, std::string_view name) {
  std::size_t count = 0;
  PathScanner scanner{path};
  for (PathToken token; scanner.next(token);) {
    if (token.is_parameter && token.text == name) ++count;
  }
  return count;
}

/// The first mistake in a declared path, or `None`.
constexpr PathMistake find_path_mistake(std::string_view path) {
  if (!path.starts_with('/')) return PathMistake::NoLeadingSlash;
  PathScanner scanner{path};
  for (PathToken token; scanner.next(token);) {
  }
  if (scanner.mistake() != PathMistake::None) return scanner.mistake();
  scanner = PathScanner{path};
  for (PathToken token; scanner.next(token);) {
    if (token.is_parameter && count_parameter(path, token.text) > 1) return PathMistake::DuplicateParameter;
  }
  return PathMistake::None;
}

// Never defined and never called while running: calling one stops constant evaluation, and the compiler prints its
// name.
void error_path_must_start_with_slash();
void error_path_holds_a_control_character();
void error_path_brace_is_never_closed();
void error_path_closing_brace_was_never_opened();
void error_path_parameter_name_must_be_an_identifier();
void error_path_convertor_must_be_str_int_float_uuid_or_path();
void error_path_parameter_name_is_used_twice();

consteval void check_route_path(std::string_view path) {
  switch (find_path_mistake(path)) {
    case PathMistake::None:
      break;
    case PathMistake::NoLeadingSlash:
      return error_path_must_start_with_slash();
    case PathMistake::ControlCharacter:
      return error_path_holds_a_control_character();
    case PathMistake::UnclosedBrace:
      return error_path_brace_is_never_closed();
    case PathMistake::UnopenedBrace:
      return error_path_closing_brace_was_never_opened();
    case PathMistake::BadParameterName:
      return error_path_parameter_name_must_be_an_identifier();
    case PathMistake::UnknownConvertor:
      return error_path_convertor_must_be_str_int_float_uuid_or_path();
    case PathMistake::DuplicateParameter:
      return error_path_parameter_name_is_used_twice();
  }
}

}  // namespace detail

template <std::size_t Size>
consteval RoutePath::RoutePath(const char (&literal)[Size]) : text_{literal, Size - 1} {
  if (!text_.empty()) detail::check_route_path(text_);
}

}  // namespace coroute
