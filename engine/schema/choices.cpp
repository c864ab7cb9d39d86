#include "engine/schema/choices.h"

#include <algorithm>
#include <bit>

#include "engine/schema/eight_bytes.h"

namespace bulkwrite::schema {

Choices::Key Choices::key_of(std::string_view text) {
  if (text.size() <= 8) return {few_bytes(text), 0, text.size()};
  return {eight_bytes(text, 0), eight_bytes(text, text.size() - 8), text.size()};
}

size_t Choices::hash_of(const Key& key) {
  const uint64_t mixed = (key.first ^ std::rotl(key.last, 23) ^ key.size) * 0x9E3779B97F4A7C15;
  return mixed ^ mixed >> 32;
}

Choices::Choices(const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  slots_.resize(std::bit_ceil(2 * texts.size()));
  for (const std::string& text : texts)
    if (!text.empty()) slots_[static_cast<size_t>(&slot_of(text) - slots_.data())] = {key_of(text), text};
}

// Where it is, or the empty slot where it would be.
const Choices::Slot& Choices::slot_of(std::string_view text) const {
  const Key key = key_of(text);
  const bool key_is_all = std::endian::native == std::endian::little && text.size() <= 16;
  for (size_t at = hash_of(key);; ++at) {
    const Slot& slot = slots_[at & (slots_.size() - 1)];
    if (slot.key.size == 0 || (slot.key == key && (key_is_all || slot.text == text))) return slot;
  }
}

bool Choices::has(std::string_view text) const {
  return slot_of(text).key.size > 0;
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
