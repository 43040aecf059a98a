// SPDX-License-Identifier: BSL-1.0
#include "path_text.hpp"

#include <cstdint>
#include <limits>

namespace coroute::detail {

namespace {

constexpr char encoded_slash_mark = '\x01';

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Appends the decoded form of `raw` to `text` and, from the first encoded slash on, its marked form to `marked`.
bool decode(std::string_view raw, std::string& text, std::string& marked) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      text.push_back(raw[i]);
      if (!marked.empty()) marked.push_back(raw[i]);
      continue;
    }
    if (raw.size() - i < 3) return false;
    const int high = hex_value(raw[i + 1]);
    const int low = hex_value(raw[i + 2]);
    if (high < 0 || low < 0) return false;
    const char c = static_cast<char>(high * 16 + low);
    if (c == '/' && marked.empty()) marked = text;
    text.push_back(c);
    if (!marked.empty()) marked.push_back(c == '/' ? encoded_slash_mark : c);
    i += 2;
  }
  return true;
}

}  // namespace

bool PathText::assign(std::string_view raw_path, PathParams& values) {
  values.clear();
  if (!raw_path.starts_with('/') || raw_path.size() > std::numeric_limits<std::uint32_t>::max()) return false;
  PathParamsWriter writer{values};
  if (raw_path.find('%') == std::string_view::npos) {
    writer.use_raw(raw_path);
    text_ = raw_path;
    return true;
  }
  std::string& decoded = writer.decoded();
  marked_.clear();
  if (!decode(raw_path, decoded, marked_)) return false;
  text_ = marked_.empty() ? std::string_view{decoded} : std::string_view{marked_};
  return true;
}

}  // namespace coroute::detail
