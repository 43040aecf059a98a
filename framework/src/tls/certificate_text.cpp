// SPDX-License-Identifier: BSL-1.0
#include "certificate_text.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>

namespace coroute::detail {
namespace {

/// What `write` writes into a BIO.
template <class Write>
std::string written(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  if (!out) throw std::bad_alloc();
  if (!write(out.get())) throw std::invalid_argument("the certificate can't be written");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string name_text(const X509_NAME* name) {
  return written([&](BIO* out) { return X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0; });
}

std::string serial_text(const X509* certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr), &BN_free);
  return number ? written([&](BIO* out) { return BN_print(out, number.get()) == 1; }) : std::string();
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) throw std::invalid_argument("the certificate has no time that can be read");
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) throw std::bad_alloc();
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : std::span(digest).first(size)) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
}

/// Kind and name; an empty name for one to leave out. A zero byte in a name must not end it, as it would in C.
std::pair<std::string, std::string> alt_name(const GENERAL_NAME& name) {
  const auto clean = [](const ASN1_STRING* text) {
    const std::string_view bytes = bytes_of(text);
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return std::string(std::any_of(bytes.begin(), bytes.end(), is_control) ? "" : bytes);
  };
  switch (name.type) {
    case GEN_DNS:
      return {"DNS", clean(name.d.dNSName)};
    case GEN_URI:
      return {"URI", clean(name.d.uniformResourceIdentifier)};
    case GEN_EMAIL:
      return {"email", clean(name.d.rfc822Name)};
    case GEN_IPADD:
      return {"IP Address", address_text(bytes_of(name.d.iPAddress))};
    default:
      return {};
  }
}

std::vector<std::pair<std::string, std::string>> alt_names(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::vector<std::pair<std::string, std::string>> found;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    std::pair<std::string, std::string> name = alt_name(*sk_GENERAL_NAME_value(names.get(), i));
    if (!name.second.empty()) found.push_back(std::move(name));
  }
  return found;
}

}  // namespace

ClientCertificate read_certificate(X509* certificate) {
  ClientCertificate result;
  result.subject = name_text(X509_get_subject_name(certificate));
  result.issuer = name_text(X509_get_issuer_name(certificate));
  result.serial_number = serial_text(certificate);
  result.not_before = time_of(X509_get0_notBefore(certificate));
  result.not_after = time_of(X509_get0_notAfter(certificate));
  result.subject_alt_names = alt_names(certificate);
  result.sha256_fingerprint = fingerprint(certificate);
  result.pem = written([&](BIO* out) { return PEM_write_bio_X509(out, certificate) == 1; });
  return result;
}

}  // namespace coroute::detail
