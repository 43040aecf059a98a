// SPDX-License-Identifier: BSL-1.0
#include "app.hpp"
#include "coroute/serve.hpp"

int main(int argc, char** argv) {
  loadtarget::Settings settings;
  const auto options = coroute::parse_serve_options(argc, argv, [&](coroute::CommandLine& command_line) {
    command_line.add("--backend", settings.backend, "base URL that GET /fanout/{n} calls");
    command_line.add("--backend-slots", settings.backend_slots, "calls to it at the same time");
  });
  coroute::App app = loadtarget::make_app(settings);
  return coroute::serve(app, options);
}
