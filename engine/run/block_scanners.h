// Threads that read a plain file in blocks and scan each block before it is known what comes before it, so that neither
// reading nor scanning is bound to the front's one thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/scanned_block.h"
#include "engine/source/stream.h"

namespace bulkwrite::run {

constexpr size_t kBlockBytes = 256 * 1024;

// Blocks to be filled again. A block that is handed out comes back by itself when its last holder lets go of it.
class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  std::shared_ptr<csv::ScannedBlock> take();

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<csv::ScannedBlock>> idle_;
};

class BlockScanners {
 public:
  // Begins at `offset` of a rereadable stream, which must outlive this and is not used otherwise meanwhile.
  BlockScanners(source::ByteStream& stream, uint64_t offset, const csv::BlockOptions& options, unsigned threads);
  // Waits for the blocks that are being scanned; the others are let go.
  ~BlockScanners();
  BlockScanners(const BlockScanners&) = delete;
  BlockScanners& operator=(const BlockScanners&) = delete;

  // Waits for the next block in the order of the source; null behind the last. What the stream could not read is an
  // error in its place, and the last that is told. One thread.
  Result<std::shared_ptr<const csv::ScannedBlock>> next();

 private:
  using Scanned = Result<std::shared_ptr<const csv::ScannedBlock>>;

  void scan_blocks();
  std::optional<uint64_t> claim();
  Scanned scan(uint64_t ordinal);
  void hand_in(uint64_t ordinal, Scanned block);

  source::ByteStream& stream_;
  const uint64_t offset_;
  const csv::BlockOptions options_;
  const std::shared_ptr<BlockPool> pool_ = std::make_shared<BlockPool>();

  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::vector<std::optional<Scanned>> slots_;  // block n is put into slot n modulo their number
  uint64_t claimed_ = 0, taken_ = 0;           // blocks begun, and blocks given to next()
  bool closed_ = false;
  bool ended_ = false;  // of next()
  std::vector<std::jthread> threads_;
};

}  // namespace bulkwrite::run
