// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A body made of bytes of a file, with texts between them.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/response.hpp"
#include "http/open_file.hpp"

namespace coroute::detail {

/// Doesn't change, and may be used by any thread.
class FileBody {
 public:
  /// A text, and bytes of the file behind it.
  struct Section {
    std::string text;
    std::uint64_t offset;
    std::uint64_t size;
  };
  /// So much is read, or sent, at a time.
  static constexpr std::size_t piece_bytes = 256 * 1024;

  FileBody(OpenFile file, std::vector<Section> sections) : file_(std::move(file)), sections_(std::move(sections)) {}

  const OpenFile& file() const noexcept { return file_; }
  const std::vector<Section>& sections() const noexcept { return sections_; }
  std::uint64_t size() const noexcept;

  /// All of it. Blocks; throws as OpenFile::read.
  std::string read() const;

  /// Gives it to the response as a streamed body. Who takes the stream gets it in pieces.
  static void stream(Response& response, std::shared_ptr<const FileBody> body);
  /// The body of the response as long as nobody has taken the stream, so that the kernel can be told to send it; else
  /// null.
  static std::shared_ptr<const FileBody> of(const Response& response) noexcept;

 private:
  OpenFile file_;
  std::vector<Section> sections_;
};

}  // namespace coroute::detail
