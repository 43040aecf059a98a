// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/stream_server.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <unordered_set>

#include "address_lookup.hpp"
#include "coroute/asyncio/detail/loop_wait_list.hpp"
#include "coroute/asyncio/task.hpp"
#include "listening_socket.hpp"
#include "stream_connection.hpp"
#include "stream_transport.hpp"

namespace coroute {
namespace detail {
namespace {

constexpr std::chrono::seconds pause_without_descriptors{1};
constexpr int accepts_per_turn = 100;

}  // namespace

/// Shared by the StreamServer, the tasks of its clients and their connections.
class StreamServerState final : public std::enable_shared_from_this<StreamServerState>, public LoopResource {
 public:
  StreamServerState(EventLoop& loop, ClientCallback callback, StreamServerOptions options)
      : loop_(&loop), callback_(std::move(callback)), options_(options) {
    join_loop(loop);
  }

  void add(std::unique_ptr<ListeningSocket> socket) { sockets_.push_back(std::move(socket)); }
  const std::vector<std::unique_ptr<ListeningSocket>>& sockets() const noexcept { return sockets_; }
  std::size_t connections() const noexcept { return connections_.size(); }
  bool is_serving() const noexcept { return serving_; }

  void start_serving() {
    if (closed_) throw RuntimeError("server is closed");
    if (serving_) return;
    for (const auto& socket : sockets_)
      socket->listen(*loop_, options_.backlog(), &on_ready, this);
    serving_ = true;
  }

  void close() noexcept {
    if (closed_) return;
    closed_ = true;
    serving_ = false;
    sockets_.clear();
    changed_.wake_all();
  }

  void close_clients() noexcept {
    for (StreamTransport* connection : connections_)
      connection->close();
  }
  void abort_clients() noexcept {
    for (StreamTransport* connection : connections_)
      connection->abort();
  }

  static Async<void> wait_closed(std::shared_ptr<StreamServerState> self) {
    while (!self->closed_ || !self->connections_.empty() || self->running_ > 0)
      co_await self->changed_.wait("StreamServer.wait_closed");
  }
  static Async<void> serve_forever(std::shared_ptr<StreamServerState> self);

 private:
  static void on_ready(void* self) noexcept { static_cast<StreamServerState*>(self)->accept_all(); }

  void accept_all() noexcept {
    try {
      for (const auto& socket : sockets_)
        accept_from(*socket);
    } catch (...) {
      call_exception_handler({"exception while a connection was accepted", std::current_exception(), {}});
    }
  }

  void accept_from(ListeningSocket& listener) {
    for (int accepted = 0; accepted < accepts_per_turn; ++accepted) {
      const int socket = listener.accept();
      switch (socket) {
        case -EAGAIN:
          return;
        case -EMFILE:
        case -ENFILE:
        case -ENOBUFS:
        case -ENOMEM:
          report_shortage(-socket);
          return try_again_in(pause_without_descriptors);
        default:
          if (socket >= 0) welcome(socket);  // else that client has gone already; look for the next
      }
    }
    try_again_in(Clock::duration::zero());
  }

  void report_shortage(int error) {
    const std::system_error failure(error, std::system_category(), "accept");
    call_exception_handler(
        {"out of system resources, no client is accepted for a while", std::make_exception_ptr(failure), {}});
  }

  void try_again_in(Clock::duration delay) {
    loop_->call_later(delay, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->accept_all();
    });
  }

  void welcome(int socket) {
    const auto transport = StreamTransport::create(std::make_unique<IoHandle>(*loop_, socket),
                                                   StreamTransport::Kind::Socket, options_.limit());
    connections_.insert(transport.get());
    transport->on_closed([self = shared_from_this(), connection = transport.get()] {
      self->connections_.erase(connection);
      self->changed_.wake_all();
    });
    start_task(*loop_, serve_client(shared_from_this(), make_connection(transport)),
               "client " + transport->peer_address().to_string(), nullptr);
  }

  static Async<void> serve_client(std::shared_ptr<StreamServerState> self, StreamConnection connection);

  EventLoop* loop_;
  ClientCallback callback_;
  StreamServerOptions options_;
  std::vector<std::unique_ptr<ListeningSocket>> sockets_;
  std::unordered_set<StreamTransport*> connections_;
  std::size_t running_ = 0;  // tasks of clients
  LoopWaitList changed_;
  bool serving_ = false;
  bool serving_forever_ = false;
  bool closed_ = false;

  void on_loop_end() noexcept override {
    closed_ = true;
    serving_ = false;
    sockets_.clear();
  }
};

Async<void> StreamServerState::serve_client(std::shared_ptr<StreamServerState> self, StreamConnection connection) {
  struct Count {
    explicit Count(StreamServerState& state) noexcept : state(state) { ++state.running_; }
    ~Count() {
      --state.running_;
      state.changed_.wake_all();
    }
    StreamServerState& state;
  };
  const Count counted(*self);
  std::exception_ptr error;
  try {
    co_await self->callback_(std::move(connection.reader), std::move(connection.writer));
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    error = std::current_exception();
  }
  if (error) call_exception_handler({"unhandled exception in a client's handler", error, exception_stack(error)});
}

Async<void> StreamServerState::serve_forever(std::shared_ptr<StreamServerState> self) {
  if (self->serving_forever_) throw RuntimeError("server is already being awaited on serve_forever()");
  self->start_serving();
  self->serving_forever_ = true;
  std::exception_ptr cancelled;
  try {
    while (!self->closed_)
      co_await self->changed_.wait("StreamServer.serve_forever");
  } catch (const Cancelled&) {
    cancelled = std::current_exception();
  }
  self->close();
  self->serving_forever_ = false;
  co_await wait_closed(self);
  if (cancelled) std::rethrow_exception(cancelled);
}

Async<StreamServer> start_tcp_server(ClientCallback callback, std::string host, std::uint16_t port,
                                     StreamServerOptions options) {
  const std::vector<StreamAddress> addresses = co_await look_up(host, port, LookupFor::Listening);
  const auto state = std::make_shared<StreamServerState>(EventLoop::current(), std::move(callback), options);
  for (const StreamAddress& address : addresses) {
    std::unique_ptr<ListeningSocket> socket = ListeningSocket::bind(address, options);
    if (socket) state->add(std::move(socket));
  }
  if (state->sockets().empty()) {
    throw std::system_error(EADDRNOTAVAIL, std::system_category(), "cannot bind to any address of '" + host + "'");
  }
  if (options.start_serving()) state->start_serving();
  co_return StreamServer(state);
}

Async<StreamServer> start_unix_server(ClientCallback callback, std::string path, StreamServerOptions options) {
  const StreamAddress address = StreamAddress::from_unix_path(path);
  const auto state = std::make_shared<StreamServerState>(EventLoop::current(), std::move(callback), options);
  std::unique_ptr<ListeningSocket> socket = ListeningSocket::bind(address, options);
  if (!socket) throw std::system_error(EAFNOSUPPORT, std::system_category(), "cannot bind to " + path);
  state->add(std::move(socket));
  if (options.start_serving()) state->start_serving();
  co_return StreamServer(state);
}

}  // namespace detail

StreamServerOptions& StreamServerOptions::limit(std::size_t bytes) {
  if (bytes == 0) throw std::invalid_argument("the limit of a stream must not be 0");
  limit_ = bytes;
  return *this;
}
StreamServerOptions& StreamServerOptions::backlog(int connections) noexcept {
  backlog_ = connections;
  return *this;
}
StreamServerOptions& StreamServerOptions::reuse_port(bool on) noexcept {
  reuse_port_ = on;
  return *this;
}
StreamServerOptions& StreamServerOptions::start_serving(bool on) noexcept {
  start_serving_ = on;
  return *this;
}
StreamServerOptions& StreamServerOptions::cleanup_socket(bool on) noexcept {
  cleanup_socket_ = on;
  return *this;
}

StreamServer::~StreamServer() {
  if (state_) state_->close();
}
std::uint16_t StreamServer::port() const noexcept {
  return state_->sockets().empty() ? std::uint16_t{0} : state_->sockets().front()->address().port();
}
std::vector<std::string> StreamServer::addresses() const {
  std::vector<std::string> result;
  for (const auto& socket : state_->sockets())
    result.push_back(socket->address().to_string());
  return result;
}
std::vector<int> StreamServer::sockets() const {
  std::vector<int> result;
  for (const auto& socket : state_->sockets())
    result.push_back(socket->descriptor());
  return result;
}
bool StreamServer::is_serving() const noexcept {
  return state_->is_serving();
}
void StreamServer::start_serving() {
  state_->start_serving();
}
Async<void> StreamServer::serve_forever() {
  return detail::StreamServerState::serve_forever(state_);
}
void StreamServer::close() noexcept {
  state_->close();
}
Async<void> StreamServer::wait_closed() {
  return detail::StreamServerState::wait_closed(state_);
}
void StreamServer::close_clients() noexcept {
  state_->close_clients();
}
void StreamServer::abort_clients() noexcept {
  state_->abort_clients();
}
std::size_t StreamServer::connections() const noexcept {
  return state_->connections();
}

}  // namespace coroute
