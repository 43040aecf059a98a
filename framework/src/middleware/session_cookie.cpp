// SPDX-License-Identifier: BSL-1.0
#include "session_cookie.hpp"

#include <charconv>

#include "crypto/aes_gcm.hpp"
#include "crypto/base64.hpp"
#include "timestamp_signer.hpp"

namespace coroute::detail {
namespace {

class SignedCookie final : public SessionCookie {
 public:
  explicit SignedCookie(const std::vector<std::string>& secrets) : signer_(secrets) {}

  std::string write(std::string_view json, Time now) const override { return signer_.sign(base64(json), now); }
  std::optional<std::string> read(std::string_view value, MaxAge max_age, Time now) const override {
    const auto text = signer_.unsign(value, max_age, now);
    return text ? base64_decode(*text) : std::nullopt;
  }

 private:
  TimestampSigner signer_;
};

class EncryptedCookie final : public SessionCookie {
 public:
  EncryptedCookie(const std::vector<std::string>& secrets, std::string name) : name_(std::move(name)) {
    check_secrets(secrets);
    for (const std::string& secret : secrets)
      keys_.emplace_back(secret, "coroute session cookie");
  }

  /// Seconds since 1970, a space, the JSON.
  std::string write(std::string_view json, Time now) const override {
    return base64url(keys_.front().seal(std::to_string(seconds_of(now)).append(" ").append(json), name_));
  }

  std::optional<std::string> read(std::string_view value, MaxAge max_age, Time now) const override {
    const auto sealed = base64url_decode(value);
    if (!sealed) return std::nullopt;
    for (const AesGcm& key : keys_) {
      const auto text = key.open(*sealed, name_);
      if (!text) continue;
      std::int64_t written_at = 0;
      const char* const end = std::from_chars(text->data(), text->data() + text->size(), written_at).ptr;
      const std::int64_t age = seconds_of(now) - written_at;
      if (max_age && (age < 0 || age > max_age->count())) return std::nullopt;
      return std::string(end + 1, text->data() + text->size());
    }
    return std::nullopt;
  }

 private:
  static std::int64_t seconds_of(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  }

  std::vector<AesGcm> keys_;
  std::string name_;
};

}  // namespace

std::unique_ptr<SessionCookie> signed_session_cookie(const std::vector<std::string>& secrets) {
  return std::make_unique<SignedCookie>(secrets);
}

std::unique_ptr<SessionCookie> encrypted_session_cookie(const std::vector<std::string>& secrets, std::string name) {
  return std::make_unique<EncryptedCookie>(secrets, std::move(name));
}

}  // namespace coroute::detail
