// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Parses an application/x-www-form-urlencoded body.
#include <cstddef>
#include <string>
#include <string_view>

#include "form_parser.hpp"

namespace coroute {
class FormData;
}

namespace coroute::detail {

/// Decodes as QueryParams does.
class UrlencodedParser final : public FormParser {
 public:
  UrlencodedParser(std::size_t max_fields, FormData& form) noexcept : max_fields_(max_fields), form_(form) {}

  void feed(std::string_view piece) override;
  void finish() override;

 private:
  void add(std::string_view pair);

  std::size_t max_fields_;
  FormData& form_;
  std::string unfinished_;  // the beginning of a pair that goes on in the next piece
};

}  // namespace coroute::detail
