// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/path_pattern.hpp"

#include <stdexcept>
#include <utility>

#include "http/error_text.hpp"
#include "path_matcher.hpp"
#include "path_text.hpp"

namespace coroute {

namespace {

std::string_view sentence(detail::PathMistake mistake) {
  switch (mistake) {
    case detail::PathMistake::None:
      break;
    case detail::PathMistake::NoLeadingSlash:
      return "must start with '/'";
    case detail::PathMistake::ControlCharacter:
      return "holds a control character";
    case detail::PathMistake::UnclosedBrace:
      return "has a '{' that is never closed";
    case detail::PathMistake::UnopenedBrace:
      return "has a '}' without its '{'";
    case detail::PathMistake::BadParameterName:
      return "has a parameter whose name is not an identifier (letters, digits and '_', not starting with a digit)";
    case detail::PathMistake::UnknownConvertor:
      return "has a parameter whose convertor is not one of str, int, float, uuid, path";
    case detail::PathMistake::DuplicateParameter:
      return "uses a parameter name twice";
  }
  return "is well formed";
}

}  // namespace

PathPattern PathPattern::parse(std::string text) {
  const detail::PathMistake mistake = detail::find_path_mistake(text);
  if (mistake != detail::PathMistake::None) {
    throw std::invalid_argument{"route path " + detail::quoted(text) + " " + std::string{sentence(mistake)}};
  }
  PathPattern pattern;
  detail::PathScanner scanner{text};
  for (detail::PathToken token; scanner.next(token);) {
    if (token.is_parameter) {
      pattern.append_parameter(token.text, token.convertor);
    } else {
      pattern.append_literal(token.text);
    }
  }
  pattern.text_ = std::move(text);
  return pattern;
}

void PathPattern::append_literal(std::string_view text) {
  if (!tail_.empty()) {
    tail_.push_back({.literal = std::string{text}});
    return;
  }
  while (!text.empty()) {
    if (text.starts_with('/')) {
      segments_.emplace_back();
      text.remove_prefix(1);
    }
    const std::string_view rest_of_segment = text.substr(0, text.find('/'));
    if (!rest_of_segment.empty()) segments_.back().push_back({.literal = std::string{rest_of_segment}});
    text.remove_prefix(rest_of_segment.size());
  }
}

void PathPattern::append_parameter(std::string_view name, Convertor convertor) {
  if (tail_.empty() && convertor == Convertor::Path) {
    tail_ = std::move(segments_.back());
    segments_.pop_back();
  }
  detail::PathPieces& pieces = tail_.empty() && convertor != Convertor::Path ? segments_.back() : tail_;
  pieces.push_back({.literal = {}, .convertor = convertor, .is_parameter = true});
  parameters_.push_back({std::string{name}, convertor});
}

bool PathPattern::match(std::string_view path, PathParams& out) const {
  detail::PathText text;
  if (text.assign(path, out) && match(text, out)) return true;
  out.clear();
  return false;
}

bool PathPattern::match(const detail::PathText& path, PathParams& out) const {
  const std::string_view text = path.text();
  detail::PathCaptures captures{parameters_, text, out};
  std::string_view rest = text;
  bool more = true;
  for (const detail::PathPieces& segment : segments_) {
    if (!more) return false;
    rest.remove_prefix(1);
    const std::size_t end = rest.find('/');
    more = end != std::string_view::npos;
    if (!detail::match_pieces(segment, rest.substr(0, end), &captures)) return false;
    rest.remove_prefix(more ? end : rest.size());
  }
  if (tail_.empty()) return !more;
  return more && detail::match_pieces(tail_, rest.substr(1), &captures);
}

bool PathPattern::same_shape(const PathPattern& other) const {
  return segments_ == other.segments_ && tail_ == other.tail_;
}

}  // namespace coroute
