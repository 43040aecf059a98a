// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Serialises responses straight into the connection's output buffer.
#include <string_view>

#include "coroute/http/response.hpp"
#include "output_buffer.hpp"

namespace coroute::detail {

struct ResponseContext {
  std::string_view fixed_fields;  ///< "date" and "server" lines, made once a second.
  bool http11 = true;
  bool keep_alive = true;
  bool head_request = false;
};

/// What goes out for this response after the head.
std::string_view body_to_send(const Response& response, const ResponseContext& context) noexcept;

/// Whether a streamed body goes out in chunks; else it has its length, or ends with the connection.
bool is_chunked(const Response& response, bool http11) noexcept;

/// Status line and fields with the empty line. `date`, `content-length`, `transfer-encoding` and `connection` that the
/// handler set itself are left out: framing is the server's.
void write_head(OutputBuffer& out, const Response& response, const ResponseContext& context);

/// `data`, not empty, as a chunk (RFC 9112 section 7.1); more than `copied` bytes are not copied but given back, to be
/// sent behind the buffer and followed by CR LF.
std::string_view put_chunk(OutputBuffer& out, std::string_view data, std::size_t copied);

/// "date: ...\r\nserver: ...\r\n" for this second.
std::string make_fixed_fields(std::string_view server_name);

}  // namespace coroute::detail
