// SPDX-License-Identifier: BSL-1.0
#include "path_cover.hpp"

#include <algorithm>

#include "path_matcher.hpp"

namespace coroute::detail {

namespace {

bool is_literal(const PathPieces& pieces) {
  return std::ranges::none_of(pieces, &PathPiece::is_parameter);
}
bool is_one_parameter(const PathPieces& pieces) {
  return pieces.size() == 1 && pieces.front().is_parameter;
}

/// The text of a segment without placeholders.
std::string_view literal_text(const PathPieces& pieces) {
  return pieces.empty() ? std::string_view{} : std::string_view{pieces.front().literal};
}

bool covers_segment(const PathPieces& earlier, const PathPieces& later) {
  if (earlier == later) return true;
  if (is_literal(later)) return match_pieces(earlier, literal_text(later), nullptr);
  if (!is_one_parameter(earlier)) return false;
  // No segment with a placeholder is empty, and a number without fraction is a float.
  if (earlier.front().convertor == Convertor::Str) return true;
  return earlier.front().convertor == Convertor::Float && is_one_parameter(later) &&
         later.front().convertor == Convertor::Int;
}

}  // namespace

bool covers(const PathPattern& earlier, const PathPattern& later) {
  const auto& early = earlier.segments();
  const auto& late = later.segments();
  if (early.size() > late.size()) return false;
  if (!std::equal(early.begin(), early.end(), late.begin(), covers_segment)) return false;
  const bool same_length = early.size() == late.size();
  if (same_length && earlier.tail() == later.tail()) return true;
  const bool takes_all = is_one_parameter(earlier.tail());
  return takes_all && (!same_length || !later.tail().empty());
}

}  // namespace coroute::detail
