// SPDX-License-Identifier: BSL-1.0
#pragma once
/// UTF-8 (RFC 3629) checked as it comes, in pieces cut anywhere: what is wrong is seen at its first byte.
#include <string_view>

namespace coroute::detail {

class Utf8Validator {
 public:
  /// False: the text can't be valid any more, whatever follows. Not to be called again then.
  bool feed(std::string_view bytes) noexcept;
  /// What came so far ends between two characters.
  bool is_complete() const noexcept { return missing_ == 0; }
  void reset() noexcept { missing_ = 0; }

 private:
  bool feed_byte(unsigned char byte) noexcept;

  unsigned char missing_ = 0;  // bytes of the character that has begun
  unsigned char min_ = 0x80;   // of the next of them
  unsigned char max_ = 0xBF;
};

}  // namespace coroute::detail
