// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What turns the bytes of a form body into a FormData: one kind for each content type.
#include <string_view>

#include "http/spooled_file.hpp"

namespace coroute::detail {

/// Takes a body in pieces of any size. Both throw HttpException for what is broken or over a limit; nothing may be
/// called after that.
class FormParser {
 public:
  virtual ~FormParser() = default;
  virtual void feed(std::string_view piece) = 0;
  /// At the end of the body, once.
  virtual void finish() = 0;

  /// Files that want to be written; whoever does it, before it feeds more, takes them off the list.
  SpooledFiles& unwritten() noexcept { return unwritten_; }

 private:
  SpooledFiles unwritten_;
};

}  // namespace coroute::detail
