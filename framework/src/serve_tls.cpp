// SPDX-License-Identifier: BSL-1.0
#include "serve_tls.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace coroute::detail {
namespace {

using Field = std::string TlsIdentity::*;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// The first file is that of `identity`, the others are those of `more_identities`, in order.
void set_files(TlsServerOptions& tls, Field field, const std::string& text) {
  const std::vector<std::string> files = split(text);
  if (tls.more_identities.size() + 1 < files.size()) tls.more_identities.resize(files.size() - 1);
  tls.identity.*field = files.front();
  for (std::size_t i = 1; i < files.size(); ++i)
    tls.more_identities[i - 1].*field = files[i];
}

std::string files_of(const TlsServerOptions& tls, Field field) {
  std::string text = tls.identity.*field;
  for (const TlsIdentity& identity : tls.more_identities)
    text.append(",").append(identity.*field);
  return text;
}

/// Added behind the files: all are known.
void set_password(TlsServerOptions& tls, const std::string& text) {
  tls.identity.private_key_password = text;
  for (TlsIdentity& identity : tls.more_identities)
    identity.private_key_password = text;
}

void set_client_certificates(ClientCertificates& wanted, const std::string& text) {
  if (text == "required") {
    wanted = ClientCertificates::Required;
  } else if (text == "optional") {
    wanted = ClientCertificates::Optional;
  } else {
    throw std::invalid_argument("must be required or optional");
  }
}

}  // namespace

void add_tls_options(CommandLine& command_line, TlsServerOptions& tls) {
  const auto add_files = [&](const char* name, const char* description, Field field) {
    command_line.add(
        name, "FILES", description, [&tls, field](const std::string& text) { set_files(tls, field, text); },
        [&tls, field] { return files_of(tls, field); });
  };
  add_files("--ssl-certfile", "serve HTTPS with this certificate and its chain; more, after commas, are chosen by SNI",
            &TlsIdentity::certificate_file);
  add_files("--ssl-keyfile", "their keys, in the same order; none: they are in the certificates' files",
            &TlsIdentity::private_key_file);
  command_line.add(
      "--ssl-keyfile-password", "TEXT", "of encrypted keys; better given by the environment",
      [&tls](const std::string& text) { set_password(tls, text); },
      [&tls] { return std::string(tls.identity.private_key_password.empty() ? "" : "***"); });
  command_line.add("--ssl-ca-certs", tls.client_ca_files, "ask clients for certificates that these have signed");
  command_line.add(
      "--ssl-cert-reqs", "required|optional", "whether clients without a certificate are refused",
      [&tls](const std::string& text) { set_client_certificates(tls.client_certificates, text); },
      [&tls] { return tls.client_certificates == ClientCertificates::Required ? "required" : "optional"; });
}

}  // namespace coroute::detail
