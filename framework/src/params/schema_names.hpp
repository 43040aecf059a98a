// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Names as documents write them.
#include <string>
#include <string_view>

namespace coroute::detail {

/// Python's `name.title()` with spaces for underscores: "item_id" is "Item Id", "x-token" is "X-Token".
std::string title_case(std::string_view name);

/// Without namespaces and enclosing scopes, in pydantic's spelling: "shop::Page<shop::Item>" is "Page[Item]",
/// `std::string` is "str".
std::string short_type_name(std::string_view identity);

/// With namespaces, but for unnamed ones and functions, in which types are told apart by number.
std::string long_type_name(std::string_view identity);

/// What may stand in the name of a component: other characters become underscores, "Page[Item]" is "Page_Item_".
std::string component_name(std::string_view text);

}  // namespace coroute::detail
