// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <exception>

#include "app.hpp"
#include "coroute/serve.hpp"

int main(int argc, char** argv) {
  chat::Settings settings;
  const auto options = coroute::parse_serve_options(argc, argv, [&](coroute::CommandLine& command_line) {
    command_line.add("--allowed-hosts", settings.allowed_hosts, "names under which the service answers; * for any");
    command_line.add("--data", settings.data, "folder for users, messages and files");
    command_line.add("--web", settings.web, "folder with the page's files instead of those in the program");
    command_line.add("--secret", settings.secret,
                     "that tokens are signed with, at least 32 bytes; else one is made and kept in the folder");
  });
  try {
    coroute::App app = chat::make_app(settings);
    return coroute::serve(app, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
