// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Runs a Handler as a service: options from the command line, logs, graceful end.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/app/command_line.hpp"
#include "coroute/http/service.hpp"
#include "coroute/observe/logging.hpp"
#include "coroute/server/options.hpp"
#include "coroute/tls/options.hpp"

namespace coroute {

struct ServeOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;     ///< 0: any free one; the log says which.
  std::string unix_socket = {};  ///< The path of a unix socket to listen on instead.
  unsigned unix_socket_permissions = 0666;
  int inherited_socket = -1;  ///< The descriptor of a listening socket to serve instead; else those of systemd, if any.
  std::size_t loops = 0;      ///< 0: one for each available processor.
  bool access_log = true;
  LogOptions log = {};
  /// A loop that is held up for so long by one step is reported in the log, with the stack; 0: loops are not watched.
  std::chrono::milliseconds blocked_loop_limit{200};
  /// Without a certificate: plain HTTP.
  TlsServerOptions tls = {};
  /// See ServerOptions for these.
  std::vector<std::string> trusted_proxies = {"127.0.0.1"};
  ProxyHeaders proxy_headers = ProxyHeaders::XForwarded;
  bool forwarded_host = false;
  bool proxy_protocol = false;
  ServerLimits limits = {};
  ServerTimeouts timeouts = {};
  bool healthcheck = false;    ///< Ask a service that runs at `host` and `port` instead of serving.
  bool print_openapi = false;  ///< Write the application's OpenAPI document to stdout instead of serving.
  bool print_routes = false;   ///< Write its routes.

  /// Whether none of these asks for something else. A program that opens ports or connections of its own, for its
  /// handlers, does so only then.
  bool serves() const noexcept { return !healthcheck && !print_openapi && !print_routes; }
  bool serves_tls() const noexcept { return !tls.identity.certificate_file.empty(); }
};

/// Makes every field an option: `--host --port --loops --access-log --log-level --log-format --log-file
/// --blocked-loop-limit --healthcheck --openapi --routes`, sockets, TLS, proxies, limits and time-outs. `options` must
/// outlive `command_line`.
void add_serve_options(CommandLine& command_line, ServeOptions& options);

/// Reads them, and the service's own. For `--help`, `--print-env` and what is wrong it prints and exits the process,
/// with 2 for what is wrong.
ServeOptions parse_serve_options(int argc, char** argv,
                                 const std::function<void(CommandLine&)>& add_service_options = {});

/// Serves until SIGTERM or SIGINT, drains and returns the exit code of the process: 1 when it can't serve, for instance
/// because the port is taken; stderr says why. With `healthcheck` 0 or 1. A handler has nothing to print: 2. Call it on
/// the main thread before any other thread is started; configures the log of the process, to which warnings and errors
/// that nobody catches go too. Meanwhile SIGUSR1 has the tasks of all loops written to stderr, unless the program has a
/// use for that signal.
int serve(Handler handler, const ServeOptions& options);
int serve(Service service, const ServeOptions& options);

/// The same for an application, which is empty afterwards. With `print_openapi` or `print_routes` it is not served, no
/// port is bound: 0, or 2 when two operations have one operationId or stdout takes nothing; stderr says so.
int serve(App& app, const ServeOptions& options);
/// The same with the options of the command line and nothing else: the whole `main` of a simple service.
int serve(App& app, int argc, char** argv);

}  // namespace coroute
