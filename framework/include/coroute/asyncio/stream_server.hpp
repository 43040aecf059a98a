// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `start_server`: calls a coroutine for each client that connects, with a StreamReader and a StreamWriter.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/function.hpp"
#include "coroute/asyncio/streams.hpp"

namespace coroute {

namespace detail {
class StreamServerState;
using ClientCallback = Function<Async<void>(StreamReader, StreamWriter)>;
}  // namespace detail

/// What `start_server` takes: called as `callback(StreamReader, StreamWriter)`; gives an Async<void>, or nothing.
template <class F>
concept ClientHandler = std::invocable<F&, StreamReader, StreamWriter> &&
                        (std::is_void_v<std::invoke_result_t<F&, StreamReader, StreamWriter>> ||
                         std::same_as<std::invoke_result_t<F&, StreamReader, StreamWriter>, Async<void>>);

class StreamServerOptions {
 public:
  /// Of the clients' readers; std::invalid_argument when 0.
  StreamServerOptions& limit(std::size_t bytes);
  /// Connections that may wait to be accepted.
  StreamServerOptions& backlog(int connections) noexcept;
  /// Lets several processes or loops listen on one port.
  StreamServerOptions& reuse_port(bool on = true) noexcept;
  /// False: clients can't connect before `start_serving` or `serve_forever`.
  StreamServerOptions& start_serving(bool on) noexcept;
  /// Of `start_unix_server`: removes the socket from the file system when closed, unless somebody has put another one
  /// there. On unless set.
  StreamServerOptions& cleanup_socket(bool on) noexcept;

  std::size_t limit() const noexcept { return limit_; }
  int backlog() const noexcept { return backlog_; }
  bool reuse_port() const noexcept { return reuse_port_; }
  bool start_serving() const noexcept { return start_serving_; }
  bool cleanup_socket() const noexcept { return cleanup_socket_; }

 private:
  std::size_t limit_ = StreamReader::default_limit;
  int backlog_ = 100;
  bool reuse_port_ = false;
  bool start_serving_ = true;
  bool cleanup_socket_ = true;
};

/// asyncio's Server. Movable, closed by its destructor as by `close`; clients and their tasks go on. Loop thread only.
class StreamServer {
 public:
  /// For the library.
  explicit StreamServer(std::shared_ptr<detail::StreamServerState> state) noexcept : state_(std::move(state)) {}
  StreamServer(StreamServer&&) noexcept = default;
  StreamServer& operator=(StreamServer&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~StreamServer();

  /// Of the first address listened on, also when the kernel chose it; 0 when closed, and of a Unix server.
  std::uint16_t port() const noexcept;
  /// What is listened on, "127.0.0.1:8000"; nothing when closed.
  std::vector<std::string> addresses() const;
  /// The descriptors, for socket options; nothing when closed.
  std::vector<int> sockets() const;
  bool is_serving() const noexcept;

  /// Lets clients connect; once is enough. RuntimeError when closed.
  void start_serving();
  /// Serves until the server is closed, by another task or because this one is cancelled; then waits as `wait_closed`.
  /// (asyncio's raises CancelledError in the first case too.) RuntimeError when closed, or when another task is at it.
  Async<void> serve_forever();

  /// Accepts nobody any more. Clients are not touched.
  void close() noexcept;
  /// Waits until the server is closed, the last connection is too, and the last client's task has ended.
  Async<void> wait_closed();
  /// Closes all connections, as StreamWriter::close does.
  void close_clients() noexcept;
  /// The same without sending what was written.
  void abort_clients() noexcept;
  /// Connections accepted and not closed yet.
  std::size_t connections() const noexcept;

 private:
  std::shared_ptr<detail::StreamServerState> state_;
};

namespace detail {
Async<StreamServer> start_tcp_server(ClientCallback callback, std::string host, std::uint16_t port,
                                     StreamServerOptions options);
Async<StreamServer> start_unix_server(ClientCallback callback, std::string path, StreamServerOptions options);

template <ClientHandler F>
ClientCallback as_client_callback(F handler) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&, StreamReader, StreamWriter>>) {
    return [handler = std::move(handler)](StreamReader reader, StreamWriter writer) mutable {
      handler(std::move(reader), std::move(writer));
      return Async<void>::ready();
    };
  } else {
    return handler;
  }
}
}  // namespace detail

/// Listens on all addresses of `host`, on all interfaces when it is empty; port 0: the kernel chooses. Each client gets
/// a task that runs `handler`, which is kept as long as a client is served; its connection is closed when the writer is
/// destroyed. What it throws goes to the exception handler, but for a cancellation.
template <ClientHandler F>
Async<StreamServer> start_server(F handler, std::string host, std::uint16_t port, StreamServerOptions options = {}) {
  return detail::start_tcp_server(detail::as_client_callback(std::move(handler)), std::move(host), port, options);
}

/// The same on a path, from which a socket that nobody listens on is removed first, or on an abstract name.
template <ClientHandler F>
Async<StreamServer> start_unix_server(F handler, std::string path, StreamServerOptions options = {}) {
  return detail::start_unix_server(detail::as_client_callback(std::move(handler)), std::move(path), options);
}

}  // namespace coroute
