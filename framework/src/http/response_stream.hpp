// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a streamed response holds.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "coroute/http/response.hpp"
#include "http/file_body.hpp"

namespace coroute {

struct Response::Stream {
  Stream(AsyncGenerator<std::string> pieces, std::optional<std::uint64_t> length) noexcept
      : pieces(std::move(pieces)), length(length) {}

  AsyncGenerator<std::string> pieces;
  std::optional<std::uint64_t> length;
  std::shared_ptr<const detail::FileBody> file;  ///< What the pieces are read from; null: they come from elsewhere.
};

}  // namespace coroute
