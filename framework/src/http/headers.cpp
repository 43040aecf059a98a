// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/headers.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "byte_set.hpp"
#include "error_text.hpp"

namespace coroute {
namespace {

constexpr auto token_bytes = detail::ByteSet::alphanumeric_and("!#$%&'*+-.^_`|~");

constexpr detail::ByteSet value_bytes = [] {
  detail::ByteSet set;
  for (int byte = 0x20; byte < 0x100; ++byte) {
    if (byte != 0x7F) set.add(static_cast<char>(byte));
  }
  set.add('\t');
  return set;
}();

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

/// The end of the first list element: the comma after it or the end of the text.
std::size_t element_end(std::string_view list) noexcept {
  bool in_quotes = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '"') {
      in_quotes = !in_quotes;
    } else if (in_quotes && list[i] == '\\') {
      ++i;
    } else if (!in_quotes && list[i] == ',') {
      return i;
    }
  }
  return list.size();
}

bool list_contains(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t end = element_end(list);
    if (iequals(trim(list.substr(0, end)), token)) return !token.empty();
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

template <class Fields>
std::optional<std::string_view> first_value(const Fields& fields, std::string_view name) noexcept {
  for (const HeaderField field : fields) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

template <class Fields>
std::vector<std::string_view> all_values(const Fields& fields, std::string_view name) {
  std::vector<std::string_view> values;
  for (const HeaderField field : fields) {
    if (iequals(field.name, name)) values.push_back(field.value);
  }
  return values;
}

template <class Fields>
bool any_value_lists(const Fields& fields, std::string_view name, std::string_view token) noexcept {
  for (const HeaderField field : fields) {
    if (iequals(field.name, name) && list_contains(field.value, token)) return true;
  }
  return false;
}

void check_field(std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    throw std::invalid_argument("header name " + detail::quoted(name) + " is not a token (RFC 9110 section 5.6.2)");
  }
  const auto bad = std::find_if_not(value.begin(), value.end(), [](char c) { return value_bytes.contains(c); });
  if (bad == value.end()) return;
  // The value may be a credential: the sentence shows only the offending byte.
  throw std::invalid_argument("the value of header " + detail::quoted(name) + " has the control character " +
                              detail::byte_text(*bad) + " at byte " + std::to_string(bad - value.begin()));
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (detail::ascii_lower(a[i]) != detail::ascii_lower(b[i])) return false;
  }
  return true;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && token_bytes.contains_all(text);
}

bool is_field_value(std::string_view text) noexcept {
  return value_bytes.contains_all(text);
}

std::optional<std::string_view> HeadersView::get(std::string_view name) const noexcept {
  return first_value(fields_, name);
}

std::vector<std::string_view> HeadersView::get_all(std::string_view name) const {
  return all_values(fields_, name);
}

bool HeadersView::contains(std::string_view name) const noexcept {
  return get(name).has_value();
}

bool HeadersView::has_token(std::string_view name, std::string_view token) const noexcept {
  return any_value_lists(fields_, name, token);
}

Headers::Headers(std::initializer_list<HeaderField> fields) : Headers(HeadersView(fields)) {}

Headers::Headers(HeadersView fields) {
  for (const HeaderField& field : fields)
    add(field.name, field.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  check_field(name, value);
  append(name, trim(value));
}

void Headers::set(std::string_view name, std::string_view value) {
  check_field(name, value);
  if (owns(name) || owns(value)) return set(std::string(name), std::string(value));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!iequals(at(i).name, name)) continue;
    replace_value(i, trim(value));
    remove_from(i + 1, name);
    return;
  }
  append(name, trim(value));
}

std::size_t Headers::remove(std::string_view name) {
  if (owns(name)) return remove_from(0, std::string(name));
  return remove_from(0, name);
}

void Headers::clear() noexcept {
  text_.clear();
  slots_.clear();
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  return first_value(*this, name);
}

std::vector<std::string_view> Headers::get_all(std::string_view name) const {
  return all_values(*this, name);
}

bool Headers::contains(std::string_view name) const noexcept {
  return get(name).has_value();
}

bool Headers::has_token(std::string_view name, std::string_view token) const noexcept {
  return any_value_lists(*this, name, token);
}

bool Headers::owns(std::string_view text) const noexcept {
  const std::less<const char*> before;
  return !text.empty() && !before(text.data(), text_.data()) && before(text.data(), text_.data() + text_.size());
}

void Headers::reserve(std::size_t bytes, std::size_t fields) {
  text_.reserve(bytes);
  slots_.reserve(fields);
}

void Headers::append(std::string_view name, std::string_view value) {
  constexpr std::size_t first_text_bytes = 256;
  constexpr std::size_t first_slots = 8;
  if (slots_.size() == slots_.capacity()) slots_.reserve(std::max(first_slots, slots_.size() * 2));
  const std::size_t offset = text_.size();
  const std::size_t needed = offset + name.size() + value.size();
  if (needed > text_.capacity()) {
    // The old bytes stay alive until the end: name and value may point into them.
    std::string grown;
    grown.reserve(std::max({first_text_bytes, needed, text_.capacity() * 2}));
    grown.append(text_).append(name).append(value);
    text_.swap(grown);
  } else {
    text_.append(name).append(value);
  }
  slots_.push_back({offset, name.size(), value.size()});
}

void Headers::replace_value(std::size_t index, std::string_view value) {
  Slot& slot = slots_[index];
  const std::size_t old_size = slot.value_size;
  text_.replace(slot.offset + slot.name_size, old_size, value);
  slot.value_size = value.size();
  for (std::size_t i = index + 1; i < slots_.size(); ++i)
    slots_[i].offset = slots_[i].offset - old_size + value.size();
}

std::size_t Headers::remove_from(std::size_t first, std::string_view name) {
  std::size_t kept = first;
  std::size_t text_end = first < slots_.size() ? slots_[first].offset : text_.size();
  for (std::size_t i = first; i < slots_.size(); ++i) {
    if (iequals(at(i).name, name)) continue;
    const Slot slot = slots_[i];
    const std::size_t bytes = slot.name_size + slot.value_size;
    std::string::traits_type::move(text_.data() + text_end, text_.data() + slot.offset, bytes);
    slots_[kept++] = {text_end, slot.name_size, slot.value_size};
    text_end += bytes;
  }
  const std::size_t removed = slots_.size() - kept;
  slots_.resize(kept);
  text_.resize(text_end);
  return removed;
}

}  // namespace coroute
