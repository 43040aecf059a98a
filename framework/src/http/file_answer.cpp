// SPDX-License-Identifier: BSL-1.0
#include "http/file_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "coroute/http/date.hpp"
#include "coroute/http/http_exception.hpp"
#include "http/byte_ranges.hpp"
#include "http/file_body.hpp"
#include "http/preconditions.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t in_memory_bytes = 64 * 1024;  // bodies up to this are read at once
constexpr std::size_t boundary_bytes = 13;

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

/// Changes with the content, as far as the file system tells, and with the coding (RFC 9110 section 8.8.3.3).
std::string entity_tag(const OpenFile& file, std::string_view coding) {
  const auto modified = std::chrono::duration_cast<std::chrono::nanoseconds>(file.modified().time_since_epoch());
  std::string tag = "\"" + hex(static_cast<std::uint64_t>(modified.count())) + "-" + hex(file.size());
  if (!coding.empty()) tag.append("-").append(coding);
  return tag + "\"";
}

using Sections = std::vector<FileBody::Section>;

/// What is small is read also for HEAD, so that whoever changes the answer on its way does the same to both.
void set_body(Response& response, OpenFile file, Sections sections) {
  FileBody body(std::move(file), std::move(sections));
  if (body.size() <= in_memory_bytes) {
    response.body = body.read();
  } else {
    FileBody::stream(response, std::make_shared<const FileBody>(std::move(body)));
  }
}

Sections bytes_of(const ByteRange& range) {
  return {{{}, range.first, range.size()}};
}

Sections whole(std::uint64_t size) {
  return {{{}, 0, size}};
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" + std::to_string(size);
}

std::string random_boundary() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device random;
  std::string boundary;
  for (std::size_t i = 0; i < boundary_bytes; ++i) {
    const unsigned byte = random() & 0xFF;
    boundary.push_back(digits[byte >> 4]);
    boundary.push_back(digits[byte & 0xF]);
  }
  return boundary;
}

/// RFC 9110 section 14.6, in Starlette's bytes.
Sections parts_of(const std::vector<ByteRange>& ranges, std::uint64_t size, std::string_view type,
                  const std::string& boundary) {
  Sections parts;
  std::string_view line_end;
  for (const ByteRange& range : ranges) {
    std::string head(line_end);
    head.append("--").append(boundary).append("\r\nContent-Type: ").append(type);
    head.append("\r\nContent-Range: ").append(content_range(range, size)).append("\r\n\r\n");
    parts.push_back({std::move(head), range.first, range.size()});
    line_end = "\r\n";
  }
  parts.push_back({"\r\n--" + boundary + "--", 0, 0});
  return parts;
}

Response not_modified(const Response& full) {
  Response response(Status::NotModified);
  for (const std::string_view name : {"cache-control", "content-location", "date", "etag", "expires", "vary"}) {
    for (const std::string_view value : full.headers.get_all(name))
      response.headers.add(name, value);
  }
  return response;
}

Response not_satisfiable(std::uint64_t size) {
  Response response = text({}, Status::RangeNotSatisfiable);
  response.headers.set("content-range", "bytes */" + std::to_string(size));
  return response;
}

void set_ranges(Response& response, OpenFile file, const std::vector<ByteRange>& ranges) {
  const std::uint64_t size = file.size();
  response.status = Status::PartialContent;
  if (ranges.size() == 1) {
    response.headers.set("content-range", content_range(ranges.front(), size));
    return set_body(response, std::move(file), bytes_of(ranges.front()));
  }
  const std::string boundary = random_boundary();
  Sections parts = parts_of(ranges, size, response.content_type(), boundary);
  response.headers.set("content-type", "multipart/byteranges; boundary=" + boundary);
  set_body(response, std::move(file), std::move(parts));
}

Response described(const OpenFile& file, const FileDescription& description) {
  Response response(description.status);
  response.headers.set("content-type", description.media_type);
  if (!description.coding.empty()) response.headers.set("content-encoding", description.coding);
  if (description.status == Status::Ok) response.headers.set("accept-ranges", "bytes");
  response.headers.set("last-modified", http_date(file.modified()));
  response.headers.set("etag", entity_tag(file, description.coding));
  for (const HeaderField field : description.headers)
    response.headers.set(field.name, field.value);
  return response;
}

}  // namespace

std::string with_charset(std::string_view type) {
  std::string full(type);
  if (type.starts_with("text/") && type.find("charset=") == std::string_view::npos) full += "; charset=utf-8";
  return full;
}

Response file_answer(const Request& request, OpenFile file, FileDescription description) {
  Response response = described(file, description);
  const std::string etag(response.headers.get("etag").value_or(""));
  const Validators validators{etag, file.modified()};
  const std::uint64_t size = file.size();
  const bool is_read = request.method() == Method::Get || request.method() == Method::Head;
  if (description.status == Status::Ok && is_read) {
    switch (check_preconditions(request.headers(), validators)) {
      case Precondition::Failed:
        throw HttpException(Status::PreconditionFailed);
      case Precondition::NotModified:
        return not_modified(response);
      case Precondition::Holds:
        break;
    }
    // Range is for GET alone (RFC 9110 section 14.2).
    const std::optional<std::string_view> field =
        request.method() == Method::Get ? request.header("range") : std::nullopt;
    if (field && if_range_holds(request.headers(), validators)) {
      if (const auto ranges = parse_ranges(*field, size, description.max_ranges)) {
        if (ranges->empty()) return not_satisfiable(size);
        set_ranges(response, std::move(file), *ranges);
        return response;
      }
    }
  }
  set_body(response, std::move(file), whole(size));
  return response;
}

}  // namespace coroute::detail
