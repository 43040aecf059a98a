// SPDX-License-Identifier: BSL-1.0
#include "content_parameters.hpp"

#include <algorithm>

#include "coroute/http/headers.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::size_t max_parameters = 16;  // each is compared with all before it

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

std::string_view without_trailing_blanks(std::string_view text) {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return without_trailing_blanks(taken);
}

/// `text` stands behind the opening quote, then behind the closing one.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escape) ++i;
    value += text[i];
  }
  return std::nullopt;
}

/// `text` stands behind the `=`, then at the next semicolon or the end.
std::optional<std::string> take_value(std::string_view& text) {
  skip_blanks(text);
  if (!text.starts_with('"')) {
    const std::string_view value = take_until(text, ";");
    if (value.find('"') != std::string_view::npos) return std::nullopt;
    return std::string(value);
  }
  text.remove_prefix(1);
  std::optional<std::string> value = take_quoted(text);
  skip_blanks(text);
  if (!text.empty() && text.front() != ';') return std::nullopt;
  return value;
}

}  // namespace

const std::string* ContentParameters::get(std::string_view name) const noexcept {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const auto& parameter) { return iequals(parameter.first, name); });
  return found == parameters.end() ? nullptr : &found->second;
}

std::optional<ContentParameters> parse_content_parameters(std::string_view value) {
  ContentParameters result;
  skip_blanks(value);
  result.type = take_until(value, ";");
  while (!value.empty()) {
    value.remove_prefix(1);  // the semicolon
    skip_blanks(value);
    const std::string_view name = take_until(value, ";=");
    if (!value.starts_with('=')) continue;
    value.remove_prefix(1);
    std::optional<std::string> text = take_value(value);
    if (!text || !is_token(name) || result.get(name)) return std::nullopt;
    if (result.parameters.size() == max_parameters) return std::nullopt;
    result.parameters.emplace_back(name, std::move(*text));
  }
  return result;
}

}  // namespace coroute::detail
