// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Reads a JSON text value by value into typed C++, without a tree in between.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "coroute/http/json_limits.hpp"

namespace coroute {

enum class JsonKind : unsigned char { Null, Bool, Number, String, Array, Object };

/// A number as it was written.
struct JsonNumber {
  enum class Kind : unsigned char {
    Signed,    ///< An integer of 64 bits with sign.
    Unsigned,  ///< An integer above the largest of those, in 64 bits without sign.
    Big,       ///< An integer beyond 64 bits, of any length.
    Float      ///< Written with a fraction or an exponent, `1.0` and `1e2` too.
  };
  Kind kind = Kind::Signed;
  std::int64_t as_signed = 0;     ///< For Signed.
  std::uint64_t as_unsigned = 0;  ///< For Unsigned, and for Signed from zero up.
  double as_double = 0;           ///< For every kind; infinite for a Big one beyond a double's range.
  std::string_view text;          ///< Valid as long as the reader.
};

/// A cursor over one JSON text (RFC 8259): either there is a value at hand, to be read, entered or skipped, or the next
/// item, member or the end is to be asked for. Duplicate keys are reported as they come.
///
///     for (reader.enter_object(); reader.next_member(key);)
///       if (key == "id") id = reader.read_number().as_signed;
///       else reader.skip();
///     reader.finish();
///
/// Whatever is wrong with the text throws JsonParseError from the call that meets it, the constructor included; only
/// once finish() has returned the whole text is known to be JSON. After an exception the reader can only be destroyed.
/// std::logic_error is thrown for calls that don't fit the state or the kind of the value at hand.
///
/// Its memory belongs to the thread and serves one reader after the other: construct and destroy it on the same thread,
/// and never keep one across a `co_await`.
class JsonReader {
 public:
  /// Copies the text. A byte order mark at its start is passed over.
  explicit JsonReader(std::string_view text, const JsonLimits& limits = {});
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  /// A second reader over a value that `outer` has consumed, for trying it as another type: `raw` is what text()
  /// answered. Meanwhile and afterwards `outer` can be used as before.
  static JsonReader again(const JsonReader& outer, std::string_view raw);

  /// Of the value at hand, by its first byte; doesn't consume it.
  JsonKind kind();
  void read_null();
  bool read_bool();
  JsonNumber read_number();
  /// Unescaped UTF-8, which may contain NUL bytes; valid as long as the reader.
  std::string_view read_string();

  void enter_array();
  /// True: an item is at hand. False: the array has ended, and is consumed. An item left unread is skipped.
  bool next_item();
  void enter_object();
  /// True: the value of the member `key` is at hand; `key` is valid as long as the reader. False: the object has ended,
  /// and is consumed. A value left unread is skipped.
  bool next_member(std::string_view& key);

  /// Consumes any value, and checks it as strictly as if it were read.
  void skip();
  /// Nothing may follow the root value. Skips it when it is still unread.
  void finish();

  /// The byte of the text at which the value at hand begins; without one, at which the text goes on.
  std::size_t offset();
  /// From byte `begin` to the end of what was consumed last, without white space after it: with the offset() at which a
  /// value began, its raw JSON. Ask before the next item or member. Valid as long as the reader.
  std::string_view text(std::size_t begin);

 private:
  struct State;
  struct ReturnToThread {
    void operator()(State* state) const noexcept;
  };

  std::unique_ptr<State, ReturnToThread> state_;
};

}  // namespace coroute
