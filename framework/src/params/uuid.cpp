// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/uuid.hpp"

#include <sys/random.h>

#include <cerrno>
#include <span>
#include <stdexcept>
#include <system_error>

#include "http/utf8.hpp"
#include "invalid_text.hpp"

namespace coroute {
namespace {

constexpr std::size_t hyphenated_size = 36;
constexpr std::size_t simple_size = 32;
constexpr std::array<std::size_t, 5> group_sizes{8, 4, 4, 4, 12};
constexpr std::string_view urn_prefix = "urn:uuid:";
constexpr std::string_view hex = "0123456789abcdef";

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// A text without what stands around the digits of a UUID.
struct Stripped {
  std::string_view body;
  std::size_t offset;  ///< Of `body` in the text.
};

Stripped strip(std::string_view text) noexcept {
  if (text.size() >= 2 && text.starts_with('{') && text.ends_with('}')) return {text.substr(1, text.size() - 2), 1};
  if (text.starts_with(urn_prefix)) return {text.substr(urn_prefix.size()), urn_prefix.size()};
  return {text, 0};
}

bool has_hyphen_at(std::size_t position) noexcept {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

bool read_digits(std::string_view text, Uuid::Bytes& bytes) noexcept {
  const bool hyphenated = text.size() == hyphenated_size;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (hyphenated && has_hyphen_at(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return false;
    bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] << 4U | value);
    ++nibble;
  }
  return true;
}

bool read(std::string_view text, Uuid::Bytes& bytes) noexcept {
  const auto [body, offset] = strip(text);
  const bool right_size = body.size() == hyphenated_size || (offset == 0 && body.size() == simple_size);
  return right_size && read_digits(body, bytes);
}

std::string wrong_groups(std::string_view body) {
  std::size_t count = 0;
  std::string wrong_length;
  for (std::size_t start = 0; start <= body.size(); ++count) {
    const std::size_t end = std::min(body.find('-', start), body.size());
    if (count < group_sizes.size() && end - start != group_sizes[count] && wrong_length.empty()) {
      wrong_length = "invalid group length in group " + std::to_string(count) + ": expected " +
                     std::to_string(group_sizes[count]) + ", found " + std::to_string(end - start);
    }
    start = end + 1;
  }
  if (count != group_sizes.size()) return "invalid group count: expected 5, found " + std::to_string(count);
  return wrong_length;
}

std::string reason_of(std::string_view text) {
  const auto [body, offset] = strip(text);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '-' || hex_value(body[i]) >= 0) continue;
    const detail::Utf8Match match = detail::match_utf8(body.substr(i));
    return "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `" +
           std::string(match.valid ? body.substr(i, match.bytes) : detail::utf8_replacement) + "` at " +
           std::to_string(i + offset + 1);
  }
  if (offset == 0 && body.find('-') == std::string_view::npos)
    return "invalid length: expected length 32 for simple format, found " + std::to_string(body.size());
  return wrong_groups(body);
}

void fill_with_random(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::system_category(), "getrandom");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace

Uuid Uuid::random() {
  Bytes bytes;
  fill_with_random(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  return Uuid(bytes);
}

Uuid Uuid::parse(std::string_view text) {
  Uuid uuid;
  if (const auto error = value_from_text(text, uuid)) throw std::invalid_argument("invalid UUID: " + reason_of(text));
  return uuid;
}

std::string to_text(const Uuid& uuid) {
  std::string text;
  text.reserve(hyphenated_size);
  for (const std::uint8_t byte : uuid.bytes()) {
    if (has_hyphen_at(text.size())) text += '-';
    text += hex[byte >> 4U];
    text += hex[byte & 0xFU];
  }
  return text;
}

std::optional<InvalidValue> value_from_text(std::string_view text, Uuid& uuid) {
  Uuid::Bytes bytes{};
  if (!read(text, bytes))
    return detail::invalid_because("uuid_parsing", "Input should be a valid UUID", reason_of(text));
  uuid = Uuid(bytes);
  return std::nullopt;
}

}  // namespace coroute

std::size_t std::hash<coroute::Uuid>::operator()(const coroute::Uuid& uuid) const noexcept {
  const auto& bytes = uuid.bytes();
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
