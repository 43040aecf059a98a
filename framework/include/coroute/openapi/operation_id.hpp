// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What operations are called in documents, and so the functions of generated clients.
#include <string>
#include <string_view>

namespace coroute {

/// The name, "read_item"; without one the method and the words of the path: "get_items_item_id".
std::string default_operation_id(std::string_view name, std::string_view path, std::string_view method);

/// FastAPI's: "read_item_items__item_id__get".
std::string fastapi_operation_id(std::string_view name, std::string_view path, std::string_view method);

}  // namespace coroute
