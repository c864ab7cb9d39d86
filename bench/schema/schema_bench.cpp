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
    for (csv::Record record; reader.next(record);) checker.check(reader.fields(), violations, scratch);
    benchmark::DoNotOptimize(violations.data());
  }
  state.counters["violations"] = static_cast<double>(violations.size());
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * chunk.size));
}
BENCHMARK(check_leads);

}  // namespace
