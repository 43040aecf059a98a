// SPDX-License-Identifier: BSL-1.0
#include "connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace coroute::detail {

void ClientConnection::start_tls(const TlsContext& context, const std::string& host, SslSessionPtr resumable) {
  ByteStream::start_tls(context);
  tls()->set_peer(host);
  tls()->resume(std::move(resumable));
}

int ClientConnection::pending_error() const noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool ClientConnection::is_quiet() noexcept {
  char byte = 0;
  const bool quiet = tls()
                         ? tls()->read(&byte, 1).status == TlsStatus::WantRead  // a ticket may have come, which is fine
                         : recv(descriptor(), &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
  if (quiet) handle().clear_readable();
  return quiet;
}

}  // namespace coroute::detail
