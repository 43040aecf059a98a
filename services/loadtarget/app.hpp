// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The load-test target: small, well-known answers for measuring the framework itself.
#include <string>

#include "coroute/app/app.hpp"

namespace loadtarget {

struct Settings {
  std::string backend;             ///< Base URL that GET /fanout calls; empty: /fanout answers 503.
  std::size_t backend_slots = 64;  ///< Calls to it at the same time, over all loops.
};

coroute::App make_app(const Settings& settings);

}  // namespace loadtarget
