// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The values a request path gave to the placeholders of its route, in the order they are declared.

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coroute {

namespace detail {
class PathParamsWriter;
}

struct PathParam {
  std::string_view name;   ///< Points into the route's pattern.
  std::string_view value;  ///< Percent-decoded.
};

/// Filled by a match. A value points into the request path, which must outlive this object, or, when anything in the
/// path was percent-encoded, into storage owned here (then it lives until `clear`, the next match or destruction).
/// Copies and moves own their storage. Up to `inline_capacity` values need no allocation; reuse one object to keep its
/// buffers. Not synchronised: one object per request.
class PathParams {
 public:
  class Iterator;
  static constexpr std::size_t inline_capacity = 8;

  PathParams() = default;
  PathParams(const PathParams&) = default;
  PathParams& operator=(const PathParams&) = default;
  PathParams(PathParams&& other) noexcept;
  PathParams& operator=(PathParams&& other) noexcept;
  ~PathParams() = default;

  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] PathParam operator[](std::size_t index) const;  ///< Unchecked: `index < size()`.
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

  /// Forgets all values and keeps the capacity.
  void clear();

 private:
  friend class detail::PathParamsWriter;

  // Offsets rather than views, so that a copy or a move stays right when the text sits in `decoded_`.
  struct Entry {
    std::string_view name;
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
  };

  [[nodiscard]] const Entry& entry(std::size_t index) const;

  std::array<Entry, inline_capacity> inline_entries_;
  std::vector<Entry> more_entries_;
  std::size_t size_ = 0;
  const char* raw_path_ = nullptr;  ///< Null when the values are in `decoded_`.
  std::string decoded_;
};

// Implementation ------------------------------------------------------------------------------------------------------

class PathParams::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = PathParam;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = PathParam;

  Iterator() = default;

  PathParam operator*() const { return (*params_)[index_]; }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++index_;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  friend class PathParams;
  Iterator(const PathParams& params, std::size_t index) : params_{&params}, index_{index} {}

  const PathParams* params_ = nullptr;
  std::size_t index_ = 0;
};

inline PathParams::Iterator PathParams::begin() const {
  return {*this, 0};
}
inline PathParams::Iterator PathParams::end() const {
  return {*this, size_};
}

}  // namespace coroute
