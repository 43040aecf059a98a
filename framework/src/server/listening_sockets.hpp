// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a server listens: on a port of its own, on a unix socket, or on what it has inherited.
#include <sys/types.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coroute/server/options.hpp"

namespace coroute::detail {

/// The file of a unix socket, removed at the end unless another server has taken its place.
class UnixSocketFile {
 public:
  explicit UnixSocketFile(std::string path);
  ~UnixSocketFile();
  UnixSocketFile(const UnixSocketFile&) = delete;
  UnixSocketFile& operator=(const UnixSocketFile&) = delete;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  timespec made_{};  // since a successor's file may get the same inode
};

struct ListeningSockets {
  std::vector<std::vector<int>> of_loop;  ///< Descriptors for each loop, which takes them over.
  std::uint16_t port = 0;                 ///< 0: it isn't TCP.
  bool is_ours = false;                   ///< Ports that nobody else listens on, and may be closed to newcomers.
  std::unique_ptr<UnixSocketFile> file;   ///< Null: no unix socket.
};

/// Throws std::system_error or std::runtime_error that names the address, std::invalid_argument for an inherited
/// descriptor that doesn't listen.
ListeningSockets open_listening_sockets(const ServerOptions& options, std::size_t loops);

/// A bound and listening non-blocking socket. `host` is a numeric address, or a name that resolves to one of this
/// machine. `share`: other sockets of this process listen on the same port.
int open_tcp_socket(const std::string& host, std::uint16_t port, int backlog, bool share);
/// What a server that is dead has left at `path` is replaced.
int open_unix_socket(const std::string& path, unsigned permissions, int backlog);

}  // namespace coroute::detail
