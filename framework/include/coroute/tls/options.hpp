// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How TLS is spoken: whom to trust, who we are. Files are PEM and are read when the client or server is made; what
/// can't be used is a std::invalid_argument that names the file.
#include <chrono>
#include <string>
#include <vector>

namespace coroute {

enum class TlsVersion : unsigned char { Tls12, Tls13 };

/// A certificate with its chain, the leaf first, and its key.
struct TlsIdentity {
  std::string certificate_file = {};
  std::string private_key_file = {};      ///< Empty: in the certificate's file.
  std::string private_key_password = {};  ///< Of an encrypted key.
};

struct TlsClientOptions {
  /// Off: whoever answers is believed. For tests.
  bool verify = true;
  /// Trust what the system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` say where that is.
  bool system_roots = true;
  /// Trusted too.
  std::vector<std::string> ca_files = {};
  /// Shown to servers that ask for it. Empty: none.
  TlsIdentity identity = {};
  TlsVersion min_version = TlsVersion::Tls12;
};

/// Of clients that are asked for a certificate: those without one are refused, or served too.
enum class ClientCertificates : unsigned char { Required, Optional };

struct TlsServerOptions {
  TlsIdentity identity = {};
  /// A client gets the first certificate that has the name it asks for (SNI), of `identity` and these; else `identity`.
  std::vector<TlsIdentity> more_identities = {};
  /// What clients show must be signed by one of these. Empty: they aren't asked.
  std::vector<std::string> client_ca_files = {};
  ClientCertificates client_certificates = ClientCertificates::Required;
  TlsVersion min_version = TlsVersion::Tls12;
  /// What ALPN may agree on (RFC 7301), the favourite first. A client that offers only others is refused.
  std::vector<std::string> alpn = {"http/1.1"};
  /// How long a key encrypts the tickets with which clients resume sessions; as long again they can be used. 0: none
  /// are given out. Where clients show certificates, a reload ends the use of all tickets.
  std::chrono::seconds ticket_key_lifetime = std::chrono::hours(12);
};

}  // namespace coroute
