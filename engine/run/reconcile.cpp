#include "engine/run/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engine/csv/field.h"
#include "engine/run/reject.h"

namespace bulkwrite::run {
namespace {

constexpr std::array<std::string_view, 11> kFateNames{"rejected",  "added",        "updated", "present",
                                                      "skipped",   "unprocessed",  "failed",  "in_flight",
                                                      "uncertain", "unattributed", "not_sent"};

}  // namespace

Reconciler::Reconciler(ReconcileOptions options, Rereader rereader, const Front& front,
                       const schema::RecordChecker* checker)
    : options_(std::move(options)), rereader_(std::move(rereader)), front_(&front), checker_(checker) {}

Result<Reconciler> Reconciler::create(ReconcileOptions options, Rereader rereader, const Front& front,
                                      const schema::RecordChecker* checker) {
  Reconciler made(std::move(options), std::move(rereader), front, checker);
  const std::filesystem::path& directory = made.options_.run_dir;
  auto results = AtomicFile::create(directory / "results.csv");
  if (!results) return std::move(results).error();
  auto failed = SetAside::create(directory, "failed", made.options_.header_bytes);
  if (!failed) return std::move(failed).error();
  auto rejected = SetAside::create(directory, "rejected", made.options_.header_bytes);
  if (!rejected) return std::move(rejected).error();
  made.results_ = *std::move(results);
  made.failed_ = *std::move(failed);
  made.rejected_ = *std::move(rejected);
  if (auto ok = made.results_.write("source,record_number,status,record_id,errors\n"); !ok)
    return std::move(ok).error();
  return made;
}

Result<void> Reconciler::commit() {
  if (auto ok = results_.commit(); !ok) return ok;
  if (auto ok = failed_.commit(); !ok) return ok;
  return rejected_.commit();
}

Result<void> Reconciler::add(const ChunkRow& row, const std::filesystem::path& result) {
  ++counts_.chunks;
  counts_.jobs += row.job_id.empty() ? 0 : 1;
  counts_.records_read += row.records;
  for (const csv::Part& part : row.ranges.parts) counts_.bytes_read += part.bytes();
  if (row.ranges.too_long) return add_too_long(row);
  auto chunk = rereader_.chunk(row.ranges);
  if (!chunk) return std::move(chunk).error();
  if (row.state != ChunkState::finished) return add_records(row, *chunk, nullptr, row.why);
  auto joined = join(row, *chunk, result);
  if (!joined) return add_records(row, *chunk, nullptr, joined.error().message);
  return add_records(row, *chunk, &*joined, "");
}

Result<void> Reconciler::add_too_long(const ChunkRow& row) {
  const csv::Part& part = row.ranges.parts.front();
  const std::string source = front_->source(part.source).name;
  if (auto ok = write_reasons(rejected_, describe_too_long(part), source); !ok) return ok;
  auto copied = rereader_.too_long(row.ranges, [&](std::string_view bytes) { return rejected_.bytes(bytes); });
  if (!copied) return copied;
  if (part.unterminated)
    if (auto ok = rejected_.bytes("\n"); !ok) return ok;
  count(Fate::rejected);
  return write_result(source, part.first_record, Fate::rejected, "", csv::flaw_name(csv::Flaw::too_long));
}

// The verdicts of a chunk, tied to its records: as many as were sent, and each echoing its record, in the same order or
// by the echoed columns where no two records have the same.
Result<Reconciler::Joined> Reconciler::join(const ChunkRow& row, const csv::Chunk& chunk,
                                            const std::filesystem::path& result) {
  auto verdicts = Verdicts::read(result);
  if (!verdicts) return std::move(verdicts).error();
  Joined joined{*std::move(verdicts), {}};
  const size_t count = joined.verdicts.rows().size();
  if (count != row.sent) {
    return Error{ErrorKind::input_data, fmt::format("the result of job {} has {} records where {} were sent",
                                                    row.job_id, count, row.sent)};
  }
  if (is_in_order(joined.verdicts, chunk) || join_by_key(joined, chunk)) return joined;
  return Error{ErrorKind::input_data,
               fmt::format("the result of job {} does not follow the order of the records that were sent, and the "
                           "columns that it repeats do not tell them apart",
                           row.job_id)};
}

bool Reconciler::is_in_order(const Verdicts& verdicts, const csv::Chunk& chunk) {
  size_t at = 0;
  for (Judge judge(chunk, checker_); judge.next();) {
    if (!judge.problems().empty()) continue;
    if (at == verdicts.rows().size() || !echoes(verdicts.rows()[at], judge.fields())) return false;
    ++at;
  }
  return true;
}

size_t Reconciler::columns_echoed(const Verdicts& verdicts) const {
  return verdicts.rows().empty() ? 0 : std::min(verdicts.rows().front().echoed.size(), options_.mapped_columns.size());
}

// The values of the first columns, each with its length before it, so that no two lists of values look the same.
std::string Reconciler::key_of(const std::vector<std::string_view>& fields, size_t columns) {
  std::string key;
  for (size_t i = 0; i < columns; ++i) {
    const std::string_view value = csv::value_of(fields[i], scratch_);
    key += fmt::format("{}:", value.size());
    key += value;
  }
  return key;
}

// False where two records, or two verdicts, look the same, or one has no counterpart.
bool Reconciler::join_by_key(Joined& joined, const csv::Chunk& chunk) {
  const size_t columns = columns_echoed(joined.verdicts);
  if (columns == 0) return false;
  std::unordered_map<std::string, uint32_t> verdict_of;
  for (const Verdict& verdict : joined.verdicts.rows()) {
    const std::vector<std::string_view> echoed(verdict.echoed.begin(), verdict.echoed.end());
    if (echoed.size() < columns) return false;
    const auto index = static_cast<uint32_t>(verdict_of.size());
    if (!verdict_of.try_emplace(key_of(echoed, columns), index).second) return false;
  }
  std::vector<std::string_view> mapped(columns);
  for (Judge judge(chunk, checker_); judge.next();) {
    if (!judge.problems().empty()) continue;
    for (size_t i = 0; i < columns; ++i) mapped[i] = judge.fields()[options_.mapped_columns[i]];
    const auto found = verdict_of.extract(key_of(mapped, columns));
    if (found.empty()) return false;
    joined.order.push_back(found.mapped());
  }
  return verdict_of.empty();
}

bool Reconciler::echoes(const Verdict& verdict, const std::vector<std::string_view>& fields) {
  const size_t echoed = std::min(verdict.echoed.size(), options_.mapped_columns.size());
  for (size_t i = 0; i < echoed; ++i) {
    if (csv::value_of(verdict.echoed[i], scratch_) != csv::value_of(fields[options_.mapped_columns[i]], other_scratch_))
      return false;
  }
  return true;
}

Reconciler::Fate Reconciler::fate_of(const Verdict& verdict) {
  switch (verdict.status) {
    case VerdictStatus::added:
      return Fate::added;
    case VerdictStatus::updated:
      return Fate::updated;
    case VerdictStatus::unprocessed:
      return Fate::unprocessed;
    case VerdictStatus::unknown:
      return Fate::unattributed;
    case VerdictStatus::skipped:
      break;
  }
  if (options_.present_field.empty()) return Fate::skipped;
  for (const VerdictError& error : parse_errors(csv::value_of(verdict.errors, scratch_))) {
    const auto& fields = error.fields;
    if (error.code == "DUPLICATE_DATA" &&
        std::find(fields.begin(), fields.end(), options_.present_field) != fields.end())
      return Fate::present;
  }
  return Fate::skipped;
}

Reconciler::Fate Reconciler::fate_of(ChunkState state) {
  switch (state) {
    case ChunkState::failed:
      return Fate::failed;
    case ChunkState::uncertain:
      return Fate::uncertain;
    case ChunkState::in_flight:
    case ChunkState::unfetched:
      return Fate::in_flight;
    case ChunkState::finished:
      return Fate::unattributed;  // its verdicts could not be tied to records
    default:
      return Fate::not_sent;
  }
}

Result<void> Reconciler::add_records(const ChunkRow& row, const csv::Chunk& chunk, const Joined* joined,
                                     std::string_view why) {
  std::vector<std::string> sources;
  for (const csv::Part& part : chunk.parts) sources.push_back(front_->source(part.source).name);
  uint64_t sent = 0;
  for (Judge judge(chunk, checker_); judge.next();) {
    const csv::Record& record = judge.record();
    const std::string& source = sources[record.part];
    if (!judge.problems().empty()) {
      if (auto ok = add_reject(chunk, judge, source); !ok) return ok;
      continue;
    }
    const Verdict* const verdict = joined != nullptr ? &joined->of(sent) : nullptr;
    ++sent;
    const Fate fate = verdict != nullptr ? fate_of(*verdict) : fate_of(row.state);
    count(fate);
    if (row.resent && fate != Fate::not_sent) ++counts_.resent;
    const std::string_view errors = verdict != nullptr ? csv::value_of(verdict->errors, scratch_) : why;
    if (is_not_taken(fate)) {
      const auto groups = verdict != nullptr ? parse_errors(errors)
                                             : std::vector<VerdictError>{{std::string(state_name(row.state)), {}}};
      if (auto ok = write_failed(chunk, judge, source, groups); !ok) return ok;
    }
    const std::string_view id =
        verdict != nullptr ? csv::value_of(verdict->record_id, other_scratch_) : std::string_view();
    if (auto ok = write_result(source, record.record_number, fate, id, errors); !ok) return ok;
  }
  if (sent == row.sent) return {};
  return Error{ErrorKind::unexpected, fmt::format("chunk {}: {} records would be sent now where {} were sent",
                                                  row.ranges.chunk_index, sent, row.sent)};
}

Result<void> Reconciler::add_reject(const csv::Chunk& chunk, const Judge& judge, const std::string& source) {
  const Reject reject = describe_reject(chunk, judge, options_.names);
  if (auto ok = rejected_.record(reject.bytes); !ok) return ok;
  if (auto ok = write_reasons(rejected_, reject, source); !ok) return ok;
  count(Fate::rejected);
  return write_result(source, reject.record_number, Fate::rejected, "", judge.problems().front().rule);
}

Result<void> Reconciler::write_result(std::string_view source, uint64_t record_number, Fate fate,
                                      std::string_view record_id, std::string_view errors) {
  row_.clear();
  csv::append_field(row_, source);
  row_ += fmt::format(",{},{},", record_number, kFateNames[static_cast<size_t>(fate)]);
  csv::append_field(row_, record_id);
  row_ += ',';
  csv::append_field(row_, errors);
  row_ += '\n';
  return results_.write(row_);
}

Result<void> Reconciler::write_failed(const csv::Chunk& chunk, const Judge& judge, const std::string& source,
                                      const std::vector<VerdictError>& errors) {
  const csv::Record& record = judge.record();
  if (auto ok = failed_.record(chunk.bytes().substr(record.begin, record.next - record.begin)); !ok) return ok;
  Reason reason{.source = source,
                .record_number = record.record_number,
                .byte_offset = source_offset(chunk, record),
                .lines = line_count(judge.bytes()),
                .excerpt = judge.bytes()};
  if (errors.empty()) return failed_.reason(reason);
  for (const VerdictError& error : errors) {
    reason.rule = error.code;
    reason.column = {};
    reason.excerpt = judge.bytes();
    if (error.fields.empty())
      if (auto ok = failed_.reason(reason); !ok) return ok;
    for (const std::string& field : error.fields) {
      const auto column =
          static_cast<size_t>(std::find(options_.names.begin(), options_.names.end(), field) - options_.names.begin());
      reason.column = field;
      reason.excerpt = column < options_.names.size() ? judge.fields()[column] : judge.bytes();
      if (auto ok = failed_.reason(reason); !ok) return ok;
    }
  }
  return {};
}

// The service did not take the record, and it may be sent again.
bool Reconciler::is_not_taken(Fate fate) {
  return fate == Fate::skipped || fate == Fate::unprocessed || fate == Fate::failed;
}

void Reconciler::count(Fate fate, uint64_t records) {
  if (fate != Fate::rejected && fate != Fate::not_sent) counts_.sent += records;
  switch (fate) {
    case Fate::rejected:
      counts_.rejected += records;
      break;
    case Fate::added:
      counts_.added += records;
      break;
    case Fate::updated:
      counts_.updated += records;
      break;
    case Fate::present:
      counts_.present += records;
      break;
    case Fate::skipped:
      counts_.skipped += records;
      break;
    case Fate::unprocessed:
      counts_.unprocessed += records;
      break;
    case Fate::failed:
      counts_.failed += records;
      break;
    case Fate::in_flight:
      counts_.in_flight += records;
      break;
    case Fate::uncertain:
      counts_.uncertain += records;
      break;
    case Fate::unattributed:
      counts_.unattributed += records;
      break;
    case Fate::not_sent:
      counts_.not_sent += records;
      break;
  }
}

}  // namespace bulkwrite::run
