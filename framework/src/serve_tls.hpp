// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The options of a service that say how it speaks TLS, with uvicorn's names.
#include "coroute/app/command_line.hpp"
#include "coroute/tls/options.hpp"

namespace coroute::detail {

/// `tls` must outlive `command_line`.
void add_tls_options(CommandLine& command_line, TlsServerOptions& tls);

}  // namespace coroute::detail
