// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/query_params.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include "coroute/http/percent_encoding.hpp"

namespace coroute {
namespace {

/// Spaces become `+`; a space is never an unreserved byte, so the one `+` in the output means a space.
std::string form_encode(std::string_view text) {
  std::string out = percent_encode(text, " ");
  std::replace(out.begin(), out.end(), ' ', '+');
  return out;
}

template <class T>
std::string number_text(T value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

}  // namespace

QueryParams::QueryParams(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view value = piece.substr(std::min(equals + 1, piece.size()));
    pairs_.emplace_back(percent_decode_lossy(piece.substr(0, equals), true), percent_decode_lossy(value, true));
  }
}

std::optional<std::string_view> QueryParams::get(std::string_view name) const noexcept {
  const auto last = std::find_if(pairs_.rbegin(), pairs_.rend(), [&](const Pair& pair) { return pair.first == name; });
  if (last == pairs_.rend()) return std::nullopt;
  return last->second;
}

std::vector<std::string_view> QueryParams::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Pair& pair : pairs_) {
    if (pair.first == name) values.push_back(pair.second);
  }
  return values;
}

bool QueryParams::contains(std::string_view name) const noexcept {
  return get(name).has_value();
}

void QueryParams::add(std::string name, std::string value) {
  pairs_.emplace_back(std::move(name), std::move(value));
}

std::string QueryParams::to_string() const {
  std::string out;
  for (const Pair& pair : pairs_) {
    if (!out.empty()) out += '&';
    out += form_encode(pair.first) + '=' + form_encode(pair.second);
  }
  return out;
}

namespace detail {

std::string query_text(bool value) {
  return value ? "true" : "false";
}
std::string query_text(long long value) {
  return number_text(value);
}
std::string query_text(unsigned long long value) {
  return number_text(value);
}
std::string query_text(double value) {
  return number_text(value);
}

}  // namespace detail
}  // namespace coroute
