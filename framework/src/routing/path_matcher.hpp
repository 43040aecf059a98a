// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Matches a sequence of literals and placeholders with a text, as an anchored greedy regular expression would.

#include <string_view>

#include "coroute/routing/path_pattern.hpp"

namespace coroute::detail {

/// Receives the range of each placeholder, in order.
class PathCaptures {
 public:
  /// `parameters` are those of the whole pattern, `text` the whole path in which all ranges lie.
  PathCaptures(const std::vector<PathParameter>& parameters, std::string_view text, PathParams& out)
      : next_{parameters.data()}, text_{text}, out_{out} {}

  void add(std::string_view value);

 private:
  const PathParameter* next_;
  std::string_view text_;
  PathParams& out_;
};

/// Does `text` as a whole fit the convertor?
[[nodiscard]] bool fits(Convertor convertor, std::string_view text);

/// Does `text` as a whole fit the pieces? `captures` may be null; after a failure it holds the rest of the attempt.
/// Takes time linear in `text` for each piece. Allocates only for several placeholders on a long text.
[[nodiscard]] bool match_pieces(const PathPieces& pieces, std::string_view text, PathCaptures* captures);

}  // namespace coroute::detail
