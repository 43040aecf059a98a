// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One operation object of a document.
#include "coroute/openapi/operation.hpp"
#include "openapi/document_context.hpp"

namespace coroute::detail {

/// std::invalid_argument, which names the operation, for JSON texts of it that are no objects.
Json describe_operation(const Operation& operation, DocumentContext& context);

}  // namespace coroute::detail
