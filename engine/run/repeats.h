// Which records repeat a value that only one record may have, as it was found before the first upload
// (docs/run-directory.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/result.h"

namespace bulkwrite::run {

enum class OnRepeat {
  automatic,  // reject where every source can be read twice, off where not
  reject,     // all but the first are at fault
  first,      // all but the first are left out, as asked for
  last,       // all but the last are left out
  off,
};
std::string_view on_repeat_name(OnRepeat on_repeat);
OnRepeat on_repeat_of(std::string_view name);  // automatic where it is no name

// One record that is not to be sent, and the one that is: a row of the file.
struct Repeat {
  uint64_t record_number = 0, kept_record_number = 0;
  uint32_t source = 0, kept_source = 0;
  uint32_t column = 0;
  uint32_t unused = 0;

  friend bool operator==(const Repeat&, const Repeat&) = default;
};
static_assert(sizeof(Repeat) == 32);

// The rows of a file, in the order of the input. Read as they are needed; shared by threads.
class Repeats {
 public:
  // The file's first line; rows follow.
  static constexpr std::string_view kHead = "bulkwrite repeats of records, 1\n";

  // `sources`: the names of the input's sources. input_data where the file is not one of ours.
  static Result<Repeats> open(const std::filesystem::path& file, OnRepeat on_repeat, std::vector<std::string> sources);
  // Of rows at hand, in the order of the input.
  Repeats(std::vector<Repeat> rows, OnRepeat on_repeat, std::vector<std::string> sources);
  Repeats(Repeats&& other) noexcept;
  Repeats& operator=(Repeats&&) = delete;
  ~Repeats();

  std::span<const Repeat> rows() const { return rows_; }
  // From this record on.
  std::span<const Repeat> from(uint32_t source, uint64_t record_number) const;
  // Whether a repeat is no fault of the input.
  bool are_left_out() const { return on_repeat_ != OnRepeat::reject; }
  // "as record 7", and of which source where it is another.
  std::string text(const Repeat& repeat) const;

 private:
  Repeats(void* memory, size_t bytes, OnRepeat on_repeat, std::vector<std::string> sources);

  void* memory_ = nullptr;  // of a file; null: the rows are our own
  size_t bytes_ = 0;
  std::vector<Repeat> own_;
  std::span<const Repeat> rows_;
  OnRepeat on_repeat_;
  std::vector<std::string> sources_;
};

}  // namespace bulkwrite::run
