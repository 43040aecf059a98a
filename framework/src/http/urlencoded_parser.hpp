// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Parses an application/x-www-form-urlencoded body.
#include <cstddef>
#include <string>
#include <string_view>

#include "form_parser.hpp"

namespace coroute {
class FormData;
struct FormLimits;
}  // namespace coroute

namespace coroute::detail {

/// Decodes as QueryParams does.
class UrlencodedParser final : public FormParser {
 public:
  UrlencodedParser(const FormLimits& limits, FormData& form) noexcept;

  void feed(std::string_view piece) override;
  void finish() override;

 private:
  void add(std::string_view pair);
  void keep(std::string_view part);

  std::size_t max_fields_;
  std::size_t max_pair_size_;
  std::size_t max_fields_size_;
  std::size_t fields_size_ = 0;
  FormData& form_;
  std::string unfinished_;  // the beginning of a pair that goes on in the next piece
};

}  // namespace coroute::detail
