// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/email.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "http/byte_set.hpp"
#include "http/utf8.hpp"
#include "invalid_text.hpp"
#include "text_scan.hpp"

namespace coroute {
namespace {

constexpr std::size_t max_input = 2048;
/// RFC 5321 section 4.5.3.1, RFC 1035 section 2.3.4
constexpr std::size_t max_local_part = 64;
constexpr std::size_t max_domain = 253;
constexpr std::size_t max_label = 63;

constexpr auto local_part_bytes = detail::ByteSet::alphanumeric_and(".!#$%&'*+-/=?^_`{|}~");
constexpr auto domain_bytes = detail::ByteSet::alphanumeric_and(".-");

std::string shown_character(std::string_view character) {
  if (character == " ") return "SPACE";
  if (character == "\\") return "\"\\\"";
  const auto byte = static_cast<unsigned char>(character[0]);
  if (byte < 0x20 || byte == 0x7F) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    return std::string("U+00") + hex[byte >> 4U] + hex[byte & 0xFU];
  }
  return "'" + std::string(character) + "'";
}

/// The characters outside of `allowed`, each once, in order of bytes; empty when there are none.
std::string invalid_characters(std::string_view part, const detail::ByteSet& allowed) {
  std::vector<std::string> found;
  for (std::string_view rest = part; !rest.empty();) {
    const detail::Utf8Match match = detail::match_utf8(rest);
    if (!allowed.contains(rest[0]))
      found.push_back(shown_character(match.valid ? rest.substr(0, match.bytes) : detail::utf8_replacement));
    rest.remove_prefix(match.bytes);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::string list;
  for (const std::string& character : found)
    list.append(list.empty() ? "" : ", ").append(character);
  return list;
}

std::string too_long_by(std::size_t excess) {
  return " (" + std::to_string(excess) + (excess == 1 ? " character too many)." : " characters too many).");
}

std::string local_part_problem(std::string_view local) {
  if (local.empty()) return "There must be something before the @-sign.";
  if (local.starts_with('"')) return "Quoting the part before the @-sign is not allowed here.";
  if (const std::string invalid = invalid_characters(local, local_part_bytes); !invalid.empty())
    return "The email address contains invalid characters before the @-sign: " + invalid + ".";
  if (local.ends_with('.')) return "An email address cannot have a period immediately before the @-sign.";
  if (local.starts_with('.')) return "An email address cannot start with a period.";
  if (local.find("..") != std::string_view::npos) return "An email address cannot have two periods in a row.";
  if (local.size() > max_local_part)
    return "The email address is too long before the @-sign" + too_long_by(local.size() - max_local_part);
  return {};
}

std::string punctuation_problem(std::string_view domain) {
  if (domain.ends_with('.')) return "An email address cannot end with a period.";
  if (domain.starts_with('.')) return "An email address cannot have a period immediately after the @-sign.";
  if (domain.find("..") != std::string_view::npos) return "An email address cannot have two periods in a row.";
  if (domain.ends_with('-')) return "An email address cannot end with a hyphen.";
  if (domain.starts_with('-')) return "An email address cannot have a hyphen immediately after the @-sign.";
  if (domain.find(".-") != std::string_view::npos || domain.find("-.") != std::string_view::npos)
    return "An email address cannot have a period and a hyphen next to each other.";
  return {};
}

std::string domain_problem(std::string_view domain) {
  if (domain.empty()) return "There must be something after the @-sign.";
  if (domain.starts_with('[') && domain.ends_with(']'))
    return "A bracketed IP address after the @-sign is not allowed here.";
  if (const std::string invalid = invalid_characters(domain, domain_bytes); !invalid.empty())
    return "The part after the @-sign contains invalid characters: " + invalid + ".";
  if (std::string problem = punctuation_problem(domain); !problem.empty()) return problem;
  if (domain.size() > max_domain)
    return "The email address is too long after the @-sign" + too_long_by(domain.size() - max_domain);
  for (std::size_t start = 0; start < domain.size();) {
    const std::size_t end = std::min(domain.find('.', start), domain.size());
    if (end - start > max_label)
      return "After the @-sign, periods cannot be separated by so many characters" +
             too_long_by(end - start - max_label);
    start = end + 1;
  }
  const std::size_t last_period = domain.rfind('.');
  if (last_period == std::string_view::npos) return "The part after the @-sign is not valid. It should have a period.";
  if (detail::is_digit(domain.back()))
    return "The part after the @-sign is not valid. It is not within a valid top-level domain.";
  return {};
}

InvalidValue not_an_address(std::string_view reason) {
  return detail::invalid_because("value_error", "value is not a valid email address: ", reason, "reason");
}

}  // namespace

Email Email::parse(std::string_view text) {
  Email email;
  if (const auto error = value_from_text(text, email)) throw std::invalid_argument(error->message);
  return email;
}

std::string_view Email::domain() const noexcept {
  const std::string_view address = address_;
  return address.substr(std::min(at_ + 1, address.size()));
}

std::string to_text(const Email& email) {
  return email.address();
}

std::optional<InvalidValue> value_from_text(std::string_view text, Email& email) {
  const std::string_view address = detail::trimmed(text);
  if (address.size() > max_input) return not_an_address("Length must not exceed 2048 characters");
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos) return not_an_address("An email address must have an @-sign.");
  std::string problem = local_part_problem(address.substr(0, at));
  if (problem.empty()) problem = domain_problem(address.substr(at + 1));
  if (!problem.empty()) return not_an_address(problem);
  std::string result(address);
  std::transform(result.begin() + static_cast<std::ptrdiff_t>(at), result.end(),
                 result.begin() + static_cast<std::ptrdiff_t>(at), detail::ascii_lower);
  email.address_ = std::move(result);
  email.at_ = at;
  return std::nullopt;
}

}  // namespace coroute
