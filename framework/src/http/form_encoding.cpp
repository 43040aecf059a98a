// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/form_encoding.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "byte_set.hpp"
#include "coroute/http/query_params.hpp"
#include "error_text.hpp"
#include "http/spooled_file.hpp"
#include "multipart_parser.hpp"

namespace coroute {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

// A space needs the quotes that `content_type` puts around it.
constexpr auto boundary_bytes = detail::ByteSet::alphanumeric_and("'()+_,-./:=? ");
constexpr auto unquoted_bytes = detail::ByteSet::alphanumeric_and("'+_-.");

std::string random_boundary() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device random;
  std::string text;
  for (int word = 0; word < 4; ++word) {
    unsigned value = random();
    for (int digit = 0; digit < 8; ++digit, value >>= 4U)
      text += digits[value & 15U];
  }
  return text;
}

std::string checked_boundary(std::string boundary) {
  const bool fits = !boundary.empty() && boundary.size() <= detail::MultipartParser::max_boundary_length;
  if (!fits || !boundary_bytes.contains_all(boundary) || boundary.ends_with(' ')) {
    throw std::invalid_argument("the boundary " + detail::quoted(boundary) +
                                " is not 1 to 70 of the characters of RFC 2046 section 5.1.1");
  }
  return boundary;
}

std::string escaped_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (is_field_value({&c, 1})) {
      out += c;
    } else {
      throw std::invalid_argument("the name " + detail::quoted(name) + " of a form field has the control character " +
                                  detail::byte_text(c));
    }
  }
  return out;
}

std::string disposition(std::string_view name) {
  return "content-disposition: form-data; name=\"" + escaped_name(name) + '"';
}

std::string disposition(std::string_view name, std::string_view filename) {
  return disposition(name) + "; filename=\"" + escaped_name(filename) + '"';
}

}  // namespace

std::string encode_urlencoded(std::span<const std::pair<std::string_view, std::string_view>> pairs) {
  QueryParams params;
  for (const auto& [name, value] : pairs)
    params.add(std::string(name), std::string(value));
  return params.to_string();
}

std::string encode_urlencoded(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  return encode_urlencoded(std::span(pairs.begin(), pairs.size()));
}

MultipartWriter::MultipartWriter() : boundary_(random_boundary()) {}

MultipartWriter::MultipartWriter(std::string boundary)
    : boundary_(checked_boundary(std::move(boundary))), is_boundary_given_(true) {}

MultipartWriter& MultipartWriter::add(std::string_view name, std::string_view text) {
  append_part(disposition(name), text);
  return *this;
}

MultipartWriter& MultipartWriter::add_file(std::string_view name, std::string_view filename, std::string_view content,
                                           std::string_view content_type) {
  if (!is_field_value(content_type)) {
    throw std::invalid_argument("the content type " + detail::quoted(content_type) + " has a control character");
  }
  append_part(disposition(name, filename).append("\r\ncontent-type: ").append(content_type), content);
  return *this;
}

MultipartWriter& MultipartWriter::add_file(std::string_view name, const UploadFile& file) {
  std::string head = disposition(name, file.filename());
  for (const auto [field, value] : file.headers()) {
    if (!iequals(field, "content-disposition")) head.append("\r\n").append(field).append(": ").append(value);
  }
  // A boundary that was given is looked for in the content, which takes all of it.
  if (file.is_in_memory() || is_boundary_given_) {
    append_part(std::move(head), file.content());
  } else {
    std::shared_ptr<detail::SpooledFile> content = file.spooled();
    append_head(head);
    files_.push_back({body_.size(), std::move(content)});
    body_ += "\r\n";
  }
  return *this;
}

void MultipartWriter::append_head(std::string_view head) {
  body_.append("--").append(boundary_).append("\r\n").append(head).append("\r\n\r\n");
}

void MultipartWriter::append_part(std::string head, std::string_view content) {
  if (is_boundary_given_ && content.find("--" + boundary_) != std::string_view::npos) {
    throw std::invalid_argument("the boundary " + detail::quoted(boundary_) + " is in the content");
  }
  append_head(head);
  body_.append(content).append("\r\n");
}

std::string MultipartWriter::content_type() const {
  const char* quote = unquoted_bytes.contains_all(boundary_) ? "" : "\"";
  return std::string("multipart/form-data; boundary=").append(quote).append(boundary_).append(quote);
}

std::uint64_t MultipartWriter::size() const noexcept {
  std::uint64_t sum = body_.size() + boundary_.size() + 6;
  for (const FileOnDisk& file : files_)
    sum += file.content->size();
  return sum;
}

std::string MultipartWriter::finish() {
  std::string body = std::exchange(body_, std::string());
  const std::vector<FileOnDisk> files = std::exchange(files_, {});
  for (auto file = files.rbegin(); file != files.rend(); ++file)
    body.insert(file->at, file->content->content());
  return body.append(end());
}

AsyncGenerator<std::string> MultipartWriter::finish_in_pieces() {
  return pieces_of(std::exchange(body_, std::string()).append(end()), std::exchange(files_, {}));
}

AsyncGenerator<std::string> MultipartWriter::pieces_of(std::string body, std::vector<FileOnDisk> files) {
  std::size_t begin = 0;
  for (const FileOnDisk& file : files) {
    co_yield body.substr(begin, file.at - begin);
    begin = file.at;
    for (std::uint64_t offset = 0; offset < file.content->size();) {
      const std::uint64_t rest = file.content->size() - offset;
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rest, piece_bytes));
      std::string piece = co_await detail::read_spooled(file.content, offset, count);
      offset += count;
      co_yield std::move(piece);
    }
  }
  co_yield body.substr(begin);
}

std::string encode_multipart(const FormData& form, std::string boundary) {
  MultipartWriter writer(std::move(boundary));
  for (const auto& [name, value] : form) {
    if (value.is_file()) {
      writer.add_file(name, *value.file());
    } else {
      writer.add(name, *value.text());
    }
  }
  return writer.finish();
}

}  // namespace coroute
