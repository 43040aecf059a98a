// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What OpenSSL asks a server during a handshake: which protocol, which certificate, which key for tickets.
#include <openssl/ssl.h>

namespace coroute::detail {

class TlsContext;

/// `owner` outlives the handshakes that `context` is used for.
void set_server_callbacks(TlsContext& owner, SSL_CTX* context);

}  // namespace coroute::detail
