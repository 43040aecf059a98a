// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a certificate of a client says, as text.
#include <openssl/x509.h>

#include "coroute/tls/connection.hpp"

namespace coroute::detail {

/// Throws std::bad_alloc, and std::invalid_argument for what OpenSSL can't write.
ClientCertificate read_certificate(X509* certificate);

}  // namespace coroute::detail
