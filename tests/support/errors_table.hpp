// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The tables of framework/errors.md.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coroute::testing {

using Row = std::vector<std::string>;
/// The first two cells of each row.
using Rows = std::set<std::pair<std::string, std::string>>;

inline std::filesystem::path framework_directory() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / "framework";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file, "can't read ", path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string trimmed(std::string_view cell) {
  const auto begin = cell.find_first_not_of(" `");
  if (begin == std::string_view::npos) return {};
  return std::string(cell.substr(begin, cell.find_last_not_of(" `") - begin + 1));
}

inline Row cells_of(std::string_view line) {
  Row cells;
  std::size_t begin = 1;
  for (std::size_t end = line.find('|', begin); end != std::string_view::npos; end = line.find('|', begin)) {
    cells.push_back(trimmed(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return cells;
}

/// Of the table below `heading`.
inline Rows rows_below(const std::string& heading) {
  std::istringstream document(read_file(framework_directory() / "errors.md"));
  std::string line;
  bool inside = false;
  int skipped = 0;
  Rows rows;
  while (std::getline(document, line)) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with('|')) continue;
    if (++skipped <= 2) continue;  // the table's head
    const Row cells = cells_of(line);
    REQUIRE(cells.size() >= 2);
    rows.emplace(cells[0], cells[1]);
  }
  REQUIRE_FALSE(rows.empty());
  return rows;
}

/// For comparing: what differs can be read.
inline std::string text_of(const Rows& rows) {
  std::string text;
  for (const auto& [status, body] : rows)
    text.append(status).append(" ").append(body).append("\n");
  return text;
}

}  // namespace coroute::testing
