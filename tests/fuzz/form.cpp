// SPDX-License-Identifier: BSL-1.0
// Forms into typed fields and files: the first line is the content type, the rest the body. What is read doesn't depend
// on how the body was cut into pieces, nor on whether files are in memory or on disk.
#include "checks.hpp"
#include "coroute/http/form_encoding.hpp"
#include "targets.hpp"
#include "typed_answer.hpp"

namespace coroute::fuzz {
namespace {

constexpr FormLimits limits{.max_fields = 20,
                            .max_files = 5,
                            .max_part_size = 2048,
                            .max_fields_size = 3000,
                            .max_file_size = 2048,
                            .max_part_headers = 4,
                            .max_part_header_bytes = 512,
                            .max_name_length = 64};

/// Files of some bytes go to disk.
constexpr FormLimits spooling = [] {
  FormLimits spooling = limits;
  spooling.spool_max_size = 16;
  spooling.spool_max_total_size = 24;
  return spooling;
}();

struct Part {
  std::string name;
  std::string text;
  Maybe<std::string> filename;
  Maybe<std::string> content_type;
};

Async<std::vector<Part>> list_parts(Request& request) {
  const FormData& form = co_await request.form();
  std::vector<Part> parts;
  for (const FormField& field : form) {
    const UploadFile* const file = field.value.file();
    if (!file) {
      parts.push_back({field.name, std::string(*field.value.text()), {}, {}});
    } else {
      const auto type = file->content_type();
      const std::string content(co_await file->read());
      check(content == file->content(), "what is read is the content", content);
      parts.push_back(
          {field.name, content, file->filename(), type ? Maybe<std::string>(std::string(*type)) : std::nullopt});
    }
  }
  co_return parts;
}

Handler make_app() {
  App app({.openapi_url = std::nullopt});
  app.post("/parts", list_parts, {.form_limits = limits});
  app.post("/spooled", list_parts, {.form_limits = spooling});
  app.post("/model", [](Form<Values> values) { return *values; });
  app.post("/files", [](File<Maybe<UploadFile>, "one"> one, File<std::vector<UploadFile>, "many", defaulted> many,
                        File<Maybe<std::string>, "bytes"> bytes, Form<Maybe<std::int64_t>, "i"> i) {
    return (one->has_value() ? (*one)->size() : 0) + many->size() + bytes->value_or("").size() +
           static_cast<std::uint64_t>(i->value_or(0) & 1);
  });
  return std::move(app).handler();
}

std::vector<std::string> pieces_of(std::string_view body, std::size_t size) {
  std::vector<std::string> pieces;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size())))
    pieces.emplace_back(body.substr(0, size));
  return pieces;
}

Response post(std::string_view path, std::string_view content_type, std::vector<std::string> pieces) {
  static const Handler handler = make_app();
  testing::TestRequest request("POST", path);
  request.header("content-type", content_type).body(std::move(pieces));
  return answer_to(handler, request);
}

}  // namespace

void form(std::string_view input) {
  const std::string_view content_type = input.substr(0, input.find('\n'));
  const std::string_view body = input.substr(std::min(content_type.size() + 1, input.size()));
  if (content_type.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) return;
  for (const std::string_view path : {"/parts", "/model", "/files"}) {
    const Response whole = post(path, content_type, {std::string(body)});
    const std::size_t size = 1 + content_type.size() % 7;
    const Response cut = post(path, content_type, pieces_of(body, size));
    check(whole.status == cut.status && whole.content() == cut.content(), "pieces make no difference", cut.content());
    if (path != "/parts") continue;
    const Response spooled = post("/spooled", content_type, pieces_of(body, size));
    check(whole.status == spooled.status && whole.content() == spooled.content(), "the disk makes no difference",
          spooled.content());
  }
}

}  // namespace coroute::fuzz
