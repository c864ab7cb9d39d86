// The front: opens the sources one after another, reads them in blocks, and cuts them into chunks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/queue.h"
#include "engine/base/result.h"
#include "engine/csv/cutter.h"
#include "engine/csv/header.h"
#include "engine/run/block_scanners.h"
#include "engine/run/options.h"
#include "engine/run/progress.h"
#include "engine/run/tell.h"
#include "engine/source/input.h"
#include "engine/source/stream.h"

namespace bulkwrite::run {

// What is known of a source once it has been opened.
struct SourceInfo {
  std::string name;
  bool rereadable = false;
  source::FileIdentity identity;  // of the file behind it
  std::string transcoded_from;    // the source's own encoding, where its bytes are transcoded; else empty
};

// Takes the bytes of a record that fits into no chunk, as they go by.
class PieceSink {
 public:
  virtual ~PieceSink() = default;
  virtual Result<void> piece(uint64_t chunk_index, const SourceInfo& source, std::string_view bytes) = 0;
};

// For those who need no such record.
class NoPieces final : public PieceSink {
 public:
  Result<void> piece(uint64_t, const SourceInfo&, std::string_view) override { return {}; }
};

// Where the input goes on.
struct InputPosition {
  uint64_t chunks = 0;  // before it
  uint32_t source = 0;
  uint64_t offset = 0;       // in the source
  uint64_t next_record = 1;  // record_number
};

// Looks at bytes that were cut before, while they go by once more.
class SkipSink {
 public:
  virtual ~SkipSink() = default;
  virtual Result<void> skipped(uint32_t source, uint64_t offset, std::string_view bytes) = 0;
};

// What an earlier run knew of its input.
struct KnownInput {
  csv::Header header;
  std::vector<SourceInfo> sources;
  InputPosition position;
  bool ended = false;           // all of it was cut: no file is opened
  SkipSink* skipped = nullptr;  // for sources that cannot be read by range; may be null
};

// input_data where the header holds what no module could take: empty names, names that are there twice, too many.
Result<void> refuse_header_faults(const csv::Header& header);

class Front {
 public:
  // Resolves and opens the inputs and reads the header of the first one, and of each that can be read again. Errors:
  // usage, no_input, input_data (no header, or headers that differ), or transient: asked to stop while a pipe had
  // nothing to say. What people should know of a source is told when it is opened, also by the thread of run().
  static Result<std::unique_ptr<Front>> open(const InputOptions& options, Progress& progress, Tell tell = {},
                                             std::stop_token stop = {});

  // For an input that an earlier run has begun to cut: run() goes on behind the last chunk. Errors: as above, and
  // input_data where the input is not the one that was cut.
  static Result<std::unique_ptr<Front>> reopen(const InputOptions& options, KnownInput known, Progress& progress,
                                               Tell tell = {}, std::stop_token stop = {});

  const csv::Header& header() const { return header_; }
  std::optional<uint64_t> total_bytes() const { return input_.total_bytes(); }
  const std::vector<source::FileIdentity>& files() const { return input_.files(); }
  // How much text there is; nothing where a file is a pipe, compressed or transcoded, as far as can be told before it
  // is opened.
  std::optional<uint64_t> text_bytes() const { return all_plain_ ? total_bytes() : std::nullopt; }
  // Of the first source, what was read with its header and comes behind it. Before run().
  std::string_view first_bytes() const { return first_ ? std::string_view(first_->read_ahead) : std::string_view(); }

  // Reads as far as the first chunk reaches, and cuts that from a copy: run() gives it once more. An empty chunk where
  // it begins with a record that is none. Before run(), of an input that no earlier run has begun to cut.
  Result<csv::Chunk> first_chunk();

  csv::CutOptions cut_options() const;
  // For people: the delimiter, why it is that one, and how many columns there are.
  std::string dialect_text() const;

  // Cuts the whole input; on one thread, once. Chunks go to `out`, those that are used up come back through `used`.
  // Ends early, without an error, when asked to stop or when `out` is closed. An error (input_data, no_input) means
  // that the input cannot be read to its end; what was cut before it has gone out, as far as whole chunks reach.
  // A chunk's bytes, and the sources it names, stay as they are until the chunk comes back. Who takes a chunk gathers
  // its bytes first.
  Result<void> run(std::stop_token stop, BoundedQueue<csv::Chunk>& out, BoundedQueue<csv::Chunk>& used,
                   PieceSink& pieces);

  // The sources that chunks may name. Safe from any thread for a source whose chunk one has been handed.
  SourceInfo source(uint32_t ordinal) const;
  std::vector<std::string> source_names() const;                                 // of those that have been opened
  uint64_t blank_lines() const { return cutter_ ? cutter_->blank_lines() : 0; }  // once run() has returned

 private:
  struct OpenSource {
    std::unique_ptr<source::ByteStream> stream;
    csv::Header header;
    std::string read_ahead;  // bytes behind the header that were read with it
  };

  using Stop = std::shared_ptr<std::stop_token>;  // of the call at hand; shared with who waits for a pipe
  static Result<std::unique_ptr<Front>> make(const InputOptions& options, bool with_files, Progress& progress,
                                             Tell tell, std::stop_token stop);
  Front(const InputOptions& options, source::Input input, Progress& progress, Tell tell, Stop stop);
  Result<OpenSource> read_header(std::unique_ptr<source::ByteStream> stream) const;
  void tell_encoding(const source::ByteStream& stream);
  Result<std::optional<OpenSource>> next_source();
  Result<void> check_header_fits() const;
  Result<void> check_headers_ahead();
  Result<void> agree(const csv::Header& header, const std::string& name) const;
  Result<void> open_first();
  Result<void> cut_sources();
  Result<void> cut_source(uint32_t ordinal, OpenSource& source);
  Result<void> read_blocks(OpenSource& source);
  Result<void> take_scanned_blocks(OpenSource& source, uint64_t offset);
  bool scans_ahead(const OpenSource& source, uint64_t offset) const;
  bool goes_on() const { return !closed_ && !stop_->stop_requested(); }
  Result<void> skip_to(uint32_t ordinal, uint64_t offset, OpenSource& source);
  void take_back();
  Result<void> drain();
  Error unclosed(const csv::UnclosedQuote& at) const;

  const InputOptions options_;
  source::Input input_;
  Progress& progress_;
  const Tell tell_;
  std::set<std::string> encodings_told_;
  csv::Header header_;
  bool all_rereadable_ = true;  // of those that have been opened
  bool all_plain_ = false;
  std::optional<KnownInput> known_;
  std::optional<OpenSource> first_;

  mutable std::mutex sources_mutex_;
  std::vector<SourceInfo> sources_;
  size_t sources_opened_ = 0;

  const Stop stop_;

  // Of the running call.
  BoundedQueue<csv::Chunk>* out_ = nullptr;
  BoundedQueue<csv::Chunk>* used_ = nullptr;
  PieceSink* pieces_ = nullptr;
  bool closed_ = false;
  uint32_t pieces_crc_ = 0;  // of the record that is going by in pieces
  // Stays with its spare chunks: so the most that is taken does not depend on whether the input ends before the
  // archives of its last chunks do.
  std::optional<csv::Cutter> cutter_;
};

}  // namespace bulkwrite::run
