#include "engine/run/repeat_finder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "engine/base/check.h"

namespace bulkwrite::run {
namespace {

constexpr unsigned kBucketBits = 6;
constexpr size_t kBuckets = size_t{1} << kBucketBits;
constexpr uint64_t kOccurrencesMax = 500'000;  // in a bucket that is looked through at once: some 50 MB
constexpr unsigned kDigestBits = 60;           // that tell buckets apart; what shares them all is one value
constexpr size_t kChunkBucketsMax = 256;
constexpr size_t kSeenInMemoryMax = 400'000;  // some 30 MB

Error cannot_spill(const std::filesystem::path& directory) {
  return {ErrorKind::cannot_write,
          fmt::format("cannot write a temporary file in {}: {}", directory.string(), errno_text(errno))};
}

// One that has no name, so that nothing is left behind however the process ends.
Result<Descriptor> nameless_file(const std::filesystem::path& directory) {
  Descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.is_open()) return file;
  std::string name = (directory / ".bulkwrite-XXXXXX").string();  // of a file system that has no nameless ones
  Descriptor named(::mkostemp(name.data(), O_CLOEXEC));
  if (!named.is_open()) return cannot_spill(directory);
  ::unlink(name.c_str());
  return named;
}

// Of sorted ones those that are there more than once.
void keep_doubled(std::vector<Digest>& digests) {
  auto kept = digests.begin();
  for (auto one = digests.begin(); one != digests.end();) {
    const Digest digest = *one;
    const auto next = std::find_if(one, digests.end(), [&](const Digest& other) { return other != digest; });
    if (next - one > 1) *kept++ = digest;
    one = next;
  }
  digests.erase(kept, digests.end());
}

}  // namespace

template <typename Item>
Result<void> Buckets<Item>::add(size_t bucket, const Item& item) {
  Bucket& to = buckets_[bucket];
  if (to.recent.size() == kRecentMax)
    if (auto ok = spill(to); !ok) return ok;
  to.recent.push_back(item);
  return {};
}

template <typename Item>
Result<void> Buckets<Item>::spill(Bucket& bucket) {
  if (!bucket.file.is_open()) {
    auto file = nameless_file(directory_);
    if (!file) return std::move(file).error();
    bucket.file = *std::move(file);
  }
  const char* from = reinterpret_cast<const char*>(bucket.recent.data());
  const char* const end = from + bucket.recent.size() * sizeof(Item);
  while (from < end) {
    const ssize_t written = ::write(bucket.file.get(), from, static_cast<size_t>(end - from));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_spill(directory_);
    from += written;
  }
  bucket.spilled += bucket.recent.size();
  bucket.recent.clear();
  return {};
}

template <typename Item>
template <typename Take>
Result<void> Buckets<Item>::each(size_t bucket, const Take& take) const {
  const Bucket& from = buckets_[bucket];
  std::vector<Item> block(std::min<uint64_t>(from.spilled, kRecentMax));
  for (uint64_t at = 0; at < from.spilled; at += block.size()) {
    block.resize(std::min<uint64_t>(kRecentMax, from.spilled - at));
    auto got = read_at(from.file, at * sizeof(Item),
                       std::span(reinterpret_cast<char*>(block.data()), block.size() * sizeof(Item)), directory_);
    if (!got) return std::move(got).error();
    BULKWRITE_CHECK(*got == block.size() * sizeof(Item), "a nameless file keeps what was written to it");
    for (const Item& item : block)
      if (auto ok = take(item); !ok) return ok;
  }
  for (const Item& item : from.recent)
    if (auto ok = take(item); !ok) return ok;
  return {};
}

RepeatFinder::RepeatFinder(std::filesystem::path directory, OnRepeat on_repeat)
    : directory_(std::move(directory)), on_repeat_(on_repeat), occurrences_(directory_, kBuckets) {}

Result<void> RepeatFinder::add(std::span<const Occurrence> occurrences) {
  for (const Occurrence& occurrence : occurrences) {
    chunks_ = std::max<uint64_t>(chunks_, occurrence.chunk + uint64_t{1});
    if (auto ok = occurrences_.add(occurrence.digest[0] % kBuckets, occurrence); !ok) return ok;
  }
  return {};
}

Result<void> RepeatFinder::write(const std::filesystem::path& path) {
  chunks_a_bucket_ = 1 + chunks_ / kChunkBucketsMax;
  const size_t buckets = chunks_ / chunks_a_bucket_ + 1;
  doubled_ = std::make_unique<Buckets<Occurrence>>(directory_, buckets);
  repeats_ = std::make_unique<Buckets<Repeat>>(directory_, buckets);
  for (size_t bucket = 0; bucket < occurrences_.size(); ++bucket)
    if (auto ok = find(occurrences_, bucket, kBucketBits); !ok) return ok;
  if (auto ok = choose(); !ok) return ok;
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  if (auto ok = write_rows(*file); !ok) return ok;
  return file->commit();
}

// Too large a bucket is parted by further bits of the digest.
Result<void> RepeatFinder::find(Buckets<Occurrence>& occurrences, size_t bucket, unsigned digest_bits) {
  if (occurrences.items(bucket) <= kOccurrencesMax || digest_bits >= kDigestBits) {
    auto done = find_here(occurrences, bucket);
    occurrences.clear(bucket);
    return done;
  }
  Buckets<Occurrence> parts(directory_, kBuckets);
  auto part = [&](const Occurrence& occurrence) {
    return parts.add((occurrence.digest[0] >> digest_bits) % kBuckets, occurrence);
  };
  if (auto ok = occurrences.each(bucket, part); !ok) return ok;
  occurrences.clear(bucket);
  for (size_t i = 0; i < parts.size(); ++i)
    if (auto ok = find(parts, i, digest_bits + kBucketBits); !ok) return ok;
  return {};
}

Result<void> RepeatFinder::find_here(const Buckets<Occurrence>& occurrences, size_t bucket) {
  std::vector<Digest> digests;
  digests.reserve(occurrences.items(bucket));
  auto collect = [&](const Occurrence& occurrence) -> Result<void> {
    digests.push_back(occurrence.digest);
    return {};
  };
  if (auto ok = occurrences.each(bucket, collect); !ok) return ok;
  std::sort(digests.begin(), digests.end());
  keep_doubled(digests);
  if (digests.empty()) return {};
  return occurrences.each(bucket, [&](const Occurrence& occurrence) -> Result<void> {
    if (!std::binary_search(digests.begin(), digests.end(), occurrence.digest)) return {};
    return doubled_->add(occurrence.chunk / chunks_a_bucket_, occurrence);
  });
}

Result<void> RepeatFinder::choose() {
  if (doubled_->is_empty()) return {};  // as usual
  const std::filesystem::path file = directory_ / "repeats.db";
  if (auto ok = remove_file(file); !ok) return ok;  // of a process that died
  auto database = Database::open(file, "the values seen");
  if (!database) return std::move(database).error();
  SeenTable seen(**database, kSeenInMemoryMax);
  // Nobody will read it again.
  auto done = (*database)->script("pragma journal_mode = off; pragma synchronous = off; begin");
  if (done) done = seen.take_up(0);
  const size_t buckets = doubled_->size();
  for (size_t i = 0; done && i < buckets; ++i)
    done = choose_in(on_repeat_ == OnRepeat::last ? buckets - 1 - i : i, seen);
  database->reset();
  auto removed = remove_file(file);
  return done ? removed : done;
}

Result<void> RepeatFinder::choose_in(size_t bucket, SeenTable& seen) {
  std::vector<Occurrence> occurrences;
  auto collect = [&](const Occurrence& occurrence) -> Result<void> {
    occurrences.push_back(occurrence);
    return {};
  };
  if (auto ok = doubled_->each(bucket, collect); !ok) return ok;
  doubled_->clear(bucket);
  std::sort(occurrences.begin(), occurrences.end(), [&](const Occurrence& a, const Occurrence& b) {
    const auto place_a = std::tie(a.source, a.record_number), place_b = std::tie(b.source, b.record_number);
    if (place_a != place_b) return on_repeat_ == OnRepeat::last ? place_b < place_a : place_a < place_b;
    return a.column < b.column;
  });
  std::vector<Repeat> rows;
  return each_record(occurrences, [&](std::span<const Occurrence> of_record) -> Result<void> {
    rows.clear();
    if (auto ok = seen.pass(of_record, rows); !ok) return ok;
    for (const Repeat& row : rows)
      if (auto ok = repeats_->add(bucket, row); !ok) return ok;
    return {};
  });
}

Result<void> RepeatFinder::write_rows(AtomicFile& file) {
  if (auto ok = file.write(Repeats::kHead); !ok) return ok;
  std::vector<Repeat> rows;
  for (size_t bucket = 0; bucket < repeats_->size(); ++bucket) {
    rows.clear();
    auto collect = [&](const Repeat& row) -> Result<void> {
      rows.push_back(row);
      return {};
    };
    if (auto ok = repeats_->each(bucket, collect); !ok) return ok;
    repeats_->clear(bucket);
    std::sort(rows.begin(), rows.end(), [](const Repeat& a, const Repeat& b) {
      return std::tie(a.source, a.record_number, a.column) < std::tie(b.source, b.record_number, b.column);
    });
    if (auto ok = file.write({reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(Repeat)}); !ok)
      return ok;
  }
  return {};
}

}  // namespace bulkwrite::run
