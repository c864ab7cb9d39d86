// The kernels that there are. kernel.cpp asks the machine which of them it can run.
#pragma once

#include "engine/csv/kernel.h"

namespace bulkwrite::csv {

extern const Kernel kScalarKernel;
#if defined(__x86_64__)
extern const Kernel kAvx2Kernel;
extern const Kernel kAvx2KernelWithoutPdep;  // for machines on which PDEP is slower than a loop
extern const Kernel kAvx512Kernel;
extern const Kernel kAvx512KernelWithoutVbmi2;  // for the first machines with AVX-512
#endif

}  // namespace bulkwrite::csv
