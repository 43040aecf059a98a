// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `open_connection` and its kin: TCP and Unix connections as a StreamReader and a StreamWriter. `start_server` is in
/// stream_server.hpp.
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/stream_reader.hpp"
#include "coroute/asyncio/stream_writer.hpp"

namespace coroute {

/// The two ends of a connection.
///
///     StreamConnection connection = co_await open_connection("localhost", 8000);
///     auto& [reader, writer] = connection;
///
/// Bind names to a variable as here, not to the `co_await` itself: some compilers (GCC bug 124584) don't destroy what
/// is bound directly when the coroutine is destroyed while it waits.
struct StreamConnection {
  StreamConnection(StreamReader r, StreamWriter w) noexcept : reader(std::move(r)), writer(std::move(w)) {}

  StreamReader reader;
  StreamWriter writer;
};

class StreamOptions {
 public:
  /// Bytes that a line may have, and half of what is received in advance; std::invalid_argument when 0.
  StreamOptions& limit(std::size_t bytes);
  std::size_t limit() const noexcept { return limit_; }

 private:
  std::size_t limit_ = StreamReader::default_limit;
};

/// Resolves `host` on another thread unless it is an address, then tries its addresses one after the other.
/// std::system_error: of `getaddrinfo_category` when it has none, of the first attempt when none could be reached.
Async<StreamConnection> open_connection(std::string host, std::uint16_t port, StreamOptions options = {});

/// A path in the file system, or an abstract name if it begins with NUL.
Async<StreamConnection> open_unix_connection(std::string path, StreamOptions options = {});

/// Of the errors of getaddrinfo, EAI_NONAME and so on: Python's socket.gaierror.
const std::error_category& getaddrinfo_category() noexcept;

}  // namespace coroute
