// SPDX-License-Identifier: BSL-1.0
#include "form_reader.hpp"

#include <string>

#include "content_parameters.hpp"
#include "coroute/http/headers.hpp"
#include "form_error.hpp"
#include "multipart_form.hpp"
#include "urlencoded_parser.hpp"

namespace coroute::detail {
namespace {

/// Laxer than RFC 2046 wants it: also other visible characters, which cannot be misread.
bool is_boundary(std::string_view text) {
  return text.size() <= MultipartParser::max_boundary_length && is_field_value(text) && !text.ends_with(' ');
}

std::unique_ptr<FormParser> make_multipart_parser(std::string_view content_type, const FormLimits& limits,
                                                  FormData& form) {
  const std::optional<ContentParameters> type = parse_content_parameters(content_type);
  if (!type) throw_form_error();
  const std::string* boundary = type->get("boundary");
  if (!boundary || boundary->empty()) throw_form_error("Missing boundary in multipart.");
  const std::string* label = type->get("charset");
  const std::optional<Charset> charset = parse_charset(label ? std::string_view(*label) : "utf-8");
  if (!is_boundary(*boundary) || !charset) throw_form_error();
  return std::make_unique<MultipartForm>(*boundary, *charset, limits, form);
}

}  // namespace

FormReader::FormReader(std::string_view content_type, const FormLimits& limits) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  if (iequals(type, "multipart/form-data")) {
    parser_ = make_multipart_parser(content_type, limits, form_);
  } else if (iequals(type, "application/x-www-form-urlencoded")) {
    parser_ = std::make_unique<UrlencodedParser>(limits.max_fields, form_);
  }
}

bool FormReader::wants_body() const {
  if (error_) std::rethrow_exception(error_);
  return parser_ != nullptr;
}

template <class Step>
void FormReader::guard(Step step) {
  if (!wants_body()) return;
  try {
    step();
  } catch (...) {
    error_ = std::current_exception();
    throw;
  }
}

void FormReader::feed(std::string_view piece) {
  guard([&] { parser_->feed(piece); });
}

void FormReader::finish() {
  guard([&] { parser_->finish(); });
  parser_.reset();
}

}  // namespace coroute::detail
