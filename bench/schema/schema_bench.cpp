#include <benchmark/benchmark.h>

#include "bench/corpus.h"
#include "bench/csv/cutting.h"
#include "engine/base/file.h"
#include "engine/csv/records.h"
#include "engine/run/schema_json.h"
#include "engine/schema/checker.h"

namespace {

using namespace bulkwrite;

schema::Schema leads_schema() {
  const auto fields = read_file(BULKWRITE_SOURCE_DIR "/data/leads.schema.json").value();
  return run::schema_from_fields_json(fields, "").value();
}

void check_leads(benchmark::State& state) {
  const std::string& text = bench::leads_chunk();
  csv::Chunk chunk;
  bench::cut(text, [&](csv::Chunk& cut) { chunk = std::move(cut); });
  const auto header = *csv::read_header(text, true, {}).value();
  const auto checker = schema::RecordChecker::make(schema::map_columns(header.names, leads_schema()).value()).value();
  std::vector<schema::Violation> violations;
  std::string scratch;
  for (auto _ : state) {
    violations.clear();
    csv::RecordReader reader(chunk);
    uint64_t good = 0;
    size_t ahead = 0;
    for (csv::Record record;; --ahead, good >>= 1) {
      if (ahead == 0) {
        const csv::FieldTable table = reader.ahead(schema::RecordChecker::kGlanceRecords);
        good = checker.glance(table);
        ahead = std::max<size_t>(table.records(), 1);
      }
      if (!reader.next(record)) break;
      if ((good & 1) == 0) checker.check(reader.fields(), violations, scratch);
    }
    benchmark::DoNotOptimize(violations.data());
  }
  state.counters["violations"] = static_cast<double>(violations.size());
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * chunk.size));
}
BENCHMARK(check_leads);

}  // namespace
