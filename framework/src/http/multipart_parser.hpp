// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Cuts a multipart body (RFC 2046 section 5.1) into its parts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "coroute/http/form_data.hpp"
#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Told of the parts in their order. What it throws comes out of `feed`.
class MultipartSink {
 public:
  virtual void on_part_begin(Headers headers) = 0;
  /// Any number of times, in pieces that may lie anywhere in the part; valid during the call.
  virtual void on_part_data(std::string_view data) = 0;
  virtual void on_part_end() = 0;

 protected:
  ~MultipartSink() = default;
};

/// Takes a body in pieces of any size and holds back no more than a line of a part's head. Lines end with CR LF and
/// nothing else. Preamble, epilogue and blanks behind a boundary are skipped. A line that only begins with the boundary
/// is content. Broken bodies and heads over the limits throw HttpException; nothing may be called after that.
class MultipartParser {
 public:
  static constexpr std::size_t max_boundary_length = 70;  // RFC 2046 section 5.1.1

  /// The boundary, 1 to `max_boundary_length` characters without control characters, is copied.
  MultipartParser(std::string_view boundary, const FormLimits& limits, MultipartSink& sink);

  void feed(std::string_view piece);
  /// Throws when the final boundary is missing.
  void finish() const;

  /// How often a byte was looked at, whichever: must stay proportional to the length of the body.
  std::uint64_t bytes_examined() const noexcept { return bytes_examined_; }

 private:
  enum class State : unsigned char {
    Content,         ///< Of a part, or the preamble.
    AfterDelimiter,  ///< "\r\n--boundary" has come.
    AfterHyphen,     ///< And "-".
    Padding,         ///< And blanks.
    DelimiterLf,     ///< And "\r".
    HeaderLine,
    HeaderLf,
    Epilogue,
  };

  void read_content(std::string_view& rest);
  bool resume_match(std::string_view& rest);
  std::size_t match(std::string_view text);
  void read_boundary_end(char c);
  void read_header_line(std::string_view& rest);
  void end_header_line();
  void add_header();
  void begin_part();
  void end_part();
  void resume_content(std::string_view withheld_tail);
  void emit(std::string_view data);

  const std::string delimiter_;
  const FormLimits limits_;
  MultipartSink& sink_;
  State state_ = State::Content;
  // How much of the delimiter the piece before ended with. The body begins as though a line had just ended.
  std::size_t matched_ = 2;
  bool in_part_ = false;
  std::string line_;
  std::size_t header_bytes_ = 0;
  Headers headers_;
  std::uint64_t bytes_examined_ = 0;
};

}  // namespace coroute::detail
