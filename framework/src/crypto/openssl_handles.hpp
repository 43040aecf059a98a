// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What OpenSSL's functions take and give, owned.
#include <openssl/err.h>

#include <memory>
#include <string>
#include <string_view>

namespace coroute::detail {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};
template <class T, auto release>
using Handle = std::unique_ptr<T, Release<release>>;

/// Leaves no error behind in the thread's queue, where TLS would take it for its own.
struct ErrorQueue {
  ErrorQueue() = default;
  ~ErrorQueue() { ERR_clear_error(); }
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;
};

inline unsigned char* as_bytes(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}
inline const unsigned char* as_bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace coroute::detail
