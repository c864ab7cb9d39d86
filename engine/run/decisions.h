// What was settled about the whole input before the first upload. A run keeps it, and goes on by it
// (docs/run-directory.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/repeats.h"

namespace bulkwrite::run {

struct Decisions {
  struct Format {
    size_t column = 0;
    std::string name, format;  // the column's name is for people
  };
  std::vector<Format> formats;              // of columns that had none
  OnRepeat on_repeat = OnRepeat::off;       // off: nobody looked for repeats, and there is no file of them
  bool while_streaming = false;             // repeats were not looked for before, but as the chunks came
  std::vector<std::string> unique_columns;  // whose values were compared
  std::vector<std::string> sources;         // of the input, by name
  uint64_t records = 0, chunks = 0;         // of the input, where all of it was looked through; not kept
};

std::string to_json(const Decisions& decisions);
Result<Decisions> decisions_from_json(std::string_view json);  // input_data

}  // namespace bulkwrite::run
