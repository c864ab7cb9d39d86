#include "engine/run/repeats.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>
#include <utility>

namespace bulkwrite::run {
namespace {

constexpr std::array<std::pair<std::string_view, OnRepeat>, 5> kNames{{{"automatic", OnRepeat::automatic},
                                                                       {"reject", OnRepeat::reject},
                                                                       {"first", OnRepeat::first},
                                                                       {"last", OnRepeat::last},
                                                                       {"off", OnRepeat::off}}};

}  // namespace

std::string_view on_repeat_name(OnRepeat on_repeat) {
  for (const auto& [name, value] : kNames)
    if (value == on_repeat) return name;
  return "";
}

OnRepeat on_repeat_of(std::string_view name) {
  for (const auto& [known, value] : kNames)
    if (known == name) return value;
  return OnRepeat::automatic;
}

Result<Repeats> Repeats::open(const std::filesystem::path& path, OnRepeat on_repeat, std::vector<std::string> sources) {
  auto file = open_for_reading(path);
  if (!file) return std::move(file).error();
  struct stat facts {};
  const bool is_known = ::fstat(file->get(), &facts) == 0;
  const auto bytes = static_cast<size_t>(is_known ? facts.st_size : 0);
  const bool is_whole = bytes >= kHead.size() && (bytes - kHead.size()) % sizeof(Repeat) == 0;
  void* const memory = is_whole ? ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file->get(), 0) : MAP_FAILED;
  if (memory == MAP_FAILED)
    return Error{ErrorKind::input_data,
                 fmt::format("{} is damaged: it does not hold the repeats of a run", path.string())};
  Repeats repeats(memory, bytes, on_repeat, std::move(sources));
  if (std::string_view(static_cast<const char*>(memory), kHead.size()) != kHead)
    return Error{ErrorKind::input_data,
                 fmt::format("{} is damaged: it does not hold the repeats of a run", path.string())};
  return repeats;
}

Repeats::Repeats(void* memory, size_t bytes, OnRepeat on_repeat, std::vector<std::string> sources)
    : memory_(memory), bytes_(bytes), on_repeat_(on_repeat), sources_(std::move(sources)) {
  static_assert(kHead.size() % alignof(Repeat) == 0);
  const char* const rows = static_cast<const char*>(memory) + kHead.size();
  rows_ = {reinterpret_cast<const Repeat*>(rows), (bytes - kHead.size()) / sizeof(Repeat)};
}

Repeats::Repeats(std::vector<Repeat> rows, OnRepeat on_repeat, std::vector<std::string> sources)
    : own_(std::move(rows)), rows_(own_), on_repeat_(on_repeat), sources_(std::move(sources)) {}

Repeats::Repeats(Repeats&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      bytes_(other.bytes_),
      own_(std::move(other.own_)),
      rows_(std::exchange(other.rows_, {})),
      on_repeat_(other.on_repeat_),
      sources_(std::move(other.sources_)) {}

Repeats::~Repeats() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
}

std::span<const Repeat> Repeats::from(uint32_t source, uint64_t record_number) const {
  const auto first = std::lower_bound(rows_.begin(), rows_.end(), std::tuple(source, record_number),
                                      [](const Repeat& row, const std::tuple<uint32_t, uint64_t>& place) {
                                        return std::tuple(row.source, row.record_number) < place;
                                      });
  return rows_.subspan(static_cast<size_t>(first - rows_.begin()));
}

std::string Repeats::text(const Repeat& repeat) const {
  const bool is_elsewhere = repeat.kept_source != repeat.source && repeat.kept_source < sources_.size();
  return is_elsewhere ? fmt::format("as record {} of {}", repeat.kept_record_number, sources_[repeat.kept_source])
                      : fmt::format("as record {}", repeat.kept_record_number);
}

}  // namespace bulkwrite::run
