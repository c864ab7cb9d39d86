// For machines with AVX-512 for bytes, and what the AVX2 kernel asks for.
#include <immintrin.h>

#include <array>

#include "engine/csv/kernel_words.h"
#include "engine/csv/kernels.h"

namespace bulkwrite::csv {
namespace {

struct Avx512 {
  using Lanes = uint64_t __attribute__((vector_size(64)));
  static constexpr size_t kLanes = 8;

  static Masks find(const char* data, char delimiter) {
    const __m512i bytes = _mm512_loadu_si512(data);
    const auto equal = [&](char byte) { return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte)); };
    return {equal('"'), equal(delimiter), equal('\n'), equal('\r')};
  }

  static Lanes behind(Lanes now, Lanes before) {
    return reinterpret_cast<Lanes>(
        _mm512_alignr_epi64(reinterpret_cast<__m512i>(now), reinterpret_cast<__m512i>(before), 7));
  }

  static uint32_t top_bits(Lanes lanes) { return _mm512_movepi64_mask(reinterpret_cast<__m512i>(lanes)); }

  static uint32_t nonzero(Lanes lanes) {
    return _mm512_test_epi64_mask(reinterpret_cast<__m512i>(lanes), reinterpret_cast<__m512i>(lanes));
  }

  static Lanes spread(uint32_t bits) { return reinterpret_cast<Lanes>(_mm512_movm_epi64(static_cast<__mmask8>(bits))); }

  static uint64_t deposit(uint64_t bits, uint64_t mask) { return _pdep_u64(bits, mask); }

  static uint64_t multiply_high(uint64_t a, uint64_t b) {
    unsigned long long high;
    _mulx_u64(a, b, &high);
    return high;
  }
};

// Sixteen bits at once, whichever of them are set.
size_t list_by_compressing(const uint64_t* bits, size_t words, uint32_t from, uint32_t* out) {
  uint32_t* end = out;
  __m512i numbers = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(from)),
                                     _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  for (size_t word = 0; word < words; ++word) {
    for (int shift = 0; shift < 64; shift += 16) {
      const auto mask = static_cast<__mmask16>(bits[word] >> shift);
      _mm512_storeu_si512(end, _mm512_maskz_compress_epi32(mask, numbers));
      end += _mm_popcnt_u32(mask);
      numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(16));
    }
  }
  return static_cast<size_t>(end - out);
}

// All 64 bits at once, as bytes, which are widened by sixteens: for most words one store.
__attribute__((target("avx512vbmi2"))) size_t list_by_compressing_bytes(const uint64_t* bits, size_t words,
                                                                        uint32_t from, uint32_t* out) {
  alignas(64) static constexpr std::array<uint8_t, 64> kPlaces = [] {
    std::array<uint8_t, 64> places{};
    for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<uint8_t>(i);
    return places;
  }();
  const uint32_t* const begin = out;
  const __m512i places = _mm512_load_si512(kPlaces.data());
  for (size_t word = 0; word < words; ++word, from += 64) {
    const __m512i base = _mm512_set1_epi32(static_cast<int>(from));
    __m512i listed = _mm512_maskz_compress_epi8(bits[word], places);
    const auto store = [&](uint32_t * to) __attribute__((target("avx512vbmi2"))) {
      _mm512_storeu_si512(to, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(listed))));
    };
    store(out);
    uint32_t* const end = out + _mm_popcnt_u64(bits[word]);
    for (out += 16; out < end; out += 16) {
      listed = _mm512_alignr_epi32(listed, listed, 4);
      store(out);
    }
    out = end;
  }
  return static_cast<size_t>(out - begin);
}

}  // namespace

const Kernel kAvx512Kernel{"avx512", &lex_words<Avx512>, &count_by_pattern<Avx512>, &list_by_compressing_bytes};
const Kernel kAvx512KernelWithoutVbmi2{"avx512-without-vbmi2", &lex_words<Avx512>, &count_by_pattern<Avx512>,
                                       &list_by_compressing};

}  // namespace bulkwrite::csv
