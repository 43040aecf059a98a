// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Limits and time-outs of the server. Every one has a name, a default and an answer when it is passed.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "coroute/asyncio/function.hpp"
#include "coroute/http/access_record.hpp"
#include "coroute/tls/options.hpp"

namespace coroute {

struct ServerLimits {
  std::size_t max_request_line_bytes = 8 * 1024;       ///< Above: 414.
  std::size_t max_header_bytes = 16 * 1024;            ///< All fields together, with line ends. Above: 431.
  std::size_t max_header_count = 100;                  ///< Above: 431.
  std::size_t max_chunk_extension_bytes = 256;         ///< Of one chunk. Above: 400.
  std::size_t max_chunk_extension_total_bytes = 4096;  ///< Of one body. Above: 400.
  std::size_t max_trailer_bytes = 8 * 1024;            ///< Above: 431.
  std::size_t max_trailer_count = 32;                  ///< Above: 431.
  std::uint64_t max_body_bytes = 1024 * 1024;          ///< Above: 413, before the body is read; a route may differ.
  std::uint64_t max_drained_bytes = 64 * 1024;         ///< Body left unread by a handler: more than this closes.
  std::size_t max_requests_per_connection = 10'000;    ///< The last answer closes.
  std::size_t max_handshakes = 1'000;                  ///< Of TLS, in progress at once. Above: closed.
  std::size_t max_handshake_bytes = 64 * 1024;         ///< Of TLS, that a client sends. Above: closed.
  std::size_t max_proxy_header_bytes = 4 * 1024;       ///< Of the PROXY protocol. Above: closed.
  std::size_t max_connections = 10'000;                ///< And at most 80 % of RLIMIT_NOFILE. Above: 503 and close.
};

struct ServerTimeouts {
  std::chrono::milliseconds handshake{10'000};  ///< For all before HTTP: PROXY header, TLS handshake. Then closed.
  std::chrono::milliseconds head{10'000};       ///< For the whole request head from its first byte. Then 408.
  std::chrono::milliseconds body{60'000};       ///< For the whole body while it is read, unless the route differs; 408.
  std::chrono::milliseconds slow_body{10'000};  ///< From then on a body must have come at `min_body_rate` at least.
  std::uint64_t min_body_rate = 1024;           ///< Bytes per second. Slower: 408.
  std::chrono::milliseconds keep_alive{30'000};    ///< Idle between requests. Then closed.
  std::chrono::milliseconds write{30'000};         ///< Without the client taking a byte of an answer. Then closed.
  std::chrono::milliseconds handler{0};            ///< Of its work, not its waits for the body; 0: no limit. Then 504.
  std::chrono::milliseconds disconnect_watch{20};  ///< Handlers that run longer are cancelled when their client leaves.
  std::chrono::milliseconds drain{30'000};  ///< After SIGTERM: until handlers are cancelled, slow clients closed.
  std::chrono::milliseconds drain_idle{
      250};  ///< After SIGTERM: for a request already on its way to an idle connection.
  std::chrono::milliseconds startup{60'000};   ///< For what an application runs before serving; 0: no limit.
  std::chrono::milliseconds shutdown{10'000};  ///< For what it runs after serving, then cancelled; 0: no limit.
};

/// Where a trusted proxy says for whom it asks. Only one of them is believed, since a proxy passes on what clients put
/// into the other.
enum class ProxyHeaders : unsigned char {
  None,
  XForwarded,  ///< X-Forwarded-For, X-Forwarded-Proto and, if wanted, X-Forwarded-Host.
  Forwarded,   ///< RFC 7239.
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0: any free one, see `Server::port`.
  /// The path of a unix socket to listen on instead. One that a dead server has left is replaced; removed at the end.
  std::string unix_socket = {};
  unsigned unix_socket_permissions = 0666;
  /// Listening sockets of a parent process to serve instead; they are taken over.
  std::vector<int> inherited_sockets = {};
  std::size_t loops = 0;  ///< Event loops, each on a thread of its own; 0: one for each available processor.
  int backlog = 2048;
  /// Peers that say the truth about their clients: addresses, networks as "10.0.0.0/8", "unix" for unix sockets, "*"
  /// for everyone. std::invalid_argument for anything else when the server is made.
  std::vector<std::string> trusted_proxies = {};
  ProxyHeaders proxy_headers = ProxyHeaders::XForwarded;
  bool forwarded_host = false;  ///< Believe these headers about `Request::host` too: only if the proxy always sets it.
  bool proxy_protocol = false;  ///< Trusted peers begin each connection with a header of the PROXY protocol, 1 or 2.
  ServerLimits limits = {};
  ServerTimeouts timeouts = {};
  std::optional<TlsServerOptions> tls = {};  ///< Empty: plain HTTP. Read when the server is made.
  std::string server_name = "coroute";       ///< The `server` header; empty: none.
  bool allow_trace = false;                  ///< TRACE is refused with 405 unless set.

  /// Called on the connection's loop; must not block. Empty: no access log and no clock read for it.
  Function<void(const AccessRecord&)> on_access = nullptr;
  Function<void(const HandlerError&)> on_handler_error = nullptr;
  /// Called by `Server::run` when SIGHUP had it read the certificates again; null: they are in use, else why not.
  Function<void(const std::exception_ptr&)> on_reload = nullptr;
};

}  // namespace coroute
