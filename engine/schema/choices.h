// A picklist's values, for finding out quickly whether a text is one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::schema {

// Immutable once made. To the letter: the service takes another spelling for another value.
class Choices {
 public:
  Choices() = default;
  explicit Choices(const std::vector<std::string>& texts);

  bool empty() const { return slots_.empty(); }
  bool has(std::string_view text) const;
  // Of a multi-select: every piece between semicolons. An empty piece is none.
  bool has_all(std::string_view joined) const;

 private:
  // A text's first and last eight bytes, and how many it has: where those overlap, all of it.
  struct Key {
    uint64_t first, last;
    size_t size;
    bool operator==(const Key&) const = default;
  };
  struct Slot {
    Key key{0, 0, 0};  // of size 0: empty
    std::string text;
  };
  static Key key_of(std::string_view text);
  static size_t hash_of(const Key& key);
  const Slot& slot_of(std::string_view text) const;

  std::vector<Slot> slots_;  // open addressing, at most half full
};

}  // namespace bulkwrite::schema
