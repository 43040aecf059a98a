// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The parameters of a query string or of an application/x-www-form-urlencoded body.

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coroute {
namespace detail {

/// Numbers and bool, not characters.
template <class T>
concept QueryScalar = std::is_arithmetic_v<T> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                      !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

}  // namespace detail

/// The decoded pairs of a query string or an application/x-www-form-urlencoded body, in order, repeated names kept.
class QueryParams {
 public:
  using Pair = std::pair<std::string, std::string>;

  QueryParams() = default;
  /// Takes the text behind the `?`. Never fails: as Python's `parse_qsl(keep_blank_values=True)`, only `&` separates,
  /// empty pieces are skipped, "a" and "a=" both give an empty value; decoding as `percent_decode_lossy`.
  explicit QueryParams(std::string_view query);

  /// The value of the *last* parameter of that name. Names are case-sensitive.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool contains(std::string_view name) const noexcept;
  void add(std::string name, std::string value);

  std::size_t size() const noexcept { return pairs_.size(); }
  bool empty() const noexcept { return pairs_.empty(); }
  auto begin() const noexcept { return pairs_.begin(); }
  auto end() const noexcept { return pairs_.end(); }

  /// The query string of these pairs, without `?`; a space becomes `+`, as Python's `urlencode`.
  std::string to_string() const;

  bool operator==(const QueryParams&) const = default;

 private:
  std::vector<Pair> pairs_;
};

// Implementation

namespace detail {

std::string query_text(bool value);
std::string query_text(long long value);
std::string query_text(unsigned long long value);
std::string query_text(double value);

template <QueryScalar T>
std::string scalar_query_text(T value) {
  if constexpr (std::same_as<T, bool>) {
    return query_text(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return query_text(static_cast<double>(value));
  } else if constexpr (std::is_signed_v<T>) {
    return query_text(static_cast<long long>(value));
  } else {
    return query_text(static_cast<unsigned long long>(value));
  }
}

}  // namespace detail
}  // namespace coroute
