// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <exception>
#include <optional>

#include "app.hpp"
#include "coroute/serve.hpp"
#include "demo_backend.hpp"

int main(int argc, char** argv) {
  std::vector<std::string> definitions;
  gateway::BackendSettings settings;
  const auto options = coroute::parse_serve_options(argc, argv, [&](coroute::CommandLine& command_line) {
    command_line.add(
        "--backend", definitions,
        "name=url of a backend, or name=url|url at several addresses; without any the gateway starts one of its own");
    command_line.add("--backend-queue", settings.queue, "calls that wait for their turn at one backend",
                     std::size_t{0});
    command_line.add("--backend-slots", settings.slots, "calls to one backend at the same time", std::size_t{1});
    command_line.add("--backend-timeout", settings.timeout, "of one call", std::chrono::milliseconds(1));
  });
  try {
    std::optional<gateway::DemoBackend> demo;
    if (definitions.empty() && options.serves()) definitions.push_back("demo=" + demo.emplace().url());
    if (definitions.empty()) definitions.push_back("none=http://127.0.0.1");
    coroute::App app = gateway::make_app(std::make_shared<gateway::Backends>(definitions, settings));
    return coroute::serve(app, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
