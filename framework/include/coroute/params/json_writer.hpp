// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Writes compact JSON value by value, without a tree in between.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace coroute {

struct ModelOutput;

/// JSON has no NaN and no infinity.
class JsonNotFinite : public std::range_error {
 public:
  explicit JsonNotFinite(double value);
};

/// Appends one JSON value to a string that the caller owns, in the bytes of Python's
/// `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`. Commas come by themselves; that begin and end match
/// and that each member has a key is up to the caller.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out), start_(out.size()) {}

  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  /// As Python's repr(): `1.0`, `0.1`, `1e-07`, `1e+16`. Throws JsonNotFinite, and has written nothing then.
  void number(double value);
  /// What is not valid UTF-8 becomes U+FFFD.
  void string(std::string_view text);
  /// One JSON value as it stands, unchecked and not empty.
  void raw(std::string_view json);

  void begin_object();
  void key(std::string_view name);
  /// A name as JSON with its colon, unchecked.
  void key_as_is(std::string_view quoted) {
    separate();
    out_ += quoted;
  }
  void end_object() { out_.push_back('}'); }
  void begin_array();
  void end_array() { out_.push_back(']'); }

  /// What of models is written; null: all of them. For the codecs.
  const ModelOutput* model_output() const noexcept { return model_output_; }
  void set_model_output(const ModelOutput* output) noexcept { model_output_ = output; }
  /// With a model output: fields have their names in requests, and none are computed, so that what is written is what
  /// could be read. For the codecs.
  bool writes_request() const noexcept { return writes_request_; }
  void write_request() noexcept { writes_request_ = true; }

 private:
  void separate();
  void begin(char bracket);

  std::string& out_;
  const ModelOutput* model_output_ = nullptr;
  bool writes_request_ = false;
  std::size_t start_;
};

}  // namespace coroute
