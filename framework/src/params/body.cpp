// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/body.hpp"

#include <algorithm>
#include <vector>

#include "coroute/http/http_exception.hpp"
#include "coroute/http/media_type.hpp"
#include "coroute/http/validation_error.hpp"
#include "http/json_error.hpp"

namespace coroute::detail {
namespace {

void read_target(JsonReader& in, const BodyTarget& target, const Loc& at, Problems& problems) {
  const ParameterInfo& info = *target.info;
  if (in.kind() == JsonKind::Null) {  // as if there were none: a default stays
    in.read_null();
    if (info.required) problems.add(at, {"missing", "Field required", {}}, "null");
    return;
  }
  info.type->read(in, target.out, *info.rules, at, problems);
}

void add_missing(const BodyTarget& target, const Loc& at, Problems& problems) {
  if (target.info->required) problems.add(at, {"missing", "Field required", {}}, "null");
}

std::size_t find_target(std::span<const BodyTarget> targets, std::string_view name) {
  return static_cast<std::size_t>(
      std::find_if(targets.begin(), targets.end(), [&](const BodyTarget& each) { return each.info->name == name; }) -
      targets.begin());
}

/// In the order of the targets, so that errors have it too; the last one of a name counts.
void read_members(JsonReader& in, std::span<const BodyTarget> targets, const Loc& body, Problems& problems) {
  std::vector<std::string_view> values(targets.size());
  if (in.kind() == JsonKind::Object) {
    in.enter_object();
    for (std::string_view name; in.next_member(name);) {
      const std::size_t begin = in.offset();
      in.skip();
      if (const std::size_t i = find_target(targets, name); i < targets.size()) values[i] = in.text(begin);
    }
  } else {
    in.skip();
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Loc at{&body, targets[i].info->name};
    if (values[i].empty()) {
      add_missing(targets[i], at, problems);
    } else {
      JsonReader value = JsonReader::again(in, values[i]);
      read_target(value, targets[i], at, problems);
    }
  }
}

void read_targets(JsonReader& in, std::span<const BodyTarget> targets, bool embedded, Problems& problems) {
  const Loc body{nullptr, "body"};
  if (embedded) {
    read_members(in, targets, body, problems);
  } else {
    read_target(in, targets.front(), body, problems);
  }
  in.finish();
}

[[noreturn]] void throw_invalid_json(std::string_view text, const JsonParseError& error) {
  if (error.kind() == JsonParseError::Kind::Encoding)
    throw HttpException(Status::BadRequest, "There was an error parsing the body");
  throw RequestValidationError({json_invalid(text, error, {"body"})}, text);
}

}  // namespace

void decode_body(std::string_view text, std::string_view content_type, std::span<const BodyTarget> targets,
                 bool embedded, Problems& problems) {
  const Loc body{nullptr, "body"};
  if (text.empty()) {
    for (const BodyTarget& target : targets)
      add_missing(target, embedded ? Loc{&body, target.info->name} : body, problems);
    return;
  }
  if (!is_json_media_type(content_type)) {  // then the body is a text
    std::string quoted;
    JsonWriter(quoted).string(text);
    JsonReader in(quoted);
    return read_targets(in, targets, embedded, problems);
  }
  try {
    JsonReader in(text);
    read_targets(in, targets, embedded, problems);
  } catch (const JsonParseError& error) {
    throw_invalid_json(text, error);
  }
}

void check_body(std::string_view text, std::string_view content_type) {
  if (text.empty() || !is_json_media_type(content_type)) return;
  try {
    JsonReader in(text);
    in.skip();
    in.finish();
  } catch (const JsonParseError& error) {
    throw_invalid_json(text, error);
  }
}

}  // namespace coroute::detail
