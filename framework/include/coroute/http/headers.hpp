// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Header fields: an owning list and a view over fields that lie elsewhere; names compare case-insensitively.

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coroute {

namespace detail {
class ResponseParser;
}

/// One field line, owned by somebody else.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// ASCII case-insensitive equality, whatever the locale.
bool iequals(std::string_view a, std::string_view b) noexcept;

/// RFC 9110 section 5.6.2; the empty text is no token.
bool is_token(std::string_view text) noexcept;

/// True when every byte is a tab, a space, visible ASCII or above 0x7F (RFC 9110 section 5.5), so also for "".
/// Whitespace at the ends passes.
bool is_field_value(std::string_view text) noexcept;

/// A view over the fields of a received message, in their order, unchecked. Valid as long as the span and the bytes it
/// points to.
class HeadersView {
 public:
  HeadersView() = default;
  explicit HeadersView(std::span<const HeaderField> fields) noexcept : fields_{fields} {}

  /// The value of the first field of that name.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool contains(std::string_view name) const noexcept;
  /// Whether one of the comma-separated elements (RFC 9110 section 5.6.1) of all fields of that name equals `token`,
  /// ignoring case. An element counts with its parameters, `gzip;q=1` is not `gzip`; commas in quotes don't separate.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }

 private:
  std::span<const HeaderField> fields_;
};

/// Header fields to send or keep, in order, repeated names kept. Every change invalidates iterators and returned views;
/// arguments may point into the object itself.
///
///     Headers headers{{"content-type", "text/plain"}};
///     headers.add("set-cookie", cookie.to_string());
///
/// `add`, `set` and the constructors trim spaces and tabs around a value and throw `std::invalid_argument` when the
/// name is no token or the value has a control character (CR, LF, NUL ...); the object is unchanged then.
class Headers {
 public:
  class Iterator;
  using iterator = Iterator;
  using const_iterator = Iterator;

  Headers() = default;
  Headers(std::initializer_list<HeaderField> fields);
  explicit Headers(HeadersView fields);

  void add(std::string_view name, std::string_view value);
  /// Replaces the first field of that name where it stands and removes the others; appends when there is none.
  void set(std::string_view name, std::string_view value);
  /// Returns how many fields were removed.
  std::size_t remove(std::string_view name);
  void clear() noexcept;

  /// The value of the first field of that name.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool contains(std::string_view name) const noexcept;
  /// As `HeadersView::has_token`.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  std::size_t size() const noexcept { return slots_.size(); }
  bool empty() const noexcept { return slots_.empty(); }
  /// Iteration yields `HeaderField` by value.
  Iterator begin() const noexcept;
  Iterator end() const noexcept;

 private:
  friend class detail::ResponseParser;  // adds what its parser has checked and trimmed
  /// Where a field lies in `text_`: the value follows its name at once.
  struct Slot {
    std::size_t offset;
    std::size_t name_size;
    std::size_t value_size;
  };

  HeaderField at(std::size_t index) const noexcept;
  bool owns(std::string_view text) const noexcept;
  void reserve(std::size_t bytes, std::size_t fields);
  void append(std::string_view name, std::string_view value);
  void replace_value(std::size_t index, std::string_view value);
  std::size_t remove_from(std::size_t first, std::string_view name);

  // All names and values back to back: two allocations for a whole response head.
  std::string text_;
  std::vector<Slot> slots_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Implementation
// ---------------------------------------------------------------------------------------------------------------------

class Headers::Iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = HeaderField;
  using reference = HeaderField;
  using pointer = void;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;

  HeaderField operator*() const noexcept { return headers_->at(index_); }
  Iterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  Iterator operator++(int) noexcept {
    Iterator before = *this;
    ++index_;
    return before;
  }
  bool operator==(const Iterator&) const noexcept = default;

 private:
  friend class Headers;
  Iterator(const Headers* headers, std::size_t index) noexcept : headers_{headers}, index_{index} {}

  const Headers* headers_ = nullptr;
  std::size_t index_ = 0;
};

inline Headers::Iterator Headers::begin() const noexcept {
  return {this, 0};
}

inline Headers::Iterator Headers::end() const noexcept {
  return {this, slots_.size()};
}

inline HeaderField Headers::at(std::size_t index) const noexcept {
  const Slot& slot = slots_[index];
  const std::string_view text = text_;
  return {text.substr(slot.offset, slot.name_size), text.substr(slot.offset + slot.name_size, slot.value_size)};
}

}  // namespace coroute
