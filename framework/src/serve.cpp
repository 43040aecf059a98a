// SPDX-License-Identifier: BSL-1.0
#include "coroute/serve.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "coroute/asyncio/watchdog.hpp"
#include "coroute/observe/access_log.hpp"
#include "coroute/observe/task_tree.hpp"
#include "coroute/server/server.hpp"
#include "healthcheck.hpp"
#include "serve_sockets.hpp"
#include "serve_tls.hpp"

namespace coroute {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_loops = 1024;
constexpr std::chrono::milliseconds healthcheck_limit = 2s;

void add_log_options(CommandLine& command_line, LogOptions& log) {
  const auto set_level = [&log](const std::string& text) {
    const auto level = parse_log_level(text);
    if (!level) throw std::invalid_argument("must be trace, debug, info, warning, error, critical or off");
    log.level = *level;
  };
  const auto set_format = [&log](const std::string& text) {
    const auto format = parse_log_format(text);
    if (!format) throw std::invalid_argument("must be text or json");
    log.format = *format;
  };
  command_line.add("--log-level", "LEVEL", "trace, debug, info, warning, error, critical or off", set_level,
                   [&log] { return std::string(to_string(log.level)); });
  command_line.add("--log-format", "text|json", "how a log line looks", set_format,
                   [&log] { return std::string(to_string(log.format)); });
  command_line.add("--log-file", log.file, "append the log to this file instead of stderr");
}

void add_limits(CommandLine& command_line, ServerLimits& limits, ServerTimeouts& timeouts) {
  command_line.add("--max-connections", limits.max_connections, "more are answered with 503", std::size_t{1});
  command_line.add("--max-body-bytes", limits.max_body_bytes, "a larger request body is answered with 413");
  command_line.add("--handshake-timeout", timeouts.handshake,
                   "for all before HTTP: PROXY header, TLS handshake; then closed", 1ms);
  command_line.add("--header-timeout", timeouts.head, "for a whole request head, then 408", 1ms);
  command_line.add("--body-timeout", timeouts.body, "for a whole request body, then 408", 1ms);
  command_line.add("--handler-timeout", timeouts.handler, "for the answer, then 504; 0: no limit");
  command_line.add("--keep-alive-timeout", timeouts.keep_alive, "until an idle connection is closed", 1ms);
  command_line.add("--write-timeout", timeouts.write, "until a client that takes no bytes is closed", 1ms);
  command_line.add("--drain-timeout", timeouts.drain, "after SIGTERM until running handlers are cancelled");
  command_line.add("--startup-timeout", timeouts.startup, "for what the application runs before serving; 0: no limit");
  command_line.add("--shutdown-timeout", timeouts.shutdown, "for what it runs after serving; 0: no limit");
}

int report_health(const ServeOptions& options) {
  const bool is_unix = !options.unix_socket.empty();
  const std::string place = is_unix ? options.unix_socket : options.host + ":" + std::to_string(options.port);
  try {
    const int status = detail::ask_health(options, healthcheck_limit);
    std::fprintf(status < 500 ? stdout : stderr, "%s answers with %d\n", place.c_str(), status);
    return status >= 200 && status < 500 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s does not answer: %s\n", place.c_str(), error.what());
    return 1;
  }
}

int fail(int status, const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return status;
}

/// The text as a whole, or an error.
int print(const std::string& text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) != 0 || !is_written) return fail(2, "stdout can't be written");
  return 0;
}

int print_about(App& app, const ServeOptions& options) {
  try {
    return print(options.print_openapi ? app.openapi() + "\n" : app.routes_text());
  } catch (const std::exception& error) {
    return fail(2, error.what());
  }
}

void log_reload(const std::exception_ptr& error) {
  if (!error) return log_info("certificates reloaded");
  log(LogLevel::Error, "certificates not reloaded, the old ones stay in use", {{"error", describe_exception(error)}});
}

ServerOptions server_options(const ServeOptions& options) {
  ServerOptions server;
  server.host = options.host;
  server.port = options.port;
  server.unix_socket = options.unix_socket;
  server.unix_socket_permissions = options.unix_socket_permissions;
  if (options.inherited_socket >= 0) {
    server.inherited_sockets = {options.inherited_socket};
  } else if (options.unix_socket.empty()) {
    server.inherited_sockets = detail::take_systemd_sockets();
  }
  server.loops = options.loops;
  server.trusted_proxies = options.trusted_proxies;
  server.proxy_headers = options.proxy_headers;
  server.forwarded_host = options.forwarded_host;
  server.proxy_protocol = options.proxy_protocol;
  server.limits = options.limits;
  server.timeouts = options.timeouts;
  if (options.serves_tls()) server.tls = options.tls;
  server.on_reload = &log_reload;
  server.on_handler_error = &log_handler_error;
  if (options.access_log && options.log.level <= LogLevel::Info) server.on_access = &log_access;
  return server;
}

/// What tells of a running service what it does: SIGUSR1 has its tasks written, unless the program uses that signal
/// itself, and blocked loops are reported.
class Watch {
 public:
  explicit Watch(const ServeOptions& options) {
    struct sigaction present{};
    sigaction(SIGUSR1, nullptr, &present);
    if (present.sa_handler == SIG_DFL) dump_on_signal(options.log.format);
    if (options.blocked_loop_limit > 0ms) watchdog_.emplace(options.blocked_loop_limit, &log_blocked_loop);
  }

 private:
  void dump_on_signal(LogFormat format) {
    try {
      dumper_.emplace(format);
    } catch (const RuntimeError&) {
      // The program has a dumper of its own, on another signal.
    }
  }

  std::optional<TaskTreeDumper> dumper_;
  std::optional<Watchdog> watchdog_;
};

std::string place_of(const Server& server, const ServeOptions& options) {
  if (server.port() == 0) return options.unix_socket.empty() ? "inherited sockets" : "unix:" + options.unix_socket;
  const bool is_v6 = options.host.find(':') != std::string::npos;
  return std::string(options.serves_tls() ? "https" : "http") + "://" +
         (is_v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(server.port());
}

void log_start(const Server& server, const ServeOptions& options) {
  log_info("serving on " + place_of(server, options) + " with " + std::to_string(server.loops()) +
           (server.loops() == 1 ? " loop" : " loops") + " (pid " + std::to_string(getpid()) + ")");
}

}  // namespace

void add_serve_options(CommandLine& command_line, ServeOptions& options) {
  command_line.add("--host", options.host, "address to listen on");
  command_line.add("--port", options.port, "port to listen on; 0: any free one");
  detail::add_socket_options(command_line, options);
  command_line.add("--loops", options.loops, "event loops, a thread each; 0: one for each available processor",
                   std::size_t{0}, max_loops);
  command_line.add("--access-log", options.access_log, "log every request");
  add_log_options(command_line, options.log);
  command_line.add("--blocked-loop-limit", options.blocked_loop_limit,
                   "report a loop that is held up for so long; 0: don't watch");
  detail::add_proxy_options(command_line, options);
  detail::add_tls_options(command_line, options.tls);
  add_limits(command_line, options.limits, options.timeouts);
  command_line.add_switch("--healthcheck", options.healthcheck,
                          "ask the service that runs at host and port; exit with 0 when it answers");
  command_line.add_switch("--openapi", options.print_openapi, "print the OpenAPI document and exit");
  command_line.add_switch("--routes", options.print_routes, "print the routes and exit");
}

ServeOptions parse_serve_options(int argc, char** argv, const std::function<void(CommandLine&)>& add_service_options) {
  ServeOptions options;
  CommandLine command_line("An HTTP service.");
  add_serve_options(command_line, options);
  if (add_service_options) add_service_options(command_line);
  command_line.parse_or_exit(argc, argv);
  return options;
}

int serve(Handler handler, const ServeOptions& options) {
  return serve(Service{std::move(handler)}, options);
}

int serve(Service service, const ServeOptions& options) {
  if (options.healthcheck) return report_health(options);
  if (!options.serves()) return fail(2, "this service is one handler: it has no routes that could be printed");
  std::signal(SIGPIPE,
              SIG_IGN);  // a library that writes to a closed connection gets an error, not the end of the process
  try {
    configure_logging(options.log);
    install_exception_logging();
    install_warning_logging();
    const Watch watch(options);
    Server server(std::move(service), server_options(options));
    server.run([&] { log_start(server, options); });
    log_info("stopped");
  } catch (const std::exception& error) {
    shutdown_logging();
    return fail(1, error.what());
  }
  shutdown_logging();
  return 0;
}

int serve(App& app, const ServeOptions& options) {
  if (options.healthcheck) return report_health(options);
  if (!options.serves()) return print_about(app, options);
  Service service;
  try {
    service = std::move(app).service();
  } catch (const std::exception& error) {
    return fail(1, error.what());
  }
  return serve(std::move(service), options);
}

int serve(App& app, int argc, char** argv) {
  const ServeOptions options = parse_serve_options(argc, argv);
  return serve(app, options);
}

}  // namespace coroute
