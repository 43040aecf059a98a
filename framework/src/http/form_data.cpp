// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/form_data.hpp"

#include <algorithm>

#include "coroute/http/request.hpp"

namespace coroute {

std::optional<std::string_view> FormValue::text() const noexcept {
  const auto* text = std::get_if<std::string>(&value_);
  if (!text) return std::nullopt;
  return *text;
}

void FormData::add(std::string name, FormValue value) {
  fields_.push_back({std::move(name), std::move(value)});
}

const FormValue* FormData::get(std::string_view name) const noexcept {
  const auto last =
      std::find_if(fields_.rbegin(), fields_.rend(), [&](const FormField& field) { return field.name == name; });
  return last == fields_.rend() ? nullptr : &last->value;
}

std::optional<std::string_view> FormData::text(std::string_view name) const noexcept {
  const FormValue* value = get(name);
  return value ? value->text() : std::nullopt;
}

const UploadFile* FormData::file(std::string_view name) const noexcept {
  const FormValue* value = get(name);
  return value ? value->file() : nullptr;
}

std::vector<const FormValue*> FormData::get_all(std::string_view name) const {
  std::vector<const FormValue*> values;
  for (const FormField& field : fields_) {
    if (field.name == name) values.push_back(&field.value);
  }
  return values;
}

Async<FormData> read_form(Request& request, FormLimits limits) {
  const FormData& form = co_await request.form(limits);
  co_return form;
}

}  // namespace coroute
