// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/model.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "coroute/http/json_quoted.hpp"
#include "coroute/params/model_output.hpp"

namespace coroute::detail {
namespace {

/// A file, say, can be a field of a form but not of JSON.
[[noreturn]] void throw_unusable(const ModelInfo& info, const FieldInfo& field, std::string_view what) {
  throw std::logic_error("the field " + std::string(field.member) + " of the model " + std::string(info.identity) +
                         " can't be " + std::string(what) + " JSON");
}

void write_field(JsonWriter& out, const void* object, const FieldInfo& field, const ModelInfo& info) {
  if (!field.type->write) throw_unusable(info, field, "written as");
  field.type->write(out, field.in(object));
}

/// Fields mostly come in the order in which they were declared.
std::size_t find_field(std::span<const FieldInfo> fields, std::string_view name, std::size_t expected) {
  if (expected < fields.size() && fields[expected].name == name) return expected;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return fields.size();
}

std::size_t find_field_of_answer(std::span<const FieldInfo> fields, std::string_view name, std::size_t expected) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].output_name == name) return i;
  }
  return find_field(fields, name, expected);
}

bool is_computed(const ModelInfo& info, std::string_view name) {
  return std::any_of(info.computed.begin(), info.computed.end(),
                     [&](const ComputedInfo& each) { return each.output_name() == name; });
}

/// Errors in the order of the fields, as if these had been looked at one after the other; unknown members come last.
void sort_errors(const ModelInfo& info, const Loc& at, Problems& problems, std::size_t before) {
  std::vector<ErrorDetail>& errors = problems.errors();
  const std::size_t depth = depth_of(at);
  const auto begin = errors.begin() + static_cast<std::ptrdiff_t>(std::min(before, errors.size()));
  std::vector<std::vector<ErrorDetail>> by_field(info.fields.size() + 1);
  for (auto each = begin; each != errors.end(); ++each)
    by_field[find_field(info.fields, member_of(*each, depth), 0)].push_back(std::move(*each));
  auto to = begin;
  for (auto& of_field : by_field)
    to = std::move(of_field.begin(), of_field.end(), to);
}

void run_validator(void* object, const ModelInfo& info, const Loc& at, Problems& problems, std::string_view input) {
  try {
    info.validate(object);
  } catch (const std::invalid_argument& error) {
    problems.add(at, {"value_error", std::string("Value error, ") + error.what(), R"({"error":{}})"}, input);
  }
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_default(const FieldInfo& field, const void* object, const ModelInfo& info) {
  if (field.required) return false;
  std::string now;
  std::string then;
  JsonWriter now_out(now);
  JsonWriter then_out(then);
  field.type->write(now_out, field.in(object));
  field.type->write(then_out, field.in(info.prototype));
  return now == then;
}

void write_computed_fields(JsonWriter& out, const void* object, const ModelInfo& info, const ModelOutput& output) {
  for (const ComputedInfo& field : info.computed) {
    if (contains(output.exclude, field.member)) continue;
    if (!output.include.empty() && !contains(output.include, field.member)) continue;
    if (output.exclude_none && field.is_null(object)) continue;
    out.key(output.by_alias ? field.output_name() : field.member);
    field.write(out, object);
  }
}

std::string_view name_of(const FieldInfo& field, const JsonWriter& out, const ModelOutput& output) {
  if (out.writes_request()) return field.name;
  return output.by_alias ? field.output_name : field.member;
}

/// `include` and `exclude` are about the outermost model: those inside are written without them.
void write_selected(JsonWriter& out, const void* object, const ModelInfo& info, std::uint64_t which,
                    const ModelOutput& output) {
  ModelOutput inner = output;
  inner.include.clear();
  inner.exclude.clear();
  out.set_model_output(&inner);
  out.begin_object();
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const FieldInfo& field = info.fields[i];
    if ((which >> i & 1U) == 0 || contains(output.exclude, field.member)) continue;
    if (!output.include.empty() && !contains(output.include, field.member)) continue;
    if (output.exclude_none && field.type->is_null && field.type->is_null(field.in(object))) continue;
    if (output.exclude_defaults && has_default(field, object, info)) continue;
    out.key(name_of(field, out, output));
    write_field(out, object, field, info);
  }
  if (which == all_fields && !out.writes_request()) write_computed_fields(out, object, info, output);
  out.end_object();
  out.set_model_output(&output);
}

/// What is said of answers or requests alone, else of both, else the name in the program.
std::string_view first_name(std::string_view special, std::string_view alias, std::string_view member) {
  if (!special.empty()) return special;
  return alias.empty() ? member : alias;
}

}  // namespace

std::string_view ComputedInfo::output_name() const {
  return first_name(rules->serialization_alias, rules->alias, member);
}

FieldInfo field_info(std::string_view member, const Rules& rules, std::size_t offset, const TypeOperations& type,
                     bool may_be_null) {
  const std::string_view output_name = first_name(rules.serialization_alias, rules.alias, member);
  return {.name = first_name(rules.validation_alias, rules.alias, member),
          .output_name = output_name,
          .output_key = json_quoted(output_name) + ':',
          .member = member,
          .offset = offset,
          .type = &type,
          .rules = &rules,
          .required = !rules.has_default && !may_be_null};
}

void read_model(JsonReader& in, void* object, const ModelInfo& info, const Loc& at, Problems& problems,
                std::uint64_t* seen_out) {
  const std::size_t begin = in.offset();
  if (in.kind() != JsonKind::Object) {
    in.skip();
    problems.add(at,
                 {"model_attributes_type", "Input should be a valid dictionary or object to extract fields from", {}},
                 in.text(begin));
    return;
  }
  problems.coerced();
  const std::size_t before = problems.count();
  std::uint64_t seen = 0;
  std::size_t expected = 0;
  in.enter_object();
  for (std::string_view name; in.next_member(name);) {
    const std::size_t index = problems.reads_answer() ? find_field_of_answer(info.fields, name, expected)
                                                      : find_field(info.fields, name, expected);
    const Loc member{&at, name};
    if (index == info.fields.size()) {
      const std::size_t value = in.offset();
      in.skip();
      if (info.rules.forbid_extra && !(problems.reads_answer() && is_computed(info, name))) {
        if (problems.count() != before) problems.forget_member(before, at, name);
        problems.add(member, {"extra_forbidden", "Extra inputs are not permitted", {}}, in.text(value));
      }
      continue;
    }
    const FieldInfo& field = info.fields[index];
    const bool again = (seen >> index & 1U) != 0;
    if (again && problems.count() != before) problems.forget_member(before, at, name);
    seen |= std::uint64_t{1} << index;
    if (!field.type->read) throw_unusable(info, field, "read from");
    field.type->read(in, field.in(object), *field.rules, member, problems);
    expected = index + 1;
  }
  auto& fields = problems.match().fields;
  fields = fields.value_or(0) + static_cast<std::size_t>(std::popcount(seen));
  if (seen_out) {
    *seen_out = seen;
  } else {
    for (std::size_t i = 0; i < info.fields.size(); ++i) {
      const FieldInfo& field = info.fields[i];
      if ((seen >> i & 1U) == 0 && field.required) {
        problems.add(Loc{&at, field.name}, {"missing", "Field required", {}}, in.text(begin));
      }
    }
  }
  if (problems.count() != before) {
    sort_errors(info, at, problems, before);
  } else if (info.validate) {
    run_validator(object, info, at, problems, in.text(begin));
  }
}

void write_model(JsonWriter& out, const void* object, const ModelInfo& info, std::uint64_t which) {
  if (out.model_output()) return write_selected(out, object, info, which, *out.model_output());
  out.begin_object();
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    if ((which >> i & 1U) == 0) continue;
    const FieldInfo& field = info.fields[i];
    out.key_as_is(field.output_key);
    write_field(out, object, field, info);
  }
  if (which == all_fields) {
    for (const ComputedInfo& field : info.computed) {
      out.key(field.output_name());
      field.write(out, object);
    }
  }
  out.end_object();
}

}  // namespace coroute::detail
