#include "tests/sim/source.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/csv/field.h"
#include "tests/run/cut_text.h"

namespace sim {
namespace {

using bulkwrite::csv::Chunk;
using bulkwrite::csv::CutOptions;
using bulkwrite::csv::Cutter;
using bulkwrite::csv::Part;

constexpr size_t kHeadroom = 256;  // for the header of an archive
constexpr std::array<std::string_view, 3> kCompanies{"Acme", "Smith, Sons \"& Co\"", ""};
constexpr std::array<std::string_view, 3> kCities{"Ulm", "San\nJose", "Zürich"};
constexpr std::array<std::string_view, 2> kStages{"new", "old"};

std::string text_of(const SourceRecord& record, Random& random) {
  if (record.is_rejected) return record.key + ",too,few\n";
  std::string text = record.key + ",";
  bulkwrite::csv::append_field(text, kCompanies[random.below(kCompanies.size())]);
  text += ',';
  bulkwrite::csv::append_field(text, kCities[random.below(kCities.size())]);
  return text + fmt::format(",{},{}\n", kStages[random.below(kStages.size())], record.note);
}

SourceRecord draw_record(uint64_t number, const Setup& setup, Random& random) {
  SourceRecord record{.key = fmt::format("r{}@x.org", number), .note = fmt::format("note {}", random.below(1'000'000))};
  record.is_rejected = random.chance(0.1);
  record.is_bad = random.chance(0.05);
  const bool may_be_there = !setup.is_plain_insert() && !record.is_rejected;
  record.was_there = may_be_there && random.chance(setup.facts.operation == "update" ? 0.8 : 0.3);
  return record;
}

}  // namespace

Source::Source(const Setup& setup, Random& random) : texts_(random.between(1, 3)) {
  const uint64_t records = (setup.chunks - 1) * setup.records_max + random.between(1, setup.records_max);
  for (uint64_t i = 0; i < records; ++i) {
    if (i % setup.records_max == 0) records_.emplace_back();
    records_.back().push_back(draw_record(i, setup, random));
    texts_[i * texts_.size() / records] += text_of(records_.back().back(), random);
  }
  if (random.chance(0.3)) texts_.back().pop_back();  // the last terminator
  const CutOptions options{.records_max = setup.records_max, .bytes_max = 1 << 20};
  for (const Chunk& chunk : bulkwrite::run::cut_texts(texts_, kColumns.size(), ',', options))
    parts_.push_back(chunk.parts);
  if (parts_.size() != records_.size()) throw std::logic_error("the chunks are not as planned");
}

uint64_t Source::records() const {
  uint64_t count = 0;
  for (const auto& chunk : records_) count += chunk.size();
  return count;
}

Chunk Source::chunk(uint64_t chunk_index) const {
  const std::vector<Part>& parts = parts_[chunk_index];
  Cutter cutter({.bytes_max = 1 << 20, .headroom = kHeadroom});
  for (const Part& part : parts) {
    cutter.begin_source(part.source, part.begin, kColumns.size(), ',', part.first_record);
    const std::string_view bytes = std::string_view(texts_[part.source]).substr(part.begin, part.bytes());
    std::copy(bytes.begin(), bytes.end(), cutter.space(bytes.size()).begin());
    cutter.filled(bytes.size());
    cutter.end_source();
    (void)cutter.next();
  }
  cutter.end_input();
  Cutter::Cut cut = cutter.next();
  if (cut.chunk.parts != parts) throw std::logic_error("a chunk is cut differently the second time");
  cut.chunk.chunk_index = chunk_index;
  return std::move(cut.chunk);
}

bulkwrite::Result<Chunk> Source::chunk(const bulkwrite::run::ChunkRanges& ranges) const {
  Chunk again = chunk(ranges.chunk_index);
  if (again.parts == ranges.parts && bulkwrite::run::crc_of_source(again) == ranges.crc_source) return again;
  return bulkwrite::Error{bulkwrite::ErrorKind::input_data, "the ledger knows another chunk"};
}

}  // namespace sim
