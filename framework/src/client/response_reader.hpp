// SPDX-License-Identifier: BSL-1.0
#pragma once
/// From the bytes of a connection to one final response: skips what 1xx responses come first.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "response_parser.hpp"
#include "response_scanner.hpp"

namespace coroute::detail {

class ResponseReader {
 public:
  /// `max_body_bytes`: instead of that of the limits, of the body as it is sent and of what comes out of it.
  /// `decompresses`: a compressed body is given as what it stands for.
  ResponseReader(const ClientLimits& limits, bool to_head_request,
                 std::optional<std::uint64_t> max_body_bytes = std::nullopt, bool decompresses = false) noexcept
      : limits_(&limits),
        max_body_bytes_(max_body_bytes.value_or(limits.max_body_bytes)),
        to_head_request_(to_head_request),
        decompresses_(decompresses) {}

  /// 101 is an answer too: what follows it is none of this reader's.
  void allow_upgrade() noexcept { allows_upgrade_ = true; }

  /// Takes received bytes; returns how many are used up. The others must be given again, with more behind them.
  std::size_t feed(std::string_view bytes);
  /// The peer has closed; `properly`: it has said so, nothing was cut off.
  void feed_end(bool properly);

  bool is_done() const { return error_ == ResponseError::None && has_final_head_ && parser_->is_done(); }
  bool has_final_head() const noexcept { return has_final_head_; }
  ResponseError error() const noexcept { return error_; }
  /// To be asked once there is a final head.
  ResponseParser& response() noexcept { return *parser_; }
  const ResponseParser& response() const noexcept { return *parser_; }

 private:
  static constexpr std::size_t max_informational = 8;

  std::size_t feed_head(std::string_view bytes);
  void prepare_body();

  const ClientLimits* limits_;
  std::uint64_t max_body_bytes_;
  std::optional<ResponseScanner> scanner_;
  std::optional<ResponseParser> parser_;
  std::size_t informational_ = 0;
  ResponseError error_ = ResponseError::None;
  bool has_final_head_ = false;
  bool allows_upgrade_ = false;
  bool to_head_request_;
  bool decompresses_;
};

}  // namespace coroute::detail
