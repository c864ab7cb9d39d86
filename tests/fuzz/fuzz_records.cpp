// Any bytes, in any pieces, give the records of the obvious reading, whichever kernel scans, and never a crash.
#include <cstdint>
#include <string>

#include "engine/csv/kernel.h"
#include "tests/csv/harness.h"
#include "tests/csv/oracle.h"
#include "tests/fuzz/target.h"

using fuzz::must;

namespace {

using namespace bulkwrite::csv;

struct Scanned {
  LexState state;
  Index index;
  size_t bytes = 0;
  bool unclosed = false;
};

Scanned scan_in_two(const Kernel& kernel, const std::string& text, size_t cut, char delimiter, size_t quote_bytes_max) {
  Scanned seen;
  seen.index.cover(text.size() + 1);
  for (const size_t end : {cut, text.size()}) {
    const ScanOutcome outcome =
        scan(kernel, {text.data(), seen.bytes, end, delimiter, quote_bytes_max}, seen.state, seen.index);
    seen.bytes = outcome.scanned;
    seen.unclosed = outcome.unclosed_quote;
    if (seen.unclosed) break;
  }
  return seen;
}

void kernels_agree(const std::string& text, size_t cut, char delimiter, size_t quote_bytes_max, size_t columns) {
  const Kernel& scalar = available_kernels().back();
  const Scanned expected = scan_in_two(scalar, text, cut, delimiter, quote_bytes_max);
  for (const Kernel& kernel : available_kernels()) {
    const Scanned seen = scan_in_two(kernel, text, cut, delimiter, quote_bytes_max);
    must(seen.bytes == expected.bytes && seen.unclosed == expected.unclosed, "where a kernel stops");
    must(seen.state.position == expected.state.position && seen.state.blamed == expected.state.blamed,
         "the state a kernel leaves");
    must(seen.index.structurals == expected.index.structurals, "a kernel's structurals");
    must(seen.index.record_ends == expected.index.record_ends, "a kernel's record ends");
    must(seen.index.flaws.size() == expected.index.flaws.size(), "a kernel's flaws");
    for (size_t i = 0; i < seen.index.flaws.size(); ++i)
      must(seen.index.flaws[i].offset == expected.index.flaws[i].offset &&
               seen.index.flaws[i].flaw == expected.index.flaws[i].flaw,
           "a kernel's flaw");
    const size_t last = find_last_bit(expected.index.record_ends, 0, text.size());
    if (last == text.size()) continue;
    const RecordCount count = count_records(kernel, expected.index, 0, last + 1, columns);
    const RecordCount expected_count = count_records(scalar, expected.index, 0, last + 1, columns);
    must(count.records == expected_count.records && count.uniform == expected_count.uniform, "a kernel's count");
  }
}

}  // namespace

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

  const size_t cut_at = (data[0] * size_t{256} + data[3]) % (text.size() + 1);
  kernels_agree(text, cut_at, options.delimiter, options.quote_bytes_max, options.columns);
  kernels_agree(text, cut_at, options.delimiter, 1 << 20, options.columns);
  return 0;
}
