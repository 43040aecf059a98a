// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `StreamReader`: the bytes that arrive on a connection or a pipe, and the ways to cut them into pieces.
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"

namespace coroute {

namespace detail {
class ReadBuffer;
class StreamTransport;

/// Closes the transport when it dies.
class TransportOwner {
 public:
  TransportOwner() noexcept = default;
  explicit TransportOwner(std::shared_ptr<StreamTransport> transport) noexcept : transport_(std::move(transport)) {}
  TransportOwner(TransportOwner&&) noexcept = default;
  TransportOwner& operator=(TransportOwner&& other) noexcept {
    std::swap(transport_, other.transport_);
    return *this;
  }
  ~TransportOwner();

  const std::shared_ptr<StreamTransport>& get() const noexcept { return transport_; }

 private:
  std::shared_ptr<StreamTransport> transport_;
};
}  // namespace detail

/// The stream ended before all that was asked for had come: asyncio's IncompleteReadError.
class IncompleteReadError : public std::runtime_error {
 public:
  IncompleteReadError(std::string partial, std::optional<std::size_t> expected);

  /// What came before the end; it is no longer in the stream.
  const std::string& partial() const noexcept { return partial_; }
  /// Nothing when a separator was looked for.
  std::optional<std::size_t> expected() const noexcept { return expected_; }

 private:
  std::string partial_;
  std::optional<std::size_t> expected_;
};

/// The limit of the stream was reached before a separator: asyncio's LimitOverrunError. The data is still in the
/// stream.
class LimitOverrunError : public std::runtime_error {
 public:
  LimitOverrunError(const std::string& what, std::size_t consumed) : std::runtime_error(what), consumed_(consumed) {}

  /// How many bytes can be read without meeting the separator.
  std::size_t consumed() const noexcept { return consumed_; }

 private:
  std::size_t consumed_;
};

/// asyncio's StreamReader. Movable, also while a read waits. Loop thread only; one task at a time may wait: another
/// that would have to gets RuntimeError. A read that is cancelled takes nothing out of the stream. An error of the
/// connection is thrown by every read from then on, std::system_error.
///
/// Reading goes on in the background until twice `limit` bytes wait to be fetched; the peer then has to wait.
class StreamReader {
 public:
  static constexpr std::size_t default_limit = 65'536;

  /// Of a stream that `feed_data` and `feed_eof` fill. `limit`: see `readuntil`; std::invalid_argument when it is 0.
  explicit StreamReader(std::size_t limit = default_limit);
  /// For the library.
  explicit StreamReader(std::shared_ptr<detail::ReadBuffer> buffer, detail::TransportOwner owner = {}) noexcept
      : buffer_(std::move(buffer)), owner_(std::move(owner)) {}

  /// All there is until the end of the stream, whatever the limit; when cancelled, what came stays in the stream.
  Async<std::string> read();
  /// What is there, at least one byte and at most `count`; empty at the end of the stream, or when `count` is 0.
  Async<std::string> read(std::size_t count);
  /// Exactly `count` bytes, whatever the limit. IncompleteReadError when the stream ends before.
  Async<std::string> readexactly(std::size_t count);
  /// Up to and including "\n"; less at the end of the stream, empty after it. A line longer than the limit is dropped
  /// (if its end has not come, then what has come of it) and std::invalid_argument thrown.
  Async<std::string> readline();
  /// The same with nullopt at the end: `while (auto line = co_await reader.next_line())`.
  Async<std::optional<std::string>> next_line();
  /// Up to and including `separator`, at most `limit` bytes without it: LimitOverrunError. IncompleteReadError when the
  /// stream ends before. std::invalid_argument when the separator is empty.
  Async<std::string> readuntil(std::string_view separator = "\n");
  /// Of several, the one that ends first: `readuntil("\r\n", "\n")`.
  template <std::convertible_to<std::string_view>... More>
    requires(sizeof...(More) > 0)
  Async<std::string> readuntil(std::string_view separator, const More&... more);
  Async<std::string> readuntil(std::vector<std::string> separators);

  /// True when all was read and no more will come.
  bool at_eof() const noexcept;
  /// The error set or met, or null.
  std::exception_ptr exception() const noexcept;
  /// What has arrived and was not read; valid until the next read or `co_await`.
  std::string_view buffered() const noexcept;
  std::size_t limit() const noexcept;

  /// RuntimeError after `feed_eof`.
  void feed_data(std::string_view bytes);
  void feed_eof() noexcept;
  /// Thrown by the read in progress and all later ones.
  void set_exception(std::exception_ptr error) noexcept;

 private:
  std::shared_ptr<detail::ReadBuffer> buffer_;
  detail::TransportOwner owner_;  // of a stream that nobody writes to
};

// Implementation

template <std::convertible_to<std::string_view>... More>
  requires(sizeof...(More) > 0)
Async<std::string> StreamReader::readuntil(std::string_view separator, const More&... more) {
  std::vector<std::string> separators{std::string(separator), std::string(std::string_view(more))...};
  return readuntil(std::move(separators));
}

}  // namespace coroute
