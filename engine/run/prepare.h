// Makes a chunk ready to be submitted, and writes it into the ledger before anybody can submit it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/submission.h"
#include "engine/base/result.h"
#include "engine/csv/chunk.h"
#include "engine/run/archive.h"
#include "engine/run/archive_memory.h"
#include "engine/run/judge.h"
#include "engine/run/known_rejects.h"
#include "engine/run/ledger.h"
#include "engine/run/member.h"
#include "engine/run/not_utf8.h"
#include "engine/run/options.h"
#include "engine/run/turns.h"
#include "engine/run/unknown_choices.h"

namespace bulkwrite::run {

struct PrepareOptions {
  Rules rules;
  std::string archive_header;        // ends in a line end
  std::vector<size_t> kept_columns;  // that go into the archive; empty: all
  std::string archive_name;          // that the archives' names begin with
  std::string callback_url;          // a token is put behind it; empty: nobody listens
  Packing packing = Packing::fast;
  std::function<Demand()> demand;                   // how the network stands; may be empty
  NotUtf8Hint* hint = nullptr;                      // gets what new chunks hold, in their order; may be null
  Turns* turns = nullptr;                           // of those who prepare at once; null: there is one only
  SharedUnknownChoices* unknown_choices = nullptr;  // gets those of the records that are sent; may be null
  ArchiveMemory* memory = nullptr;  // where archives go when their jobs exist, and others come from; may be null
  KnownRejects* rejects = nullptr;  // where to note them, before the chunk is in the ledger; may be null
};

// One thread each; the ledger and the checker must outlive it.
class Preparer {
 public:
  Preparer(Ledger& ledger, PrepareOptions options);

  struct Prepared {
    uint64_t rejected = 0;
    uint64_t left_out = 0;          // of those: no fault of the input
    std::optional<api::Work> work;  // nothing where no record of it may be sent
  };
  // `before`: what the ledger knows of the chunk from an earlier session; null for a new one. New ones enter the ledger
  // in the order of the input, so that at any instant it knows the chunks up to one and none behind it. Spoils the
  // chunk's index. Errors: of the ledger; transient once the turns are closed.
  Result<Prepared> prepare(csv::Chunk& chunk, const ChunkRow* before);

 private:
  struct Judged {
    std::vector<uint32_t> rejected;  // counted from 0 over the chunk
    std::optional<NotUtf8> not_utf8;
  };
  Judged accept_records(const csv::Chunk& chunk, const Rules& rules);
  Result<void> write_down(const ChunkRow& row, bool is_new, const std::optional<NotUtf8>& not_utf8);
  Result<std::string> callback_url_for(uint64_t chunk_index);

  Ledger& ledger_;
  const PrepareOptions options_;
  ArchiveMaker archives_;
  MemberBuilder member_;
  uint64_t left_out_ = 0;  // of the chunk at hand
};

}  // namespace bulkwrite::run
