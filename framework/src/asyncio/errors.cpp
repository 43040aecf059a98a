// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/errors.hpp"

namespace coroute {

const char* to_string(CancelReason reason) noexcept {
  switch (reason) {
    case CancelReason::User:
      return "user";
    case CancelReason::Deadline:
      return "deadline";
    case CancelReason::Disconnect:
      return "disconnect";
    case CancelReason::Overload:
      return "overload";
    case CancelReason::Shutdown:
      return "shutdown";
  }
  return "unknown";
}

const char* Cancelled::what() const noexcept {
  switch (reason_) {
    case CancelReason::User:
      return "cancelled";
    case CancelReason::Deadline:
      return "cancelled: deadline passed";
    case CancelReason::Disconnect:
      return "cancelled: client left";
    case CancelReason::Overload:
      return "cancelled: overload";
    case CancelReason::Shutdown:
      return "cancelled: shutdown";
  }
  return "cancelled";
}

}  // namespace coroute
