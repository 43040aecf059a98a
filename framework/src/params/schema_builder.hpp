// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The named definitions of a document under construction, and the schemas of fields.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "coroute/asyncio/function.hpp"
#include "coroute/json.hpp"
#include "coroute/params/model.hpp"
#include "coroute/params/schema.hpp"

namespace coroute {

/// A field of a model or a body, or a parameter.
struct SchemaField {
  const detail::TypeOperations* type;
  const detail::Rules* rules;
  std::string_view title_from = {};  ///< A name that becomes the title, unless one was declared.
  Json default_value = nullptr;      ///< null: none, for documents don't show null as a default.
  /// What may be null or a definition has a title as a parameter, as in FastAPI, but none as a field.
  bool is_parameter = false;
};

/// A type that has a name in documents.
struct SchemaDefinition {
  std::uintptr_t type;  ///< An address that is this type's alone.
  std::string name;
  std::string_view identity;  ///< Qualified, for when several have that name.
  bool is_patch = false;
};

/// While a document is built, references lead to definitions by number; `finish` gives them their names.
class SchemaBuilder {
 public:
  /// Not `separate_modes`: answers are described as requests are.
  explicit SchemaBuilder(bool separate_modes = true) : separate_modes_(separate_modes) {}
  SchemaBuilder(const SchemaBuilder&) = delete;
  SchemaBuilder& operator=(const SchemaBuilder&) = delete;

  /// Of what is described from now on.
  void set_mode(SchemaMode mode) noexcept {
    true_mode_ = mode;
    mode_ = separate_modes_ ? mode : SchemaMode::Input;
  }
  SchemaMode mode() const noexcept { return mode_; }

  /// While it lives, answers are described as such, separate or not.
  class TrueMode {
   public:
    TrueMode(SchemaBuilder& builder, bool applies) noexcept : builder_(builder), before_(builder.mode_) {
      if (applies) builder.mode_ = builder.true_mode_;
    }
    TrueMode(const TrueMode&) = delete;
    TrueMode& operator=(const TrueMode&) = delete;
    ~TrueMode() { builder_.mode_ = before_; }

   private:
    SchemaBuilder& builder_;
    SchemaMode before_;
  };

  Json describe(const SchemaField& field);
  /// Of an answer. What takes any value has no title.
  Json describe(void (*describe)(SchemaNode), std::string_view title_from);
  /// `$ref` of the definition, which is described the first time.
  std::string reference(const SchemaDefinition& definition, const Function<void(SchemaNode)>& describe);
  /// One that is no type's; all modes share it.
  std::string add_definition(std::string_view name, Json schema);

  /// Whether the schema, or one that it refers to, has a file in it.
  bool has_file(const Json& schema) const;

  /// The definitions by name, in alphabetical order; the references in `document` lead to these names.
  Json finish(Json& document) const;

 private:
  struct Definition {
    std::vector<std::string> names;  ///< That it may have, the best one first; the last one is its alone.
    Json schema;
  };
  using Key = std::tuple<std::uintptr_t, bool, SchemaMode>;

  std::size_t new_definition(std::vector<std::string> names);
  std::vector<std::string> names_for(const SchemaDefinition& definition);
  std::vector<std::string> resolve_names() const;
  bool has_file(const Json& schema, std::vector<bool>& visited) const;

  bool separate_modes_;
  SchemaMode true_mode_ = SchemaMode::Input;
  SchemaMode mode_ = SchemaMode::Input;
  std::vector<std::unique_ptr<Definition>> definitions_;
  std::map<Key, std::size_t> known_;
  std::map<std::string, std::vector<std::uintptr_t>, std::less<>> types_;  ///< By qualified name.
};

namespace detail {

/// The members in FastAPI's order, which is that of the JSON Schema specification.
Json in_order(const Json& schema);

/// What `write` writes; null for what JSON can't say.
Json json_from(const Function<void(JsonWriter&)>& write);
/// The default of a model's field; null: none.
Json default_of(const FieldInfo& field, const ModelInfo& model);

}  // namespace detail
}  // namespace coroute
