// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "coroute/coroute.hpp"
#include "coroute/server/server.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/raw_client.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;

namespace {

// [secure]
ServerOptions secured(const TlsIdentity& shop, const TlsIdentity& api, const std::string& staff_authority) {
  ServerOptions options;
  options.tls = TlsServerOptions{
      .identity = shop,                                     // for shop.example, and who asks for no name
      .more_identities = {api},                             // for api.example
      .client_ca_files = {staff_authority},                 // ask clients for certificates of these
      .client_certificates = ClientCertificates::Optional,  // and let others in, too
      .min_version = TlsVersion::Tls13,
  };
  return options;
}
// [/secure]

// [certified]
Async<Response> report(Request& request) {
  const TlsConnection* const tls = request.tls();  // null on a plain connection
  if (!tls || !tls->client_certificate) throw HttpException(401, "show a certificate");
  const std::string_view service = tls->client_certificate->alt_name("URI");  // spiffe://shop/billing
  if (service != "spiffe://shop/billing") throw HttpException(403, "not for you");
  co_return text("the report");
}
// [/certified]

// [behind]
ServerOptions behind_nginx(const std::string& path) {
  ServerOptions options;
  options.unix_socket = path;
  options.unix_socket_permissions = 0660;
  options.trusted_proxies = {"unix"};  // whoever may open the socket
  options.forwarded_host = true;       // nginx always sets X-Forwarded-Host
  return options;
}
// [/behind]

Async<Response> scheme(Request& request) {
  co_return text(std::string(request.scheme()));
}

}  // namespace

TEST_CASE("guide: a handler asks who the client has proven to be") {
  const auto asked_by = [](std::optional<TlsConnection> tls) {
    TestClient client(&report, {.tls = std::move(tls)});
    return client.get("/").status_code();
  };
  const auto certified = [](std::string uri) {
    return TlsConnection{.client_certificate = ClientCertificate{.subject_alt_names = {{"URI", std::move(uri)}}}};
  };
  CHECK(asked_by(std::nullopt) == 401);
  CHECK(asked_by(TlsConnection{}) == 401);
  CHECK(asked_by(certified("spiffe://shop/stock")) == 403);
  CHECK(asked_by(certified("spiffe://shop/billing")) == 200);
}

TEST_CASE("guide: a server with several certificates") {
  test::TestAuthority authority;
  ServerOptions options = secured(authority.issue({.names = {"shop.example"}}),
                                  authority.issue({.names = {"api.example"}}), authority.file());
  options.port = 0;
  options.loops = 1;
  Server server(&scheme, std::move(options));
  server.start();
  const detail::TlsContext trusting(TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}}, {});
  for (const char* const name : {"shop.example", "api.example"}) {
    test::RawClient client(server.port());
    CHECK(client.start_tls(trusting, name));
    CHECK(client.request(test::get("/")).body == "https");
  }
}

TEST_CASE("guide: a server on a unix socket") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("coroute_guide_" + std::to_string(getpid()))).string();
  {
    Server server(&scheme, behind_nginx(path));
    server.start();
    CHECK(std::filesystem::is_socket(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}
