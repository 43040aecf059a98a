// SPDX-License-Identifier: BSL-1.0
#include "response_reader.hpp"

#include "coroute/http/status.hpp"

namespace coroute::detail {

std::size_t ResponseReader::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (!has_final_head_ && error_ == ResponseError::None) {
    const std::size_t head = feed_head(bytes.substr(consumed));
    if (head == 0) return consumed;
    consumed += head;
  }
  if (error_ == ResponseError::None && !parser_->is_done()) {
    consumed += parser_->parse_body(bytes.substr(consumed), error_);
  }
  return consumed;
}

/// 0: the head is not complete, or there is an error.
std::size_t ResponseReader::feed_head(std::string_view bytes) {
  if (bytes.empty()) return 0;
  if (!scanner_) scanner_.emplace(*limits_);
  switch (scanner_->scan(bytes)) {
    case ResponseScanner::Result::Incomplete:
      return 0;
    case ResponseScanner::Result::TooLarge:
      error_ = ResponseError::HeadTooLarge;
      return 0;
    case ResponseScanner::Result::NotHttp:
      error_ = ResponseError::NotHttp;
      return 0;
    case ResponseScanner::Result::Malformed:
      error_ = ResponseError::BadHead;
      return 0;
    case ResponseScanner::Result::Complete:
      break;
  }
  const std::size_t end = scanner_->head_end();
  const std::size_t fields = scanner_->field_count();
  scanner_.reset();
  parser_.emplace(*limits_, to_head_request_);
  parser_->body_limit(max_body_bytes_);
  error_ = parser_->parse_head(bytes.substr(0, end), fields);
  if (error_ == ResponseError::SwitchedProtocols && allows_upgrade_) {
    error_ = ResponseError::None;
    has_final_head_ = true;
    return end;
  }
  if (error_ != ResponseError::None) return 0;
  has_final_head_ = parser_->status_code() >= 200;
  if (has_final_head_ && decompresses_ && !to_head_request_) prepare_body();
  if (!has_final_head_ && ++informational_ > max_informational) error_ = ResponseError::TooManyInformational;
  return end;
}

void ResponseReader::prepare_body() {
  if (!parser_->has_content_coding()) return;
  const auto coding = parse_content_coding(parser_->headers().get("content-encoding").value_or(""));
  if (!coding || !has_body(Status(parser_->status_code()))) return;
  const DecoderLimits limits{max_body_bytes_, limits_->max_decompression_ratio};
  parser_->decode_body(std::make_unique<ContentDecoder>(*coding, limits));
}

void ResponseReader::feed_end(bool properly) {
  if (error_ != ResponseError::None || is_done()) return;
  error_ = has_final_head_ && properly ? parser_->parse_end() : ResponseError::EndedEarly;
}

}  // namespace coroute::detail
