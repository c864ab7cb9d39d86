// The program: one call from its arguments to its exit code.
#pragma once

namespace bulkwrite::cli {

int run_program(int argc, char** argv);

}  // namespace bulkwrite::cli
