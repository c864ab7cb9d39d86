#include "tools/bulkwrite/program.h"

int main(int argc, char** argv) {
  return bulkwrite::cli::run_program(argc, argv);
}
