// SPDX-License-Identifier: BSL-1.0
#include "form_reader.hpp"

#include <string>
#include <utility>

#include "content_parameters.hpp"
#include "coroute/http/headers.hpp"
#include "form_error.hpp"
#include "http/open_file.hpp"
#include "multipart_form.hpp"
#include "urlencoded_parser.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t max_step_bytes = 64 * 1024;  // a file may have so much more in memory than it should

/// On a thread. An error is the result, so as not to be mistaken for one of the call itself, after which the files are
/// what they were.
std::exception_ptr write_files(const SpooledFiles* files) noexcept {
  try {
    for (const std::shared_ptr<SpooledFile>& file : *files)
      file->write();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

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
    parser_ = std::make_unique<UrlencodedParser>(limits, form_);
  }
}

bool FormReader::wants_body() const {
  if (error_) std::rethrow_exception(error_);
  return parser_ != nullptr;
}

void FormReader::give_up(std::exception_ptr error) noexcept {
  error_ = std::move(error);
  parser_.reset();
  form_ = FormData();
}

template <class Step>
void FormReader::guard(Step step) {
  if (!wants_body()) return;
  try {
    step();
  } catch (...) {
    give_up(std::current_exception());
    throw;
  }
}

void FormReader::feed(std::string_view piece) {
  guard([&] {
    has_begun_ = true;
    rest_ = piece;
    read_rest();
  });
}

void FormReader::read_rest() {
  while (!rest_.empty() && !wants_write()) {
    const std::string_view part = rest_.substr(0, max_step_bytes);
    rest_.remove_prefix(part.size());
    parser_->feed(part);
  }
}

Async<void> FormReader::write() {
  const std::exception_ptr error = co_await to_thread(file_pool(), &write_files, &parser_->unwritten());
  if (error) {
    give_up(error);
    std::rethrow_exception(error);
  }
  guard([&] {
    parser_->unwritten().clear();
    read_rest();
  });
}

void FormReader::finish() {
  guard([&] { parser_->finish(); });
  parser_.reset();
}

}  // namespace coroute::detail
