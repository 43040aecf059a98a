// SPDX-License-Identifier: BSL-1.0
#include "item.hpp"

#include <string_view>

#include "coroute/http/http_exception.hpp"

namespace loadtarget {
namespace {

using coroute::Json;

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

  void integer(std::string_view name, long long at_least) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_number_integer()) return add("int_type", name, "Input should be a valid integer", *value);
    if (value->get<long long>() < at_least) add_below(name, *value, at_least);
  }

  void boolean(std::string_view name) {
    const Json* value = find(name);
    if (value && !value->is_boolean()) add("bool_type", name, "Input should be a valid boolean", *value);
  }

  void texts(std::string_view name) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_array()) return add("list_type", name, "Input should be a valid list", *value);
    for (const Json& element : *value) {
      if (!element.is_string()) return add("string_type", name, "Input should be a valid string", element);
    }
  }

  void numbers(std::string_view name) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_object()) return add("dict_type", name, "Input should be a valid dictionary", *value);
    for (const auto& [key, element] : value->items()) {
      if (!element.is_number()) return add("float_type", name, "Input should be a valid number", element);
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

  void add(std::string_view type, std::string_view name, std::string message, const Json& input, Json context = nullptr) {
    Json error{{"type", type}, {"loc", Json::array({"body", name})}, {"msg", std::move(message)}, {"input", input}};
    if (!context.is_null()) error["ctx"] = std::move(context);
    errors_.push_back(std::move(error));
  }

  const Json& item_;
  Json errors_ = Json::array();
};

}  // namespace

coroute::Json check_item(coroute::Json item) {
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
