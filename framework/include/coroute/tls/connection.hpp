// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the server and a client have agreed on, and who the client has proven to be.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coroute {

/// One that a client has shown, that one of `TlsServerOptions::client_ca_files` has signed, and whose key it has.
struct ClientCertificate {
  std::string subject = {};  ///< As RFC 2253 writes names, "CN=billing,O=Shop".
  std::string issuer = {};
  std::string serial_number = {};  ///< Hexadecimal, upper case.
  std::chrono::sys_seconds not_before = {};
  std::chrono::sys_seconds not_after = {};
  /// As Python's ssl has them: kind, one of "DNS", "URI", "email" and "IP Address", and name. Names with control
  /// characters are left out.
  std::vector<std::pair<std::string, std::string>> subject_alt_names = {};
  std::string sha256_fingerprint = {};  ///< Of the DER form: 64 hexadecimal digits, lower case.
  std::string pem = {};

  /// The first of a kind, such as the SPIFFE id of "URI"; empty: there is none.
  std::string_view alt_name(std::string_view kind) const noexcept;
};

/// See `Request::tls`.
struct TlsConnection {
  std::string version = {};      ///< "TLSv1.3"
  std::string cipher = {};       ///< "TLS_AES_256_GCM_SHA384"
  std::string server_name = {};  ///< The client has asked for (SNI), as it has written it; empty: for none.
  std::string alpn = {};         ///< What both speak, "http/1.1"; empty: the client has offered nothing.
  bool is_resumed = false;       ///< Goes on from an earlier connection, whose certificate counts.
  std::optional<ClientCertificate> client_certificate = {};  ///< See `TlsServerOptions::client_certificates`.
};

/// Makes it when it is first asked for.
class TlsSource {
 public:
  virtual const TlsConnection& tls_connection() = 0;

 protected:
  ~TlsSource() = default;
};

}  // namespace coroute
