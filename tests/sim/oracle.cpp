#include "tests/sim/oracle.h"

#include <algorithm>

#include "tests/sim/violation.h"

namespace sim {
namespace {

using bulkwrite::run::ChunkState;
using bulkwrite::run::Fate;
using bulkwrite::run::fate_name;
using bulkwrite::run::state_name;

std::string_view status_of(Fate fate) {
  switch (fate) {
    case Fate::added:
      return "ADDED";
    case Fate::updated:
      return "UPDATED";
    case Fate::unprocessed:
      return "UNPROCESSED";
    default:
      return "SKIPPED";
  }
}

size_t times_in_table(const Books& books, const std::string& key) {
  const std::vector<Row>* const rows = books.rows(key);
  return rows == nullptr ? 0 : rows->size();
}

}  // namespace

uint64_t Oracle::resubmissions(uint64_t chunk_index) const {
  const auto found = resubmitted_.find(chunk_index);
  return found == resubmitted_.end() ? 0 : found->second;
}

// A chunk that was being created may be uncertain, unless we had been told of its job.
void Oracle::after_crash() {
  auto states = world_.ledger->states();
  demand(states.has_value(), "the ledger cannot be read");
  for (const auto& [chunk, state] : *states) {
    if (state != ChunkState::creating) continue;
    demand(!world_.wire.was_told_of_job(chunk), "the ledger has lost the job of chunk {}", chunk);
    created_at_crash_.insert(chunk);
  }
  look_at_table();
  look_at_creates();
}

void Oracle::after_session(const Report& report) {
  for (const ChunkReport& chunk : report.chunks) look_at(chunk);
  look_at_table();
  look_at_creates();
}

// Nothing is doubled.
void Oracle::look_at_table() {
  for (uint64_t chunk = 0; chunk < world_.source.chunks(); ++chunk) {
    for (const SourceRecord& record : world_.source.records_of(chunk)) {
      const size_t times = times_in_table(world_.books, record.key);
      demand(times <= 1, "doubled: record {} of chunk {} is in the table {} times", record.key, chunk, times);
    }
  }
}

// A plain insert is asked for once, whatever becomes of it; others are not asked for again once their job is known.
void Oracle::look_at_creates() {
  for (uint64_t chunk = 0; chunk < world_.source.chunks(); ++chunk) {
    const uint64_t doubtful = world_.wire.doubtful_creates(chunk), sure = world_.wire.sure_creates(chunk);
    const uint64_t allowed = 1 + resubmissions(chunk);
    const uint64_t counted = world_.setup.is_plain_insert() ? doubtful + sure : sure;
    demand(counted <= allowed, "chunk {} was created {} times, {} of them with a known end, where {} are allowed",
           chunk, doubtful + sure, sure, allowed);
    const size_t jobs = world_.books.jobs_of_chunk(chunk).size();
    demand(jobs <= doubtful + sure, "chunk {} has {} jobs of {} creates", chunk, jobs, doubtful + sure);
  }
}

bool Oracle::may_be_uncertain(uint64_t chunk_index) const {
  if (world_.wire.doubtful_creates(chunk_index) > 0 || created_at_crash_.contains(chunk_index) ||
      resubmissions(chunk_index) > 0)
    return true;
  if (!world_.setup.is_plain_insert()) return false;
  const auto jobs = world_.books.jobs_of_chunk(chunk_index);
  return std::any_of(jobs.begin(), jobs.end(), [&](const auto& id) { return world_.books.job(id)->has_failed; });
}

void Oracle::look_at(const ChunkReport& chunk) {
  const uint64_t index = chunk.row.ranges.chunk_index;
  demand(chunk.records.size() == world_.source.records_of(index).size(), "lost: chunk {} has {} records in the report",
         index, chunk.records.size());
  const uint64_t creates = world_.wire.doubtful_creates(index) + world_.wire.sure_creates(index);
  demand(!chunk.row.resent || may_be_uncertain(index),
         "chunk {} is said to be created more than once, and was not", index);
  demand(chunk.row.resent || creates <= 1, "chunk {} was created {} times, and is not said to be", index, creates);
  switch (chunk.row.state) {
    case ChunkState::uncertain:
      demand(may_be_uncertain(index), "chunk {} is uncertain, and no create of it had an unknown end", index);
      break;
    case ChunkState::not_sent:
    case ChunkState::refused: {
      demand(world_.wire.doubtful_creates(index) == 0 || resubmissions(index) > 0,
             "chunk {} is {}, and the end of a create of it is not known", index, state_name(chunk.row.state));
      for (const std::string& id : world_.books.jobs_of_chunk(index)) {
        const JobRecords& job = *world_.books.job(id);
        demand(job.is_over && !job.has_written, "chunk {} is {}, and has job {}", index, state_name(chunk.row.state),
               id);
      }
      break;
    }
    case ChunkState::empty:
      demand(chunk.row.sent == 0, "chunk {} is empty with {} records to send", index, chunk.row.sent);
      break;
    case ChunkState::abandoned:
      break;
    default:
      look_at_job(chunk);
      break;
  }
}

void Oracle::look_at_job(const ChunkReport& chunk) {
  const uint64_t index = chunk.row.ranges.chunk_index;
  const JobRecords* const job = world_.books.job(chunk.row.job_id);
  demand(job != nullptr, "chunk {} is {} with job '{}', which does not exist", index, state_name(chunk.row.state),
         chunk.row.job_id);
  demand(job->chunk_index == index, "chunk {} is {} with job {}, which is that of chunk {}", index,
         state_name(chunk.row.state), chunk.row.job_id, job->chunk_index);
  if (chunk.row.state == ChunkState::failed) {
    demand(job->has_failed, "chunk {} is failed, and its job {} is not", index, chunk.row.job_id);
    demand(!world_.setup.is_plain_insert() || !job->has_written,
           "chunk {} is failed, to be loaded again, and its job {} has written records", index, chunk.row.job_id);
  }
  if (chunk.row.state == ChunkState::finished) look_at_verdicts(chunk, *job);
}

// Each verdict is that of the right record.
void Oracle::look_at_verdicts(const ChunkReport& chunk, const JobRecords& job) {
  const uint64_t index = chunk.row.ranges.chunk_index;
  const auto& records = world_.source.records_of(index);
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [fate, record_id] = chunk.records[i];
    demand((fate == Fate::rejected) == records[i].is_rejected, "record {} of chunk {} is {}", records[i].key, index,
           fate_name(fate));
    if (fate == Fate::rejected) continue;
    demand(fate != Fate::unattributed || !job.result_is_sound,
           "record {} of chunk {} is unattributed, and its result is sound", records[i].key, index);
    if (fate == Fate::unattributed) continue;
    const auto in_job = std::find_if(job.records.begin(), job.records.end(),
                                     [&](const auto& fields) { return fields.front() == records[i].key; });
    demand(in_job != job.records.end(), "lost: record {} of chunk {} is {}, and was not in its job", records[i].key,
           index, fate_name(fate));
    const Verdict& verdict = job.verdicts[static_cast<size_t>(in_job - job.records.begin())];
    demand(verdict.status == status_of(fate) && verdict.record_id == record_id,
           "record {} of chunk {} is {} with id '{}', and the service said {} with id '{}'", records[i].key, index,
           fate_name(fate), record_id, verdict.status, verdict.record_id);
  }
}

void Oracle::at_end(const Report& report) {
  demand(report.chunks.size() == world_.source.chunks(), "lost: only {} of {} chunks are known", report.chunks.size(),
         world_.source.chunks());
  for (const ChunkReport& chunk : report.chunks) {
    const uint64_t index = chunk.row.ranges.chunk_index;
    for (size_t i = 0; i < chunk.records.size(); ++i) {
      const SourceRecord& record = world_.source.records_of(index)[i];
      const Fate fate = chunk.records[i].fate;
      const size_t times = times_in_table(world_.books, record.key);
      switch (fate) {
        case Fate::added:
        case Fate::updated:
          demand(times == 1 && world_.books.rows(record.key)->front().note == record.note,
                 "lost: record {} of chunk {} is {}, and the table has it not", record.key, index, fate_name(fate));
          break;
        case Fate::present:
          demand(times == 1, "lost: record {} of chunk {} is present, and the table has it not", record.key, index);
          break;
        case Fate::unattributed:
          break;  // what its job did stands
        case Fate::not_sent:
          demand(chunk.row.state == ChunkState::abandoned, "lost: chunk {} was never sent", index);
          break;
        case Fate::in_flight:
        case Fate::uncertain:
          demand(false, "chunk {} is {} when nothing is left to do", index, state_name(chunk.row.state));
          break;
        default:  // the report says that it was not taken; a plain insert has left no trace of it then
          demand(times == 0 || !world_.setup.is_plain_insert(), "record {} of chunk {} is {}, and the table has it",
                 record.key, index, fate_name(fate));
          break;
      }
    }
  }
}

}  // namespace sim
