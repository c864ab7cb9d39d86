// For machines with AVX2 and BMI2.
#include <immintrin.h>

#include "engine/csv/kernel_words.h"
#include "engine/csv/kernels.h"

namespace bulkwrite::csv {
namespace {

struct Avx2 {
  using Lanes = uint64_t __attribute__((vector_size(32)));
  static constexpr size_t kLanes = 4;

  static uint64_t equal(__m256i low, __m256i high, char byte) {
    const __m256i wanted = _mm256_set1_epi8(byte);
    const auto low_bits = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
    const auto high_bits = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
    return low_bits | uint64_t{high_bits} << 32;
  }

  static Masks find(const char* data, char delimiter) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + 32));
    return {equal(low, high, '"'), equal(low, high, delimiter), equal(low, high, '\n'), equal(low, high, '\r')};
  }

  static Lanes behind(Lanes now, Lanes before) {
    const __m256i halves =
        _mm256_permute2x128_si256(reinterpret_cast<__m256i>(before), reinterpret_cast<__m256i>(now), 0x21);
    return reinterpret_cast<Lanes>(_mm256_alignr_epi8(reinterpret_cast<__m256i>(now), halves, 8));
  }

  static uint32_t top_bits(Lanes lanes) {
    return static_cast<uint32_t>(_mm256_movemask_pd(reinterpret_cast<__m256d>(lanes)));
  }

  static uint32_t nonzero(Lanes lanes) {
    const __m256i zero = _mm256_cmpeq_epi64(reinterpret_cast<__m256i>(lanes), _mm256_setzero_si256());
    return top_bits(reinterpret_cast<Lanes>(zero)) ^ 0xF;
  }

  static Lanes spread(uint32_t bits) {
    const __m256i own = _mm256_set_epi64x(8, 4, 2, 1);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi64x(bits), own);
    return reinterpret_cast<Lanes>(_mm256_cmpeq_epi64(set, own));
  }

  static uint64_t deposit(uint64_t bits, uint64_t mask) { return _pdep_u64(bits, mask); }

  static uint64_t multiply_high(uint64_t a, uint64_t b) {
    unsigned long long high;
    _mulx_u64(a, b, &high);
    return high;
  }
};

}  // namespace

const Kernel kAvx2Kernel{"avx2", &lex_words<Avx2>, &count_by_pattern<Avx2>, &list_eight_at_once};
const Kernel kAvx2KernelWithoutPdep{"avx2-without-pdep", &lex_words<Avx2>, &count_by_ends, &list_eight_at_once};

}  // namespace bulkwrite::csv
