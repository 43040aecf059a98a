// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Header fields as a request can have them, out of any bytes.
#include <string_view>

#include "support/test_request.hpp"

namespace coroute::fuzz {

/// "name: value" in each line.
class HeaderLines {
 public:
  explicit HeaderLines(std::string_view text) : text_(text) {}

  void add_to(testing::TestRequest& request) const {
    for (std::string_view rest = text_; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() == rest.size() ? rest.size() : line.size() + 1);
      const std::size_t colon = line.find(':');
      if (colon == 0 || colon == std::string_view::npos) continue;
      const std::string_view value = without_space(line.substr(colon + 1));
      if (is_good(value) && is_good(line.substr(0, colon))) request.header(line.substr(0, colon), value);
    }
  }

 private:
  /// What the server refuses before a handler sees it.
  static bool is_good(std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7F) return false;
    }
    return true;
  }
  static std::string_view without_space(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
      text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
      text.remove_suffix(1);
    return text;
  }

  std::string_view text_;
};

}  // namespace coroute::fuzz
