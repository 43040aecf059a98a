// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The form in a request body, of whichever content type.
#include <exception>
#include <memory>
#include <string_view>

#include "coroute/http/form_data.hpp"
#include "form_parser.hpp"

namespace coroute::detail {

/// Takes the body in pieces. What went wrong once is thrown by every later call.
class FormReader {
 public:
  /// HttpException for a multipart body without a usable boundary.
  FormReader(std::string_view content_type, const FormLimits& limits);
  FormReader(const FormReader&) = delete;
  FormReader& operator=(const FormReader&) = delete;

  /// False when the form is complete, as one of another content type is from the beginning: an empty form.
  bool wants_body() const;
  void feed(std::string_view piece);
  void finish();

  const FormData& form() const noexcept { return form_; }

 private:
  template <class Step>
  void guard(Step step);

  FormData form_;
  std::unique_ptr<FormParser> parser_;  // until the form is complete
  std::exception_ptr error_;
};

}  // namespace coroute::detail
