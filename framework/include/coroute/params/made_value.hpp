// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a dependency made, behind one interface for all types.
#include <exception>

#include "coroute/asyncio/async.hpp"

namespace coroute::detail {

struct MadeValue {
  MadeValue() = default;
  MadeValue(const MadeValue&) = delete;
  MadeValue& operator=(const MadeValue&) = delete;
  virtual ~MadeValue() = default;
  virtual const void* value() const noexcept = 0;
  /// Lets a generator go on: with the error, if any. Gives the error that comes out.
  virtual Async<std::exception_ptr> finish(std::exception_ptr error);

  bool has_teardown = false;
};

}  // namespace coroute::detail
