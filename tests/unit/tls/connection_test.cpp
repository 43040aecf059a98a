// SPDX-License-Identifier: BSL-1.0
// What a handler sees of the TLS of its connection.
#include "coroute/tls/connection.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/test_certificates.hpp"
#include "support/tls_pair.hpp"
#include "tls/certificate_text.hpp"
#include "tls/context.hpp"

using namespace coroute;
using namespace coroute::test;
using detail::TlsContext;
using detail::TlsSession;
using detail::TlsStatus;

namespace {

using Names = std::vector<std::pair<std::string, std::string>>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate load(const TlsIdentity& identity) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(identity.certificate_file.c_str(), "r"),
                                                                &std::fclose);
  REQUIRE(file);
  return {PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free};
}

ClientCertificate issued(TestAuthority& authority, const CertificateOptions& options) {
  const Certificate certificate = load(authority.issue(options));
  return detail::read_certificate(certificate.get());
}

/// With one DNS name of any bytes.
ClientCertificate with_dns_name(TestAuthority& authority, std::string_view name) {
  const Certificate certificate = load(authority.issue({.names = {}}));
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(GENERAL_NAMES_new(), &GENERAL_NAMES_free);
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
  GENERAL_NAME* const entry = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(entry, GEN_DNS, text);
  sk_GENERAL_NAME_push(names.get(), entry);
  REQUIRE(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) == 1);
  return detail::read_certificate(certificate.get());
}

App make_who() {
  App app;
  app.get("/who", [](Request& request) -> Async<Response> {
    co_return text(request.tls() ? request.tls()->client_certificate->subject : "plain");
  });
  return app;
}

}  // namespace

TEST_SUITE("tls") {
  TEST_CASE("tls connection: a certificate says who holds it, who has signed it and until when it counts") {
    TestAuthority authority;
    const ClientCertificate certificate = issued(authority, {});
    CHECK(certificate.subject == "CN=test");
    CHECK(certificate.issuer == "CN=Test Authority");
    CHECK(certificate.serial_number == "65");  // 101
    CHECK(certificate.not_after - certificate.not_before == std::chrono::days(31));
    CHECK(certificate.not_before < std::chrono::system_clock::now());
    CHECK(certificate.pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
  }

  TEST_CASE("tls connection: a fingerprint is that of openssl") {
    TestAuthority authority;
    const TlsIdentity identity = authority.issue();
    const std::string command = "openssl x509 -noout -fingerprint -sha256 -in " + identity.certificate_file +
                                " | cut -d= -f2 | tr -d : | tr A-F a-f";
    const std::unique_ptr<std::FILE, decltype(&pclose)> openssl(popen(command.c_str(), "r"), &pclose);
    std::string expected(64, ' ');
    REQUIRE(std::fread(expected.data(), 1, expected.size(), openssl.get()) == expected.size());
    CHECK(detail::read_certificate(load(identity).get()).sha256_fingerprint == expected);
  }

  TEST_CASE("tls connection: alternative names have a kind each, in their order") {
    TestAuthority authority;
    const ClientCertificate certificate =
        issued(authority, {.names = {"a.test", "192.0.2.1", "2001:db8::1"},
                           .other_names = "URI:spiffe://shop/billing,email:ann@a.test,DNS:b.test,RID:1.2.3.4"});
    CHECK(certificate.subject_alt_names == Names{{"DNS", "a.test"},
                                                 {"IP Address", "192.0.2.1"},
                                                 {"IP Address", "2001:db8::1"},
                                                 {"URI", "spiffe://shop/billing"},
                                                 {"email", "ann@a.test"},
                                                 {"DNS", "b.test"}});
    CHECK(certificate.alt_name("URI") == "spiffe://shop/billing");
    CHECK(certificate.alt_name("DNS") == "a.test");
    CHECK(certificate.alt_name("dns").empty());
  }

  TEST_CASE("tls connection: without alternative names there are none") {
    TestAuthority authority;
    CHECK(issued(authority, {.names = {}}).subject_alt_names.empty());
  }

  TEST_CASE("tls connection: a name with a zero byte or a line end is no name") {
    using namespace std::string_view_literals;
    TestAuthority authority;
    CHECK(with_dns_name(authority, "admin.test\0.evil.test"sv).subject_alt_names.empty());
    CHECK(with_dns_name(authority, "admin.test\r\nx: y"sv).subject_alt_names.empty());
    CHECK(with_dns_name(authority, "admin.test"sv).alt_name("DNS") == "admin.test");
  }

  TEST_CASE("tls connection: a session tells what was agreed on") {
    TestAuthority authority;
    const TlsContext client_context(TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}},
                                    {"http/1.1"});
    const TlsContext server_context(TlsServerOptions{.identity = authority.issue()});
    Sockets sockets;
    TlsSession client(client_context, sockets.client());
    TlsSession server(server_context, sockets.server());
    client.set_peer("localhost");
    REQUIRE(shake_hands(client, server).server == TlsStatus::Done);
    const TlsConnection& tls = server.tls_connection();
    CHECK(tls.version == "TLSv1.3");
    CHECK(tls.cipher.starts_with("TLS_"));
    CHECK(tls.server_name == "localhost");
    CHECK(tls.alpn == "http/1.1");
    CHECK_FALSE(tls.is_resumed);
    CHECK_FALSE(tls.client_certificate);
    CHECK(&server.tls_connection() == &tls);
  }

  TEST_CASE("tls connection: a test says what its application sees") {
    TestClient certified(make_who(),
                         {.tls = TlsConnection{.client_certificate = ClientCertificate{.subject = "CN=ann"}}});
    CHECK(certified.get("/who").text() == "CN=ann");
    TestClient plain(make_who());
    CHECK(plain.get("/who").text() == "plain");
  }
}
