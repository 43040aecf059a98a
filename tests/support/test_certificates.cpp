// SPDX-License-Identifier: BSL-1.0
#include "support/test_certificates.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace coroute::test {
namespace {

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;

constexpr long seconds_a_day = 24 * 3600;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "X509 extension");
}

Certificate make_certificate(EVP_PKEY* key, const std::string& common_name, const CertificateOptions& options,
                             long serial) {
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), options.valid_from_days * seconds_a_day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), options.valid_until_days * seconds_a_day);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  check(X509_set_pubkey(made.get(), key) == 1, "X509_set_pubkey");
  return made;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  check(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "X509_set_issuer_name");
  check(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "X509_sign");
}

std::unique_ptr<std::FILE, Deleter> open_file(const std::string& path) {
  std::unique_ptr<std::FILE, Deleter> file(std::fopen(path.c_str(), "w"));
  check(file != nullptr, "fopen");
  return file;
}

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "EVP_EC_gen");
  return key;
}

}  // namespace

struct TestAuthority::Keys {
  Key key = new_key();
  Certificate certificate;
};

TestAuthority::TestAuthority() : keys_(std::make_unique<Keys>()) {
  directory_ = (std::filesystem::temp_directory_path() / "coroute_tls_XXXXXX").string();
  check(mkdtemp(directory_.data()) != nullptr, "mkdtemp");
  file_ = directory_ + "/authority.pem";
  keys_->certificate = make_certificate(keys_->key.get(), "Test Authority", {}, 1);
  X509* const self = keys_->certificate.get();
  add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(self, self, keys_->key.get());
  PEM_write_X509(open_file(file_).get(), self);
}

TestAuthority::~TestAuthority() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

TlsIdentity TestAuthority::issue(const CertificateOptions& options) {
  return write(options, false);
}

TlsIdentity TestAuthority::self_signed(const CertificateOptions& options) {
  return write(options, true);
}

TlsIdentity TestAuthority::write(const CertificateOptions& options, bool self_signed) {
  const std::string stem = directory_ + '/' + std::to_string(++issued_);
  const Key key = new_key();
  const Certificate certificate = make_certificate(key.get(), "test", options, 100 + issued_);
  X509* const issuer = self_signed ? certificate.get() : keys_->certificate.get();
  std::string names;
  for (const std::string& name : options.names)
    names += (names.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  if (!options.other_names.empty()) names += (names.empty() ? "" : ",") + options.other_names;
  if (!names.empty()) add_extension(certificate.get(), issuer, NID_subject_alt_name, names);
  sign(certificate.get(), issuer, self_signed ? key.get() : keys_->key.get());
  PEM_write_X509(open_file(stem + ".pem").get(), certificate.get());
  const std::string& password = options.key_password;
  PEM_write_PKCS8PrivateKey(open_file(stem + ".key").get(), key.get(), password.empty() ? nullptr : EVP_aes_256_cbc(),
                            nullptr, 0, nullptr, const_cast<char*>(password.c_str()));
  return {stem + ".pem", stem + ".key", password};
}

}  // namespace coroute::test
