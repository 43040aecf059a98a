// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A file of lines that grows until a shorter one takes its place. It blocks: call it by `to_thread`, once at a time.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace chat {

class Journal {
 public:
  /// Makes it when there is none. std::system_error when it can't be opened, or another process has it.
  explicit Journal(const std::string& path);
  /// An empty one; what is there is gone.
  static std::unique_ptr<Journal> make_new(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Each line, in order. The last one without its end, which a crash has left, is cut off.
  void read(const std::function<void(std::string_view line)>& take);
  /// std::system_error when it can't be written; then nothing of it is there. It survives the end of the process; that
  /// of the machine only when the kernel has written it by then.
  void append(std::string_view line);
  /// Takes the place of `old` on disk, where either the one or the other is found whatever happens. std::system_error;
  /// then `old` is there as before.
  void replace(Journal& old);

 private:
  void cut_at(std::int64_t size);

  std::string path_;
  int file_;
  std::int64_t size_ = 0;  // of the lines that are there
};

}  // namespace chat
