// SPDX-License-Identifier: BSL-1.0
#include "response_parser.hpp"

#include <algorithm>
#include <limits>

namespace coroute::detail {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t max_reserved_body = 1024 * 1024;  // a length announced is not yet a length sent
constexpr std::size_t max_extension_bytes = 4 * 1024;
constexpr std::size_t max_trailer_bytes = 8 * 1024;

std::string_view to_std(boost::beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

ResponseError head_error(const boost::system::error_code& error) noexcept {
  if (error == http::error::body_limit) return ResponseError::BodyTooLarge;
  if (error == http::error::bad_version) return ResponseError::NotHttp;
  if (error == http::error::bad_status) return ResponseError::BadStatus;
  if (error == http::error::bad_content_length || error == http::error::multiple_content_length ||
      error == http::error::bad_transfer_encoding) {
    return ResponseError::BadFraming;
  }
  return ResponseError::BadHead;
}

}  // namespace

ResponseParser::ResponseParser(const ClientLimits& limits, bool to_head_request)
    : max_trailer_count_(limits.max_header_count) {
  header_limit(std::numeric_limits<std::uint32_t>::max());  // ResponseScanner counts better
  body_limit(limits.max_body_bytes);
  skip(to_head_request);
}

ResponseError ResponseParser::parse_head(std::string_view head, std::size_t fields) {
  error_code error;
  headers_.reserve(head.size(), fields);
  put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return head_error(error);
  if (!is_header_done()) return ResponseError::BadHead;
  head_done_ = true;
  keeps_alive_ = keep_alive();
  return check_head();
}

/// RFC 9112 sections 6.1 and 6.3. Differing lengths are refused by Beast; equal ones say the same.
ResponseError ResponseParser::check_head() const noexcept {
  if (status_ < 100 || status_ > 599) return ResponseError::BadStatus;
  if (status_ == 101) return ResponseError::SwitchedProtocols;
  if (transfer_encoding_count_ == 0) return ResponseError::None;
  if (has_content_length_) return ResponseError::BadFraming;
  const bool chunked = transfer_encoding_count_ == 1 && version_ >= 11 && iequals(transfer_encoding_, "chunked");
  return chunked ? ResponseError::None : ResponseError::BadTransferEncoding;
}

bool ResponseParser::is_reusable() const {
  // A body that must not be there may still be on its way.
  const bool forbidden_body = status_ == 204 && (transfer_encoding_count_ > 0 || has_content_length_);
  return is_done() && keeps_alive_ && !forbidden_body;
}

std::size_t ResponseParser::parse_body(std::string_view input, ResponseError& error) {
  std::size_t consumed = 0;
  error_code failure;
  while (consumed < input.size() && !is_done()) {
    const std::string_view rest = input.substr(consumed);
    consumed += put(boost::asio::const_buffer(rest.data(), rest.size()), failure);
    if (failure) break;
  }
  if (failure && decode_error_ != DecodeError::None) {
    error = response_error(decode_error_);
  } else if (failure && failure != http::error::need_more) {
    error = failure == http::error::body_limit ? ResponseError::BodyTooLarge : ResponseError::BadChunk;
  } else if (input.size() - consumed > max_trailer_bytes && !is_done()) {
    error = ResponseError::BadChunk;  // an endless chunk header or trailer section
  } else if (is_done()) {
    error = check_decoded();
  }
  return consumed;
}

ResponseError ResponseParser::parse_end() {
  error_code error;
  put_eof(error);
  return error ? ResponseError::EndedEarly : check_decoded();
}

void ResponseParser::on_response_impl(int status, string_view, int version, error_code&) {
  status_ = status;
  version_ = version;
}

void ResponseParser::on_field_impl(http::field field, string_view name, string_view value, error_code& error) {
  if (head_done_) {
    add_trailer(name, value, error);
    return;
  }
  if (field == http::field::content_length) has_content_length_ = true;
  if (field == http::field::content_encoding) has_content_coding_ = true;
  if (field == http::field::transfer_encoding) {
    ++transfer_encoding_count_;
    transfer_encoding_ = to_std(value);
  }
  headers_.append(to_std(name), to_std(value));  // Beast lets no other bytes pass than `add` does, and trims
}

void ResponseParser::on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code&) {
  if (size) body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*size, max_reserved_body)));
}

std::size_t ResponseParser::on_body_impl(string_view body, error_code& error) {
  return append_body(body, error);
}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) {
  return append_body(body, error);
}

std::size_t ResponseParser::append_body(string_view body, error_code& error) {
  if (!decoder_) {
    body_.append(body.data(), body.size());
  } else {
    decode_error_ = decoder_->decode(to_std(body), body_);
    if (decode_error_ != DecodeError::None) error = http::error::bad_value;
  }
  return body.size();
}

void ResponseParser::decode_body(std::unique_ptr<ContentDecoder> decoder) {
  decoder_ = std::move(decoder);
  headers_.remove("content-encoding");
  headers_.remove("content-length");
}

ResponseError ResponseParser::check_decoded() const noexcept {
  return decoder_ ? response_error(decoder_->finish()) : ResponseError::None;
}

void ResponseParser::on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& error) {
  extension_bytes_ += extensions.size();
  const bool bad =
      extension_bytes_ > max_extension_bytes || std::any_of(extensions.begin(), extensions.end(), is_control);
  if (bad) error = http::error::bad_chunk_extension;
}

// Kept apart: merged into the head they could change what has been decided on it.
void ResponseParser::add_trailer(string_view name, string_view value, error_code& error) {
  trailer_bytes_ += name.size() + value.size() + 4;
  if (trailers_.size() == max_trailer_count_ || trailer_bytes_ > max_trailer_bytes) {
    error = http::error::header_limit;
  } else {
    trailers_.append(to_std(name), to_std(value));
  }
}

}  // namespace coroute::detail
