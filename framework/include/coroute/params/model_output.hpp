// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What of a model an answer shows, and a model that an answer must have.
#include <string>
#include <string_view>
#include <vector>

#include "coroute/params/model.hpp"

namespace coroute {

/// FastAPI's response_model_exclude_none and its kin. `include` and `exclude` name fields of the outermost model.
struct ModelOutput {
  bool exclude_none = false;
  bool exclude_defaults = false;
  /// Leaves out what the returned value didn't have: for handlers that return Json or a Patch.
  bool exclude_unset = false;
  bool by_alias = true;
  std::vector<std::string> include = {};
  std::vector<std::string> exclude = {};

  bool is_plain() const noexcept {
    return !exclude_none && !exclude_defaults && !exclude_unset && by_alias && include.empty() && exclude.empty();
  }
};

/// The type that an answer has in documents and on the wire, whatever the handler returns: what that has beyond the
/// model is left out, and what doesn't fit is a ResponseValidationError, so a 500.
struct ResponseModel {
  const detail::TypeOperations* type = nullptr;
  void* (*create)() = nullptr;
  void (*destroy)(void* value) = nullptr;
  void (*describe)(SchemaNode node) = nullptr;

  explicit operator bool() const noexcept { return type != nullptr; }
};

template <class T>
ResponseModel response_model() {
  static_assert(detail::FromJson<T> && detail::ToJson<T>,
                "response_model<T>: T is a model or another type that is read from JSON and written as JSON");
  return {&detail::operations_of<T>, []() -> void* { return new T(); },
          [](void* value) { delete static_cast<T*>(value); },
          [](SchemaNode node) { Codec<T>::describe(node, detail::no_rules); }};
}

namespace detail {

/// `json` as `model` shows it.
std::string shape_answer(std::string json, const ResponseModel& model, const ModelOutput& output);

}  // namespace detail
}  // namespace coroute
