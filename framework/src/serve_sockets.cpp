// SPDX-License-Identifier: BSL-1.0
#include "serve_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace coroute::detail {
namespace {

constexpr int first_systemd_descriptor = 3;  // SD_LISTEN_FDS_START
constexpr int max_systemd_sockets = 1024;

int parse_variable(const char* name, const char* text) {
  const std::string_view digits = text;
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) {
    throw std::invalid_argument(std::string(name) + "=" + text + " is no number");
  }
  return number;
}

void set_permissions(unsigned& permissions, const std::string& text) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 8);
  if (error != std::errc() || end != text.data() + text.size() || bits > 0777) {
    throw std::invalid_argument("must be an octal number from 0 to 777");
  }
  permissions = bits;
}

std::string octal(unsigned number) {
  char text[8] = "";
  const auto end = std::to_chars(text, text + sizeof text, number, 8).ptr;
  return {text, end};
}

void set_proxy_headers(ProxyHeaders& headers, const std::string& text) {
  if (text == "off") {
    headers = ProxyHeaders::None;
  } else if (text == "on") {
    headers = ProxyHeaders::XForwarded;
  } else if (text == "forwarded") {
    headers = ProxyHeaders::Forwarded;
  } else {
    throw std::invalid_argument("must be on, off or forwarded");
  }
}

std::string to_text(ProxyHeaders headers) {
  if (headers == ProxyHeaders::None) return "off";
  return headers == ProxyHeaders::XForwarded ? "on" : "forwarded";
}

}  // namespace

void add_socket_options(CommandLine& command_line, ServeOptions& options) {
  command_line.add("--uds", options.unix_socket, "path of a unix socket to listen on instead");
  command_line.add(
      "--uds-permissions", "OCTAL", "of its file",
      [&options](const std::string& text) { set_permissions(options.unix_socket_permissions, text); },
      [&options] { return octal(options.unix_socket_permissions); });
  command_line.add("--fd", options.inherited_socket,
                   "descriptor of a listening socket to serve instead; -1: none, or those of systemd", -1);
}

void add_proxy_options(CommandLine& command_line, ServeOptions& options) {
  command_line.add(
      "--proxy-headers", "on|off|forwarded", "believe X-Forwarded-For and -Proto of trusted proxies, or Forwarded",
      [&options](const std::string& text) { set_proxy_headers(options.proxy_headers, text); },
      [&options] { return to_text(options.proxy_headers); });
  command_line.add("--forwarded-allow-ips", options.trusted_proxies,
                   "trusted proxies: addresses, networks, unix for unix sockets, * for all");
  command_line.add("--forwarded-host", options.forwarded_host, "believe them about the host too");
  command_line.add("--proxy-protocol", options.proxy_protocol,
                   "trusted proxies begin each connection with a header of the PROXY protocol");
}

std::vector<int> take_systemd_sockets() {
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count_text = std::getenv("LISTEN_FDS");
  if (!pid || !count_text || parse_variable("LISTEN_PID", pid) != getpid()) return {};
  const int count = parse_variable("LISTEN_FDS", count_text);
  if (count > max_systemd_sockets) throw std::invalid_argument("LISTEN_FDS is too large");
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    unsetenv(name);
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) {
    sockets.push_back(first_systemd_descriptor + i);
    fcntl(sockets.back(), F_SETFD, FD_CLOEXEC);
  }
  return sockets;
}

}  // namespace coroute::detail
