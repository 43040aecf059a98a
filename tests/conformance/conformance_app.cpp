// SPDX-License-Identifier: BSL-1.0
// Serves one of the applications that the black-box cases are replayed against.
// usage: conformance_app --app KEY --port N
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include "conformance_apps.hpp"
#include "coroute/server/server.hpp"

using namespace coroute;

namespace {

const std::map<std::string_view, std::function<App()>> apps = {
    {"apdeps", conformance::apdeps_app},   {"bg", conformance::bg_app},
    {"body", conformance::body_app},       {"cors", conformance::cors_app},
    {"corsall", conformance::corsall_app}, {"di", conformance::di_app},
    {"docs0", conformance::docs0_app},     {"docs1", conformance::docs1_app},
    {"errh", conformance::errh_app},       {"form", conformance::form_app},
    {"golden", conformance::golden_app},   {"gzip", conformance::gzip_app},
    {"host", conformance::host_app},       {"httpsr", conformance::httpsr_app},
    {"noredir", conformance::noredir_app}, {"override", conformance::override_app},
    {"params", conformance::params_app},   {"proxy", conformance::proxy_app},
    {"resp", conformance::resp_app},       {"route", conformance::route_app},
    {"sec", conformance::sec_app},         {"sess", conformance::sess_app},
    {"stream", conformance::stream_app},   {"ws", conformance::ws_app},
};

std::string_view value_of(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == flag) return argv[i + 1];
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto found = apps.find(value_of(argc, argv, "--app"));
  if (found == apps.end()) {
    std::cerr << "usage: conformance_app --app KEY --port N, with one of:";
    for (const auto& [key, make] : apps)
      std::cerr << ' ' << key;
    std::cerr << '\n';
    return 2;
  }
  ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(std::string(value_of(argc, argv, "--port"))));
  options.loops = 1;
  Server server(found->second().handler(), std::move(options));
  server.run();
  return 0;
}
