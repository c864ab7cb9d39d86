// Raw deflate behind one interface, so that libraries can come and go.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace bulkwrite::zip {

enum class Engine { zlib, libdeflate, isal };

// Those that this build has; zlib always.
std::vector<Engine> available_engines();
bool is_available(Engine engine);
std::string_view engine_name(Engine engine);

// Reusable; no allocation per call. One thread.
class Deflater {
 public:
  virtual ~Deflater() = default;
  // One whole deflate stream of `in` into `out`. The bytes written, or 0 when they do not fit.
  virtual size_t deflate(std::string_view in, std::span<char> out) = 0;
};

// configuration where the engine is not built in or has no such level (zlib 1-9, libdeflate 1-12, ISA-L 1-3).
Result<std::unique_ptr<Deflater>> make_deflater(Engine engine, int level);

}  // namespace bulkwrite::zip
