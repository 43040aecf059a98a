// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The form in a request body, of whichever content type.
#include <exception>
#include <memory>
#include <string_view>

#include "coroute/http/form_data.hpp"
#include "form_parser.hpp"

namespace coroute::detail {

/// Takes the body in pieces. What went wrong once is thrown by every later call; what was read until then is gone.
class FormReader {
 public:
  /// HttpException for a multipart body without a usable boundary.
  FormReader(std::string_view content_type, const FormLimits& limits);
  FormReader(const FormReader&) = delete;
  FormReader& operator=(const FormReader&) = delete;

  /// False when the form is complete, as one of another content type is from the beginning: an empty form.
  bool wants_body() const;
  bool is_complete() const noexcept { return !parser_ && !error_; }
  /// False before the first `feed`.
  bool has_begun() const noexcept { return has_begun_; }
  /// Reads the next piece up to where something is to be written first: then `piece` must stay while `wants_write`.
  void feed(std::string_view piece);
  void finish();

  /// Files have more in memory than they should: then `write` comes next, and nothing else.
  bool wants_write() const noexcept { return parser_ && !parser_->unwritten().empty(); }
  /// Has a thread write it, and reads on. Cancelled before the thread begins, it has done nothing and can be called
  /// again. std::system_error when the disk is full or fails, ThreadPoolFull.
  Async<void> write();

  const FormData& form() const noexcept { return form_; }

 private:
  template <class Step>
  void guard(Step step);
  void read_rest();
  void give_up(std::exception_ptr error) noexcept;

  FormData form_;
  std::unique_ptr<FormParser> parser_;  // until the form is complete, or goes wrong
  std::string_view rest_;               // of the piece
  bool has_begun_ = false;
  std::exception_ptr error_;
};

}  // namespace coroute::detail
