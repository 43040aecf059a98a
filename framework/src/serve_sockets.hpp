// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The options of a service that say where it listens and which proxies it believes, with uvicorn's names.
#include <vector>

#include "coroute/app/command_line.hpp"
#include "coroute/serve.hpp"

namespace coroute::detail {

/// `options` must outlive `command_line`.
void add_socket_options(CommandLine& command_line, ServeOptions& options);
void add_proxy_options(CommandLine& command_line, ServeOptions& options);

/// The sockets that systemd has opened for this process (sd_listen_fds(3)), once: its variables are removed from the
/// environment. Call it before other threads are started. Throws std::invalid_argument for variables it can't have set.
std::vector<int> take_systemd_sockets();

}  // namespace coroute::detail
