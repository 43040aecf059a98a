// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Models and enumerations that Boost.Describe describes: classes that inherit or have constructors, enumerations of
/// any values.
///
///     struct Entity { int id; };
///     BOOST_DESCRIBE_STRUCT(Entity, (), (id))
///     struct Item : Entity { std::string name; };
///     BOOST_DESCRIBE_STRUCT(Item, (Entity), (name))
///
/// Fields of bases come first. Include it before the described type is used as a model.
#include <array>
#include <boost/describe.hpp>
#include <boost/mp11/list.hpp>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "coroute/params/containers.hpp"
#include "coroute/params/model_traits.hpp"

namespace coroute {
namespace detail {

template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !CustomText<T>;

template <class T>
using DescribedBases = boost::describe::describe_bases<T, boost::describe::mod_any_access>;
template <class T>
using DescribedMembers =
    boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;

template <class Bases>
inline constexpr bool all_are_described = false;
template <template <class...> class Bases, class... B>
inline constexpr bool all_are_described<Bases<B...>> = (Described<typename B::type> && ...);

/// Calls `visitor(D...)` with the descriptors of the members.
template <template <class...> class Members, class... D, class F>
constexpr decltype(auto) with_descriptors(Members<D...>, F&& visitor) {
  return visitor(D()...);
}

}  // namespace detail

template <detail::Described T>
struct ModelTraits<T> {
  static_assert(detail::all_are_described<detail::DescribedBases<T>>,
                "a base of this model is not described: write BOOST_DESCRIBE_STRUCT for it too");

  static constexpr bool is_model = true;
  static constexpr bool names_are_known() { return true; }
  static constexpr bool has_c_array() { return false; }
  static constexpr std::size_t field_count() { return names.size(); }
  static constexpr std::string_view field_name(std::size_t index) { return names[index]; }
  template <class F>
  static constexpr decltype(auto) visit(T& object, F&& visitor) {
    return detail::with_descriptors(detail::DescribedMembers<T>(), [&](auto... member) -> decltype(auto) {
      return visitor(object.*decltype(member)::pointer...);
    });
  }

 private:
  static constexpr auto names = detail::with_descriptors(detail::DescribedMembers<T>(), [](auto... member) {
    return std::array<std::string_view, sizeof...(member)>{decltype(member)::name...};
  });
};

template <class E>
  requires(std::is_enum_v<E> && boost::describe::has_describe_enumerators<E>::value)
struct EnumNames<E> {
  static constexpr std::span<const std::string_view> names() { return all_names; }
  /// That of no name: the number of names.
  static constexpr std::size_t index(E value) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == value) return i;
    }
    return values.size();
  }
  static constexpr E value(std::size_t index) { return values[index]; }

 private:
  using Enumerators = boost::describe::describe_enumerators<E>;
  static constexpr auto all_names = detail::with_descriptors(Enumerators(), [](auto... each) {
    return std::array<std::string_view, sizeof...(each)>{decltype(each)::name...};
  });
  static constexpr auto values = detail::with_descriptors(
      Enumerators(), [](auto... each) { return std::array<E, sizeof...(each)>{decltype(each)::value...}; });
};

}  // namespace coroute
