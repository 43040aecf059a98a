// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/model_output.hpp"

#include <memory>

#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"

namespace coroute::detail {
namespace {

/// Leaves out of `shown` the members that `given` doesn't have.
void remove_unset(Json& shown, const Json& given) {
  if (shown.is_array() && given.is_array()) {
    for (std::size_t i = 0; i < shown.size() && i < given.size(); ++i)
      remove_unset(shown[i], given[i]);
  }
  if (!shown.is_object() || !given.is_object()) return;
  for (auto member = shown.begin(); member != shown.end();) {
    const auto found = given.find(member.key());
    if (found == given.end()) {
      member = shown.erase(member);
    } else {
      remove_unset(member.value(), *found);
      ++member;
    }
  }
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
  std::string shown;
  JsonWriter out(shown);
  out.set_model_output(output.is_plain() ? nullptr : &output);
  model.type->write(out, value.get());
  if (!output.exclude_unset) return shown;
  Json tree = Json::parse(shown);
  remove_unset(tree, Json::parse(json));
  return to_json_text(tree);
}

}  // namespace coroute::detail
