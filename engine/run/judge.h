// Decides record by record what may be sent. The same code judges in `check`, `pack`, `load` and when results are
// reconciled, so that all of them agree on which records were sent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/csv/records.h"
#include "engine/run/not_utf8.h"
#include "engine/run/repeats.h"
#include "engine/schema/checker.h"

namespace bulkwrite::run {

struct Problem {
  std::string_view rule;           // as in the reasons files; docs/records.md lists them
  std::optional<size_t> column;    // none where the whole record is at fault
  const Repeat* repeat = nullptr;  // of the rule `repeat`
};

class SeenValues;

// By what records are judged; must outlive who judges. Without a checker only what needs no schema is judged. Repeats
// are known for all chunks, or, in a stream, for each chunk only: see ChunkRules.
struct Rules {
  const schema::RecordChecker* checker = nullptr;
  const Repeats* repeats = nullptr;
  SeenValues* seen = nullptr;

  Rules() = default;
  Rules(const schema::RecordChecker* only_checker) : checker(only_checker) {}
  Rules(const schema::RecordChecker* the_checker, const Repeats* the_repeats, SeenValues* values_seen = nullptr)
      : checker(the_checker), repeats(the_repeats), seen(values_seen) {}
};

// Walks a chunk that is not too_long. One thread; the chunk must outlive it.
class Judge {
 public:
  // `clean_text`: whether csv::is_clean_text holds for the chunk, where that is known.
  Judge(const csv::Chunk& chunk, Rules rules, std::optional<bool> clean_text = {});

  // Every record may be sent, as one can tell without walking them.
  bool accepts_all() const;
  bool next();  // to the next record; false behind the last
  bool pass();  // the same, of a record that is known to have no problem
  const csv::Record& record() const { return record_; }
  // Empty: the record may be sent.
  std::span<const Problem> problems() const { return problems_; }
  // The first of the records so far that is not UTF-8.
  const std::optional<NotUtf8>& not_utf8() const { return not_utf8_; }
  // It is well-formed, but repeats another one, and is left out as asked for: that is no fault of the input.
  bool is_left_out() const;
  const Repeats* repeats() const { return rules_.repeats; }
  // Columns whose value is not in their picklist, where that is no problem.
  std::span<const size_t> unknown_choices() const { return unknown_choices_; }
  // The record as such, so that its fields mean nothing.
  bool is_broken() const { return !problems_.empty() && !problems_.front().column; }
  csv::Fields fields() const { return reader_.fields(); }
  std::string_view bytes() const { return chunk_.bytes().substr(record_.begin, record_.end - record_.begin); }

 private:
  bool glance();
  void look_at_text();
  void look_at_repeats();
  void note_not_utf8();

  const csv::Chunk& chunk_;
  const Rules rules_;
  const std::optional<bool> all_clean_;
  csv::RecordReader reader_;
  csv::Record record_;
  size_t text_end_ = 0;      // of the records whose text was looked at
  bool clean_text_ = false;  // all of it
  std::optional<NotUtf8> not_utf8_;
  size_t repeats_part_ = SIZE_MAX;  // of the chunk, whose repeats are next
  std::span<const Repeat> next_repeats_;
  std::vector<Problem> problems_;
  std::vector<size_t> unknown_choices_;
  size_t ahead_ = 0;         // so many records from the next one on have been glanced at
  uint64_t good_ahead_ = 0;  // those of them that break no rule of the checker's, the next one's bit lowest
  std::vector<schema::Violation> violations_;
  std::string scratch_;
};

// Which records of a chunk may not be sent, counted from 0 over the chunk, in order.
std::vector<uint32_t> rejected_records(const csv::Chunk& chunk, Rules rules);

}  // namespace bulkwrite::run
