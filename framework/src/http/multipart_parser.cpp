// SPDX-License-Identifier: BSL-1.0
#include "multipart_parser.hpp"

#include <algorithm>
#include <utility>

#include "form_error.hpp"

namespace coroute::detail {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

MultipartParser::MultipartParser(std::string_view boundary, const FormLimits& limits, MultipartSink& sink)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(limits), sink_(sink) {}

void MultipartParser::feed(std::string_view piece) {
  while (!piece.empty()) {
    switch (state_) {
      case State::Content:
        read_content(piece);
        break;
      case State::HeaderLine:
        read_header_line(piece);
        break;
      case State::Epilogue:
        return;
      default: {
        const char c = piece.front();
        ++bytes_examined_;
        const State before = state_;
        read_boundary_end(c);
        // A byte that shows that there was no boundary is content itself.
        const bool is_content = state_ == State::Content && before != State::HeaderLf;
        if (!is_content) piece.remove_prefix(1);
      }
    }
  }
}

void MultipartParser::finish() const {
  if (state_ != State::Epilogue) throw_form_error();
}

// A CR can be nothing but the first character of the delimiter. So where a match breaks off, the next one begins at the
// breaking byte or later, and no byte is compared more often than twice.
void MultipartParser::read_content(std::string_view& rest) {
  if (matched_ > 0 && resume_match(rest)) return;
  std::size_t at = 0;
  while (true) {
    const std::size_t cr = std::min(rest.find('\r', at), rest.size());
    bytes_examined_ += cr - at;
    const std::size_t length = match(rest.substr(cr));
    at = cr + length;
    if (length < delimiter_.size() && at < rest.size()) continue;
    emit(rest.substr(0, cr));
    rest.remove_prefix(at);
    if (length == delimiter_.size()) {
      state_ = State::AfterDelimiter;
    } else {
      matched_ = length;
    }
    return;
  }
}

/// Goes on with a match that began in an earlier piece. False when it broke off: `rest` is content then.
bool MultipartParser::resume_match(std::string_view& rest) {
  const std::size_t before = matched_;
  const std::string_view wanted = std::string_view(delimiter_).substr(before);
  const auto [in_rest, in_wanted] = std::mismatch(rest.begin(), rest.end(), wanted.begin(), wanted.end());
  const auto length = static_cast<std::size_t>(in_rest - rest.begin());
  bytes_examined_ += length + 1;
  if (length == wanted.size()) {
    matched_ = 0;
    state_ = State::AfterDelimiter;
  } else if (length == rest.size()) {
    matched_ += length;
  } else {
    matched_ = 0;
    emit(std::string_view(delimiter_).substr(0, before));
    return false;
  }
  rest.remove_prefix(length);
  return true;
}

/// How much of the delimiter `text` begins with.
std::size_t MultipartParser::match(std::string_view text) {
  const auto [in_text, in_delimiter] = std::mismatch(text.begin(), text.end(), delimiter_.begin(), delimiter_.end());
  const auto length = static_cast<std::size_t>(in_text - text.begin());
  bytes_examined_ += length + 1;
  return length;
}

void MultipartParser::read_boundary_end(char c) {
  switch (state_) {
    case State::AfterDelimiter:
      if (c == '-') {
        state_ = State::AfterHyphen;
      } else if (c == '\r') {
        state_ = State::DelimiterLf;
      } else if (is_blank(c)) {
        state_ = State::Padding;
      } else if (c == '\n') {
        throw_form_error();
      } else {
        resume_content("");
      }
      return;
    case State::AfterHyphen:
      if (c != '-') return resume_content("-");
      end_part();
      state_ = State::Epilogue;
      return;
    case State::Padding:
      if (c == '\r') {
        state_ = State::DelimiterLf;
      } else if (!is_blank(c)) {
        throw_form_error();
      }
      return;
    case State::DelimiterLf:
      if (c != '\n') throw_form_error();
      end_part();
      state_ = State::HeaderLine;
      return;
    default:
      if (c != '\n') throw_form_error();
      end_header_line();
  }
}

void MultipartParser::read_header_line(std::string_view& rest) {
  const std::size_t cr = rest.find('\r');
  const std::string_view text = rest.substr(0, cr);
  bytes_examined_ += text.size();
  header_bytes_ += text.size();
  if (header_bytes_ > limits_.max_part_header_bytes) throw_form_error();
  line_ += text;
  rest.remove_prefix(text.size());
  if (rest.empty()) return;
  rest.remove_prefix(1);
  state_ = State::HeaderLf;
}

void MultipartParser::end_header_line() {
  if (line_.empty()) return begin_part();
  add_header();
  line_.clear();
  state_ = State::HeaderLine;
}

void MultipartParser::add_header() {
  bytes_examined_ += line_.size();
  const std::string_view line = line_;
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (colon == line.size() || !is_token(name) || !is_field_value(value)) throw_form_error();
  if (headers_.size() == limits_.max_part_headers) throw_form_error();
  headers_.add(name, value);
}

void MultipartParser::begin_part() {
  state_ = State::Content;
  in_part_ = true;
  header_bytes_ = 0;
  sink_.on_part_begin(std::exchange(headers_, Headers()));
}

void MultipartParser::end_part() {
  if (in_part_) sink_.on_part_end();
  in_part_ = false;
}

/// What looked like a boundary is content.
void MultipartParser::resume_content(std::string_view withheld_tail) {
  state_ = State::Content;
  emit(delimiter_);
  emit(withheld_tail);
}

void MultipartParser::emit(std::string_view data) {
  if (in_part_ && !data.empty()) sink_.on_part_data(data);
}

}  // namespace coroute::detail
