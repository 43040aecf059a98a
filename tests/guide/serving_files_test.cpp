// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: files as answers.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::test::TemporaryDirectory;

namespace {

// [files]
App make_app(const std::string& reports, const std::string& assets, const std::string& frontend) {
  App app;
  app.get("/reports/{year}", [reports](Request& request, Path<int, "year"> year) {
    FileResponse file(reports + "/" + std::to_string(*year) + ".pdf");  // of what you have checked, never of raw text
    return file.filename("report.pdf").answer(request);
  });
  app.get("/favicon.ico", FileResponse(assets + "/favicon.ico"));
  app.mount("/static", StaticFiles(assets, {.precompressed = true, .cache_control = "max-age=3600"}));
  app.mount("/", StaticFiles(frontend, {.html = true, .fallback = "index.html"}));  // last: it answers all the rest
  return app;
}
// [/files]

}  // namespace

TEST_SUITE_BEGIN("guide");

TEST_CASE("guide: files are answers, and directories are served") {
  const TemporaryDirectory directory;
  directory.write("reports/2025.pdf", "report");
  directory.write("assets/favicon.ico", "icon");
  directory.write("assets/app.js", "script");
  directory.write("assets/app.js.gz", "packed");
  directory.write("frontend/index.html", "page");
  TestClient client(make_app(directory.path("reports"), directory.path("assets"), directory.path("frontend")));
  const TestResponse report = client.get("/reports/2025", {.headers = {{"range", "bytes=0-2"}}});
  CHECK(report.status_code() == 206);
  CHECK(report.text() == "rep");
  CHECK(report.header("content-disposition") == "attachment; filename=\"report.pdf\"");
  CHECK(client.get("/favicon.ico").header("content-type") == "image/vnd.microsoft.icon");
  CHECK(client.get("/static/app.js", {.headers = {{"accept-encoding", "gzip"}}}).header("content-encoding") == "gzip");
  CHECK(client.get("/").text() == "page");
  CHECK(client.get("/users/7", {.headers = {{"accept", "text/html"}}}).text() == "page");
  CHECK(client.get("/users/7").status_code() == 404);
}

TEST_SUITE_END();
