// SPDX-License-Identifier: BSL-1.0
#include <string>
#include <string_view>

#include "app.hpp"
#include "coroute/coroute.hpp"
#include "web_files.hpp"

using namespace coroute;

namespace chat {

void add_page(App& app, const std::string& folder) {
  if (!folder.empty()) {
    app.mount("/", StaticFiles(folder, {.html = true, .cache_control = "no-store"}));
    return;
  }
  Router router({}, {.include_in_schema = false});
  router.use(EtagMiddleware());
  const auto add = [&](RoutePath path, std::string_view bytes, const char* content_type) {
    router.get(path, [bytes, content_type] {
      Response response = static_bytes(bytes, content_type);
      response.headers.set("cache-control", "no-cache");  // asked for again each time, and answered with 304
      return response;
    });
  };
  add("/", web::index_html, "text/html; charset=utf-8");
  add("/chat.js", web::chat_js, "text/javascript; charset=utf-8");
  add("/connection.js", web::connection_js, "text/javascript; charset=utf-8");
  add("/icon.svg", web::icon_svg, "image/svg+xml");
  add("/style.css", web::style_css, "text/css; charset=utf-8");
  app.include(std::move(router));
}

}  // namespace chat
