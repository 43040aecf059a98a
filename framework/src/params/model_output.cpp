// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/model_output.hpp"

#include <memory>

#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"

namespace coroute::detail {
namespace {

/// Leaves out of `shown` the fields that `given` doesn't have, whether it names them as a request or as an answer does.
/// `requested` is the same value as a request: it has the same members in the same order, but for the computed ones,
/// which come last and stay.
void remove_unset(Json& shown, const Json& requested, const Json& given) {
  if (shown.is_array() && given.is_array()) {
    for (std::size_t i = 0; i < shown.size() && i < given.size(); ++i)
      remove_unset(shown[i], requested[i], given[i]);
  }
  if (!shown.is_object() || !given.is_object()) return;
  auto member = shown.begin();
  for (const auto& [name, value] : requested.items()) {
    if (member == shown.end()) return;  // two fields have one name
    auto found = given.find(name);
    if (found == given.end()) found = given.find(member.key());
    if (found == given.end()) {
      member = shown.erase(member);
    } else {
      remove_unset(member.value(), value, *found);
      ++member;
    }
  }
}

std::string written(const ResponseModel& model, const void* value, const ModelOutput& output, bool as_request) {
  std::string text;
  JsonWriter out(text);
  out.set_model_output(output.is_plain() ? nullptr : &output);
  if (as_request) out.write_request();
  model.type->write(out, value);
  return text;
}

}  // namespace

std::string shape_answer(std::string json, const ResponseModel& model, const ModelOutput& output) {
  const std::unique_ptr<void, void (*)(void*)> value(model.create(), model.destroy);
  Problems problems;
  problems.expect_answer();
  {
    JsonReader in(json);
    const Loc response{nullptr, "response"};
    model.type->read(in, value.get(), no_rules, response, problems);
    in.finish();
  }
  if (!problems.empty()) throw ResponseValidationError(std::move(problems.errors()));
  std::string shown = written(model, value.get(), output, false);
  if (!output.exclude_unset) return shown;
  Json tree = Json::parse(shown);
  remove_unset(tree, Json::parse(written(model, value.get(), output, true)), Json::parse(json));
  return to_json_text(tree);
}

}  // namespace coroute::detail
