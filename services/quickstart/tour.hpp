// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the quickstart service has beyond main.cpp, one file for each subject: a bigger application in small. README.md
/// shows main.cpp without the lines marked "// tour".
#include "coroute/app/app.hpp"

namespace tour {

coroute::Router products_router();  // products.cpp: a store with everything a handler can declare
coroute::Router users_router();     // users.cpp: logging in, cookies
coroute::Router photos_router();    // photos.cpp: forms and files

/// What documents say of them, and how to log in.
void describe(coroute::AppOptions& about);

/// These routers, and how their errors are answered.
void add_to(coroute::App& app);

}  // namespace tour
