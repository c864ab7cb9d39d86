#include <benchmark/benchmark.h>

#include "bench/corpus.h"
#include "bench/csv/cutting.h"
#include "engine/csv/records.h"
#include "engine/schema/checker.h"

namespace {

using namespace bulkwrite;

// The rules of data/leads.schema.json for the columns of this export.
schema::Schema leads_schema() {
  using Type = schema::FieldType;
  const auto picklist = [](std::string name, std::vector<std::string> choices) {
    return schema::Field{
        .api_name = std::move(name), .type = Type::picklist, .length_max = 120, .choices = std::move(choices)};
  };
  return {
      "Leads",
      {{.api_name = "Last_Name", .type = Type::text, .length_max = 80, .required = true},
       {.api_name = "First_Name", .type = Type::text, .length_max = 40},
       {.api_name = "Company", .type = Type::text, .length_max = 200, .required = true},
       {.api_name = "Email", .type = Type::email, .length_max = 100},
       {.api_name = "Phone", .type = Type::phone, .length_max = 30},
       picklist("Lead_Source", {"Advertisement", "Cold Call", "Employee Referral", "External Referral", "Online Store",
                                "Partner", "Public Relations", "Trade Show", "Web Download", "Web Research"}),
       picklist("Lead_Status", {"Attempted to Contact", "Contact in Future", "Contacted", "Junk Lead", "Lost Lead",
                                "Not Contacted", "Pre-Qualified", "Not Qualified"}),
       picklist("Industry", {"Communications", "Education", "Financial Services", "Government", "Manufacturing",
                             "Non-profit", "Retail", "Technology", "Transportation"}),
       {.api_name = "No_of_Employees", .type = Type::integer, .length_max = 9},
       {.api_name = "Annual_Revenue", .type = Type::currency, .length_max = 16},
       {.api_name = "Street", .type = Type::text, .length_max = 250},
       {.api_name = "City", .type = Type::text, .length_max = 100},
       {.api_name = "Country", .type = Type::text, .length_max = 100},
       {.api_name = "Zip_Code", .type = Type::text, .length_max = 30},
       {.api_name = "Email_Opt_Out", .type = Type::boolean, .length_max = 5},
       {.api_name = "Birthday", .type = Type::date, .length_max = 20},
       {.api_name = "Description", .type = Type::textarea, .length_max = 32000}}};
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
