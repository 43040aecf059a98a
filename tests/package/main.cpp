// SPDX-License-Identifier: BSL-1.0
#include <coroute/asio.hpp>
#include <coroute/coroute.hpp>

#include "web_files.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

static_assert(consumer::web::pixel_gif.size() == 43);

bool embedded_files_are_whole() {
  const std::string_view pixel = consumer::web::pixel_gif;
  return consumer::web::page_html == "<!doctype html>\n<title>)file\" \\n caf\xC3\xA9</title>\n"sv &&
         pixel.starts_with("GIF89a\x01\0\x01\0"sv) && pixel.ends_with("\0;"sv) && consumer::web::empty_txt.empty();
}

Async<int> twice(int number) {
  co_await sleep(1ms);
  AsioTimer timer(asio_context(), 1ms);
  co_await timer.async_wait();
  co_return number * 2;
}

int main() {
  App app;
  app.get("/", [] { return "installed"; });
  const Handler handler = std::move(app).handler();
  return embedded_files_are_whole() && handler && run(twice(21)) == 42 ? 0 : 1;
}
