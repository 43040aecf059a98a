// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `add_docs_routes` with other files than the embedded ones.
#include "coroute/openapi/docs.hpp"
#include "openapi/docs_files.hpp"

namespace coroute::detail {

/// A package that is empty is not there: its page says so, with 404.
void add_docs_routes(RouteCollection& routes, const DocsOptions& options, OpenApiText document, DocsPackage swagger_ui,
                     DocsPackage redoc);

}  // namespace coroute::detail
