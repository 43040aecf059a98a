// SPDX-License-Identifier: BSL-1.0
#include "request_parser.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <limits>

namespace coroute::detail {
namespace {

namespace http = beast::http;

constexpr std::size_t max_method_length = 32;
constexpr std::string_view forwarded_prefix = "x-forwarded-";
// "0\r\n\r\n". Beast 1.81 asserts that it has seen this much when it resumes an empty body.
constexpr std::size_t shortest_chunked_body = 5;

std::string_view to_std(beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

constexpr bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

enum CharClass : unsigned char { Refused = 0, Plain = 1, Percent = 2 };

constexpr auto make_target_table() {
  std::array<CharClass, 256> table{};
  for (std::size_t c = 0x21; c < 0x7F; ++c)
    table[c] = Plain;
  table['#'] = Refused;
  table['%'] = Percent;
  return table;
}
constexpr std::array<CharClass, 256> target_table = make_target_table();

constexpr auto make_host_table() {
  std::array<CharClass, 256> table{};
  for (std::size_t c = 0; c < 128; ++c) {
    if (is_alnum(static_cast<char>(c))) table[c] = Plain;
  }
  for (const char c : std::string_view("-._~!$&'()*+,;="))
    table[static_cast<unsigned char>(c)] = Plain;
  table['%'] = Percent;
  return table;
}
constexpr std::array<CharClass, 256> host_table = make_host_table();

bool all_in_table(std::string_view text, const std::array<CharClass, 256>& table, bool allow_nul) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const CharClass kind = table[static_cast<unsigned char>(text[i])];
    if (kind == Plain) continue;
    if (kind == Refused) return false;
    if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    if (!allow_nul && text[i + 1] == '0' && text[i + 2] == '0') return false;
    i += 2;
  }
  return true;
}

bool all_digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_digit);
}

bool is_valid_port(std::string_view port) noexcept {
  if (port.size() > 5 || !all_digits(port)) return false;
  unsigned number = 0;
  for (const char c : port)
    number = number * 10 + static_cast<unsigned>(c - '0');
  return number <= std::numeric_limits<std::uint16_t>::max();
}

bool is_ipv6_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  in6_addr address{};
  return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

Status status_of(const boost::system::error_code& error) noexcept {
  if (error == http::error::body_limit) return Status::ContentTooLarge;
  if (error == http::error::header_limit) return Status::RequestHeaderFieldsTooLarge;
  return Status::BadRequest;
}

/// "HTTP/" DIGIT "." DIGIT at the end of the request line, of a version that is not ours.
bool names_other_version(std::string_view head) noexcept {
  const std::string_view line = head.substr(0, head.find('\r'));
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view version = line.substr(space + 1);
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return false;
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]);
}

}  // namespace

bool is_valid_target(std::string_view target) noexcept {
  return all_in_table(target, target_table, false);
}

bool is_valid_host(std::string_view host) noexcept {
  if (host.empty()) return true;
  std::size_t name_end = 0;
  if (host.front() == '[') {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos || !is_ipv6_address(host.substr(1, bracket - 1))) return false;
    name_end = bracket + 1;
  } else {
    name_end = std::min(host.find(':'), host.size());
    if (name_end == 0 || !all_in_table(host.substr(0, name_end), host_table, false)) return false;
  }
  if (name_end == host.size()) return true;
  return host[name_end] == ':' && is_valid_port(host.substr(name_end + 1));
}

RequestParser::RequestParser(const ServerLimits& limits, bool allow_trace, std::vector<HeaderField>& fields)
    : limits_(&limits), fields_(fields), allow_trace_(allow_trace) {
  fields_.clear();
  // Size limits are enforced by HeadScanner and by the body source, which know more.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
}

std::optional<Status> RequestParser::parse_head(std::string_view head) {
  error_code error;
  put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) {
    if (error == http::error::bad_version && names_other_version(head)) return Status::HttpVersionNotSupported;
    return status_of(error);
  }
  if (!is_header_done()) return Status::BadRequest;
  head_done_ = true;
  keeps_alive_ = keep_alive();
  head_.headers = HeadersView(fields_);
  return check_head();
}

void RequestParser::on_request_impl(http::verb, string_view method, string_view target, int version, error_code&) {
  head_.method_name = to_std(method);
  head_.method = coroute::parse_method(head_.method_name);
  head_.target = to_std(target);
  head_.version = version;
}

void RequestParser::on_field_impl(http::field field, string_view name, string_view value, error_code& error) {
  if (head_done_) {
    add_trailer(name, value, error);
    return;
  }
  const std::string_view text = to_std(value);
  fields_.push_back({to_std(name), text});
  switch (field) {
    case http::field::host:
      ++host_count_;
      host_ = text;
      break;
    case http::field::transfer_encoding:
      ++transfer_encoding_count_;
      transfer_encoding_ = text;
      break;
    case http::field::content_length:
      ++content_length_count_;
      content_length_ = text;
      break;
    case http::field::expect:
      ++expect_count_;
      expect_ = text;
      break;
    case http::field::upgrade:
      has_upgrade_ = true;
      break;
    case http::field::forwarded:
      is_forwarded_ = true;
      break;
    case http::field::unknown:
      if (name.size() > forwarded_prefix.size()) {
        is_forwarded_ |= iequals(to_std(name).substr(0, forwarded_prefix.size()), forwarded_prefix);
      }
      break;
    default:
      break;
  }
}

std::optional<Status> RequestParser::check_head() {
  if (const auto refusal = check_method()) return refusal;
  if (const auto refusal = check_target()) return refusal;
  const bool http11 = head_.version >= 11;
  if (host_count_ > 1 || (host_count_ == 0 && http11) || !is_valid_host(host_)) return Status::BadRequest;
  // RFC 9112 section 6.1: one coding, exactly chunked, only in 1.1; anything else can't be framed.
  if (transfer_encoding_count_ > 0) {
    if (transfer_encoding_count_ > 1 || !http11 || content_length_count_ > 0) return Status::BadRequest;
    if (!iequals(transfer_encoding_, "chunked")) return Status::BadRequest;
  }
  // Beast takes "5, 5" for 5; another recipient might not (RFC 9112 section 6.3).
  if (content_length_count_ > 1 || !all_digits(content_length_)) return Status::BadRequest;
  // An upgrade whose body could be taken for the next protocol's bytes (GHSA-mfx4-hv73-q22v).
  if (has_upgrade_ && !is_done() && head_.headers.has_token("upgrade", "websocket")) return Status::BadRequest;
  if (expect_count_ > 0 && http11) {
    if (expect_count_ > 1 || !iequals(expect_, "100-continue")) return Status::ExpectationFailed;
    expects_continue_ = true;
  }
  return std::nullopt;
}

std::optional<Status> RequestParser::check_method() const {
  const std::string_view name = head_.method_name;
  if (name.size() > max_method_length) return Status::NotImplemented;
  if (head_.method == Method::Connect) return Status::MethodNotAllowed;
  if (head_.method == Method::Trace && !allow_trace_) return Status::MethodNotAllowed;
  if (head_.method != Method::Other) return std::nullopt;
  const auto registered_style = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!std::all_of(name.begin(), name.end(), registered_style)) return Status::NotImplemented;
  return std::nullopt;
}

std::optional<Status> RequestParser::check_target() {
  const std::string_view target = head_.target;
  if (!is_valid_target(target)) return Status::BadRequest;
  if (target.starts_with('/')) return std::nullopt;
  if (target == "*") return head_.method == Method::Options ? std::nullopt : std::optional<Status>(Status::BadRequest);
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (target.size() > scheme.size() && iequals(target.substr(0, scheme.size()), scheme)) {
      return check_absolute_target(scheme) ? std::nullopt : std::optional<Status>(Status::BadRequest);
    }
  }
  return Status::BadRequest;
}

/// RFC 9112 section 3.2.2: the path is what counts; a Host field that contradicts the target is an attack or a mistake.
bool RequestParser::check_absolute_target(std::string_view scheme_prefix) {
  const std::string_view rest = head_.target.substr(scheme_prefix.size());
  const std::size_t path_begin = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, path_begin);
  if (authority.empty() || !is_valid_host(authority)) return false;
  if (host_count_ > 0 && !iequals(authority, host_)) return false;
  if (path_begin == std::string_view::npos) {
    head_.target = "/";
  } else if (rest[path_begin] == '/') {
    head_.target = rest.substr(path_begin);
  } else {
    completed_target_.assign("/").append(rest.substr(path_begin));
    head_.target = completed_target_;
  }
  return true;
}

RequestParser::BodyStep RequestParser::parse_body(std::string_view input) {
  BodyStep step;
  if (chunked() && announced_bytes_ == 0 && input.size() < shortest_chunked_body) {
    step.need_more = true;
    return step;
  }
  body_piece_ = {};
  error_code error;
  while (step.consumed < input.size() && body_piece_.empty() && !is_done()) {
    const std::string_view rest = input.substr(step.consumed);
    step.consumed += put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    if (error) break;
  }
  step.data = body_piece_;
  if (error == http::error::need_more) {
    step.need_more = true;
  } else if (error) {
    step.refusal = too_many_trailers_ ? Status::RequestHeaderFieldsTooLarge : status_of(error);
  } else {
    step.need_more = body_piece_.empty() && !is_done();
  }
  return step;
}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) {
  body_piece_ = to_std(body);
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  body_piece_ = to_std(body);
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) {
  announced_bytes_ = size > std::numeric_limits<std::uint64_t>::max() - announced_bytes_
                         ? std::numeric_limits<std::uint64_t>::max()
                         : announced_bytes_ + size;
  extension_bytes_ += extensions.size();
  const bool too_large = extensions.size() > limits_->max_chunk_extension_bytes ||
                         extension_bytes_ > limits_->max_chunk_extension_total_bytes;
  if (too_large) error = http::error::bad_chunk_extension;
}

// Kept apart: merged into the head they could change what has been decided on it.
void RequestParser::add_trailer(string_view name, string_view value, error_code& error) {
  trailer_bytes_ += name.size() + value.size() + 4;
  too_many_trailers_ = trailers_.size() == limits_->max_trailer_count || trailer_bytes_ > limits_->max_trailer_bytes;
  if (too_many_trailers_) {
    error = http::error::header_limit;
  } else {
    trailers_.add(to_std(name), to_std(value));
  }
}

}  // namespace coroute::detail
