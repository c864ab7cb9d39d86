#include "engine/schema/choices.h"

#include <algorithm>
#include <bit>

namespace bulkwrite::schema {
namespace {

constexpr size_t kSlotsAChoice = 8;
constexpr uint64_t kFirstFactor = 0x9E3779B97F4A7C15;
constexpr size_t kFactorsTried = 32;  // in which few enough choices find them all a slot of their own

Sixteen first_bytes(Sixteen bytes, uint32_t count) {
  constexpr Sixteen kPlaces{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return bytes & reinterpret_cast<Sixteen>(kPlaces < static_cast<uint8_t>(std::min(count, 16U)));
}

}  // namespace

Choices::Choices(const std::vector<std::string>& texts) : all_(texts.begin(), texts.end()) {
  all_.erase("");
  std::vector<Padded> keys;
  for (const std::string& text : all_) {
    if (text.size() > kBytesMax || text.find('"') != std::string::npos) continue;
    std::string readable = text;
    readable.resize(kBytesMax);
    keys.push_back(padded({readable.data(), static_cast<uint32_t>(text.size())}));
  }
  size_t most = 0;
  for (uint64_t factor = kFirstFactor, tried = 0; tried < kFactorsTried && most < keys.size(); ++tried, factor += 2) {
    const std::vector<Padded> slots = slots_of(keys, factor);
    const auto is_used = [](const Padded& slot) { return slot.bytes > 0; };
    const auto used = static_cast<size_t>(std::count_if(slots.begin(), slots.end(), is_used));
    if (used <= most) continue;
    most = used;
    factor_ = factor;
    usual_ = slots;
  }
}

std::vector<Choices::Padded> Choices::slots_of(const std::vector<Padded>& keys, uint64_t factor) {
  std::vector<Padded> slots(std::bit_ceil(kSlotsAChoice * keys.size()));
  for (const Padded& key : keys) slots[hash_of(key, factor) & (slots.size() - 1)] = key;
  return slots;
}

Choices::Padded Choices::padded(Window text) {
  return {first_bytes(sixteen_bytes(text.text), text.bytes),
          first_bytes(sixteen_bytes(text.text + sizeof(Sixteen)), text.bytes - std::min(text.bytes, 16U)), text.bytes};
}

bool Choices::is_same(const Padded& one, const Padded& other) {
  const auto same = reinterpret_cast<Sixteen>((one.first == other.first) & (one.last == other.last));
  return (bits_of(same) == 0xFFFF) & (one.bytes == other.bytes);
}

size_t Choices::hash_of(const Padded& text, uint64_t factor) {
  using Halves = uint64_t __attribute__((vector_size(16)));
  const auto first = reinterpret_cast<Halves>(text.first), last = reinterpret_cast<Halves>(text.last);
  const uint64_t mixed = first[0] ^ std::rotl(first[1], 23) ^ std::rotl(last[0], 41) ^ std::rotl(last[1], 11);
  return static_cast<size_t>(mixed * factor >> 32);
}

bool Choices::has_usual(Window text) const {
  const Padded key = padded(text);
  return (text.bytes - 1 < kBytesMax) & is_same(usual_[hash_of(key, factor_) & (usual_.size() - 1)], key);
}

bool Choices::has_all(std::string_view joined) const {
  for (size_t begin = 0;;) {
    const size_t end = std::min(joined.find(';', begin), joined.size());
    if (!has(joined.substr(begin, end - begin))) return false;
    if (end == joined.size()) return true;
    begin = end + 1;
  }
}

}  // namespace bulkwrite::schema
