// SPDX-License-Identifier: BSL-1.0
#include "multipart_form.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "coroute/http/percent_encoding.hpp"
#include "form_error.hpp"
#include "http/spooled_file.hpp"

namespace coroute::detail {
namespace {

/// Browsers write `%22`, `%0D` and `%0A` into a quoted name, and a percent sign as it is.
std::string undo_browser_escapes(std::string text) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view here = std::string_view(text).substr(i, 3);
    char c = text[i];
    if (here == "%22") c = '"';
    if (iequals(here, "%0D")) c = '\r';
    if (iequals(here, "%0A")) c = '\n';
    if (c != text[i]) i += 2;
    text[kept++] = c;
  }
  text.resize(kept);
  return text;
}

/// Old Internet Explorers send the whole path of a file.
std::string without_windows_folder(std::string filename) {
  const std::string_view view = filename;
  const bool is_path = view.substr(std::min<std::size_t>(1, view.size()), 2) == ":\\" || view.starts_with("\\\\");
  if (is_path) filename.erase(0, filename.rfind('\\') + 1);
  return filename;
}

/// `utf-8'en'%e2%82%ac.txt` (RFC 5987). RFC 7578 forbids it in forms, but some clients send nothing else.
std::string decode_extended_value(std::string_view value) {
  const std::size_t first_quote = std::min(value.find('\''), value.size());
  const std::size_t second_quote = value.find('\'', first_quote + 1);
  if (second_quote == std::string_view::npos) throw_form_error();
  const std::optional<Charset> charset = parse_charset(value.substr(0, first_quote));
  std::optional<std::string> bytes = percent_decode(value.substr(second_quote + 1));
  if (!charset || !bytes) throw_form_error();
  if (charset == Charset::Utf8 && !is_valid_utf8(*bytes)) throw_form_error();
  return decode_to_utf8(std::move(*bytes), *charset);
}

Charset require_charset(std::string_view label) {
  const std::optional<Charset> charset = parse_charset(label);
  if (!charset) throw_form_error();
  return *charset;
}

/// The encodings that change nothing; RFC 7578 section 4.7 deprecates the others.
void check_transfer_encoding(const Headers& headers) {
  constexpr std::array<std::string_view, 3> known = {"7bit", "8bit", "binary"};
  for (const std::string_view encoding : headers.get_all("content-transfer-encoding")) {
    const auto is_encoding = [&](std::string_view name) { return iequals(encoding, name); };
    if (std::none_of(known.begin(), known.end(), is_encoding)) throw_form_error();
  }
}

ContentParameters read_disposition(const Headers& headers) {
  const std::vector<std::string_view> values = headers.get_all("content-disposition");
  if (values.size() > 1) throw_form_error();
  std::optional<ContentParameters> disposition = parse_content_parameters(values.empty() ? "" : values.front());
  if (!disposition) throw_form_error();
  return std::move(*disposition);
}

Charset charset_of_part(const Headers& headers, Charset by_default) {
  const std::optional<ContentParameters> type = parse_content_parameters(headers.get("content-type").value_or(""));
  if (!type) throw_form_error();
  const std::string* charset = type->get("charset");
  return charset ? require_charset(*charset) : by_default;
}

/// The plain filename counts where both kinds are given, as for all readers that don't know the extended one.
std::optional<std::string> read_filename(const ContentParameters& disposition, Charset charset) {
  if (const std::string* plain = disposition.get("filename")) {
    return without_windows_folder(undo_browser_escapes(decode_to_utf8(*plain, charset)));
  }
  if (const std::string* extended = disposition.get("filename*")) return decode_extended_value(*extended);
  return std::nullopt;
}

}  // namespace

MultipartForm::MultipartForm(std::string_view boundary, Charset charset, const FormLimits& limits, FormData& form)
    : limits_(limits), form_(form), charset_(charset), parser_(boundary, limits, *this) {}

void MultipartForm::feed(std::string_view piece) {
  any_bytes_ = any_bytes_ || !piece.empty();
  parser_.feed(piece);
}

void MultipartForm::finish() {
  if (any_bytes_) parser_.finish();
}

void MultipartForm::on_part_begin(Headers headers) {
  const ContentParameters disposition = read_disposition(headers);
  const std::string* name = disposition.get("name");
  if (!name) throw_form_error("The Content-Disposition header field \"name\" must be provided.");
  check_transfer_encoding(headers);
  if (name->size() > limits_.max_name_length) {
    throw_form_error("Name exceeded maximum length of " + std::to_string(limits_.max_name_length) + " bytes.");
  }
  name_ = undo_browser_escapes(decode_to_utf8(*name, charset_));
  filename_ = read_filename(disposition, charset_);
  if (!filename_) text_charset_ = charset_of_part(headers, charset_);
  headers_ = std::move(headers);
  count_part();
  if (!filename_) return count_text(name_.size());
  const std::size_t room = limits_.spool_max_total_size - files_in_memory_;
  file_ = std::make_shared<SpooledFile>(std::min(limits_.spool_max_size, room), spool_);
}

void MultipartForm::count_text(std::size_t bytes) {
  if (bytes > limits_.max_fields_size - fields_size_) throw_fields_too_large(limits_.max_fields_size);
  fields_size_ += bytes;
}

void MultipartForm::count_part() {
  std::size_t& count = filename_ ? files_ : fields_;
  const std::size_t limit = filename_ ? limits_.max_files : limits_.max_fields;
  const std::string kind = filename_ ? "files" : "fields";
  if (count == limit) {
    throw_form_error("Too many " + kind + ". Maximum number of " + kind + " is " + std::to_string(limit) + ".");
  }
  ++count;
}

void MultipartForm::on_part_data(std::string_view data) {
  if (file_) return add_to_file(data);
  if (data.size() > limits_.max_part_size - data_.size()) throw_part_too_large(limits_.max_part_size);
  count_text(data.size());
  data_ += data;
}

void MultipartForm::add_to_file(std::string_view data) {
  if (data.size() > limits_.max_file_size - file_->size()) {
    throw HttpException(Status::ContentTooLarge,
                        "File exceeded maximum size of " + std::to_string(limits_.max_file_size) + " bytes.");
  }
  file_->append(data);
  note_unwritten();
}

/// Once, however much more comes before it is written.
void MultipartForm::note_unwritten() {
  const bool is_noted = !unwritten().empty() && unwritten().back() == file_;
  if (!is_noted && file_->wants_write()) unwritten().push_back(file_);
}

void MultipartForm::on_part_end() {
  if (file_) {
    file_->finish();
    note_unwritten();
    if (file_->is_in_memory() && !file_->wants_write()) files_in_memory_ += static_cast<std::size_t>(file_->size());
    form_.add(std::move(name_), UploadFile(std::move(*filename_), std::move(headers_), std::move(file_)));
    return;
  }
  std::string data = std::exchange(data_, std::string());
  // RFC 7578 section 4.6: the charset of all texts that follow.
  if (name_ == "_charset_") charset_ = require_charset(data);
  form_.add(std::move(name_), decode_to_utf8(std::move(data), text_charset_));
}

}  // namespace coroute::detail
