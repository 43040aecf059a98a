// SPDX-License-Identifier: BSL-1.0
#include "urlencoded_parser.hpp"

#include "coroute/http/form_data.hpp"
#include "coroute/http/query_params.hpp"
#include "form_error.hpp"

namespace coroute::detail {

void UrlencodedParser::feed(std::string_view piece) {
  for (std::size_t end = piece.find('&'); end != std::string_view::npos; end = piece.find('&')) {
    if (unfinished_.empty()) {
      add(piece.substr(0, end));
    } else {
      unfinished_ += piece.substr(0, end);
      add(unfinished_);
      unfinished_.clear();
    }
    piece.remove_prefix(end + 1);
  }
  unfinished_ += piece;
}

void UrlencodedParser::finish() {
  add(unfinished_);
}

void UrlencodedParser::add(std::string_view pair) {
  for (const auto& [name, value] : QueryParams(pair)) {
    if (form_.size() == max_fields_) {
      throw_form_error("Too many fields. Maximum number of fields is " + std::to_string(max_fields_) + ".");
    }
    form_.add(name, value);
  }
}

}  // namespace coroute::detail
