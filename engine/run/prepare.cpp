#include "engine/run/prepare.h"

#include "engine/run/callback_token.h"
#include "engine/run/judge.h"
#include "engine/run/seen_values.h"

namespace bulkwrite::run {

Preparer::Preparer(Ledger& ledger, PrepareOptions options)
    : ledger_(ledger), options_(std::move(options)), archives_(options_.packing), member_(options_.kept_columns) {}

Result<Preparer::Prepared> Preparer::prepare(csv::Chunk& chunk, const ChunkRow* before) {
  ChunkRow row{.ranges = {chunk.chunk_index, chunk.parts, crc_of_source(chunk), chunk.too_long},
               .records = chunk.records()};
  if (before != nullptr) row.resent = before->resent;
  auto rules = before == nullptr ? ChunkRules::of_new(options_.rules, chunk)
                                 : ChunkRules::of_known(options_.rules, chunk.chunk_index);
  if (!rules) return std::move(rules).error();
  member_.begin(chunk);
  left_out_ = 0;
  Judged judged;
  if (!chunk.too_long) judged = accept_records(chunk, rules->rules());
  if (!judged.rejected.empty() && options_.rejects != nullptr)
    options_.rejects->note(chunk.chunk_index, std::move(judged.rejected));
  row.sent = member_.records();
  Prepared prepared{.rejected = row.records - row.sent, .left_out = left_out_, .work = {}};
  if (row.sent == 0) {
    row.state = ChunkState::empty;
    if (auto ok = write_down(row, before == nullptr, judged.not_utf8); !ok) return std::move(ok).error();
    return prepared;
  }

  const std::string_view bytes = member_.build(chunk, options_.archive_header);
  const std::string base = archive_base_name(options_.archive_name, chunk.chunk_index);
  row.crc_member = crc_of_member(chunk, bytes, options_.archive_header, row.ranges.crc_source, member_.rewrites());
  const Demand demand = options_.demand ? options_.demand() : Demand::keeps_up;
  auto archive = archives_.make(base + ".csv", bytes, row.crc_member, demand);
  if (!archive) return std::move(archive).error();
  row.csv_bytes = bytes.size();
  row.zip_bytes = archive->size();
  if (auto ok = write_down(row, before == nullptr, judged.not_utf8); !ok) return std::move(ok).error();
  auto callback_url = callback_url_for(chunk.chunk_index);
  if (!callback_url) return std::move(callback_url).error();
  ArchiveMemory* const memory = options_.memory;
  prepared.work = api::Work{.chunk_index = chunk.chunk_index,
                            .records = row.sent,
                            .archive_name = base + ".zip",
                            .csv_name = base + ".csv",
                            .archive = archive->joined(memory != nullptr ? memory->take() : std::string()),
                            .give_back = {},
                            .callback_url = *std::move(callback_url),
                            .resent = row.resent};
  if (memory != nullptr)
    prepared.work->give_back = [memory](std::string unneeded) { memory->give_back(std::move(unneeded)); };
  return prepared;
}

Preparer::Judged Preparer::accept_records(const csv::Chunk& chunk, const Rules& rules) {
  Judged judged;
  Judge judge(chunk, rules);
  if (judge.accepts_all()) {
    member_.accept_all();
    return judged;
  }
  UnknownChoices unknown;
  for (uint32_t ordinal = 0; judge.next(); ++ordinal) {
    if (judge.problems().empty())
      member_.accept(judge.record(), judge.fields());
    else
      judged.rejected.push_back(ordinal);
    left_out_ += judge.is_left_out() ? 1 : 0;
    unknown.note(judge);
  }
  if (options_.unknown_choices != nullptr) options_.unknown_choices->add(unknown);
  judged.not_utf8 = judge.not_utf8();
  return judged;
}

// The chunk that is waited for is in another thread's hands: they take the chunks in order.
Result<void> Preparer::write_down(const ChunkRow& row, bool is_new, const std::optional<NotUtf8>& not_utf8) {
  if (!is_new) return ledger_.repack(row);
  if (options_.turns != nullptr && !options_.turns->wait_for(row.ranges.chunk_index))
    return Error{ErrorKind::transient, "the load has ended before the chunk was written down"};
  if (options_.hint != nullptr) options_.hint->found(not_utf8);
  auto done = ledger_.add_chunk(row);
  if (done && options_.turns != nullptr) options_.turns->pass_on();
  return done;
}

// A URL of its own for the chunk, whose token the ledger knows before the service does.
Result<std::string> Preparer::callback_url_for(uint64_t chunk_index) {
  if (options_.callback_url.empty()) return std::string();
  const std::string token = make_callback_token();
  if (auto ok = ledger_.add_callback(chunk_index, callback_token_hash(token)); !ok) return std::move(ok).error();
  return options_.callback_url + "/" + token;
}

}  // namespace bulkwrite::run
