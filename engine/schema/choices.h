// A picklist's values, for finding out quickly whether a text is one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/schema/usual.h"

namespace bulkwrite::schema {

// Immutable once made. To the letter: the service takes another spelling for another value.
class Choices {
 public:
  Choices() = default;
  explicit Choices(const std::vector<std::string>& texts);

  bool empty() const { return all_.empty(); }
  bool has(std::string_view text) const { return all_.contains(text); }
  // Of a multi-select: every piece between semicolons. An empty piece is none.
  bool has_all(std::string_view joined) const;
  // See usual.h. Holds for no text with a quote.
  bool has_usual(Window text) const;

 private:
  static constexpr size_t kBytesMax = 2 * sizeof(Sixteen);
  // A text with NULs behind it.
  struct Padded {
    Sixteen first{}, last{};
    uint32_t bytes = 0;  // none: an empty slot
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  static Padded padded(Window text);
  static bool is_same(const Padded& one, const Padded& other);
  static size_t hash_of(const Padded& text, uint64_t factor);
  static std::vector<Padded> slots_of(const std::vector<Padded>& keys, uint64_t factor);

  std::unordered_set<std::string, Hash, std::equal_to<>> all_;
  std::vector<Padded> usual_ = {{}};  // by hash; where two meet, one of them is not usual
  uint64_t factor_ = 0;
};

}  // namespace bulkwrite::schema
