// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Writes the bodies that forms are sent in.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/generator.hpp"
#include "coroute/http/form_data.hpp"

namespace coroute {

/// An application/x-www-form-urlencoded body: as `QueryParams::to_string`.
std::string encode_urlencoded(std::span<const std::pair<std::string_view, std::string_view>> pairs);
std::string encode_urlencoded(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

/// Builds a multipart/form-data body (RFC 7578). Names and file names are escaped as browsers do, `"` as `%22` and line
/// ends as `%0D` and `%0A`, and a backslash is doubled, for most readers take it for an escape. Texts and contents stay
/// as they are.
///
///     MultipartWriter form;
///     form.add("title", "Sunset").add_file("photo", "sunset.jpg", jpeg, "image/jpeg");
///     co_await client.post("/photos").body(form.finish(), form.content_type());
///
/// What can't be sent throws std::invalid_argument and leaves the writer as it was: another control character in a
/// name, a content type that is no field value, the given boundary within a content.
class MultipartWriter {
 public:
  /// With a random boundary, which no content can foresee.
  MultipartWriter();
  /// std::invalid_argument unless it is 1 to 70 of the characters of RFC 2046 section 5.1.1, the last no space.
  explicit MultipartWriter(std::string boundary);

  MultipartWriter& add(std::string_view name, std::string_view text);
  MultipartWriter& add_file(std::string_view name, std::string_view filename, std::string_view content,
                            std::string_view content_type = "application/octet-stream");
  /// With the headers that the file has, but for its content-disposition. One on disk is read when the body is, unless
  /// the boundary was given. RuntimeError for a closed file.
  MultipartWriter& add_file(std::string_view name, const UploadFile& file);

  /// The value of the request's Content-Type header.
  std::string content_type() const;
  const std::string& boundary() const noexcept { return boundary_; }
  /// Bytes of the body as `finish` would give it now.
  std::uint64_t size() const noexcept;
  /// Whether no file on disk is to be read.
  bool is_in_memory() const noexcept { return files_.empty(); }
  /// The whole body; the writer can then begin the next one with the same boundary. Reads files on disk as
  /// `UploadFile::content` does.
  std::string finish();
  /// The same piece by piece: files on disk are read on threads of a pool, as pieces are asked for.
  AsyncGenerator<std::string> finish_in_pieces();

 private:
  /// Its bytes belong into `body_` at `at`.
  struct FileOnDisk {
    std::size_t at;
    std::shared_ptr<detail::SpooledFile> content;
  };

  void append_head(std::string_view head);
  void append_part(std::string head, std::string_view content);
  std::string end() const { return "--" + boundary_ + "--\r\n"; }
  static AsyncGenerator<std::string> pieces_of(std::string body, std::vector<FileOnDisk> files);

  std::string boundary_;
  bool is_boundary_given_ = false;
  std::string body_;  // without the files
  std::vector<FileOnDisk> files_;
};

/// A multipart body of all texts and files; throws as MultipartWriter does.
std::string encode_multipart(const FormData& form, std::string boundary);

}  // namespace coroute
