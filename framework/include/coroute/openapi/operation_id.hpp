// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What operations are called in documents, and so the functions of generated clients.
#include <string>
#include <string_view>

#include "coroute/openapi/operation.hpp"

namespace coroute {

/// The name, "read_item"; without one the method and the words of the path: "get_items_item_id".
std::string default_operation_id(std::string_view name, std::string_view path, std::string_view method);

/// Makes the operationId of a route that doesn't give one; of an operation its method, path, name and tags are known.
///
///     App app{{.generate_unique_id_function = [](const Operation& op) { return op.tags.at(0) + "-" + op.name; }}};
using GenerateUniqueId = std::string (*)(const Operation& operation);

/// FastAPI's: "read_item_items__item_id__get".
std::string fastapi_operation_id(std::string_view name, std::string_view path, std::string_view method);
/// `.generate_unique_id_function = fastapi_operation_id`
std::string fastapi_operation_id(const Operation& operation);

}  // namespace coroute
