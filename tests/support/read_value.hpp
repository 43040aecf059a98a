// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A value as its type reads it from JSON or from the texts of a parameter, and what is wrong with it.
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/http/error_detail.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/patch.hpp"
#include "coroute/params/rules.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"

namespace coroute::testing {

/// The errors as a list of JSON objects, as they stand in an answer; "" when there are none.
inline std::string errors_text(detail::Problems& problems) {
  if (problems.empty()) return "";
  std::string text = to_json_text(std::span<const ErrorDetail>(problems.take()));
  return text.substr(1, text.size() - 2);
}

template <class T>
struct ReadValue {
  T value{};
  std::string errors;
};

/// As the body of a request.
template <class T, auto... constraints>
ReadValue<T> read(std::string_view json) {
  ReadValue<T> result;
  detail::Problems problems;
  JsonReader in(json);
  const detail::Loc body{nullptr, "body"};
  detail::operations_of<T>.read(in, &result.value, detail::rules_of<constraints...>, body, problems);
  in.finish();
  result.errors = errors_text(problems);
  return result;
}

/// As the query parameter "q".
template <class T, auto... constraints>
ReadValue<T> parse(std::initializer_list<std::string_view> texts) {
  ReadValue<T> result;
  detail::Problems problems;
  const detail::Loc query{nullptr, "query"};
  const std::vector<std::string_view> all(texts);
  detail::operations_of<T>.parse(all, &result.value, detail::rules_of<constraints...>, detail::Loc{&query, "q"},
                                 problems);
  result.errors = errors_text(problems);
  return result;
}
template <class T, auto... constraints>
ReadValue<T> parse(std::string_view text) {
  return parse<T, constraints...>({text});
}

template <class T>
std::string written(const T& value) {
  std::string text;
  JsonWriter out(text);
  Codec<T>::write(out, value);
  return text;
}

/// The value that was read, as JSON again; else "refused: " and the types of the errors.
template <class T, auto... constraints>
std::string reread(std::string_view json) {
  ReadValue<T> result = read<T, constraints...>(json);
  return result.errors.empty() ? written(result.value) : result.errors;
}
template <class T, auto... constraints>
std::string reparse(std::string_view text) {
  ReadValue<T> result = parse<T, constraints...>(text);
  return result.errors.empty() ? written(result.value) : result.errors;
}

/// One error of a body, or of the query parameter "q"; `rest` is `,"ctx":{...}` or nothing.
inline std::string body_error(std::string_view type, std::string_view msg, std::string_view input,
                              std::string_view rest = "", std::string_view loc = "") {
  return "{\"type\":\"" + std::string(type) + "\",\"loc\":[\"body\"" + std::string(loc) + "],\"msg\":\"" +
         std::string(msg) + "\",\"input\":" + std::string(input) + std::string(rest) + "}";
}
inline std::string query_error(std::string_view type, std::string_view msg, std::string_view input,
                               std::string_view rest = "") {
  return "{\"type\":\"" + std::string(type) + "\",\"loc\":[\"query\",\"q\"],\"msg\":\"" + std::string(msg) +
         "\",\"input\":\"" + std::string(input) + "\"" + std::string(rest) + "}";
}

}  // namespace coroute::testing
