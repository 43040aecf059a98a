// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `StreamWriter`: the bytes that leave on a connection or a pipe.
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/stream_reader.hpp"

namespace coroute {

/// asyncio's StreamWriter. Movable, closed by its destructor as by `close`. Loop thread only.
///
///     writer.write(request);
///     co_await writer.drain();
///
/// A connection that breaks is closed; the error, std::system_error, is thrown by `drain` and `wait_closed`.
class StreamWriter {
 public:
  /// For the library.
  explicit StreamWriter(detail::TransportOwner transport) noexcept : transport_(std::move(transport)) {}

  /// Sends what the kernel takes at once and keeps the rest, which goes out in the background; never waits. Dropped
  /// when the connection is closing, of which `drain` tells. RuntimeError after `write_eof`.
  void write(std::string_view bytes);
  template <std::ranges::input_range Lines>
    requires std::convertible_to<std::ranges::range_reference_t<Lines>, std::string_view>
  void writelines(Lines&& lines);

  /// Waits while so much is kept that the writer should pause: from more than the high-water mark down to the low one.
  /// Any number of tasks may wait. Throws the error of the connection, or ECONNRESET when it was closed.
  Async<void> drain();
  /// Says "end of file" to the peer once all is out; reading goes on. On a pipe the same as `close`.
  void write_eof();
  bool can_write_eof() const noexcept { return true; }

  /// Ends reading at once, and the connection once all that was written is out. What the peer sends later it learns was
  /// refused.
  void close() noexcept;
  /// Ends the connection without waiting for that.
  void abort() noexcept;
  bool is_closing() const noexcept;
  /// Waits until the descriptor is closed; throws the error that broke the connection.
  Async<void> wait_closed();

  /// 65'536 and a quarter of it unless set. The other one is derived when only one is given, std::invalid_argument when
  /// `low` is the greater one.
  void set_write_buffer_limits(std::optional<std::size_t> high = std::nullopt,
                               std::optional<std::size_t> low = std::nullopt);
  /// Bytes written that the kernel has not taken.
  std::size_t write_buffer_size() const noexcept;

  /// "127.0.0.1:80", "[::1]:80", the path of a Unix socket; empty when it has no name. Kept after closing.
  std::string local_address() const;
  std::string peer_address() const;
  /// For socket options; -1 when closed.
  int descriptor() const noexcept;

 private:
  detail::TransportOwner transport_;
};

// Implementation

template <std::ranges::input_range Lines>
  requires std::convertible_to<std::ranges::range_reference_t<Lines>, std::string_view>
void StreamWriter::writelines(Lines&& lines) {
  std::string joined;
  for (const std::string_view line : lines)
    joined.append(line);
  write(joined);
}

}  // namespace coroute
