// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The only way to put values into a `PathParams`: choose the text they lie in, then add their ranges.

#include <cstddef>
#include <string>
#include <string_view>

#include "coroute/http/path_params.hpp"

namespace coroute::detail {

class PathParamsWriter {
 public:
  explicit PathParamsWriter(PathParams& params) : params_{params} {}

  /// Where decoded text belongs, used unless `use_raw` is called; its capacity is kept from match to match.
  [[nodiscard]] std::string& decoded() { return params_.decoded_; }
  void use_raw(std::string_view path) { params_.raw_path_ = path.data(); }
  void add(std::string_view name, std::size_t begin, std::size_t length);

 private:
  PathParams& params_;
};

}  // namespace coroute::detail
