// SPDX-License-Identifier: BSL-1.0
#include "phc_string.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "crypto/base64.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view prefix = "$argon2id$v=19$";

std::string unpadded(std::string_view bytes) {
  std::string text = base64(bytes);
  text.resize(std::min(text.find('='), text.size()));
  return text;
}

std::optional<std::string> unpadded_decode(std::string_view text) {
  if (text.find('=') != text.npos) return std::nullopt;
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  return base64_decode(padded);
}

/// `name`, then a number, taken off `text`.
bool take_number(std::string_view& text, std::string_view name, std::uint32_t& number) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  if (text.starts_with('0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

}  // namespace

std::string to_text(const PhcString& phc) {
  return std::string(prefix) + "m=" + std::to_string(phc.cost.memory_kib) +
         ",t=" + std::to_string(phc.cost.iterations) + ",p=" + std::to_string(phc.cost.parallelism) + "$" +
         unpadded(phc.salt) + "$" + unpadded(phc.hash);
}

std::optional<PhcString> parse_phc_string(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  PhcString phc;
  if (!take_number(text, "m=", phc.cost.memory_kib) || !take_number(text, ",t=", phc.cost.iterations) ||
      !take_number(text, ",p=", phc.cost.parallelism) || !text.starts_with('$'))
    return std::nullopt;
  text.remove_prefix(1);
  const std::size_t end = text.find('$');
  if (end == text.npos) return std::nullopt;
  auto salt = unpadded_decode(text.substr(0, end));
  auto hash = unpadded_decode(text.substr(end + 1));
  if (!salt || !hash) return std::nullopt;
  phc.salt = std::move(*salt);
  phc.hash = std::move(*hash);
  return phc;
}

}  // namespace coroute::detail
