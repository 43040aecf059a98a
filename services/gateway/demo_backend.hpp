// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A backend of the gateway's own, for when none is given: a server on a free loopback port with slow and broken
/// routes.
#include <string>

#include "coroute/server/server.hpp"

namespace gateway {

/// Runs from construction to destruction, on a loop of its own.
class DemoBackend {
 public:
  DemoBackend();
  std::string url() const;

 private:
  coroute::Server server_;
};

}  // namespace gateway
