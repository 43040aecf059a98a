// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/problems.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "coroute/params/json_reader.hpp"
#include "coroute/params/json_writer.hpp"

namespace coroute::detail {
namespace {

Location location_of(const Loc& at) {
  Location location;
  for (const Loc* each = &at; each; each = each->outer) {
    if (each->index != Loc::no_index) {
      location.emplace_back(static_cast<std::int64_t>(each->index));
    } else {
      location.emplace_back(std::string(shortened(each->name, Problems::max_name_bytes)));
    }
  }
  std::reverse(location.begin(), location.end());
  return location;
}

void copy_number(const JsonNumber& number, JsonWriter& out) {
  if (number.kind == JsonNumber::Kind::Float && std::isfinite(number.as_double)) {
    out.number(number.as_double);
  } else {
    out.raw(number.text);
  }
}

/// Recursion is bounded by the reader's limit of depth.
void copy_value(JsonReader& in, JsonWriter& out) {
  switch (in.kind()) {
    case JsonKind::Null:
      in.read_null();
      return out.null();
    case JsonKind::Bool:
      return out.boolean(in.read_bool());
    case JsonKind::Number:
      return copy_number(in.read_number(), out);
    case JsonKind::String:
      return out.string(in.read_string());
    case JsonKind::Array:
      out.begin_array();
      for (in.enter_array(); in.next_item();)
        copy_value(in, out);
      return out.end_array();
    case JsonKind::Object: {
      out.begin_object();
      in.enter_object();
      for (std::string_view name; in.next_member(name);) {
        out.key(name);
        copy_value(in, out);
      }
      return out.end_object();
    }
  }
}

/// Without white space, numbers and texts as they are written elsewhere.
std::string compact(std::string_view json) {
  try {
    std::string text;
    JsonReader in(json);
    JsonWriter out(text);
    copy_value(in, out);
    return text;
  } catch (const JsonParseError&) {
    return "null";
  }
}

std::string quoted(std::string_view text) {
  std::string json;
  JsonWriter(json).string(text);
  return json;
}

}  // namespace

std::string_view shortened(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0U) == 0x80U)
    --max_bytes;
  return text.substr(0, max_bytes);
}

std::size_t depth_of(const Loc& at) noexcept {
  std::size_t depth = 0;
  for (const Loc* each = &at; each; each = each->outer)
    ++depth;
  return depth;
}

std::string_view member_of(const ErrorDetail& error, std::size_t depth_of_object) noexcept {
  if (error.loc.size() <= depth_of_object) return {};
  const auto* const name = std::get_if<std::string>(&error.loc[depth_of_object]);
  return name ? std::string_view(*name) : std::string_view();
}

bool Problems::has_room() noexcept {
  if (errors_.size() < max_errors) return true;
  ++dropped_;
  return false;
}

void Problems::add_error(const Loc& at, InvalidValue problem, std::string input) {
  input_bytes_ += input.size();
  errors_.push_back({.type = std::string(problem.type),
                     .loc = location_of(at),
                     .msg = std::move(problem.message),
                     .input = std::move(input),
                     .ctx = std::move(problem.context)});
}

void Problems::add(const Loc& at, InvalidValue problem, std::string_view input) {
  if (has_room()) add_error(at, std::move(problem), std::string(fits(input.size()) ? input : ""));
}

void Problems::add_text(const Loc& at, InvalidValue problem, std::string_view input) {
  if (!has_room()) return;
  std::string json = fits(input.size()) ? quoted(input) : "";
  if (!fits(json.size())) json.clear();
  add_error(at, std::move(problem), std::move(json));
}

void Problems::append(Problems later) {
  for (ErrorDetail& error : later.errors_) {
    if (!has_room()) continue;
    if (!fits(error.input.size())) error.input.clear();
    input_bytes_ += error.input.size();
    errors_.push_back(std::move(error));
  }
  dropped_ += later.dropped_;
}

void Problems::forget_since(std::size_t count) noexcept {
  if (count >= errors_.size() + dropped_) return;
  const std::size_t kept = std::min(count, errors_.size());
  dropped_ = count - kept;
  while (errors_.size() > kept) {
    input_bytes_ -= errors_.back().input.size();
    errors_.pop_back();
  }
}

void Problems::forget_member(std::size_t since, const Loc& object, std::string_view name) {
  if (name.size() > max_name_bytes) return;  // stands shortened in the errors, like others that begin as it does
  const std::size_t depth = depth_of(object);
  const auto begin = errors_.begin() + static_cast<std::ptrdiff_t>(std::min(since, errors_.size()));
  const auto is_about_it = [&](const ErrorDetail& error) {
    if (member_of(error, depth) != name) return false;
    input_bytes_ -= error.input.size();
    return true;
  };
  errors_.erase(std::remove_if(begin, errors_.end(), is_about_it), errors_.end());
}

std::vector<ErrorDetail> Problems::take() {
  for (ErrorDetail& error : errors_)
    error.input = error.input.empty() ? "null" : compact(error.input);
  input_bytes_ = 0;
  dropped_ = 0;
  return std::exchange(errors_, {});
}

bool Problems::begin_attempt(std::size_t bytes) noexcept {
  if (attempt_depth_ > 0) {
    if (attempts_left_ == 0 || attempt_bytes_left_ < bytes) return false;
    --attempts_left_;
    attempt_bytes_left_ -= bytes;
  }
  ++attempt_depth_;
  return true;
}

}  // namespace coroute::detail
