#include "engine/run/pack.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/run/archive.h"
#include "engine/run/in_order.h"
#include "engine/run/member.h"
#include "engine/run/memory.h"
#include "engine/run/reject.h"
#include "engine/run/reread.h"

namespace bulkwrite::run {
namespace {

struct PackedChunk {
  ChunkRanges ranges;
  uint64_t records = 0, sent = 0, csv_bytes = 0, zip_bytes = 0;
  uint32_t crc_member = 0;
  std::string archive_name;  // empty: no record of it was accepted
  std::vector<Reject> rejects;
  std::optional<NotUtf8> not_utf8;
};

Result<void> claim_directory(const std::filesystem::path& directory) {
  if (directory.empty()) return Error{ErrorKind::usage, "name the directory for the archives with -o DIR"};
  if (auto made = make_directories(directory); !made) return made;
  std::error_code failure;
  if (std::filesystem::is_empty(directory, failure)) return {};
  if (failure) return Error{ErrorKind::cannot_write, fmt::format("{}: {}", directory.string(), failure.message())};
  return Error{ErrorKind::cannot_write,
               directory.string() + " is not empty: name a new directory, so that nothing is mixed or overwritten"};
}

// One worker's tools.
class Packer {
 public:
  Packer(const Front& front, const PackOptions& options, std::string name, std::string header)
      : front_(front),
        directory_(options.directory),
        name_(std::move(name)),
        header_(std::move(header)),
        archives_(options.packing == Packing::automatic ? Packing::fast : options.packing) {}

  Result<PackedChunk> pack(csv::Chunk& chunk, Progress& progress) {
    const SourceLook look = look_at_source(chunk);
    PackedChunk packed{.ranges = {chunk.chunk_index, chunk.parts, look.crc, chunk.too_long},
                       .records = chunk.records()};
    if (chunk.too_long) {
      packed.rejects.push_back(describe_too_long(chunk.parts.front()));
      return packed;
    }
    member_.begin(chunk);
    judge_records(chunk, look.clean_text, packed);
    packed.sent = member_.records();
    if (packed.sent == 0) return packed;
    const std::string_view member = member_.build(chunk, header_);
    const std::string base = archive_base_name(name_, chunk.chunk_index);
    packed.crc_member = crc_of_member(chunk, member, header_, packed.ranges.crc_source, member_.rewrites());
    auto archive = archives_.make(base + ".csv", member, packed.crc_member);
    if (!archive) return std::move(archive).error();
    packed.csv_bytes = member.size();
    packed.zip_bytes = archive->size();
    packed.archive_name = base + ".zip";
    if (auto ok = write_file_unsynced(directory_ / packed.archive_name, archive->pieces); !ok)
      return std::move(ok).error();
    ++progress.chunks_packed;
    return packed;
  }

 private:
  void judge_records(const csv::Chunk& chunk, bool clean_text, PackedChunk& packed) {
    Judge judge(chunk, nullptr, clean_text);
    if (judge.accepts_all()) {
      member_.accept_all();
      return;
    }
    while (judge.next()) {
      if (judge.problems().empty())
        member_.accept(judge.record(), judge.fields());
      else
        packed.rejects.push_back(describe_reject(chunk, judge, front_.header().names));
    }
    packed.not_utf8 = judge.not_utf8();
  }

  const Front& front_;
  const std::filesystem::path directory_;
  const std::string name_, header_;
  ArchiveMaker archives_;
  MemberBuilder member_;
};

// Writes the manifest chunk by chunk, so that it never stands in memory.
class Manifest {
 public:
  static Result<Manifest> create(const std::filesystem::path& directory, const csv::Header& header,
                                 const PackOptions& options) {
    auto file = AtomicFile::create(directory / "manifest.json");
    if (!file) return std::move(file).error();
    Manifest manifest;
    manifest.file_ = *std::move(file);
    const nlohmann::ordered_json columns = header.names;
    const std::string head = fmt::format(
        "{{\n  \"version\": 1,\n  \"delimiter\": {},\n  \"columns\": {},\n  \"records_max\": {},\n  \"bytes_max\": "
        "{},\n  \"chunks\": [",
        nlohmann::ordered_json(std::string(1, header.delimiter)).dump(),
        columns.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), options.input.records_max,
        options.input.bytes_max);
    if (auto ok = manifest.file_.write(head); !ok) return std::move(ok).error();
    return manifest;
  }

  Result<void> add(const PackedChunk& chunk, const Front& front) {
    nlohmann::ordered_json row{
        {"chunk_index", chunk.ranges.chunk_index},
        {"archive", chunk.archive_name.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(chunk.archive_name)},
        {"records", chunk.records},
        {"records_sent", chunk.sent},
        {"records_rejected", chunk.records - chunk.sent},
        {"csv_bytes", chunk.csv_bytes},
        {"zip_bytes", chunk.zip_bytes},
        {"crc32_source", fmt::format("{:08x}", chunk.ranges.crc_source)},
        {"crc32_member", fmt::format("{:08x}", chunk.crc_member)},
        {"parts", nlohmann::ordered_json::array()}};
    for (const csv::Part& part : chunk.ranges.parts) {
      const SourceInfo source = front.source(part.source);
      row["parts"].push_back({{"source", source.name},
                              {"begin", part.begin},
                              {"end", part.end},
                              {"first_record", part.first_record},
                              {"records", part.records},
                              {"blank_lines", part.blank_lines}});
      if (!source.transcoded_from.empty()) row["parts"].back()["transcoded_from"] = source.transcoded_from;
    }
    const std::string text = row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return file_.write(fmt::format("{}\n    {}", first_ ? (first_ = false, "") : ",", text));
  }

  Result<void> commit(const Summary& summary, bool stopped) {
    const std::string tail =
        fmt::format("\n  ],\n  \"records\": {},\n  \"rejected\": {},\n  \"blank_lines\": {},\n  \"complete\": {}\n}}\n",
                    summary.records_read, summary.rejected, summary.blank_lines, summary.errors.empty() && !stopped);
    if (auto ok = file_.write(tail); !ok) return ok;
    return file_.commit();
  }

 private:
  AtomicFile file_;
  bool first_ = true;
};

// The caller's side: takes packed chunks in order and writes what must be in order.
class Collector {
 public:
  Collector(const Front& front, const Spool& spool, Manifest manifest, SetAside rejected, csv::CutOptions cut)
      : front_(front),
        spool_(spool),
        rereader_(front, spool, cut),
        manifest_(std::move(manifest)),
        rejected_(std::move(rejected)) {}

  Result<void> add(const PackedChunk& chunk) {
    summary.records_read += chunk.records;
    summary.rejected += chunk.records - chunk.sent;
    summary.not_sent += chunk.sent;
    ++summary.chunks;
    for (const Reject& reject : chunk.rejects) {
      if (auto ok = reject_bytes(chunk, reject); !ok) return ok;
      if (auto ok = write_reasons(rejected_, reject, front_.source(reject.source).name); !ok) return ok;
    }
    return manifest_.add(chunk, front_);
  }

  // The manifest comes last: once it is there, so is everything that it names.
  Result<void> commit(const std::filesystem::path& directory, bool stopped) {
    if (auto ok = rejected_.commit(); !ok) return ok;
    if (auto ok = sync_files_in(directory); !ok) return ok;
    return manifest_.commit(summary, stopped);
  }

  Summary summary;

 private:
  Result<void> reject_bytes(const PackedChunk& chunk, const Reject& reject) {
    if (!chunk.ranges.too_long) return rejected_.record(reject.bytes);
    auto copied = rereader_.too_long(chunk.ranges, [&](std::string_view bytes) { return rejected_.bytes(bytes); });
    if (!copied) return copied;
    spool_.remove(chunk.ranges.chunk_index);
    return chunk.ranges.parts.front().unterminated ? rejected_.bytes("\n") : Result<void>();
  }

  const Front& front_;
  const Spool& spool_;
  Rereader rereader_;
  Manifest manifest_;
  SetAside rejected_;
};

// The header as archives carry it: the source's own bytes, but commas for tabs.
std::string pack_header(const csv::Header& header) {
  if (header.delimiter == '\t') return header_line(header.names, ',');
  return header.bytes.ends_with('\n') ? header.bytes : header.bytes + '\n';
}

}  // namespace

Result<Summary> pack(const PackOptions& options, Progress& progress, std::stop_token stop, const Tell& told) {
  const auto begun = std::chrono::steady_clock::now();
  const Tell tell = one_at_a_time(told);
  auto front = Front::open(for_workers(options.input, options.workers, task_of(options.packing)), progress, tell, stop);
  if (!front && stop.stop_requested()) return Summary();  // before anything was packed
  if (!front) return std::move(front).error();
  if (auto ok = claim_directory(options.directory); !ok) return std::move(ok).error();
  const csv::Header& header = (*front)->header();
  tell((*front)->dialect_text());
  tell(memory_text(pack_memory(options, header.delimiter)));
  for (const std::string& fault : csv::header_faults(header.names)) tell("warning: the header has " + fault);

  auto manifest = Manifest::create(options.directory, header, options);
  if (!manifest) return std::move(manifest).error();
  auto rejected = SetAside::create(options.directory, "rejected", header.bytes);
  if (!rejected) return std::move(rejected).error();
  const Spool spool(options.directory);
  SpoolPieces pieces(spool);
  Collector collector(**front, spool, *std::move(manifest), *std::move(rejected), (*front)->cut_options());

  const std::string name = archive_name_of((*front)->source(0).name);
  const auto make_worker = [&]() -> std::function<Result<PackedChunk>(csv::Chunk&)> {
    auto packer = std::make_shared<Packer>(**front, options, name, pack_header(header));
    return [packer, &progress](csv::Chunk& chunk) { return packer->pack(chunk, progress); };
  };
  NotUtf8Hint hint(tell, [&](uint32_t source) { return (*front)->source(source).name; });
  const auto consume = [&](PackedChunk chunk) {
    hint.found(chunk.not_utf8);
    return collector.add(chunk);
  };
  const PassEnd end =
      pass_in_order<PackedChunk>(**front, pieces, worker_count(options.workers), stop, make_worker, consume);

  Summary& summary = collector.summary;
  if (end.fault) return *end.fault;
  if (end.input) summary.errors.push_back(*end.input);
  spool.remove(summary.chunks);  // where the input ended within a record that fits into no chunk
  summary.blank_lines = (*front)->blank_lines();
  summary.bytes_read = progress.bytes_read;
  summary.run_dir = options.directory.string();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (auto ok = check_conservation(summary); !ok) summary.errors.push_back(std::move(ok).error());
  if (auto ok = collector.commit(options.directory, stop.stop_requested()); !ok)
    summary.errors.push_back(std::move(ok).error());
  return summary;
}

}  // namespace bulkwrite::run
