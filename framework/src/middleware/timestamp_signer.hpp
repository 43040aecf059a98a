// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Text that the client keeps and can't change: itsdangerous' TimestampSigner with its default settings, so that
/// cookies can be exchanged with Starlette.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coroute::detail {

/// `text.time.signature`, by HMAC-SHA1 under keys made from the secrets.
class TimestampSigner {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// The first secret signs, all verify. std::invalid_argument when there is none, or an empty one.
  explicit TimestampSigner(const std::vector<std::string>& secrets);

  std::string sign(std::string_view text, Time now) const;
  /// The text; nothing when the signature is wrong, and when it was made more than `max_age` before `now`, or after it.
  std::optional<std::string_view> unsign(std::string_view signed_text, std::optional<std::chrono::seconds> max_age,
                                         Time now) const;

 private:
  std::vector<std::string> keys_;
};

/// std::invalid_argument unless there are secrets, none of them empty.
void check_secrets(const std::vector<std::string>& secrets);

}  // namespace coroute::detail
