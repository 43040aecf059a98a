// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What an HTML form sends: named texts and files.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/upload_file.hpp"

namespace coroute {

class Request;

/// What a form may consist of; more is answered with 400, a file that is too large with 413. The body limit of the
/// route bounds all of it together.
struct FormLimits {
  std::size_t max_fields = 1000;  ///< Texts, also in a urlencoded body.
  std::size_t max_files = 1000;
  /// Bytes of one text of a multipart body; of a urlencoded one those of a name with its value, as they are sent.
  std::size_t max_part_size = std::size_t{1} << 20U;
  std::size_t max_fields_size = std::size_t{16} << 20U;  ///< The same of all texts, with their names.
  std::uint64_t max_file_size = std::numeric_limits<std::uint64_t>::max();  ///< Bytes of one file.
  std::size_t max_part_headers = 8;                                         ///< Header fields of one part.
  std::size_t max_part_header_bytes = 16 * 1024;  ///< Bytes of the header lines of one part, without line ends.
  std::size_t max_name_length = 256;              ///< Bytes of the name of one part.
  /// Bytes of a file that are kept in memory; a larger one goes to a temporary file, see UploadFile.
  std::size_t spool_max_size = std::size_t{1} << 20U;
  /// The same of all files of a form: who comes when there is no room left goes to disk, too.
  std::size_t spool_max_total_size = std::size_t{8} << 20U;
};

/// A text or a file.
class FormValue {
 public:
  FormValue(std::string text) : value_(std::move(text)) {}
  FormValue(const char* text) : value_(std::string(text)) {}
  FormValue(UploadFile file) : value_(std::move(file)) {}

  bool is_file() const noexcept { return value_.index() == 1; }
  /// nullopt for a file.
  std::optional<std::string_view> text() const noexcept;
  /// Null for a text.
  const UploadFile* file() const noexcept { return std::get_if<UploadFile>(&value_); }

 private:
  std::variant<std::string, UploadFile> value_;
};

struct FormField {
  std::string name;
  FormValue value;
};

/// The fields of a form in their order, repeated names kept; Starlette's FormData. Texts that came in a request are
/// valid UTF-8. A copy shares the files.
///
///     const FormData& form = co_await request.form();
///     const std::string_view name = form.text("name").value_or("nobody");
///     if (const UploadFile* photo = form.file("photo")) store(photo->content());
///     for (const auto& [name, value] : form) ...
class FormData {
 public:
  void add(std::string name, FormValue value);

  /// The *last* value of that name, null when there is none. Names are case-sensitive.
  const FormValue* get(std::string_view name) const noexcept;
  /// The last value of that name if that is a text.
  std::optional<std::string_view> text(std::string_view name) const noexcept;
  /// The last value of that name if that is a file, else null.
  const UploadFile* file(std::string_view name) const noexcept;
  std::vector<const FormValue*> get_all(std::string_view name) const;
  bool contains(std::string_view name) const noexcept { return get(name) != nullptr; }

  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }

 private:
  std::vector<FormField> fields_;
};

/// A copy of `request.form(limits)`, for who wants to keep it longer than the request lives.
Async<FormData> read_form(Request& request, FormLimits limits = {});

}  // namespace coroute
