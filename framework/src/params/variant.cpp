// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/variant.hpp"

namespace coroute::detail {

UnionReader::UnionReader(JsonReader& in, Problems& problems) : in_(in), problems_(problems) {
  const std::size_t begin = in.offset();
  in.skip();
  raw_ = in.text(begin);
}

bool UnionReader::begin_attempt(const Loc& at) {
  if (problems_.begin_attempt(raw_.size())) return true;
  problems_.add(at, {"union_too_deep", "Too many alternatives to try", {}}, raw_);
  return false;
}

bool BestMatch::take() {
  if (problems_.count() != tried_) {
    if (found_) problems_.forget_since(tried_);
    return false;
  }
  const Match match = problems_.match();
  if (found_ && !match.is_better_than(best_)) return false;
  problems_.forget_since(before_);
  found_ = true;
  best_ = match;
  return true;
}

BestMatch::~BestMatch() {
  problems_.match() = around_;
  if (!found_) return;
  problems_.coerced(best_.exactness);
  auto& fields = problems_.match().fields;
  if (best_.fields) fields = fields.value_or(0) + *best_.fields;
}

std::string literal_label(std::span<const std::string_view> names) {
  std::string label = "literal[";
  for (const std::string_view name : names)
    label.append(label.back() == '[' ? "'" : ",'").append(name).append("'");
  return label + "]";
}

std::string scalar_label(std::string_view type, std::string_view format) {
  if (format == "date-time") return "datetime";
  if (format == "duration") return "timedelta";
  if (format == "uri") return "url";
  if (format == "uuid" || format == "date" || format == "time") return std::string(format);
  return type == "string" ? "str" : std::string(type);
}

bool read_tag(UnionReader& value, std::string_view tag, std::string& out, const Loc& at, Problems& problems) {
  JsonReader in = value.reader();
  if (in.kind() != JsonKind::Object) {
    problems.add(at,
                 {"model_attributes_type", "Input should be a valid dictionary or object to extract fields from", {}},
                 value.raw());
    return false;
  }
  bool found = false;
  in.enter_object();
  for (std::string_view name; in.next_member(name);) {
    if (name == tag && in.kind() == JsonKind::String) {
      out = in.read_string();
      found = true;
    } else {
      if (name == tag) {
        const std::size_t begin = in.offset();
        in.skip();
        out = in.text(begin);
        found = true;
        continue;
      }
      in.skip();
    }
  }
  if (found) return true;
  std::string context = "{\"discriminator\":";
  JsonWriter(context).string("'" + std::string(tag) + "'");
  problems.add(
      at,
      {"union_tag_not_found", "Unable to extract tag using discriminator '" + std::string(tag) + "'", context + "}"},
      value.raw());
  return false;
}

void add_unknown_tag(std::string_view tag, const std::string& found, const std::vector<std::string_view>& expected,
                     const Loc& at, Problems& problems, std::string_view input) {
  const std::string_view shown = shortened(found, Problems::max_name_bytes);
  std::string tags;
  for (const std::string_view each : expected)
    tags.append(tags.empty() ? "'" : ", '").append(each).append("'");
  std::string context;
  JsonWriter out(context);
  out.begin_object();
  out.key("discriminator");
  out.string("'" + std::string(tag) + "'");
  out.key("tag");
  out.string(shown);
  out.key("expected_tags");
  out.string(tags);
  out.end_object();
  problems.add(at,
               {"union_tag_invalid",
                "Input tag '" + std::string(shown) + "' found using '" + std::string(tag) +
                    "' does not match any of the expected tags: " + tags,
                std::move(context)},
               input);
}

}  // namespace coroute::detail
