#include "engine/run/front.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <utility>

#include "engine/zip/crc32.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kScanAheadBytesMin = 8 * kBlockBytes;  // less is not worth a thread
constexpr size_t kHeaderBlockBytes = 64 * 1024;

// Every header that the archives may carry fits into this much room in front of a chunk.
size_t headroom_for(const csv::Header& header) {
  return static_cast<size_t>(csv::header_allowance(header)) + 64;
}

Error in_source(const std::string& name, Error error) {
  return in_context(name, std::move(error));
}

}  // namespace

Front::Front(const InputOptions& options, source::Input input, Progress& progress, Tell tell, Stop stop)
    : options_(options),
      input_(std::move(input)),
      progress_(progress),
      tell_(std::move(tell)),
      stop_(std::move(stop)) {}

Result<std::unique_ptr<Front>> Front::make(const InputOptions& options, bool with_files, Progress& progress, Tell tell,
                                           std::stop_token stop) {
  if (auto ok = validate(options); !ok) return std::move(ok).error();
  auto files = source::resolve(with_files ? options.files : std::vector<std::string>(), options.directory);
  if (!files) return std::move(files).error();
  auto current = std::make_shared<std::stop_token>(std::move(stop));
  auto input = source::Input::open(*std::move(files), options.directory, options.encoding.value_or(""),
                                   [current] { return current->stop_requested(); });
  if (!input) return std::move(input).error();
  return std::unique_ptr<Front>(new Front(options, *std::move(input), progress, std::move(tell), std::move(current)));
}

Result<std::unique_ptr<Front>> Front::open(const InputOptions& options, Progress& progress, Tell tell,
                                           std::stop_token stop) {
  auto made = make(options, true, progress, std::move(tell), std::move(stop));
  if (!made) return made;
  if (auto ok = (*made)->open_first(); !ok) return std::move(ok).error();
  return made;
}

Result<std::unique_ptr<Front>> Front::reopen(const InputOptions& options, KnownInput known, Progress& progress,
                                             Tell tell, std::stop_token stop) {
  const bool ended = known.ended;
  auto made = make(options, !ended, progress, std::move(tell), std::move(stop));
  if (!made) return made;
  std::unique_ptr<Front>& front = *made;
  front->sources_ = known.sources;
  for (const SourceInfo& source : known.sources) front->all_rereadable_ &= source.rereadable;
  front->header_ = known.header;
  front->known_ = std::move(known);
  if (ended) return made;
  if (auto ok = front->open_first(); !ok) return std::move(ok).error();
  if (front->header_.bytes != front->known_->header.bytes)
    return Error{ErrorKind::input_data, front->source(0).name + ": the header is not the one that this run began with"};
  return made;
}

Result<void> Front::open_first() {
  progress_.bytes_total = input_.total_bytes().value_or(0);
  auto first = next_source();
  if (!first) return std::move(first).error();
  if (!first->has_value()) return Error{ErrorKind::no_input, "no input holds a CSV"};
  header_ = (*first)->header;
  first_ = *std::move(first);
  if (auto ok = check_header_fits(); !ok) return ok;
  return check_headers_ahead();
}

Result<Front::OpenSource> Front::read_header(std::unique_ptr<source::ByteStream> stream) const {
  OpenSource source{.stream = std::move(stream)};
  const std::string& name = source.stream->name();
  const csv::HeaderOptions header_options{options_.delimiter, static_cast<size_t>(options_.record_bytes_max)};
  std::string prefix;
  for (bool at_end = false;;) {
    auto header = csv::read_header(prefix, at_end, header_options);
    if (!header) return in_source(name, std::move(header).error());
    if (header->has_value()) {
      source.header = **std::move(header);
      break;
    }
    const size_t had = prefix.size();
    prefix.resize(had + kHeaderBlockBytes);
    auto got = source.stream->read(std::span(prefix).subspan(had));
    if (!got) return std::move(got).error();
    prefix.resize(had + *got);
    at_end = *got == 0;
  }
  source.read_ahead = prefix.substr(static_cast<size_t>(source.header.data_offset));
  return source;
}

void Front::tell_encoding(const source::ByteStream& stream) {
  const std::string& encoding = stream.transcoded_from();
  if (encoding.empty() || !tell_ || !encodings_told_.insert(encoding).second) return;
  tell_(fmt::format(
      "encoding: {} is in {} and read as UTF-8; byte offsets, rejected.csv and failed.csv are those of the UTF-8",
      stream.name(), encoding));
}

// Opens the next source and reads its header.
Result<std::optional<Front::OpenSource>> Front::next_source() {
  auto stream = input_.next();
  if (!stream) return std::move(stream).error();
  if (*stream == nullptr) return std::optional<OpenSource>();
  tell_encoding(**stream);
  auto opened = read_header(*std::move(stream));
  if (!opened) return std::move(opened).error();
  OpenSource source = *std::move(opened);
  const std::string& name = source.stream->name();
  if (!source.stream->rereadable()) all_rereadable_ = false;
  const std::scoped_lock lock(sources_mutex_);
  SourceInfo info{name, source.stream->rereadable(), source.stream->identity(), source.stream->transcoded_from()};
  const size_t ordinal = sources_opened_++;
  if (ordinal == sources_.size()) {
    sources_.push_back(std::move(info));
  } else if (sources_[ordinal].name.empty()) {
    sources_[ordinal] = std::move(info);  // it gave no record to the run that knew it
  } else if (sources_[ordinal].name != name) {
    return Error{ErrorKind::input_data,
                 fmt::format("source {} of the input was {} and is {} now", ordinal + 1, sources_[ordinal].name, name)};
  }
  return std::optional<OpenSource>(std::move(source));
}

Result<void> Front::check_header_fits() const {
  const uint64_t bytes = csv::header_allowance(header_);
  if (bytes < options_.bytes_max) return {};
  return Error{ErrorKind::usage, fmt::format("--bytes {} leaves no room for records: the header takes up to {} of them",
                                             options_.bytes_max, bytes)};
}

// Plain files are looked at before anything is done, so that a wrong one is found before the first upload.
Result<void> Front::check_headers_ahead() {
  const std::vector<std::string> plain = input_.plain_files_ahead();
  all_plain_ = all_rereadable_ && plain.size() + 1 == input_.files().size();
  for (const std::string& path : plain) {
    auto alone = source::Input::open({path}, options_.directory, options_.encoding.value_or(""));
    if (!alone) return std::move(alone).error();
    auto stream = alone->next();
    if (!stream) return std::move(stream).error();
    auto opened = read_header(*std::move(stream));
    if (!opened) return std::move(opened).error();
    if (auto ok = agree(opened->header, path); !ok) return ok;
  }
  return {};
}

Result<void> Front::agree(const csv::Header& header, const std::string& name) const {
  if (header.delimiter != header_.delimiter) {
    return Error{ErrorKind::input_data,
                 fmt::format("{}: the delimiter is {}, but that of the first source is {}: load them apart", name,
                             csv::delimiter_text(header.delimiter), csv::delimiter_text(header_.delimiter))};
  }
  if (header.names == header_.names) return {};
  size_t at = 0;
  while (at < header.names.size() && at < header_.names.size() && header.names[at] == header_.names[at]) ++at;
  const auto told = [&](const std::vector<std::string>& names) {
    return at < names.size() ? fmt::format("\"{}\"", names[at]) : std::string("nothing");
  };
  return Error{
      ErrorKind::input_data,
      fmt::format("{}: column {} is {}, but in the first source it is {}: sources of one input share one header", name,
                  at + 1, told(header.names), told(header_.names))};
}

std::string Front::dialect_text() const {
  return fmt::format("delimiter {} ({}), {} columns", csv::delimiter_text(header_.delimiter),
                     header_.delimiter_detected ? "it gives the header the most columns" : "as given",
                     header_.names.size());
}

Result<csv::Chunk> Front::first_chunk() {
  OpenSource& source = *first_;
  csv::Cutter cutter(cut_options(), 0);
  cutter.begin_source(0, source.header.data_offset, header_.names.size(), header_.delimiter, 1);
  for (size_t given = 0;;) {
    const std::string_view ahead = std::string_view(source.read_ahead).substr(given, kBlockBytes);
    const std::span<char> space = cutter.space(kBlockBytes);
    std::copy(ahead.begin(), ahead.end(), space.begin());
    cutter.filled(ahead.size());
    given += ahead.size();
    csv::Cutter::Cut cut = cutter.next();
    if (cut.kind == csv::Cutter::Cut::Kind::chunk) return std::move(cut.chunk);
    if (cut.kind != csv::Cutter::Cut::Kind::need_bytes) return csv::Chunk();
    if (given < source.read_ahead.size()) continue;
    source.read_ahead.resize(given + kBlockBytes);
    auto got = source.stream->read(std::span(source.read_ahead).subspan(given));
    if (!got) return std::move(got).error();
    source.read_ahead.resize(given + *got);
    if (*got > 0) continue;
    cutter.end_source();
    cut = cutter.next();
    if (cut.kind == csv::Cutter::Cut::Kind::need_bytes) {
      cutter.end_input();
      cut = cutter.next();
    }
    return cut.kind == csv::Cutter::Cut::Kind::chunk ? std::move(cut.chunk) : csv::Chunk();
  }
}

csv::CutOptions Front::cut_options() const {
  return {.records_max = options_.records_max,
          .bytes_max = options_.bytes_max,
          .quote_bytes_max = std::min(options_.record_bytes_max, options_.bytes_max),
          .resync_on_unclosed_quote = options_.resync_on_unclosed_quote,
          .header_bytes = csv::header_allowance(header_),
          .headroom = headroom_for(header_),
          .kernel = &kernel_of(options_)};
}

Result<void> Front::run(std::stop_token stop, BoundedQueue<csv::Chunk>& out, BoundedQueue<csv::Chunk>& used,
                        PieceSink& pieces) {
  *stop_ = stop;
  out_ = &out;
  used_ = &used;
  pieces_ = &pieces;
  if (known_ && known_->ended) {
    progress_.input_ended = true;
    return {};
  }
  cutter_.emplace(cut_options(), known_ ? known_->position.chunks : 0);
  auto done = cut_sources();
  return stop_->stop_requested() ? Result<void>() : done;  // a read that was given up is no fault
}

Result<void> Front::cut_sources() {
  uint32_t ordinal = 0;
  std::optional<OpenSource> source = std::move(first_);
  first_.reset();
  while (source && goes_on()) {
    if (auto ok = agree(source->header, source->stream->name()); !ok) return ok;
    if (auto ok = cut_source(ordinal++, *source); !ok) return ok;
    if (!goes_on()) break;
    source.reset();  // before the next one of a ZIP
    auto next = next_source();
    if (!next) return std::move(next).error();
    source = *std::move(next);
  }
  if (goes_on()) {
    cutter_->end_input();
    if (auto ok = drain(); !ok) return ok;
    progress_.input_ended = true;
  }
  return {};
}

Result<void> Front::cut_source(uint32_t ordinal, OpenSource& source) {
  const bool begun = known_ && known_->position.chunks > 0;
  if (begun && ordinal < known_->position.source)
    return source.stream->rereadable() ? Result<void>() : skip_to(ordinal, UINT64_MAX, source);
  const bool goes_on_here = begun && ordinal == known_->position.source;
  const uint64_t offset = goes_on_here ? known_->position.offset : source.header.data_offset;
  const bool ahead = scans_ahead(source, offset);
  if (goes_on_here && !ahead)
    if (auto ok = skip_to(ordinal, offset, source); !ok) return ok;
  cutter_->begin_source(ordinal, offset, header_.names.size(), header_.delimiter,
                        goes_on_here ? known_->position.next_record : 1);
  if (auto ok = ahead ? take_scanned_blocks(source, offset) : read_blocks(source); !ok) return ok;
  if (!goes_on()) return {};
  cutter_->end_source();
  return drain();
}

bool Front::scans_ahead(const OpenSource& source, uint64_t offset) const {
  return options_.scanners.value_or(0) > 0 && source.stream->rereadable() &&
         source.stream->identity().size >= offset + kScanAheadBytesMin;
}

Result<void> Front::take_scanned_blocks(OpenSource& source, uint64_t offset) {
  const csv::BlockOptions block_options{.delimiter = header_.delimiter,
                                        .quote_bytes_max = cut_options().quote_bytes_max,
                                        .kernel = cut_options().kernel,
                                        .columns = header_.names.size()};
  BlockScanners scanners(*source.stream, offset, block_options, *options_.scanners);
  while (goes_on()) {
    auto block = scanners.next();
    if (!block) return std::move(block).error();
    if (*block == nullptr) break;
    const uint64_t end = (*block)->offset() + (*block)->bytes().size();
    progress_.bytes_read += (*block)->bytes().size();
    progress_.bytes_passed = input_.bytes_behind() + end;
    cutter_->append(*std::move(block));
    if (auto ok = drain(); !ok) return ok;
  }
  return {};
}

Result<void> Front::read_blocks(OpenSource& source) {
  source::ByteStream& stream = *source.stream;
  std::string_view ahead = source.read_ahead;
  while (goes_on()) {
    const std::span<char> space = cutter_->space(kBlockBytes);
    size_t got = std::min(ahead.size(), space.size());
    if (got > 0) {
      std::memcpy(space.data(), ahead.data(), got);
      ahead.remove_prefix(got);
      if (ahead.empty()) source.read_ahead = std::string();  // it may be a whole chunk
    } else {
      auto read = stream.read(space.first(kBlockBytes));
      if (!read) return std::move(read).error();
      got = *read;
      if (got == 0) break;
    }
    cutter_->filled(got);
    progress_.bytes_read += got;
    progress_.bytes_passed = input_.bytes_behind() + stream.file_bytes_read();
    if (auto ok = drain(); !ok) return ok;
  }
  return {};
}

// Lets what was cut before go by: up to `offset` of the source, or to its end.
Result<void> Front::skip_to(uint32_t ordinal, uint64_t offset, OpenSource& source) {
  SkipSink* const sink = source.stream->rereadable() ? nullptr : known_->skipped;
  std::string block;
  for (uint64_t at = source.header.data_offset; at < offset; at += block.size()) {
    block = std::move(source.read_ahead);
    source.read_ahead.clear();
    if (block.empty()) {
      block.resize(kBlockBytes);
      auto got = source.stream->read(block);
      if (!got) return std::move(got).error();
      block.resize(*got);
    }
    if (block.empty() && offset == UINT64_MAX) return {};
    if (block.empty())
      return Error{ErrorKind::input_data,
                   fmt::format("{} ends at byte {}, before byte {} that this run has reached: it is not the same input",
                               source.stream->name(), at, offset)};
    if (offset - at < block.size()) {
      source.read_ahead = block.substr(static_cast<size_t>(offset - at));
      block.resize(static_cast<size_t>(offset - at));
    }
    if (sink != nullptr)
      if (auto ok = sink->skipped(ordinal, at, block); !ok) return ok;
    if (stop_->stop_requested()) return {};
  }
  return {};
}

Error Front::unclosed(const csv::UnclosedQuote& at) const {
  const std::string where = fmt::format("{}: record {} (byte {}): the quote at byte {} is not closed",
                                        source(at.source).name, at.record_number, at.record_offset, at.quote_offset);
  const char* const otherwise = "--on-unclosed-quote resync to reject the record and go on behind its first line end";
  if (at.at_end)
    return {
        ErrorKind::input_data,
        fmt::format("{} before the end, so nothing behind it can be told for sure; mend the file there, see whether "
                    "it was cut off, or give {}",
                    where, otherwise)};
  return {ErrorKind::input_data,
          fmt::format("{} within {} bytes, so nothing behind it can be told for sure; mend the file there, raise "
                      "--max-record-bytes if the field is meant to be that long, or give {}",
                      where, std::min(options_.record_bytes_max, options_.bytes_max), otherwise)};
}

void Front::take_back() {
  if (cutter_->chunks() < options_.chunks_before_reuse) return;
  while (auto spare = used_->try_pop()) cutter_->recycle(*std::move(spare));
}

Result<void> Front::drain() {
  while (!closed_) {
    take_back();
    csv::Cutter::Cut cut = cutter_->next();
    switch (cut.kind) {
      case csv::Cutter::Cut::Kind::need_bytes:
        return {};
      case csv::Cutter::Cut::Kind::piece: {
        const SourceInfo info = source(static_cast<uint32_t>(sources_opened_ - 1));
        if (auto ok = pieces_->piece(cutter_->chunks(), info, cut.piece); !ok) return ok;
        pieces_crc_ = zip::crc32(pieces_crc_, cut.piece);
        break;
      }
      case csv::Cutter::Cut::Kind::unclosed_quote:
        return unclosed(cut.unclosed);
      case csv::Cutter::Cut::Kind::chunk:
        progress_.records_read += cut.chunk.records();
        ++progress_.chunks_cut;
        if (cut.chunk.too_long) cut.chunk.passed_crc = std::exchange(pieces_crc_, 0);
        if (!out_->push(std::move(cut.chunk))) closed_ = true;
        break;
    }
  }
  return {};
}

std::vector<std::string> Front::source_names() const {
  const std::scoped_lock lock(sources_mutex_);
  std::vector<std::string> names;
  for (const SourceInfo& source : sources_) names.push_back(source.name);
  return names;
}

SourceInfo Front::source(uint32_t ordinal) const {
  const std::scoped_lock lock(sources_mutex_);
  return sources_[ordinal];
}

Result<void> refuse_header_faults(const csv::Header& header) {
  const std::vector<std::string> faults = csv::header_faults(header.names);
  if (faults.empty()) return {};
  return Error{ErrorKind::input_data, fmt::format("the header cannot be loaded: {}", fmt::join(faults, "; "))};
}

}  // namespace bulkwrite::run
