// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/json_quoted.hpp"

#include <cstdint>
#include <cstring>

#include "utf8.hpp"

namespace coroute {
namespace {

constexpr std::uint64_t each_byte = 0x0101010101010101U;
constexpr std::uint64_t high_bits = 0x80 * each_byte;

/// Whether all eight bytes stand for themselves in a JSON string: no control, no quote, no backslash, ASCII.
bool is_plain(std::uint64_t bytes) {
  const std::uint64_t quote = bytes ^ ('"' * each_byte);
  const std::uint64_t backslash = bytes ^ ('\\' * each_byte);
  const std::uint64_t found = bytes | (bytes - 0x20 * each_byte) | (quote - each_byte) | (backslash - each_byte);
  return (found & high_bits) == 0;
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

std::uint32_t four_bytes(const char* at) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

/// Looks at some bytes twice rather than at the last ones singly.
bool is_plain(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.size() >= 8) {
    for (; end - at > 8; at += 8) {
      if (!is_plain(eight_bytes(at))) return false;
    }
    return is_plain(eight_bytes(end - 8));
  }
  if (text.size() >= 4) return is_plain(four_bytes(at) | std::uint64_t{four_bytes(end - 4)} << 32U);
  while (at != end && is_plain(*at))
    ++at;
  return at == end;
}

const char* skip_plain(const char* at, const char* end) {
  while (end - at >= 8 && is_plain(eight_bytes(at)))
    at += 8;
  while (at != end && is_plain(*at))
    ++at;
  return at;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4U];
      out += hex[static_cast<unsigned char>(c) & 0xFU];
  }
}

}  // namespace

namespace detail {

void append_json_quoted(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out.append(text.size() + 2, '"');
    if (!text.empty()) std::memcpy(out.data() + out.size() - 1 - text.size(), text.data(), text.size());
    return;
  }
  out.push_back('"');
  const char* run = text.data();  // what is not appended yet
  const char* const end = run + text.size();
  for (const char* at = skip_plain(run, end); at != end; at = skip_plain(at, end)) {
    if (static_cast<unsigned char>(*at) >= 0x80) {
      const Utf8Match match = match_utf8({at, static_cast<std::size_t>(end - at)});
      if (!match.valid) {
        out.append(run, at).append(utf8_replacement);
        run = at + match.bytes;
      }
      at += match.bytes;
    } else {
      out.append(run, at);
      append_escaped(out, *at);
      run = ++at;
    }
  }
  out.append(run, end);
  out.push_back('"');
}

}  // namespace detail

std::string json_quoted(std::string_view text) {
  std::string out;
  detail::append_json_quoted(out, text);
  return out;
}

}  // namespace coroute
