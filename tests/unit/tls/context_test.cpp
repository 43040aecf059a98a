// SPDX-License-Identifier: BSL-1.0
#include "tls/context.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "support/test_certificates.hpp"

using namespace coroute;
using detail::TlsContext;

namespace {

template <class Make>
std::string refusal(Make make) {
  try {
    make();
    return "accepted";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

std::string client_refusal(const TlsClientOptions& options) {
  return refusal([&] { TlsContext(options, {}); });
}

std::string server_refusal(const TlsServerOptions& options) {
  return refusal([&] { TlsContext{options}; });
}

}  // namespace

TEST_SUITE("tls") {
  TEST_CASE("context: the defaults of a client can be used") {
    CHECK(client_refusal({}) == "accepted");
    CHECK(TlsContext(TlsClientOptions{}, {"http/1.1"}).verifies());
  }

  TEST_CASE("context: a file that is not there is named") {
    CHECK(client_refusal({.ca_files = {"/nowhere/ca.pem"}}) ==
          "cannot use the certificates of '/nowhere/ca.pem': No such file or directory");
    CHECK(server_refusal({.identity = {.certificate_file = "/nowhere/x.pem"}}) ==
          "cannot use the certificate of '/nowhere/x.pem': No such file or directory");
  }

  TEST_CASE("context: a server has a certificate") {
    CHECK(server_refusal({}).starts_with("cannot use the certificate of ''"));
  }

  TEST_CASE("context: a key that is not the certificate's is refused") {
    test::TestAuthority authority;
    TlsIdentity mixed = authority.issue();
    mixed.private_key_file = authority.issue().private_key_file;
    CHECK(server_refusal({.identity = mixed}) ==
          "cannot use the private key of '" + mixed.private_key_file + "': key values mismatch");
  }

  TEST_CASE("context: certificate and key may be in one file") {
    test::TestAuthority authority;
    const TlsIdentity two = authority.issue();
    {
      std::ofstream both(two.certificate_file, std::ios::app);
      both << std::ifstream(two.private_key_file).rdbuf();
    }
    CHECK(server_refusal({.identity = {.certificate_file = two.certificate_file}}) == "accepted");
  }

  TEST_CASE("context: an encrypted key needs its password") {
    test::TestAuthority authority;
    TlsIdentity identity = authority.issue({.key_password = "open sesame"});
    CHECK(server_refusal({.identity = identity}) == "accepted");
    identity.private_key_password = "wrong";
    CHECK(server_refusal({.identity = identity}).starts_with("cannot use the private key of"));
    identity.private_key_password = "";
    CHECK(server_refusal({.identity = identity}).starts_with("cannot use the private key of"));
  }

  TEST_CASE("context: protocol names have 1 to 255 bytes") {
    CHECK(refusal([] { TlsContext(TlsClientOptions{}, {""}); }) == "a protocol name for ALPN has 1 to 255 bytes");
    CHECK(refusal([] { TlsContext(TlsClientOptions{}, {std::string(255, 'x')}); }) == "accepted");
    CHECK(refusal([] { TlsContext(TlsClientOptions{}, {std::string(256, 'x')}); }) ==
          "a protocol name for ALPN has 1 to 255 bytes");
  }

  TEST_CASE("context: nothing but AEAD ciphers with forward secrecy is offered") {
    const TlsContext context(TlsClientOptions{}, {});
    STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.native());
    REQUIRE(sk_SSL_CIPHER_num(ciphers) > 0);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
      const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(ciphers, i);
      CAPTURE(SSL_CIPHER_get_name(cipher));
      CHECK(SSL_CIPHER_is_aead(cipher) == 1);
      const int exchange = SSL_CIPHER_get_kx_nid(cipher);
      CHECK((exchange == NID_kx_ecdhe || exchange == NID_kx_any));
    }
  }
}
