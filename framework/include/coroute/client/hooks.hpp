// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a client tells about its requests: for metrics, logs and traces.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "coroute/http/status.hpp"

namespace coroute {

/// One attempt, as far as it has come. Stands during the call it is given to.
struct ClientTrace {
  enum class Next : unsigned char { Nothing, Retry, Redirect };

  std::string_view method{};
  std::string_view url{};     ///< Without query and user info, at most 200 bytes.
  std::size_t attempt = 1;    ///< Of those to this URL.
  std::size_t redirects = 0;  ///< Followed before.
  bool is_connection_reused = false;
  std::uint64_t bytes_sent = 0;      ///< Head and body on the wire, without TLS; with a transport the body alone.
  std::uint64_t bytes_received = 0;  ///< The same: still compressed.
  std::optional<Status> status{};    ///< Of the answer.
  std::string_view error{};          ///< Its type, such as "ReadTimeout" or "Cancelled", or "Dropped" for a stream
                                     ///< that was not read to its end; empty: none.
  Next next = Next::Nothing;         ///< At the end: what follows on it.

  // What it took so far.
  std::chrono::nanoseconds queue{0};  ///< Waiting for a connection.
  std::chrono::nanoseconds dns{0};
  std::chrono::nanoseconds connect{0};  ///< With a proxy's tunnel.
  std::chrono::nanoseconds tls{0};
  std::chrono::nanoseconds send{0};
  std::chrono::nanoseconds head{0};  ///< From the sent request to the head of the answer.
  std::chrono::nanoseconds body{0};
  std::chrono::nanoseconds total{0};
};

/// `ClientOptions::hooks`. Called on the thread of the loop that sends, on all of them at once; it must not wait. What
/// a hook throws is dropped. Every attempt that starts also ends, with `next` saying whether it was the last one.
///
///     class CountErrors final : public ClientHooks {
///       void on_request_end(const ClientTrace& trace) override {
///         if (!trace.error.empty()) errors.increment(trace.error);
///       }
///     };
class ClientHooks {
 public:
  ClientHooks() = default;
  ClientHooks(const ClientHooks&) = delete;
  ClientHooks& operator=(const ClientHooks&) = delete;
  virtual ~ClientHooks() = default;

  virtual void on_request_start(const ClientTrace&) {}
  /// There is a connection, made or reused; not with a transport. Again when a reused one turns out to be closed.
  virtual void on_connection(const ClientTrace&) {}
  virtual void on_response_head(const ClientTrace&) {}
  /// The answer is complete, or there is none. Of a stream: it was read to its end or dropped.
  virtual void on_request_end(const ClientTrace&) {}
};

}  // namespace coroute
