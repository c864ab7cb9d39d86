// Any bytes, in any pieces, give the records of the obvious reading, and never a crash.
#include <cstdint>
#include <string>

#include "tests/csv/harness.h"
#include "tests/csv/oracle.h"
#include "tests/fuzz/target.h"

using fuzz::must;

// The first four bytes choose the options, the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 4, size - 4);
  oracle::Options options{.delimiter = ",;:|\t"[data[0] % 5],
                          .columns = size_t{1} + data[1] % 4,
                          .quote_bytes_max = size_t{1} + data[2],
                          .resync = data[3] % 2 == 0};
  bulkwrite::csv::CutOptions cut;
  cut.quote_bytes_max = options.quote_bytes_max;
  cut.resync_on_unclosed_quote = options.resync;
  cut.records_max = size_t{1} + data[3] / 2;

  const auto expected = oracle::read(text, options);
  size_t turn = 0;
  const auto seen = harness::cut({text}, options.columns, options.delimiter, cut,
                                 [&] { return size_t{1} + data[turn++ % size] % 64; });
  std::vector<harness::SeenRecord> records;
  for (const auto& chunk : seen.chunks) records.insert(records.end(), chunk.records.begin(), chunk.records.end());
  must(records.size() == expected.records.size(), "number of records");
  for (size_t i = 0; i < records.size(); ++i) {
    must(records[i].bytes == expected.records[i].bytes, "bytes of a record");
    must(records[i].flaw == expected.records[i].flaw, "flaw of a record");
    must(records[i].fields == expected.records[i].fields, "fields of a record");
  }
  must(seen.unclosed.has_value() == expected.unclosed, "unclosed quote");
  must(seen.blank_lines == expected.blank_lines, "blank lines");
  return 0;
}
