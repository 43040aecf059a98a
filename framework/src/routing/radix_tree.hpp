// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The index over all patterns: from a path to the matching routes, without trying them one by one.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/routing/path_pattern.hpp"
#include "path_matcher.hpp"

namespace coroute::detail {

/// Children of a node under their literal segment: a hash table with open addressing.
class LiteralChildren {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  [[nodiscard]] std::uint32_t find(std::string_view segment) const;
  void insert(std::string_view segment, std::uint32_t node);

 private:
  struct Slot {
    std::string segment;
    std::uint32_t node = none;
  };

  [[nodiscard]] std::size_t slot_of(std::string_view segment) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them used
  std::size_t size_ = 0;
};

/// One level of the tree is one segment of the path. A route is known by its index, the order of declaration. The first
/// declared match has to win whatever it is made of, so a lookup visits literal and placeholder children alike, keeps
/// the smallest accepted index and skips every subtree whose smallest index is larger. A node can be reached in one way
/// only, so a lookup visits each at most once and recurses no deeper than the longest pattern has segments.
/// `insert` first, then any number of threads may look up.
class RadixTree {
 public:
  struct Found {
    std::optional<std::size_t> route;
    bool path_matched = false;  ///< Some route matches the path, accepted or not.
  };

  RadixTree() : nodes_(1) {}

  /// `route` must be larger than all before it.
  void insert(const PathPattern& pattern, std::size_t route);

  /// The smallest route index whose pattern matches `text` (see `PathText`) and for which `accept(index)` is true.
  template <class Accept>
  [[nodiscard]] Found find_first(std::string_view text, Accept accept) const;

  /// Calls `visit(index)` for every matching route, in no particular order.
  template <class Visit>
  void for_each(std::string_view text, Visit visit) const;

 private:
  using Index = std::uint32_t;
  static constexpr Index no_route = std::numeric_limits<Index>::max();

  struct PatternChild {
    PathPieces pieces;
    Index node;
  };
  struct Tail {
    PathPieces pieces;
    Index route;
  };
  struct Node {
    Index first_route = no_route;  // the smallest in this subtree
    std::vector<Index> routes;     // that end here
    LiteralChildren literals;
    std::vector<PatternChild> patterns;
    std::vector<Tail> tails;  // routes that take the rest of the path from here
  };

  template <class Visit>
  class Search;

  Index child_for(Index parent, const PathPieces& segment, Index route);

  std::vector<Node> nodes_;
};

// Implementation ------------------------------------------------------------------------------------------------------

/// `visit(route)` returns the smallest index that is no longer of interest; routes below it go on being visited.
template <class Visit>
class RadixTree::Search {
 public:
  Search(const RadixTree& tree, Visit& visit) : nodes_{tree.nodes_.data()}, visit_{visit} {}

  void run(std::string_view text) {
    if (text.starts_with('/')) descend(nodes_[0], text.substr(1));
  }

 private:
  /// `rest` begins at the segment that the children of `node` are compared with.
  void descend(const Node& node, std::string_view rest) {
    const std::size_t end = rest.find('/');
    const std::string_view segment = rest.substr(0, end);
    const bool last = end == std::string_view::npos;
    const std::string_view below = last ? std::string_view{} : rest.substr(end + 1);
    const Index literal = node.literals.find(segment);
    if (literal != LiteralChildren::none) enter(nodes_[literal], last, below);
    for (const PatternChild& child : node.patterns) {
      if (nodes_[child.node].first_route >= limit_) break;
      if (match_pieces(child.pieces, segment, nullptr)) enter(nodes_[child.node], last, below);
    }
    for (const Tail& tail : node.tails) {
      if (tail.route >= limit_) break;
      if (match_pieces(tail.pieces, rest, nullptr)) limit_ = visit_(tail.route, limit_);
    }
  }

  void enter(const Node& node, bool last, std::string_view rest) {
    if (node.first_route >= limit_) return;
    if (!last) return descend(node, rest);
    for (const Index route : node.routes) {
      if (route >= limit_) break;
      limit_ = visit_(route, limit_);
    }
  }

  const Node* nodes_;
  Visit& visit_;
  Index limit_ = no_route;
};

template <class Accept>
RadixTree::Found RadixTree::find_first(std::string_view text, Accept accept) const {
  Found found;
  auto visit = [&](Index route, Index limit) {
    found.path_matched = true;
    if (!accept(std::size_t{route})) return limit;
    found.route = route;
    return route;
  };
  Search{*this, visit}.run(text);
  return found;
}

template <class Visit>
void RadixTree::for_each(std::string_view text, Visit visit) const {
  auto visit_all = [&](Index route, Index limit) {
    visit(std::size_t{route});
    return limit;
  };
  Search{*this, visit_all}.run(text);
}

}  // namespace coroute::detail
