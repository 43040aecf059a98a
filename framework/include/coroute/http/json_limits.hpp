// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How much JSON from outside is accepted, and the error that says a text is no JSON.
#include <cstddef>
#include <stdexcept>
#include <string>

namespace coroute {

struct JsonLimits {
  /// Arrays and objects inside each other.
  std::size_t max_depth = 32;
};

/// What is wrong with a JSON text, and where.
class JsonParseError : public std::runtime_error {
 public:
  enum class Kind : unsigned char {
    Syntax,
    Encoding  ///< Somewhere in the text there is invalid UTF-8, whatever else is wrong with it.
  };

  JsonParseError(const std::string& what, std::size_t offset, Kind kind = Kind::Syntax)
      : std::runtime_error(what), offset_(offset), kind_(kind) {}
  /// In bytes from the start of the text.
  std::size_t offset() const noexcept { return offset_; }
  Kind kind() const noexcept { return kind_; }

 private:
  std::size_t offset_;
  Kind kind_;
};

}  // namespace coroute
