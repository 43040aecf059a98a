// SPDX-License-Identifier: BSL-1.0
#include "item.hpp"

#include <string_view>

#include "coroute/http/http_exception.hpp"

namespace loadtarget {
namespace {

using coroute::Json;

Json make_error(std::string_view type, Json location, std::string message, const Json& input) {
  return {{"type", type}, {"loc", std::move(location)}, {"msg", std::move(message)}, {"input", input}};
}

void check_object(const Json& body) {
  if (body.is_object()) return;
  const Json location = Json::array({"body"});
  throw coroute::HttpException(
      coroute::Status::UnprocessableContent,
      Json::array({body.is_null()
                       ? make_error("missing", location, "Field required", body)
                       : make_error("model_attributes_type", location,
                                    "Input should be a valid dictionary or object to extract fields from", body)}));
}

/// Collects all errors of one body.
class Checker {
 public:
  explicit Checker(const Json& item) : item_(item) {}

  void text(std::string_view name, std::size_t min_length) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_string()) return add("string_type", name, "Input should be a valid string", *value);
    if (value->get_ref<const std::string&>().size() >= min_length) return;
    add("string_too_short", name, "String should have at least " + std::to_string(min_length) + " character", *value,
        {{"min_length", min_length}});
  }

  void number(std::string_view name, double at_least) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_number()) return add("float_type", name, "Input should be a valid number", *value);
    if (value->get<double>() < at_least) add_below(name, *value, at_least);
  }

  /// `at_least` is not above 0.
  void integer(std::string_view name, long long at_least) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_number_integer()) return add("int_type", name, "Input should be a valid integer", *value);
    if (!value->is_number_unsigned() && value->get<long long>() < at_least) add_below(name, *value, at_least);
  }

  void boolean(std::string_view name) {
    const Json* value = find(name);
    if (value && !value->is_boolean()) add("bool_type", name, "Input should be a valid boolean", *value);
  }

  void texts(std::string_view name) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_array()) return add("list_type", name, "Input should be a valid list", *value);
    for (std::size_t i = 0; i < value->size(); ++i) {
      const Json& element = (*value)[i];
      if (!element.is_string()) return add_inside("string_type", name, i, "Input should be a valid string", element);
    }
  }

  void numbers(std::string_view name) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_object()) return add("dict_type", name, "Input should be a valid dictionary", *value);
    for (const auto& [key, element] : value->items()) {
      if (!element.is_number()) return add_inside("float_type", name, key, "Input should be a valid number", element);
    }
  }

  void finish() const {
    if (!errors_.empty()) throw coroute::HttpException(coroute::Status::UnprocessableContent, errors_);
  }

 private:
  const Json* find(std::string_view name) {
    const auto found = item_.find(name);
    if (found != item_.end()) return &*found;
    add("missing", name, "Field required", item_);
    return nullptr;
  }

  void add_below(std::string_view name, const Json& value, const Json& bound) {
    add("greater_than_equal", name, "Input should be greater than or equal to " + bound.dump(), value, {{"ge", bound}});
  }

  void add(std::string_view type, std::string_view name, std::string message, const Json& input,
           Json context = nullptr) {
    errors_.push_back(make_error(type, Json::array({"body", name}), std::move(message), input));
    if (!context.is_null()) errors_.back()["ctx"] = std::move(context);
  }

  /// `place` is the index or key of the element. For the first bad one only: there may be 500,000 in a body of 1 MB.
  void add_inside(std::string_view type, std::string_view name, const Json& place, std::string message,
                  const Json& input) {
    errors_.push_back(make_error(type, Json::array({"body", name, place}), std::move(message), input));
  }

  const Json& item_;
  Json errors_ = Json::array();
};

}  // namespace

coroute::Json check_item(coroute::Json item) {
  check_object(item);
  Checker check(item);
  check.text("name", 1);
  check.text("sku", 1);
  check.number("price", 0);
  check.integer("quantity", 0);
  check.boolean("active");
  check.texts("tags");
  check.text("description", 0);
  check.numbers("dimensions");
  check.finish();
  return item;
}

}  // namespace loadtarget
