// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The parameters of a query string or of an application/x-www-form-urlencoded body.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coroute {

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

}  // namespace coroute
