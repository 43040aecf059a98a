// SPDX-License-Identifier: BSL-1.0
#include "radix_tree.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace coroute::detail {

std::size_t LiteralChildren::slot_of(std::string_view segment) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(segment)&mask;
  while (slots_[slot].node != none && slots_[slot].segment != segment)
    slot = (slot + 1) & mask;
  return slot;
}

std::uint32_t LiteralChildren::find(std::string_view segment) const {
  return slots_.empty() ? none : slots_[slot_of(segment)].node;
}

void LiteralChildren::insert(std::string_view segment, std::uint32_t node) {
  if (2 * (size_ + 1) > slots_.size()) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(4, 2 * slots_.size())));
    for (Slot& slot : old) {
      if (slot.node == none) continue;
      const std::size_t place = slot_of(slot.segment);
      slots_[place] = std::move(slot);
    }
  }
  slots_[slot_of(segment)] = {std::string{segment}, node};
  ++size_;
}

void RadixTree::insert(const PathPattern& pattern, std::size_t route) {
  const auto index = static_cast<Index>(route);
  Index node = 0;
  for (const PathPieces& segment : pattern.segments())
    node = child_for(node, segment, index);
  if (pattern.tail().empty()) {
    nodes_[node].routes.push_back(index);
  } else {
    nodes_[node].tails.push_back({pattern.tail(), index});
  }
}

RadixTree::Index RadixTree::child_for(Index parent, const PathPieces& segment, Index route) {
  const auto fresh = static_cast<Index>(nodes_.size());
  const bool literal = std::ranges::none_of(segment, &PathPiece::is_parameter);
  if (literal) {
    const std::string_view text = segment.empty() ? std::string_view{} : std::string_view{segment.front().literal};
    const Index known = nodes_[parent].literals.find(text);
    if (known != LiteralChildren::none) return known;
    nodes_[parent].literals.insert(text, fresh);
  } else {
    auto& patterns = nodes_[parent].patterns;
    const auto known = std::ranges::find(patterns, segment, &PatternChild::pieces);
    if (known != patterns.end()) return known->node;
    patterns.push_back({segment, fresh});
  }
  nodes_.emplace_back().first_route = route;
  return fresh;
}

}  // namespace coroute::detail
