// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Models of which a request has some fields.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "coroute/params/model.hpp"

namespace coroute {

/// The fields of a model that a request had, for partial updates: no field is required.
///
///     Async<Item> update(Path<int, "id"> id, Patch<ItemUpdate> patch) {
///       Item item = load(id);
///       if (patch.has<&ItemUpdate::price>()) item.price = patch->price;
template <Model T>
class Patch {
 public:
  template <auto member>
  bool has() const {
    return has(detail::member_name<member>);
  }
  /// By the name of the member.
  bool has(std::string_view member) const {
    const auto fields = detail::model_info<T>().fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].member == member) return (seen_ >> i & 1U) != 0;
    }
    return false;
  }
  bool empty() const noexcept { return seen_ == 0; }
  /// Copies the fields that were there.
  void apply_to(T& target) const { apply(target, value_, seen_); }
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }

 private:
  friend struct Codec<Patch<T>>;
  static void apply(T& target, const T& source, std::uint64_t seen) {
    T copy(source);
    ModelTraits<T>::visit(target, [&](auto&... into) {
      ModelTraits<T>::visit(copy, [&](auto&... from) {
        std::size_t i = 0;
        ((((seen >> i++) & 1U) != 0 ? static_cast<void>(into = std::move(from)) : static_cast<void>(0)), ...);
      });
    });
  }

  T value_{};
  std::uint64_t seen_ = 0;
};

template <Model T>
struct Codec<Patch<T>> {
  static void read(JsonReader& in, Patch<T>& out, const detail::Rules&, const detail::Loc& at,
                   detail::Problems& problems) {
    detail::read_model(in, &out.value_, detail::model_info<T>(), at, problems, &out.seen_);
  }
  static void write(JsonWriter& out, const Patch<T>& value) {
    detail::write_model(out, &value.value_, detail::model_info<T>(), value.seen_);
  }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    node.patch(detail::model_info<T>());
    node.rules(rules);
  }
};

}  // namespace coroute
