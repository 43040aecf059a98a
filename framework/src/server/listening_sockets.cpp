// SPDX-License-Identifier: BSL-1.0
#include "listening_sockets.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace coroute::detail {
namespace {

/// Closed unless released.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ < 0) return;
    const int error = errno;
    close(descriptor_);
    errno = error;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

struct AddressList {
  AddressList(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
    if (error != 0) throw std::runtime_error("cannot listen on " + host + ": " + gai_strerror(error));
  }
  ~AddressList() { freeaddrinfo(first); }
  AddressList(const AddressList&) = delete;
  AddressList& operator=(const AddressList&) = delete;
  addrinfo* first = nullptr;
};

int try_open(const addrinfo& address, int backlog, bool share) {
  Descriptor opened(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (opened.get() < 0) return -1;
  const int on = 1;
  setsockopt(opened.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share) setsockopt(opened.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  const bool listens =
      bind(opened.get(), address.ai_addr, address.ai_addrlen) == 0 && listen(opened.get(), backlog) == 0;
  return listens ? opened.release() : -1;
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

/// A socket file that nobody listens on any more is removed; one that somebody listens on stays, and binding fails.
void remove_stale(const sockaddr_un& address) {
  struct stat found{};
  if (lstat(address.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int outcome = connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (outcome != 0 && errno == ECONNREFUSED) unlink(address.sun_path);
}

/// The same queue of connections for every loop: who comes first gets the next.
void share_out(std::vector<std::vector<int>>& of_loop, int socket) {
  for (std::vector<int>& sockets : of_loop) {
    const int copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) fail("cannot share a listening socket");
    sockets.push_back(copy);
  }
}

void check_inherited(int socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  const bool known = getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
  if (!known || listens == 0) {
    throw std::invalid_argument("descriptor " + std::to_string(socket) + " is no listening socket");
  }
}

void open_tcp(ListeningSockets& result, const ServerOptions& options) {
  const bool share = result.of_loop.size() > 1;
  result.port = options.port;
  result.is_ours = true;
  // A shared port can be bound by strangers too: bind it alone once, so that a second server is told.
  if (share && result.port != 0) close(open_tcp_socket(options.host, result.port, 1, false));
  for (std::vector<int>& sockets : result.of_loop) {
    sockets.push_back(open_tcp_socket(options.host, result.port, options.backlog, share));
    result.port = bound_port(sockets.back());
  }
}

void open_inherited(ListeningSockets& result, const ServerOptions& options) {
  for (const int socket : options.inherited_sockets)
    check_inherited(socket);
  for (const int socket : options.inherited_sockets) {
    const Descriptor inherited(socket);
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    if (result.port == 0) result.port = bound_port(socket);
    share_out(result.of_loop, socket);
  }
}

}  // namespace

UnixSocketFile::UnixSocketFile(std::string path) : path_(std::move(path)) {
  struct stat created{};
  if (stat(path_.c_str(), &created) != 0) return;
  device_ = created.st_dev;
  inode_ = created.st_ino;
  made_ = created.st_mtim;
}

UnixSocketFile::~UnixSocketFile() {
  struct stat found{};
  if (inode_ == 0 || stat(path_.c_str(), &found) != 0) return;
  const bool still_ours = found.st_dev == device_ && found.st_ino == inode_ && found.st_mtim.tv_sec == made_.tv_sec &&
                          found.st_mtim.tv_nsec == made_.tv_nsec;
  if (still_ours) unlink(path_.c_str());
}

int open_tcp_socket(const std::string& host, std::uint16_t port, int backlog, bool share) {
  const AddressList addresses(host, port);
  for (const addrinfo* address = addresses.first; address; address = address->ai_next) {
    const int opened = try_open(*address, backlog, share);
    if (opened >= 0) return opened;
  }
  fail("cannot listen on " + host + ":" + std::to_string(port));
}

int open_unix_socket(const std::string& path, unsigned permissions, int backlog) {
  const std::string what = "cannot listen on " + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw std::system_error(ENAMETOOLONG, std::system_category(), what);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor opened(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (opened.get() < 0) fail(what);
  remove_stale(address);
  if (bind(opened.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(what);
  // Before it listens nobody can connect, whatever the process's umask let through.
  if (chmod(path.c_str(), permissions) != 0 || listen(opened.get(), backlog) != 0) {
    const int error = errno;
    unlink(path.c_str());
    errno = error;
    fail(what);
  }
  return opened.release();
}

ListeningSockets open_listening_sockets(const ServerOptions& options, std::size_t loops) {
  ListeningSockets result;
  result.of_loop.resize(loops);
  try {
    if (!options.inherited_sockets.empty()) {
      open_inherited(result, options);
    } else if (!options.unix_socket.empty()) {
      const Descriptor opened(open_unix_socket(options.unix_socket, options.unix_socket_permissions, options.backlog));
      result.file = std::make_unique<UnixSocketFile>(options.unix_socket);
      share_out(result.of_loop, opened.get());
    } else {
      open_tcp(result, options);
    }
  } catch (...) {
    for (const std::vector<int>& sockets : result.of_loop) {
      for (const int socket : sockets)
        close(socket);
    }
    throw;
  }
  return result;
}

}  // namespace coroute::detail
