// SPDX-License-Identifier: BSL-1.0
#include "params/schema_names.hpp"

#include <cstddef>

namespace coroute::detail {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// "(anonymous namespace)", and the parameters of a function that a type is local to.
std::string without_parentheses(std::string_view text) {
  std::string kept;
  std::size_t depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0) kept.push_back(c);
    if (c == ')' && depth > 0) --depth;
  }
  return kept;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

std::string_view after_scopes(std::string_view part) {
  if (const auto colons = part.rfind("::"); colons != part.npos) part.remove_prefix(colons + 2);
  return trimmed(part);
}

}  // namespace

std::string title_case(std::string_view name) {
  std::string title;
  bool follows_letter = false;
  for (const char c : name) {
    if (is_lower(c) && !follows_letter) {
      title.push_back(static_cast<char>(c - 'a' + 'A'));
    } else if (is_upper(c) && follows_letter) {
      title.push_back(static_cast<char>(c - 'A' + 'a'));
    } else {
      title.push_back(c == '_' ? ' ' : c);
    }
    follows_letter = is_lower(c) || is_upper(c) || is_beyond_ascii(c);
  }
  return title;
}

std::string short_type_name(std::string_view identity) {
  const std::string text = without_parentheses(identity);
  std::string name;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool ends = i == text.size() || text[i] == '<' || text[i] == '>' || text[i] == ',';
    if (!ends) continue;
    name.append(after_scopes(std::string_view(text).substr(begin, i - begin)));
    begin = i + 1;
    if (i == text.size()) break;
    if (text[i] == ',') {
      name.append(", ");
    } else {
      name.push_back(text[i] == '<' ? '[' : ']');
    }
  }
  replace_all(name, "basic_string[char]", "str");
  return name;
}

std::string long_type_name(std::string_view identity) {
  std::string name = without_parentheses(identity);
  replace_all(name, "{anonymous}", "");
  replace_all(name, "::::", "::");
  if (name.starts_with("::")) name.erase(0, 2);
  return name;
}

std::string component_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool may_stand = is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '_';
    if (c != ' ') name.push_back(may_stand ? c : '_');
  }
  return name;
}

}  // namespace coroute::detail
