// SPDX-License-Identifier: BSL-1.0
#include "path_matcher.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "http/path_params_writer.hpp"

namespace coroute::detail {

namespace {

constexpr std::size_t uuid_length = 36;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_float(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return all_digits(text);
  return all_digits(text.substr(0, dot)) && all_digits(text.substr(dot + 1));
}

bool is_uuid(std::string_view text) {
  if (text.size() != uuid_length) return false;
  for (std::size_t i = 0; i < uuid_length; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex_digit(text[i])) return false;
  }
  return true;
}

/// Several placeholders: instead of backtracking, a table says for every piece and every position in the text where the
/// piece ends if it takes as much as it can while the rest still fits, or that it can't. It is filled from the last
/// piece to the first, one linear pass each, and read forwards: what a greedy regular expression finds, without its
/// exponential time.
class MatchTable {
 public:
  MatchTable(const PathPieces& pieces, std::string_view text)
      : pieces_{pieces}, text_{text}, length_{std::ssize(text)}, cells_{few_cells_.data()} {
    const std::size_t cells = (pieces.size() + 2) * (text.size() + 1);
    if (cells > few_cells_.size()) {
      many_cells_.resize(cells);
      cells_ = many_cells_.data();
    }
  }
  MatchTable(const MatchTable&) = delete;
  MatchTable& operator=(const MatchTable&) = delete;

  bool fill() {
    Position* const after_last = row(pieces_.size());
    std::fill_n(after_last, length_, none);
    after_last[length_] = length_;
    for (std::size_t i = pieces_.size(); i-- > 0;) {
      if (pieces_[i].is_parameter) {
        fill_parameter(pieces_[i].convertor, row(i), row(i + 1));
      } else {
        fill_literal(pieces_[i].literal, row(i), row(i + 1));
      }
    }
    return row(0)[0] != none;
  }

  /// Only after `fill` returned true.
  void read(PathCaptures& captures) {
    Position begin = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const Position end = row(i)[begin];
      if (pieces_[i].is_parameter) captures.add(part(begin, end));
      begin = end;
    }
  }

 private:
  using Position = std::ptrdiff_t;
  static constexpr Position none = -1;

  Position* row(std::size_t index) { return cells_ + static_cast<Position>(index) * (length_ + 1); }
  [[nodiscard]] char at(Position position) const { return text_[static_cast<std::size_t>(position)]; }
  [[nodiscard]] std::string_view part(Position begin, Position end) const {
    return text_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }

  void fill_literal(std::string_view literal, Position* ends, const Position* rest) const {
    for (Position i = 0; i <= length_; ++i) {
      const bool fit = part(i, length_).starts_with(literal) && rest[i + std::ssize(literal)] != none;
      ends[i] = fit ? i + std::ssize(literal) : none;
    }
  }

  void fill_parameter(Convertor convertor, Position* ends, const Position* rest) {
    Position* const farthest = row(pieces_.size() + 1);  // [i]: the last position <= i from which the rest fits
    for (Position i = 0; i <= length_; ++i) {
      farthest[i] = rest[i] != none ? i : (i > 0 ? farthest[i - 1] : none);
    }
    switch (convertor) {
      case Convertor::Str:
        return fill_run([](char c) { return c != '/'; }, ends, farthest);
      case Convertor::Int:
        return fill_run(is_digit, ends, farthest);
      case Convertor::Float:
        return fill_float(ends, farthest);
      case Convertor::Uuid:
        return fill_uuid(ends, rest);
      case Convertor::Path:
        for (Position i = 0; i <= length_; ++i) {
          ends[i] = farthest[length_] >= i ? farthest[length_] : none;
        }
        return;
    }
  }

  /// One or more characters of a class.
  template <class InClass>
  void fill_run(InClass in_class, Position* ends, const Position* farthest) const {
    Position run_end = length_;
    for (Position i = length_; i >= 0; --i) {
      if (i < length_ && !in_class(at(i))) run_end = i;
      ends[i] = farthest[run_end] > i ? farthest[run_end] : none;
    }
  }

  void fill_float(Position* ends, const Position* farthest) const {
    Position run_end = length_;    // of the digits that begin at or after i
    Position fraction_end = none;  // of the digits behind the dot at `run_end`
    ends[length_] = none;
    for (Position i = length_ - 1; i >= 0; --i) {
      if (!is_digit(at(i))) {
        fraction_end = at(i) == '.' ? run_end : none;
        run_end = i;
        ends[i] = none;
      } else if (fraction_end != none && farthest[fraction_end] > run_end + 1) {
        ends[i] = farthest[fraction_end];
      } else {
        ends[i] = farthest[run_end] > i ? farthest[run_end] : none;
      }
    }
  }

  void fill_uuid(Position* ends, const Position* rest) const {
    const auto size = static_cast<Position>(uuid_length);
    for (Position i = 0; i <= length_; ++i) {
      const bool fit = i + size <= length_ && rest[i + size] != none && is_uuid(part(i, i + size));
      ends[i] = fit ? i + size : none;
    }
  }

  const PathPieces& pieces_;
  std::string_view text_;
  Position length_;
  std::array<Position, 256> few_cells_;  // not initialised: every cell is written before it is read
  std::vector<Position> many_cells_;
  Position* cells_;
};

/// At most one placeholder between two literals: nothing to search.
bool match_one_parameter(const PathPieces& pieces, std::string_view text, PathCaptures* captures) {
  const PathPiece* parameter = nullptr;
  for (const PathPiece& piece : pieces) {
    if (piece.is_parameter) {
      parameter = &piece;
    } else if (parameter == nullptr) {
      if (!text.starts_with(piece.literal)) return false;
      text.remove_prefix(piece.literal.size());
    } else {
      if (!text.ends_with(piece.literal)) return false;
      text.remove_suffix(piece.literal.size());
    }
  }
  if (parameter == nullptr) return text.empty();
  if (!fits(parameter->convertor, text)) return false;
  if (captures != nullptr) captures->add(text);
  return true;
}

}  // namespace

void PathCaptures::add(std::string_view value) {
  PathParamsWriter{out_}.add(next_->name, static_cast<std::size_t>(value.data() - text_.data()), value.size());
  ++next_;
}

bool fits(Convertor convertor, std::string_view text) {
  switch (convertor) {
    case Convertor::Str:
      return !text.empty() && text.find('/') == std::string_view::npos;
    case Convertor::Int:
      return all_digits(text);
    case Convertor::Float:
      return is_float(text);
    case Convertor::Uuid:
      return is_uuid(text);
    case Convertor::Path:
      return true;
  }
  return false;
}

bool match_pieces(const PathPieces& pieces, std::string_view text, PathCaptures* captures) {
  if (std::ranges::count_if(pieces, &PathPiece::is_parameter) <= 1) return match_one_parameter(pieces, text, captures);
  MatchTable table{pieces, text};
  if (!table.fill()) return false;
  if (captures != nullptr) table.read(*captures);
  return true;
}

}  // namespace coroute::detail
