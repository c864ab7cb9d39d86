#include "engine/zip/deflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "engine/base/check.h"

#ifdef BULKWRITE_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef BULKWRITE_ISAL
#include <isa-l/igzip_lib.h>
#endif

namespace bulkwrite::zip {
namespace {

constexpr int kRawDeflateWindowBits = -15;
constexpr int kMemoryLevel = 8;

class ZlibDeflater final : public Deflater {
 public:
  explicit ZlibDeflater(int level) {
    const int made = deflateInit2(&stream_, level, Z_DEFLATED, kRawDeflateWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    BULKWRITE_CHECK(made == Z_OK, "zlib takes its own levels");
  }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;
  ~ZlibDeflater() override { deflateEnd(&stream_); }

  size_t deflate(std::string_view in, std::span<char> out) override {
    constexpr size_t kStepMax = std::numeric_limits<uInt>::max();
    if (in.size() > kStepMax || out.size() > kStepMax) return 0;
    deflateReset(&stream_);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    return ::deflate(&stream_, Z_FINISH) == Z_STREAM_END ? out.size() - stream_.avail_out : 0;
  }

 private:
  z_stream stream_{};
};

#ifdef BULKWRITE_LIBDEFLATE
class LibdeflateDeflater final : public Deflater {
 public:
  explicit LibdeflateDeflater(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    BULKWRITE_CHECK(compressor_ != nullptr, "libdeflate has memory for a compressor");
  }
  size_t deflate(std::string_view in, std::span<char> out) override {
    return libdeflate_deflate_compress(compressor_.get(), in.data(), in.size(), out.data(), out.size());
  }

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
  };
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
};
#endif

#ifdef BULKWRITE_ISAL
class IsalDeflater final : public Deflater {
 public:
  explicit IsalDeflater(int level) : level_(level) {
    constexpr std::array<size_t, 3> kBufferBytes{ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT};
    buffer_.resize(kBufferBytes.at(static_cast<size_t>(level) - 1));
  }
  size_t deflate(std::string_view in, std::span<char> out) override {
    constexpr size_t kStepMax = std::numeric_limits<uint32_t>::max();
    if (in.size() > kStepMax || out.size() > kStepMax) return 0;
    isal_deflate_stateless_init(&stream_);
    stream_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uint32_t>(in.size());
    stream_.next_out = reinterpret_cast<uint8_t*>(out.data());
    stream_.avail_out = static_cast<uint32_t>(out.size());
    stream_.level = static_cast<uint32_t>(level_);
    stream_.level_buf = buffer_.data();
    stream_.level_buf_size = static_cast<uint32_t>(buffer_.size());
    stream_.end_of_stream = 1;
    stream_.gzip_flag = IGZIP_DEFLATE;
    return isal_deflate_stateless(&stream_) == COMP_OK ? stream_.total_out : 0;
  }

 private:
  const int level_;
  std::vector<uint8_t> buffer_;
  isal_zstream stream_{};
};
#endif

constexpr int levels_of(Engine engine) {
  switch (engine) {
    case Engine::zlib:
      return 9;
    case Engine::libdeflate:
      return 12;
    case Engine::isal:
      return 3;
  }
  return 0;
}

}  // namespace

std::vector<Engine> available_engines() {
  std::vector<Engine> engines{Engine::zlib};
#ifdef BULKWRITE_LIBDEFLATE
  engines.push_back(Engine::libdeflate);
#endif
#ifdef BULKWRITE_ISAL
  engines.push_back(Engine::isal);
#endif
  return engines;
}

bool is_available(Engine engine) {
  const std::vector<Engine> engines = available_engines();
  return std::find(engines.begin(), engines.end(), engine) != engines.end();
}

std::string_view engine_name(Engine engine) {
  switch (engine) {
    case Engine::zlib:
      return "zlib";
    case Engine::libdeflate:
      return "libdeflate";
    case Engine::isal:
      return "ISA-L";
  }
  return "zlib";
}

Result<std::unique_ptr<Deflater>> make_deflater(Engine engine, int level) {
  if (!is_available(engine))
    return Error{ErrorKind::configuration, fmt::format("this build has no {}", engine_name(engine))};
  if (level < 1 || level > levels_of(engine)) {
    return Error{ErrorKind::configuration,
                 fmt::format("{} has no level {}, only 1 to {}", engine_name(engine), level, levels_of(engine))};
  }
#ifdef BULKWRITE_LIBDEFLATE
  if (engine == Engine::libdeflate) return std::unique_ptr<Deflater>(std::make_unique<LibdeflateDeflater>(level));
#endif
#ifdef BULKWRITE_ISAL
  if (engine == Engine::isal) return std::unique_ptr<Deflater>(std::make_unique<IsalDeflater>(level));
#endif
  return std::unique_ptr<Deflater>(std::make_unique<ZlibDeflater>(level));
}

}  // namespace bulkwrite::zip
