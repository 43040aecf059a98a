// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Certificates made for one test: an authority, and what it signs.
#include <memory>
#include <string>
#include <vector>

#include "coroute/tls/options.hpp"

namespace coroute::test {

struct CertificateOptions {
  std::vector<std::string> names = {"localhost"};  ///< DNS names and IP addresses.
  std::string other_names = {};                    ///< More, as OpenSSL writes them: "URI:spiffe://shop/billing".
  int valid_from_days = -1;                        ///< From now.
  int valid_until_days = 30;
  std::string key_password = {};
};

/// A certificate authority in a directory of its own, which is removed at the end.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  /// PEM, for those who trust it.
  const std::string& file() const { return file_; }
  /// A new key and a certificate for it that this authority has signed.
  TlsIdentity issue(const CertificateOptions& options = {});
  /// As `issue`, signed by its own key instead.
  TlsIdentity self_signed(const CertificateOptions& options = {});

 private:
  struct Keys;
  TlsIdentity write(const CertificateOptions& options, bool self_signed);

  std::string directory_;
  std::string file_;
  std::unique_ptr<Keys> keys_;
  int issued_ = 0;
};

}  // namespace coroute::test
