// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Makes the fields and files of a multipart/form-data body (RFC 7578) of its parts.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "charset.hpp"
#include "content_parameters.hpp"
#include "coroute/http/form_data.hpp"
#include "form_parser.hpp"
#include "multipart_parser.hpp"

namespace coroute::detail {

class MultipartForm final : public FormParser, private MultipartSink {
 public:
  /// `boundary` and `charset` are what the content type of the request says.
  MultipartForm(std::string_view boundary, Charset charset, const FormLimits& limits, FormData& form);

  void feed(std::string_view piece) override;
  void finish() override;

 private:
  void on_part_begin(Headers headers) override;
  void on_part_data(std::string_view data) override;
  void on_part_end() override;
  void count_part();
  void count_text(std::size_t bytes);
  void add_to_file(std::string_view data);
  void note_unwritten();

  FormLimits limits_;
  FormData& form_;
  std::size_t fields_ = 0;
  std::size_t files_ = 0;
  std::size_t fields_size_ = 0;
  std::size_t files_in_memory_ = 0;  // bytes
  std::shared_ptr<Spool> spool_ = std::make_shared<Spool>();
  Charset charset_;
  bool any_bytes_ = false;

  // The part in progress.
  std::string name_;
  std::optional<std::string> filename_;  // none for a text
  Headers headers_;
  Charset text_charset_ = Charset::Utf8;
  std::string data_;                   // of a text
  std::shared_ptr<SpooledFile> file_;  // null for a text

  MultipartParser parser_;
};

}  // namespace coroute::detail
