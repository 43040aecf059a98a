// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Beast's HTTP/1 parser for one response, behind a strict gate: what could be framed in two ways is refused.
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/client/options.hpp"
#include "coroute/http/headers.hpp"
#include "http/content_decoder.hpp"
#include "response_error.hpp"

namespace coroute::detail {

/// Give it the whole head (see ResponseScanner) with `parse_head`, then the body with `parse_body`. Headers and body
/// are gathered here.
class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  ResponseParser(const ClientLimits& limits, bool to_head_request);

  /// `fields`: how many lines there are between the first and the empty one.
  ResponseError parse_head(std::string_view head, std::size_t fields);
  /// Returns how much of `input` is used up; what is left must be given again with more behind it.
  std::size_t parse_body(std::string_view input, ResponseError& error);
  /// The peer has closed. None: the body was meant to end so.
  ResponseError parse_end();
  /// After the head: the body is what `decoder` makes of it, and the fields that say otherwise are gone.
  void decode_body(std::unique_ptr<ContentDecoder> decoder);

  int status_code() const noexcept { return status_; }
  bool has_content_coding() const noexcept { return has_content_coding_; }
  /// The connection may carry another request once the response is complete.
  bool is_reusable() const;
  Headers& headers() noexcept { return headers_; }
  const Headers& headers() const noexcept { return headers_; }
  /// Empty until the body is done.
  Headers& trailers() noexcept { return trailers_; }
  const Headers& trailers() const noexcept { return trailers_; }
  std::string& body() noexcept { return body_; }

 private:
  using error_code = boost::system::error_code;
  using string_view = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view reason, int version, error_code&) override;
  void on_field_impl(boost::beast::http::field field, string_view name, string_view value, error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code&) override;
  std::size_t on_body_impl(string_view body, error_code&) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code&) override;
  void on_finish_impl(error_code&) override {}

  ResponseError check_head() const noexcept;
  std::size_t append_body(string_view body, error_code& error);
  ResponseError check_decoded() const noexcept;
  void add_trailer(string_view name, string_view value, error_code& error);

  std::size_t max_trailer_count_;
  Headers headers_;
  Headers trailers_;
  std::string body_;
  std::string transfer_encoding_;
  std::unique_ptr<ContentDecoder> decoder_;
  DecodeError decode_error_ = DecodeError::None;
  int status_ = 0;
  int version_ = 0;
  std::size_t transfer_encoding_count_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  bool has_content_length_ = false;
  bool has_content_coding_ = false;
  bool head_done_ = false;
  bool keeps_alive_ = false;  // as the head says: what Beast says heeds trailers too
};

}  // namespace coroute::detail
