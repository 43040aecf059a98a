// SPDX-License-Identifier: BSL-1.0
#include "listening_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace coroute::detail {
namespace {

void set_option(int socket, int level, int name) {
  const int on = 1;
  if (setsockopt(socket, level, name, &on, sizeof on) != 0) {
    throw std::system_error(errno, std::system_category(), "setsockopt");
  }
}

bool names_a_file(const std::string& path) noexcept {
  return !path.empty() && path.front() != '@';
}

}  // namespace

std::unique_ptr<ListeningSocket> ListeningSocket::bind(const StreamAddress& address,
                                                       const StreamServerOptions& options) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT)) return nullptr;
  if (socket < 0) throw std::system_error(errno, std::system_category(), "socket");
  std::unique_ptr<ListeningSocket> result(new ListeningSocket(socket));
  const std::string name = address.to_string();
  if (address.is_tcp()) {
    set_option(socket, SOL_SOCKET, SO_REUSEADDR);
    if (options.reuse_port()) set_option(socket, SOL_SOCKET, SO_REUSEPORT);
    if (address.family() == AF_INET6) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY);
  } else if (struct stat found{}; names_a_file(name) && stat(name.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    unlink(name.c_str());  // left by a server that has ended without cleaning up
  }
  if (::bind(socket, address.data(), address.size()) != 0) {
    if (address.is_tcp() && errno == EADDRNOTAVAIL) return nullptr;
    throw std::system_error(errno, std::system_category(), "cannot bind to " + name);
  }
  if (!address.is_tcp() && options.cleanup_socket() && names_a_file(name)) result->remember_path(name);
  return result;
}

ListeningSocket::~ListeningSocket() {
  if (bound_ >= 0) close(bound_);
  struct stat found{};
  const bool still_ours =
      !path_.empty() && stat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
  if (still_ours) unlink(path_.c_str());
}

void ListeningSocket::remember_path(const std::string& path) noexcept {
  struct stat created{};
  if (stat(path.c_str(), &created) != 0) return;
  path_ = path;
  device_ = created.st_dev;
  inode_ = created.st_ino;
}

void ListeningSocket::listen(EventLoop& loop, int backlog, IoHandle::ReadyCallback on_ready, void* context) {
  if (::listen(bound_, backlog) != 0) throw std::system_error(errno, std::system_category(), "listen");
  handle_ = std::make_unique<IoHandle>(loop, std::exchange(bound_, -1));
  handle_->on_ready(on_ready, context);
}

int ListeningSocket::accept() noexcept {
  const int socket = accept4(handle_->descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return socket >= 0 ? socket : -errno;
}

}  // namespace coroute::detail
