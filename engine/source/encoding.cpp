#include "engine/source/encoding.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/base/check.h"

namespace bulkwrite::source {
namespace {

using namespace std::string_view_literals;

constexpr size_t kInBytes = 64 * 1024;
constexpr size_t kOutBytes = 2 * kInBytes;

// Of a longer one first: the mark of UTF-32LE begins with that of UTF-16LE.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMarks{{{"\xFF\xFE\0\0"sv, "UTF-32LE"},
                                                                               {"\0\0\xFE\xFF"sv, "UTF-32BE"},
                                                                               {"\xFF\xFE"sv, "UTF-16LE"},
                                                                               {"\xFE\xFF"sv, "UTF-16BE"},
                                                                               {"\xEF\xBB\xBF"sv, "UTF-8"}}};

class Converter {
 public:
  // Not open where iconv does not know the encoding.
  explicit Converter(const std::string& encoding) : handle_(iconv_open("UTF-8", encoding.c_str())) {}
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  enum class Stop { in_used_up, out_full, within_character, no_character };
  // Takes what it can from the front of `in`, and puts what that gives at the front of `out`.
  Stop convert(std::span<char>& in, std::span<char>& out) {
    char* from = in.data();
    char* to = out.data();
    size_t in_left = in.size(), out_left = out.size();
    const size_t done = iconv(handle_, &from, &in_left, &to, &out_left);
    const int why = errno;
    in = in.last(in_left);
    out = out.last(out_left);
    if (done != static_cast<size_t>(-1)) return Stop::in_used_up;
    return why == E2BIG ? Stop::out_full : why == EINVAL ? Stop::within_character : Stop::no_character;
  }
  // What iconv has held back until it has seen what follows.
  void finish(std::span<char>& out) {
    char* to = out.data();
    size_t left = out.size();
    iconv(handle_, nullptr, nullptr, &to, &left);
    out = out.last(left);
  }

 private:
  const iconv_t handle_;
};

// A stream of which the first bytes were read already.
class Opened final : public ByteStream {
 public:
  Opened(std::unique_ptr<ByteStream> stream, std::string first)
      : stream_(std::move(stream)), first_(std::move(first)) {}
  const std::string& name() const override { return stream_->name(); }
  bool rereadable() const override { return stream_->rereadable(); }
  const FileIdentity& identity() const override { return stream_->identity(); }
  uint64_t file_bytes_read() const override { return stream_->file_bytes_read(); }
  Result<size_t> read_at(uint64_t offset, std::span<char> out) override { return stream_->read_at(offset, out); }

  Result<size_t> read(std::span<char> out) override {
    if (given_ == first_.size()) return stream_->read(out);
    const size_t give = first_.copy(out.data(), out.size(), given_);
    given_ += give;
    return give;
  }

 private:
  std::unique_ptr<ByteStream> stream_;
  const std::string first_;
  size_t given_ = 0;
};

class Transcoded final : public ByteStream {
 public:
  // `mark` bytes have been read from the stream, and are no text.
  Transcoded(std::unique_ptr<ByteStream> stream, std::string encoding, uint64_t mark)
      : stream_(std::move(stream)), encoding_(std::move(encoding)), converter_(encoding_), in_offset_(mark) {
    BULKWRITE_CHECK(converter_.is_open(), "an encoding is known before a source is opened");
    left_ = std::span(in_).first(0);
  }
  const std::string& name() const override { return stream_->name(); }
  bool rereadable() const override { return false; }
  const FileIdentity& identity() const override { return stream_->identity(); }
  uint64_t file_bytes_read() const override { return stream_->file_bytes_read(); }
  const std::string& transcoded_from() const override { return encoding_; }

  Result<size_t> read(std::span<char> out) override {
    while (made_.empty()) {
      if (failure_) return *failure_;
      if (ended_) return size_t{0};
      fill();
    }
    const size_t give = std::min(out.size(), made_.size());
    std::memcpy(out.data(), made_.data(), give);
    made_ = made_.subspan(give);
    return give;
  }

 private:
  // Reads on where there may be more, and transcodes what is there.
  void fill() {
    bool at_end = false;
    if (needs_more_) {
      std::memmove(in_.data(), left_.data(), left_.size());
      auto got = stream_->read(std::span(in_).subspan(left_.size()));
      if (!got) {
        failure_ = std::move(got).error();
        return;
      }
      at_end = *got == 0;
      left_ = std::span(in_).first(left_.size() + *got);
    }
    std::span<char> room(out_);
    const size_t had = left_.size();
    const Converter::Stop stop = converter_.convert(left_, room);
    in_offset_ += had - left_.size();
    needs_more_ = stop == Converter::Stop::in_used_up || stop == Converter::Stop::within_character;
    if (stop == Converter::Stop::no_character) failure_ = no_character();
    if (at_end && needs_more_) end(room);
    made_ = std::span(out_).first(out_.size() - room.size());
  }

  void end(std::span<char>& room) {
    ended_ = true;
    if (left_.empty())
      converter_.finish(room);
    else
      failure_ = Error{ErrorKind::input_data,
                       fmt::format("{}: the input ends within a character of {}, which begins at byte {}: it is cut "
                                   "off, or in another encoding",
                                   name(), encoding_, in_offset_)};
  }

  Error no_character() const {
    std::string bytes;
    for (const char c : left_.first(std::min<size_t>(left_.size(), 4)))
      bytes += fmt::format(" {:02X}", static_cast<unsigned char>(c));
    return {ErrorKind::input_data,
            fmt::format("{}: at byte {} ({}) begins no character of {}: mend the file there, or name its encoding "
                        "with --encoding",
                        name(), in_offset_, bytes.substr(bytes.empty() ? 0 : 1), encoding_)};
  }

  std::unique_ptr<ByteStream> stream_;
  const std::string encoding_;
  Converter converter_;
  std::vector<char> in_ = std::vector<char>(kInBytes), out_ = std::vector<char>(kOutBytes);
  std::span<char> left_;    // of in_, not transcoded yet
  std::span<char> made_;    // of out_, not handed out yet
  uint64_t in_offset_;      // of left_, in the stream
  bool needs_more_ = true;  // left_ is nothing, or the beginning of a character
  bool ended_ = false;
  std::optional<Error> failure_;  // behind made_
};

Result<std::string> read_first(ByteStream& stream) {
  std::string first(kByteOrderMarkBytes, '\0');
  size_t had = 0;
  while (had < first.size()) {
    auto got = stream.read(std::span(first).subspan(had));
    if (!got) return std::move(got).error();
    if (*got == 0) break;
    had += *got;
  }
  first.resize(had);
  return first;
}

}  // namespace

ByteOrderMark byte_order_mark(std::string_view first) {
  for (const auto& [mark, encoding] : kMarks)
    if (first.starts_with(mark)) return {encoding, mark.size()};
  return {};
}

bool is_utf8_name(std::string_view encoding) {
  std::string name;
  for (const char c : encoding)
    if (c != '-' && c != '_') name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name == "UTF8";
}

Result<void> validate_encoding(const std::string& encoding) {
  // What stands behind a slash tells iconv to drop or replace characters; no name is that of the system's own.
  const bool is_name = !encoding.empty() && encoding.find('/') == std::string::npos;
  if (is_name && Converter(encoding).is_open()) return {};
  return Error{ErrorKind::usage,
               fmt::format("--encoding {}: no such encoding; `iconv -l` lists the names, such as windows-1252, "
                           "ISO-8859-15, UTF-16LE, Shift_JIS or GB18030",
                           encoding.empty() ? "\"\"" : encoding)};
}

Result<std::unique_ptr<ByteStream>> in_utf8(std::unique_ptr<ByteStream> stream, const std::string& encoding) {
  auto first = read_first(*stream);
  if (!first) return std::move(first).error();
  const ByteOrderMark mark = byte_order_mark(*first);
  const std::string chosen(mark.bytes > 0 ? mark.encoding : encoding);
  const bool is_utf8 = chosen.empty() || is_utf8_name(chosen);
  const size_t text = is_utf8 ? 0 : mark.bytes;
  std::unique_ptr<ByteStream> whole = std::make_unique<Opened>(std::move(stream), first->substr(text));
  if (is_utf8) return whole;
  return std::unique_ptr<ByteStream>(std::make_unique<Transcoded>(std::move(whole), chosen, text));
}

}  // namespace bulkwrite::source
