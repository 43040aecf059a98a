// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Beast's HTTP/1 parser without a container: views into the connection's buffer, behind a strict gate.
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/headers.hpp"
#include "coroute/http/method.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/status.hpp"
#include "coroute/server/options.hpp"

namespace coroute::detail {

namespace beast = boost::beast;

/// One per request. Feed it the whole head (see HeadScanner) with `parse_head`, then the body with `parse_body`.
class RequestParser final : public beast::http::basic_parser<true> {
 public:
  RequestParser(const ServerLimits& limits, bool allow_trace, std::vector<HeaderField>& fields);

  /// The status to refuse the request with, or nullopt. All views point into `head`.
  std::optional<Status> parse_head(std::string_view head);

  struct BodyStep {
    std::size_t consumed = 0;
    std::string_view data;          ///< Decoded piece, within the input.
    std::optional<Status> refusal;  ///< The framing is broken: nothing more can be read from this connection.
    bool need_more = false;
  };
  /// Decodes the next piece of the body; to be called while `!is_done()`.
  BodyStep parse_body(std::string_view input);

  RequestHead head() const noexcept { return head_; }
  /// Empty until the body is done.
  const Headers& trailers() const noexcept { return trailers_; }
  /// What the chunk headers read so far announce, to be refused before it comes.
  std::uint64_t announced_bytes() const noexcept { return announced_bytes_; }
  /// It has fields with which proxies say for whom they ask.
  bool is_forwarded() const noexcept { return is_forwarded_; }
  bool expects_continue() const noexcept { return expects_continue_; }
  /// As the head says: what Beast says heeds trailers too.
  bool keeps_alive() const noexcept { return keeps_alive_; }

 private:
  using error_code = boost::system::error_code;
  using string_view = beast::string_view;

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, error_code&) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field field, string_view name, string_view value, error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code&) override;
  void on_finish_impl(error_code&) override {}

  std::optional<Status> check_head();
  std::optional<Status> check_method() const;
  std::optional<Status> check_target();
  bool check_absolute_target(std::string_view scheme_prefix);
  void add_trailer(string_view name, string_view value, error_code& error);

  const ServerLimits* limits_;
  std::vector<HeaderField>& fields_;
  RequestHead head_;
  Headers trailers_;
  std::string completed_target_;  // of "http://host?query", whose path is not written out
  std::string_view host_;
  std::string_view transfer_encoding_;
  std::string_view content_length_;
  std::string_view expect_;
  std::string_view body_piece_;
  std::size_t host_count_ = 0;
  std::size_t transfer_encoding_count_ = 0;
  std::size_t content_length_count_ = 0;
  std::size_t expect_count_ = 0;
  std::uint64_t announced_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  bool has_upgrade_ = false;
  bool is_forwarded_ = false;
  bool allow_trace_;
  bool head_done_ = false;
  bool expects_continue_ = false;
  bool keeps_alive_ = false;
  bool too_many_trailers_ = false;
};

/// `uri-host [":" port]` as RFC 9110 section 7.2 wants it; empty passes.
bool is_valid_host(std::string_view host) noexcept;
/// Printable ASCII without "#", every "%" followed by two hexadecimal digits, and no encoded NUL.
bool is_valid_target(std::string_view target) noexcept;

}  // namespace coroute::detail
