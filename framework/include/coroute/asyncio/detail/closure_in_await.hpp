// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which function objects may be written inside a `co_await` expression.
#include <type_traits>

namespace coroute::detail {

/// `F` as deduced for a parameter `F&&`. g++ before 12.3 destroys the captures of a closure temporary twice in an
/// expression with co_await.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
template <class F>
inline constexpr bool survives_await_expression =
    std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<std::remove_reference_t<F>> ||
    !std::is_class_v<std::remove_reference_t<F>>;
#else
template <class F>
inline constexpr bool survives_await_expression = true;
#endif

}  // namespace coroute::detail
