// SPDX-License-Identifier: BSL-1.0
#include "coroute/json.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <vector>

#include "json_error.hpp"
#include "seeded_hash.hpp"
#include "utf8.hpp"

namespace coroute {
namespace {

void remove_up_to(std::string_view& text, std::string_view mark) {
  const std::size_t found = text.find(mark);
  if (found != std::string_view::npos) text.remove_prefix(found + mark.size());
}

/// Of what a client sent, in the sentence of an error.
constexpr std::size_t max_quoted_bytes = 64;

/// Not in the middle of a character.
std::string shortened(std::string_view quoted) {
  if (quoted.size() <= max_quoted_bytes) return std::string(quoted);
  std::size_t size = max_quoted_bytes;
  while (size > 0 && (static_cast<unsigned char>(quoted[size]) & 0xC0U) == 0x80U)
    --size;
  return std::string(quoted.substr(0, size)) + "...";
}

/// "...; last read: 'token'; expected ..." or "... parsing 'token'", with the token shortened.
std::string with_short_token(std::string_view sentence) {
  for (const std::string_view mark : {"last read: '", "parsing '"}) {
    const std::size_t found = sentence.find(mark);
    if (found == std::string_view::npos) continue;
    const std::size_t begin = found + mark.size();
    const std::size_t end = std::min(sentence.rfind("'; expected "), sentence.rfind('\''));
    if (end == std::string_view::npos || end <= begin) break;
    return std::string(sentence.substr(0, begin)) + shortened(sentence.substr(begin, end - begin)) +
           std::string(sentence.substr(end));
  }
  return std::string(sentence);
}

/// Builds the value from nlohmann's parse events. Members are appended to the object's sequence directly, since looking
/// each key up first, as the library's own builder does for ordered objects, takes quadratic time.
class Builder : public nlohmann::json_sax<Json> {
 public:
  enum class Keys : bool { Unique, Any };

  Builder(const JsonLimits& limits, Keys keys) : limits_(limits), keys_(keys) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (keys_ == Keys::Unique && is_duplicate(name)) return fail("duplicate key \"" + shortened(name) + "\"");
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: sentence", or "[...] sentence".
    std::string_view sentence = error.what();
    remove_up_to(sentence, "] ");
    if (sentence.starts_with("parse error")) remove_up_to(sentence, ": ");
    error_ = with_short_token(sentence);
    offset_ = position == 0 ? 0 : position - 1;
    failed_at_known_offset_ = true;
    return false;
  }

  Json& result() noexcept { return root_; }
  const std::string& error() const noexcept { return error_; }
  std::optional<std::size_t> offset() const noexcept {
    return failed_at_known_offset_ ? std::optional(offset_) : std::nullopt;
  }

 private:
  using Members = Json::object_t::Container;
  struct Open {
    explicit Open(Json* value) : value(value) {}
    Json* value;
    std::unordered_set<std::string, detail::SeededHash, std::equal_to<>> keys;
  };
  static constexpr std::size_t linear_search_up_to = 16;

  bool fail(std::string sentence) {
    error_ = std::move(sentence);
    return false;
  }

  bool is_duplicate(const std::string& name) {
    Open& object = open_.back();
    const Members& members = object.value->get_ref<Json::object_t&>();
    if (members.size() < linear_search_up_to) {
      for (const auto& member : members) {
        if (member.first == name) return true;
      }
      return false;
    }
    if (object.keys.empty()) {
      for (const auto& member : members)
        object.keys.insert(member.first);
    }
    return !object.keys.insert(name).second;
  }

  Json* place(Json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().value;
    if (parent.is_array()) {
      auto& items = parent.get_ref<Json::array_t&>();
      items.push_back(std::move(value));
      return &items.back();
    }
    Members& members = parent.get_ref<Json::object_t&>();
    members.emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }

  template <class T>
  bool add(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }

  bool open(Json&& container) {
    if (open_.size() >= limits_.max_depth) {
      return fail("nested deeper than " + std::to_string(limits_.max_depth) + " levels");
    }
    open_.emplace_back(place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonLimits limits_;
  Keys keys_;
  Json root_;
  std::vector<Open> open_;  // a container is complete before its parent grows, so these pointers stay valid
  std::string key_;
  std::string error_;
  std::size_t offset_ = 0;
  bool failed_at_known_offset_ = false;
};

/// Counts what the parser has consumed, so that our own refusals have a place too.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    if (furthest_ && at_ > *furthest_) *furthest_ = at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const detail::Utf8Match next = detail::match_utf8(text);
    if (!next.valid) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

JsonParseError error_in(std::string_view text, const std::string& what, std::size_t offset) {
  return {what, offset, is_utf8(text) ? JsonParseError::Kind::Syntax : JsonParseError::Kind::Encoding};
}

std::optional<JsonParseError> parse(std::string_view text, Builder& builder) {
  const char* furthest = text.data();
  const bool parsed = Json::sax_parse(CountingIterator(text.data(), &furthest),
                                      CountingIterator(text.data() + text.size(), nullptr), &builder);
  if (!parsed) {
    const auto consumed = static_cast<std::size_t>(furthest - text.data());
    return error_in(text, builder.error(), builder.offset().value_or(consumed));
  }
  // The library takes a NUL byte for the end of the text.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) return error_in(text, "a NUL byte follows the value", nul);
  return std::nullopt;
}

}  // namespace

Json parse_json(std::string_view text, const JsonLimits& limits) {
  Builder builder(limits, Builder::Keys::Unique);
  if (const std::optional<JsonParseError> error = parse(text, builder)) throw JsonParseError(*error);
  return std::move(builder.result());
}

std::optional<JsonParseError> detail::find_json_error(std::string_view text, const JsonLimits& limits) {
  Builder builder(limits, Builder::Keys::Any);
  return parse(text, builder);
}

std::int64_t detail::characters_before(std::string_view text, std::size_t bytes) noexcept {
  const std::string_view before = text.substr(0, bytes);
  return std::count_if(before.begin(), before.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

ErrorDetail detail::json_invalid(std::string_view text, const JsonParseError& error, Location at) {
  at.emplace_back(characters_before(text, error.offset()));
  return {.type = "json_invalid",
          .loc = std::move(at),
          .msg = "JSON decode error",
          .input = "{}",
          .ctx = "{\"error\":" + json_quoted(error.what()) + "}"};
}

std::string to_json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace coroute
