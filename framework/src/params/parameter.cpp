// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/parameter.hpp"

#include <algorithm>
#include <array>
#include <forward_list>
#include <unordered_map>

#include "coroute/http/form_data.hpp"
#include "http/seeded_hash.hpp"
#include "http/utf8.hpp"

namespace coroute {

std::string_view to_string(ParameterIn in) noexcept {
  switch (in) {
    case ParameterIn::Path:
      return "path";
    case ParameterIn::Query:
      return "query";
    case ParameterIn::Header:
      return "header";
    case ParameterIn::Cookie:
      return "cookie";
    case ParameterIn::Form:
    case ParameterIn::Body:
      return "body";
  }
  return "body";
}

namespace detail {
namespace {

using Texts = std::span<const std::string_view>;

/// The values that a request has for one name, without an allocation for the usual single one.
class Values {
 public:
  Values(const Request& request, ParameterIn in, std::string_view name, bool many) {
    if (in == ParameterIn::Form) {
      find_in_form(request, name, many);
    } else if (many && (in == ParameterIn::Query || in == ParameterIn::Header)) {
      several_ = in == ParameterIn::Query ? request.query_params().get_all(name) : request.headers().get_all(name);
      texts_ = several_;
    } else if (const auto found = find_one(request, in, name)) {
      one_[0] = *found;
      texts_ = one_;
    }
    if (in == ParameterIn::Path || in == ParameterIn::Header || in == ParameterIn::Cookie) make_utf8(many);
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  Texts texts() const noexcept { return texts_; }

 private:
  /// What a browser sends for a field that was left empty is no value, but among the items of a list it is one.
  void find_in_form(const Request& request, std::string_view name, bool many) {
    const FormData* const form = request.form_if_read();
    if (!form) return;
    bool is_left_empty = false;
    for (const FormValue* const value : form->get_all(name)) {
      const std::string_view text = value->is_file() ? value->file()->content() : *value->text();
      several_.push_back(text);
      is_left_empty = text.empty() && !value->is_file();
    }
    texts_ = several_;
    if (!many && !several_.empty()) texts_ = texts_.last(is_left_empty ? 0 : 1);
  }

  static std::optional<std::string_view> find_one(const Request& request, ParameterIn in, std::string_view name) {
    switch (in) {
      case ParameterIn::Path:
        return request.path_params().get(name);
      case ParameterIn::Query:
        return request.query(name);
      case ParameterIn::Header:
        return request.header(name);
      case ParameterIn::Cookie:
        return request.cookie(name);
      default:
        return std::nullopt;
    }
  }

  /// As values of queries and forms are: so that a length counts characters, and what is answered is what came.
  void make_utf8(bool many) {
    const std::span<std::string_view> texts = many && !several_.empty() ? std::span(several_) : std::span(one_);
    for (std::string_view& text : texts) {
      if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        text = decoded_.emplace_front(replace_invalid_utf8(std::string(text)));
    }
  }

  std::forward_list<std::string> decoded_;
  std::array<std::string_view, 1> one_;
  std::vector<std::string_view> several_;
  Texts texts_;
};

struct Target {
  std::string_view name;      ///< On the wire.
  std::string_view loc_name;  ///< In errors.
  const TypeOperations& type;
  const Rules& rules;
  bool required;
};

void read_files(const Request& request, const Target& target, void* out, Problems& problems) {
  const Loc source{nullptr, "body"};
  const Loc at{&source, target.loc_name};
  std::vector<UploadFile> files;
  const FormData* const form = request.form_if_read();
  for (const FormValue* const value : form ? form->get_all(target.name) : std::vector<const FormValue*>()) {
    if (value->is_file()) {
      files.push_back(*value->file());
    } else if (!value->text()->empty()) {
      problems.add_text(at,
                        {"value_error", "Value error, Expected UploadFile, received: <class 'str'>", R"({"error":{}})"},
                        *value->text());
      return;
    }
  }
  if (!files.empty()) return target.type.take_files(files, out);
  if (target.required) problems.add(at, {"missing", "Field required", {}}, "null");
}

void write_texts(Texts texts, bool as_list, JsonWriter& out) {
  return as_list ? detail::write_texts(texts, out) : out.string(texts.back());
}

/// `enclosing` makes the input of an error about a value that is not there.
template <class Enclosing>
void read_one(const Request& request, ParameterIn in, const Target& target, void* out, Problems& problems,
              Enclosing enclosing) {
  if (target.type.take_files) return read_files(request, target, out, problems);
  const Values values(request, in, target.name, target.type.takes_many);
  const Loc source{nullptr, to_string(in)};
  const Loc at{&source, target.loc_name};
  if (values.texts().empty()) {
    if (target.required) problems.add(at, {"missing", "Field required", {}}, enclosing());
    return;
  }
  const std::size_t before = problems.count();
  target.type.parse(values.texts(), out, target.rules, at, problems);
  if (!target.rules.check || problems.count() != before) return;
  if (const void* const checked = target.type.checked(out)) {
    std::string input;
    JsonWriter writer(input);
    write_texts(values.texts(), target.type.takes_many, writer);
    run_check(checked, target.rules, at, problems, input);
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// What a request has of one kind and no field takes.
struct Extra {
  std::string name;
  std::vector<std::string_view> values;
};

/// A model whose fields are parameters each.
class Group {
 public:
  Group(const Request& request, ParameterIn in, const ModelInfo& model, void* out)
      : request_(request), in_(in), model_(model), out_(out) {}

  void read(Problems& problems) {
    const std::size_t before = problems.count();
    const auto enclosing = [this]() -> const std::string& { return as_json(); };
    for (const FieldInfo& field : model_.fields) {
      const std::string name = wire_name(field, in_);
      read_one(request_, in_, {name, field.name, *field.type, *field.rules, field.required}, field.in(out_), problems,
               enclosing);
    }
    if (model_.rules.forbid_extra) refuse_extras(problems);
    if (model_.validate && problems.count() == before) validate(problems);
  }

 private:
  void refuse_extras(Problems& problems) const {
    const Loc source{nullptr, to_string(in_)};
    for (const Extra& extra : extras()) {
      std::string input;
      JsonWriter out(input);
      write_texts(extra.values, extra.values.size() > 1, out);
      problems.add(Loc{&source, extra.name}, {"extra_forbidden", "Extra inputs are not permitted", {}}, input);
    }
  }

  void validate(Problems& problems) {
    try {
      model_.validate(out_);
    } catch (const std::invalid_argument& error) {
      problems.add(Loc{nullptr, to_string(in_)},
                   {"value_error", std::string("Value error, ") + error.what(), R"({"error":{}})"}, as_json());
    }
  }

  /// All parameters as the object that FastAPI has the model read from: values that were sent, else defaults, then what
  /// is extra.
  const std::string& as_json() {
    if (!json_.empty()) return json_;
    JsonWriter out(json_);
    out.begin_object();
    for (const FieldInfo& field : model_.fields) {
      const std::string name = wire_name(field, in_);
      const Values values(request_, in_, name, field.type->takes_many);
      if (!values.texts().empty()) {
        out.key(field.name);
        write_texts(values.texts(), field.type->takes_many, out);
      } else if (!field.required && field.type->write &&
                 !(field.type->is_null && field.type->is_null(field.in(out_)))) {
        out.key(field.name);
        field.type->write(out, field.in(model_.prototype));
      }
    }
    for (const Extra& extra : extras()) {
      out.key(extra.name);
      write_texts(extra.values, extra.values.size() > 1, out);
    }
    out.end_object();
    return json_;
  }

  std::vector<Extra> extras() const {
    std::vector<Extra> all;
    std::unordered_map<std::string, std::size_t, SeededHash> places;
    const auto add = [&](std::string name, std::string_view value, bool last_counts) {
      if (is_field(name)) return;
      const auto [place, is_new] = places.try_emplace(name, all.size());
      if (is_new) all.push_back({std::move(name), {}});
      if (last_counts) all[place->second].values.clear();
      all[place->second].values.push_back(value);
    };
    if (in_ == ParameterIn::Query) {
      for (const auto& [name, value] : request_.query_params())
        add(name, value, false);
    } else if (in_ == ParameterIn::Header) {
      for (const HeaderField field : request_.headers())
        add(lower_case(field.name), field.value, false);
    } else if (in_ == ParameterIn::Cookie) {
      for (const auto& [name, value] : request_.cookies())
        add(name, value, true);
    } else if (const FormData* const form = in_ == ParameterIn::Form ? request_.form_if_read() : nullptr) {
      for (const auto& [name, value] : *form)
        add(name, value.is_file() ? std::string_view(value.file()->filename()) : *value.text(), false);
    }
    return all;
  }

  bool is_field(std::string_view name) const {
    return std::any_of(model_.fields.begin(), model_.fields.end(),
                       [&](const FieldInfo& field) { return wire_name(field, in_) == name; });
  }

  const Request& request_;
  ParameterIn in_;
  const ModelInfo& model_;
  void* out_;
  std::string json_;
};

}  // namespace

std::string wire_name(const FieldInfo& field, ParameterIn in) {
  std::string name(field.name);
  if (in != ParameterIn::Header || field.name != field.member || !field.rules->convert_underscores) return name;
  for (char& c : name) {
    if (c == '_') c = '-';
  }
  return name;
}

void extract_parameter(const Request& request, const ParameterInfo& info, void* out, Problems& problems) {
  if (info.name.empty() && info.model) return Group(request, info.in, *info.model(), out).read(problems);
  read_one(request, info.in, {info.name, info.name, *info.type, *info.rules, info.required}, out, problems,
           [] { return std::string_view("null"); });
}

}  // namespace detail
}  // namespace coroute
