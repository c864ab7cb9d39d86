// The plainest of archives, in one go: a shorter way than ArchiveReader's to the same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bulkwrite::zip {

// True where `archive` is a ZIP of one member, stored or deflated, from its first byte to its last, and that member is
// sound and has at most `bytes_max` bytes: `out` holds them then. False of any other, sound or not, with `out` in no
// particular state: ArchiveReader reads it, or says what is wrong with it. Never true where that would refuse, or read
// other bytes. Always false in a build without libdeflate.
bool read_plain(std::string_view archive, size_t bytes_max, std::string& out);

}  // namespace bulkwrite::zip
