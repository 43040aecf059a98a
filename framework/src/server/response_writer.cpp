// SPDX-License-Identifier: BSL-1.0
#include "response_writer.hpp"

#include <charconv>
#include <chrono>

#include "coroute/http/date.hpp"
#include "http/framing.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view ok_line = "HTTP/1.1 200 OK\r\n";
constexpr std::size_t max_status_line = 64 + 16;
constexpr std::size_t max_own_fields = 128;  // content-length and connection with their numbers

class Writer {
 public:
  explicit Writer(char* at) noexcept : at_(at) {}

  Writer& put(std::string_view text) noexcept {
    if (text.empty()) return *this;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Writer& put_number(std::size_t number) noexcept {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  /// Names go out in lower case.
  Writer& put_name(std::string_view name) noexcept {
    for (const char c : name)
      *at_++ = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return *this;
  }
  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

std::size_t fields_size(const Headers& headers) noexcept {
  std::size_t size = 0;
  for (const HeaderField field : headers)
    size += field.name.size() + field.value.size() + 4;
  return size;
}

void put_status_line(Writer& out, Status status) noexcept {
  if (status == Status::Ok) {
    out.put(ok_line);
    return;
  }
  out.put("HTTP/1.1 ")
      .put_number(static_cast<std::size_t>(status.code()))
      .put(" ")
      .put(reason_phrase(status))
      .put("\r\n");
}

/// A streamed body of unknown length ends with the connection for clients that don't know chunks.
void put_framing(Writer& out, const Response& response, const ResponseContext& context) noexcept {
  if (!response.is_streamed()) {
    out.put("content-length: ").put_number(response.content().size()).put("\r\n");
  } else if (is_chunked(response, context.http11)) {
    out.put("transfer-encoding: chunked\r\n");
  } else if (const std::optional<std::uint64_t> length = response.stream_length()) {
    out.put("content-length: ").put_number(*length).put("\r\n");
  }
}

}  // namespace

std::string_view body_to_send(const Response& response, const ResponseContext& context) noexcept {
  if (context.head_request || !has_body(response.status)) return {};
  return response.content();
}

bool is_chunked(const Response& response, bool http11) noexcept {
  return http11 && (!response.stream_length() || response.trailers());
}

std::string_view put_chunk(OutputBuffer& buffer, std::string_view data, std::size_t copied) {
  char line[20];
  char* const end = std::to_chars(line, line + 16, data.size(), 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  buffer.append({line, static_cast<std::size_t>(end + 2 - line)});
  if (data.size() > copied) return data;
  buffer.append(data);
  buffer.append("\r\n");
  return {};
}

void write_head(OutputBuffer& buffer, const Response& response, const ResponseContext& context) {
  const bool own_headers = !response.headers.empty();
  const std::string_view type =
      own_headers && response.headers.contains("content-type") ? "" : response.implied_content_type();
  const std::size_t size = max_status_line + context.fixed_fields.size() + max_own_fields + type.size() + 32 +
                           (own_headers ? fields_size(response.headers) : 0);
  char* const begin = buffer.prepare(size);
  Writer out(begin);
  put_status_line(out, response.status);
  out.put(context.fixed_fields);
  if (has_body(response.status)) {
    put_framing(out, response, context);
    if (!type.empty()) out.put("content-type: ").put(type).put("\r\n");
  } else if (response.status == Status::ResetContent) {
    out.put("content-length: 0\r\n");
  }
  if (own_headers) {
    for (const HeaderField field : response.headers) {
      if (is_framing_field(field.name)) continue;
      out.put_name(field.name).put(": ").put(field.value).put("\r\n");
    }
  }
  if (response.status == Status::SwitchingProtocols) {
    out.put("connection: upgrade\r\n");
  } else if (!context.keep_alive) {
    out.put("connection: close\r\n");
  } else if (!context.http11) {
    out.put("connection: keep-alive\r\n");
  }
  out.put("\r\n");
  buffer.commit(static_cast<std::size_t>(out.at() - begin));
}

std::string make_fixed_fields(std::string_view server_name) {
  std::string fields = "date: " + http_date(std::chrono::system_clock::now()) + "\r\n";
  if (!server_name.empty()) fields.append("server: ").append(server_name).append("\r\n");
  return fields;
}

}  // namespace coroute::detail
