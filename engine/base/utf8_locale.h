// A locale for libraries that put names through the one of the thread.
#pragma once

#include <clocale>

namespace bulkwrite {

// While it lives, names of this thread are UTF-8; "C" cannot hold them, and libarchive loses those that it cannot.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(utf8_)) {}
  ~Utf8Locale() {
    uselocale(before_);
    if (utf8_ != nullptr) freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_, before_;
};

}  // namespace bulkwrite
