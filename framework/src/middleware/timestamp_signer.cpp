// SPDX-License-Identifier: BSL-1.0
#include "timestamp_signer.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace coroute::detail {
namespace {

std::int64_t seconds_of(TimestampSigner::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// Big-endian, without zeros in front.
std::string bytes_of(std::int64_t number) {
  std::string bytes;
  for (auto rest = static_cast<std::uint64_t>(number); rest != 0; rest >>= 8U)
    bytes.insert(bytes.begin(), static_cast<char>(rest & 0xFFU));
  return bytes;
}

std::optional<std::int64_t> number_of(std::string_view text) {
  const auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() >= sizeof(std::int64_t)) return std::nullopt;
  std::int64_t number = 0;
  for (const char byte : *bytes)
    number = number * 256 + static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

void check_secrets(const std::vector<std::string>& secrets) {
  const auto is_empty = [](const std::string& secret) { return secret.empty(); };
  if (secrets.empty() || std::any_of(secrets.begin(), secrets.end(), is_empty))
    throw std::invalid_argument("a secret key is needed, and none may be empty");
}

TimestampSigner::TimestampSigner(const std::vector<std::string>& secrets) {
  check_secrets(secrets);
  for (const std::string& secret : secrets)
    keys_.push_back(sha1("itsdangerous.Signersigner" + secret));
}

std::string TimestampSigner::sign(std::string_view text, Time now) const {
  std::string out(text);
  out.append(".").append(base64url(bytes_of(seconds_of(now))));
  return out + "." + base64url(hmac_sha1(keys_.front(), out));
}

std::optional<std::string_view> TimestampSigner::unsign(std::string_view signed_text,
                                                        std::optional<std::chrono::seconds> max_age, Time now) const {
  const std::size_t dot = signed_text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view text = signed_text.substr(0, dot);
  const auto signature = base64url_decode(signed_text.substr(dot + 1));
  const auto is_key = [&](const std::string& key) { return equal_in_constant_time(hmac_sha1(key, text), *signature); };
  if (!signature || std::none_of(keys_.begin(), keys_.end(), is_key)) return std::nullopt;
  const std::size_t time_dot = text.rfind('.');
  if (time_dot == std::string_view::npos) return std::nullopt;
  const auto signed_at = number_of(text.substr(time_dot + 1));
  if (!signed_at) return std::nullopt;
  const std::int64_t age = seconds_of(now) - *signed_at;
  if (max_age && (age < 0 || age > max_age->count())) return std::nullopt;
  return text.substr(0, time_dot);
}

}  // namespace coroute::detail
