// SPDX-License-Identifier: BSL-1.0
#include "urlencoded_parser.hpp"

#include "coroute/http/form_data.hpp"
#include "coroute/http/query_params.hpp"
#include "form_error.hpp"

namespace coroute::detail {

UrlencodedParser::UrlencodedParser(const FormLimits& limits, FormData& form) noexcept
    : max_fields_(limits.max_fields),
      max_pair_size_(limits.max_part_size),
      max_fields_size_(limits.max_fields_size),
      form_(form) {}

void UrlencodedParser::feed(std::string_view piece) {
  for (std::size_t end = piece.find('&'); end != std::string_view::npos; end = piece.find('&')) {
    if (unfinished_.empty()) {
      add(piece.substr(0, end));
    } else {
      keep(piece.substr(0, end));
      add(unfinished_);
      unfinished_.clear();
    }
    piece.remove_prefix(end + 1);
  }
  keep(piece);
}

void UrlencodedParser::keep(std::string_view part) {
  if (part.size() > max_pair_size_ - unfinished_.size()) throw_part_too_large(max_pair_size_);
  unfinished_ += part;
}

void UrlencodedParser::finish() {
  add(unfinished_);
}

void UrlencodedParser::add(std::string_view pair) {
  if (pair.size() > max_pair_size_) throw_part_too_large(max_pair_size_);
  if (pair.size() > max_fields_size_ - fields_size_) throw_fields_too_large(max_fields_size_);
  fields_size_ += pair.size();
  for (const auto& [name, value] : QueryParams(pair)) {
    if (form_.size() == max_fields_) {
      throw_form_error("Too many fields. Maximum number of fields is " + std::to_string(max_fields_) + ".");
    }
    form_.add(name, value);
  }
}

}  // namespace coroute::detail
