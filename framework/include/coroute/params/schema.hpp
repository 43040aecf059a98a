// SPDX-License-Identifier: BSL-1.0
#pragma once
/// JSON Schemas of types, while a document is built.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "coroute/http/json_fwd.hpp"
#include "coroute/params/rules.hpp"

namespace coroute {

namespace detail {
struct ModelInfo;
}

/// Which side of the service a value is described for. Fields with a default are optional in both, as in FastAPI; what
/// differs is a type that reads more than it writes, such as Decimal.
enum class SchemaMode : unsigned char { Input, Output };

class SchemaBuilder;

/// One schema of a document under construction. A handle that is good until something is added to a schema around it:
/// describe a part before the next one is asked for.
class SchemaNode {
 public:
  SchemaNode(Json& json, SchemaBuilder& builder) noexcept : json_(&json), builder_(&builder) {}

  SchemaMode mode() const noexcept;
  void type(std::string_view name, std::string_view format = {});
  /// Numbers, lengths, pattern, title and the rest of what was declared; after `type`, which says what lengths count.
  /// For what `nullable` returned: without the annotations, which belong to the whole.
  void rules(const detail::Rules& rules);
  /// Title, description, format, examples and deprecation.
  void annotations(const detail::Rules& rules);
  /// `anyOf` of the schema returned and null. When that is described, call `annotations`.
  SchemaNode nullable();
  SchemaNode items();
  /// Of the next item of an array whose items differ.
  SchemaNode prefix_item();
  /// An array has this many.
  void items_count(std::size_t count);
  SchemaNode additional_properties();
  /// One of several alternatives. When all are described, call `rules`.
  SchemaNode any_of();
  SchemaNode one_of();
  /// Values of `property` that mean the alternative, which `one_of` returned last and which has been described.
  void discriminator(std::string_view property, std::span<const std::string_view> values, SchemaNode alternative);
  void enumeration(std::span<const std::string_view> values);
  /// `enum`, or `const` for a single one.
  void literals(std::span<const std::string_view> values);
  void unique_items();
  /// A number or its text in requests, its text in answers; takes the rules with it.
  void decimal(const detail::Rules& rules);
  /// Of a text, in characters.
  void lengths(std::size_t least, std::size_t most);
  void write_only();
  void read_only();
  /// Bytes of any kind; a form that has some is multipart/form-data.
  void file();
  /// A reference to the named definition; describes it the first time.
  void definition(std::string_view name, std::string_view identity, void (*describe)(SchemaNode));
  void model(const detail::ModelInfo& info);
  /// The same with nothing required.
  void patch(const detail::ModelInfo& info);

  Json& json() const noexcept { return *json_; }
  SchemaBuilder& builder() const noexcept { return *builder_; }

 private:
  Json* json_;
  SchemaBuilder* builder_;
  bool is_inner_ = false;
};

}  // namespace coroute
