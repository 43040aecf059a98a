// SPDX-License-Identifier: BSL-1.0
#pragma once

/// A declared path, parsed: which request paths it accepts and what its placeholders take from them.

#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/path_params.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute {

namespace detail {

class PathText;

/// A run of literal text or one placeholder, without its name.
struct PathPiece {
  std::string literal;  ///< Empty for a placeholder.
  Convertor convertor = Convertor::Str;
  bool is_parameter = false;

  bool operator==(const PathPiece&) const = default;
};

/// The pieces of one segment, or of a tail that spans several.
using PathPieces = std::vector<PathPiece>;

}  // namespace detail

/// A placeholder of a pattern.
struct PathParameter {
  std::string name;
  Convertor convertor = Convertor::Str;
};

/// Matching works on segments: the request path is split at '/', then each segment is percent-decoded, so `%2F` is data
/// and never a separator, and literals are compared decoded ("/café" is matched by "/caf%C3%A9"). Case matters, `//` is
/// an empty segment. Like a greedy regular expression, earlier placeholders take as much as they can; the time is
/// linear in the path. A `path` placeholder takes any bytes. Immutable after `parse`: any thread may match.
class PathPattern {
 public:
  /// Throws `std::invalid_argument`, in one sentence that names the path.
  [[nodiscard]] static PathPattern parse(std::string text);

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const std::vector<PathParameter>& parameters() const { return parameters_; }

  /// `path`: still percent-encoded, without the query. False leaves `out` empty, as does a broken escape in the path.
  /// The names in `out` point into this pattern.
  [[nodiscard]] bool match(std::string_view path, PathParams& out) const;
  /// The same for a path that was already decoded (into `out`, if it had to be). Only adds to `out`; false may leave
  /// the values of the segments that did match.
  [[nodiscard]] bool match(const detail::PathText& path, PathParams& out) const;

  /// Whole segments, up to the one that holds the first `path` placeholder; what follows is the tail (else empty).
  [[nodiscard]] const std::vector<detail::PathPieces>& segments() const { return segments_; }
  [[nodiscard]] const detail::PathPieces& tail() const { return tail_; }
  /// Accepts exactly the same paths, whatever the names of the placeholders.
  [[nodiscard]] bool same_shape(const PathPattern& other) const;

 private:
  PathPattern() = default;
  void append_literal(std::string_view text);
  void append_parameter(std::string_view name, Convertor convertor);

  std::string text_;
  std::vector<PathParameter> parameters_;
  std::vector<detail::PathPieces> segments_;
  detail::PathPieces tail_;
};

}  // namespace coroute
