// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Collects everything that is wrong with a request's values.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/error_detail.hpp"
#include "coroute/params/invalid_value.hpp"

namespace coroute::detail {

/// Where a value stands, from the inside out: on the stack of whoever looks at it.
struct Loc {
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  const Loc* outer = nullptr;
  std::string_view name = {};
  std::size_t index = no_index;
};

/// How near a value was to the type that it was read as: a union takes the nearest.
enum class Exactness : unsigned char { Lax, Strict, Exact };

struct Match {
  Exactness exactness = Exactness::Exact;
  std::optional<std::size_t> fields = {};  ///< Of models, how many there were.

  /// pydantic's smart mode: more fields, else more exact.
  bool is_better_than(const Match& other) const noexcept {
    if (fields && other.fields && *fields != *other.fields) return *fields > *other.fields;
    return exactness > other.exactness;
  }
};

/// Of one request. What a client can make it hold is bounded: further errors are dropped, and so are inputs.
class Problems {
 public:
  static constexpr std::size_t max_errors = 100;
  /// Of all inputs together that are shown, as they were sent; one that doesn't fit is shown as null.
  static constexpr std::size_t max_input_bytes = 64 * 1024;
  /// Of one step of a location; the client chooses it where it is the key of a map, or one too many.
  static constexpr std::size_t max_name_bytes = 256;
  static constexpr std::size_t max_union_attempts = 100'000;
  static constexpr std::size_t max_union_bytes = 64 * 1024 * 1024;

  /// `input` is JSON, as the client wrote it.
  void add(const Loc& at, InvalidValue problem, std::string_view input);
  /// `input` is a text that no JSON is.
  void add_text(const Loc& at, InvalidValue problem, std::string_view input);

  bool empty() const noexcept { return errors_.empty() && dropped_ == 0; }
  /// Goes up with each error, also those that are dropped.
  std::size_t count() const noexcept { return errors_.size() + dropped_; }
  /// Those that were collected elsewhere meanwhile.
  void append(Problems later);
  /// Forgets what came after `count()` was this; for attempts at several types.
  void forget_since(std::size_t count) noexcept;
  /// Forgets what came since then and is about the member `name` of `object`: the key comes again, and the last one
  /// counts. What was dropped can't be told apart any more: then the request stays refused.
  void forget_member(std::size_t since, const Loc& object, std::string_view name);
  std::vector<ErrorDetail>& errors() noexcept { return errors_; }
  /// All of them for an answer, inputs as compact JSON; nothing stays here.
  std::vector<ErrorDetail> take();

  /// What is read is an answer of our own: members may have their names in answers, and there may be computed ones.
  void expect_answer() noexcept { reads_answer_ = true; }
  bool reads_answer() const noexcept { return reads_answer_; }

  /// Of the value that is being read.
  Match& match() noexcept { return match_; }
  void coerced(Exactness exactness = Exactness::Lax) noexcept {
    if (exactness < match_.exactness) match_.exactness = exactness;
  }

  /// One type is tried for a value of `bytes` that may have one of several. False: too much for one request, since
  /// attempts inside each other multiply. Only those are counted.
  bool begin_attempt(std::size_t bytes) noexcept;
  void end_attempt() noexcept { --attempt_depth_; }

 private:
  void add_error(const Loc& at, InvalidValue problem, std::string input);
  bool has_room() noexcept;
  bool fits(std::size_t input_bytes) const noexcept { return input_bytes <= max_input_bytes - input_bytes_; }

  std::vector<ErrorDetail> errors_;
  std::size_t dropped_ = 0;
  bool reads_answer_ = false;
  std::size_t input_bytes_ = 0;
  Match match_;
  std::size_t attempt_depth_ = 0;
  std::size_t attempts_left_ = max_union_attempts;
  std::size_t attempt_bytes_left_ = max_union_bytes;
};

/// At most `max_bytes`, not in the middle of a character.
std::string_view shortened(std::string_view text, std::size_t max_bytes) noexcept;

/// The name of the member of `object` that an error is about; empty: of none.
std::string_view member_of(const ErrorDetail& error, std::size_t depth_of_object) noexcept;
std::size_t depth_of(const Loc& at) noexcept;

}  // namespace coroute::detail
