#include "engine/run/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/csv/field.h"
#include "engine/run/reject.h"

namespace bulkwrite::run {

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
  if (auto ok = made.results_.write("source,record_number,status,record_id,errors,resent\n"); !ok)
    return std::move(ok).error();
  return made;
}

Result<void> Reconciler::commit() {
  if (auto ok = results_.commit(); !ok) return ok;
  if (auto ok = failed_.commit(); !ok) return ok;
  return rejected_.commit();
}

Result<void> Reconciler::add(const ChunkRow& row, const std::filesystem::path& result) {
  Summary before = counts_;
  auto done = add_chunk(row, result);
  if (!done) counts_ = std::move(before);
  return done;
}

Result<void> Reconciler::add_chunk(const ChunkRow& row, const std::filesystem::path& result) {
  ++counts_.chunks;
  counts_.jobs += row.job_id.empty() ? 0 : 1;
  counts_.records_read += row.records;
  for (const csv::Part& part : row.ranges.parts) counts_.bytes_read += part.bytes();
  if (row.ranges.too_long) return add_too_long(row);
  auto chunk = rereader_.chunk(row.ranges);
  if (!chunk) return std::move(chunk).error();
  auto done = add_verdicts(row, *chunk, result);
  rereader_.recycle(*std::move(chunk));
  return done;
}

Result<void> Reconciler::add_verdicts(const ChunkRow& row, const csv::Chunk& chunk,
                                      const std::filesystem::path& result) {
  if (row.state != ChunkState::finished) return add_records(row, chunk, nullptr, row.why);
  auto joined = join(row, chunk, result);
  if (!joined) return add_records(row, chunk, nullptr, joined.error().message);
  return add_records(row, chunk, &*joined, "");
}

Result<void> Reconciler::add_too_long(const ChunkRow& row) {
  const csv::Part& part = row.ranges.parts.front();
  const std::string source = front_->source(part.source).name;
  if (auto ok = write_reasons(rejected_, describe_too_long(part), source); !ok) return ok;
  auto copied = rereader_.too_long(row.ranges, [&](std::string_view bytes) { return rejected_.bytes(bytes); });
  if (!copied) return copied;
  if (part.unterminated)
    if (auto ok = rejected_.bytes("\n"); !ok) return ok;
  count(counts_, Fate::rejected);
  return write_result(source, part.first_record, Fate::rejected, "", csv::flaw_name(csv::Flaw::too_long));
}

// Where every record was sent, none of them has broken a rule: that need not be found out again.
const schema::RecordChecker* Reconciler::rules_for(const ChunkRow& row) const {
  return row.sent == row.records ? nullptr : checker_;
}

Result<Joined> Reconciler::join(const ChunkRow& row, const csv::Chunk& chunk, const std::filesystem::path& result) {
  auto verdicts = Verdicts::read(result);
  if (!verdicts) return std::move(verdicts).error();
  auto joined = join_verdicts(*std::move(verdicts), {chunk, rules_for(row), options_.mapped_columns, row.sent});
  if (!joined) return in_context("job " + row.job_id, std::move(joined).error());
  return joined;
}

Result<void> Reconciler::add_records(const ChunkRow& row, const csv::Chunk& chunk, const Joined* joined,
                                     std::string_view why) {
  std::vector<std::string> sources;
  for (const csv::Part& part : chunk.parts) sources.push_back(front_->source(part.source).name);
  uint64_t sent = 0;
  for (Judge judge(chunk, rules_for(row)); judge.next();) {
    const csv::Record& record = judge.record();
    const std::string& source = sources[record.part];
    if (!judge.problems().empty()) {
      if (auto ok = add_reject(chunk, judge, source); !ok) return ok;
      continue;
    }
    const Verdict* const verdict = joined != nullptr ? &joined->of(sent) : nullptr;
    ++sent;
    const Fate fate = verdict != nullptr ? fate_of(*verdict, options_.present_field) : fate_of(row.state);
    count(counts_, fate);
    const bool resent = row.resent && fate != Fate::not_sent;
    counts_.resent += resent ? 1 : 0;
    const std::string_view errors = verdict != nullptr ? csv::value_of(verdict->errors, scratch_) : why;
    if (is_not_taken(fate)) {
      const auto groups = verdict != nullptr ? parse_errors(errors)
                                             : std::vector<VerdictError>{{std::string(state_name(row.state)), {}}};
      if (auto ok = write_failed(chunk, judge, source, groups); !ok) return ok;
    }
    const std::string_view id =
        verdict != nullptr ? csv::value_of(verdict->record_id, other_scratch_) : std::string_view();
    if (auto ok = write_result(source, record.record_number, fate, id, errors, resent); !ok) return ok;
  }
  if (sent == row.sent) return {};
  return Error{ErrorKind::unexpected, fmt::format("chunk {}: {} records would be sent now where {} were sent",
                                                  row.ranges.chunk_index, sent, row.sent)};
}

Result<void> Reconciler::add_reject(const csv::Chunk& chunk, const Judge& judge, const std::string& source) {
  const Reject reject = describe_reject(chunk, judge, options_.names);
  if (auto ok = rejected_.record(reject.bytes); !ok) return ok;
  if (auto ok = write_reasons(rejected_, reject, source); !ok) return ok;
  count(counts_, Fate::rejected);
  return write_result(source, reject.record_number, Fate::rejected, "", judge.problems().front().rule);
}

Result<void> Reconciler::write_result(std::string_view source, uint64_t record_number, Fate fate,
                                      std::string_view record_id, std::string_view errors, bool resent) {
  row_.clear();
  csv::append_field(row_, source);
  fmt::format_to(std::back_inserter(row_), ",{},{},", record_number, fate_name(fate));
  csv::append_field(row_, record_id);
  row_ += ',';
  csv::append_field(row_, errors);
  row_ += resent ? ",resent\n" : ",\n";
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

}  // namespace bulkwrite::run
