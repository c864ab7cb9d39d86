#include "engine/run/block_scanners.h"

#include "engine/base/thread_name.h"

namespace bulkwrite::run {
namespace {

// A block or two for each thread to go on with while the front works on others.
constexpr size_t kBlocksPerThread = 3;

}  // namespace

std::shared_ptr<csv::ScannedBlock> BlockPool::take() {
  std::unique_ptr<csv::ScannedBlock> block;
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      block = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!block) block = std::make_unique<csv::ScannedBlock>(kBlockBytes);
  return {block.release(), [pool = shared_from_this()](csv::ScannedBlock* back) {
            const std::scoped_lock lock(pool->mutex_);
            pool->idle_.emplace_back(back);
          }};
}

BlockScanners::BlockScanners(source::ByteStream& stream, uint64_t offset, const csv::BlockOptions& options,
                             unsigned threads)
    : stream_(stream), offset_(offset), options_(options), slots_(kBlocksPerThread * threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { scan_blocks(); });
}

BlockScanners::~BlockScanners() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  room_.notify_all();
}

void BlockScanners::scan_blocks() {
  name_this_thread("scanner");
  while (const auto ordinal = claim()) hand_in(*ordinal, scan(*ordinal));
}

// Waits until its slot is free, so that no more blocks are ahead than there are slots.
std::optional<uint64_t> BlockScanners::claim() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return closed_ || claimed_ < taken_ + slots_.size(); });
  if (closed_) return std::nullopt;
  return claimed_++;
}

// Null where the source has ended.
BlockScanners::Scanned BlockScanners::scan(uint64_t ordinal) {
  const uint64_t offset = offset_ + ordinal * kBlockBytes;
  std::shared_ptr<csv::ScannedBlock> block = pool_->take();
  auto got = stream_.read_at(offset, block->space());
  if (!got) return std::move(got).error();
  if (*got == 0) return std::shared_ptr<const csv::ScannedBlock>();
  block->scan(*got, offset, options_);
  return std::shared_ptr<const csv::ScannedBlock>(std::move(block));
}

void BlockScanners::hand_in(uint64_t ordinal, Scanned block) {
  const std::scoped_lock lock(mutex_);
  slots_[ordinal % slots_.size()] = std::move(block);
  if (ordinal == taken_) ready_.notify_one();
}

Result<std::shared_ptr<const csv::ScannedBlock>> BlockScanners::next() {
  if (ended_) return std::shared_ptr<const csv::ScannedBlock>();
  std::unique_lock lock(mutex_);
  std::optional<Scanned>& slot = slots_[taken_ % slots_.size()];
  ready_.wait(lock, [&] { return slot.has_value(); });
  Scanned block = *std::exchange(slot, std::nullopt);
  ++taken_;
  // Only the last block is short. Whatever is behind it was not there when it was read.
  ended_ = !block || *block == nullptr || (*block)->bytes().size() < kBlockBytes;
  if (ended_) closed_ = true;
  lock.unlock();
  if (ended_)
    room_.notify_all();
  else
    room_.notify_one();
  return block;
}

}  // namespace bulkwrite::run
