# One interface target carries the flags of our own code; libraries' headers come in as SYSTEM and are exempt.
find_package(Threads REQUIRED)

add_library(bulkwrite_flags INTERFACE)
target_compile_options(bulkwrite_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-missing-field-initializers)  # designated initializers leave the rest to the members' own defaults
# GCC 12 raises these where there is nothing (when it optimises strings and variants, or under sanitizers).
target_compile_options(bulkwrite_flags INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-restrict>)
target_include_directories(bulkwrite_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(bulkwrite_flags INTERFACE Threads::Threads)
if(BULKWRITE_WERROR)
  target_compile_options(bulkwrite_flags INTERFACE -Werror)
endif()
if(BULKWRITE_SANITIZE)
  add_compile_options(-fsanitize=${BULKWRITE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BULKWRITE_SANITIZE})
  if(BULKWRITE_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A fifth of the time that the compiler takes. AddressSanitizer ends at a null pointer as well, and the preset fuzz,
    # which clang compiles, looks for both.
    add_compile_options(-fno-sanitize=null,alignment)
  endif()
endif()
# For what is compiled more often than it matters how fast it runs: tests, the sandbox, the command line.
if(BULKWRITE_SANITIZE)
  set(BULKWRITE_SELDOM_RUN_FLAGS -O0)
else()
  set(BULKWRITE_SELDOM_RUN_FLAGS -O1)
endif()
if(BULKWRITE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # libFuzzer sees which branches of the engine an input takes
endif()

# bulkwrite_library(NAME SOURCES... [LINK targets...]): a static library with the project's flags.
function(bulkwrite_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC bulkwrite_flags ${ARG_LINK})
endfunction()

# bulkwrite_library_with_bugs(NAME SOURCES...): NAME_with_bugs are those sources of the library NAME that can make the
# mistakes of engine/base/deliberate_bug.h, compiled so that they do. A program that links it has these objects in place
# of the library's own. For tests only, and built only where one needs it.
function(bulkwrite_library_with_bugs name)
  if(NOT BULKWRITE_TESTS)
    return()
  endif()
  get_target_property(definitions ${name} COMPILE_DEFINITIONS)
  add_library(${name}_with_bugs OBJECT EXCLUDE_FROM_ALL ${ARGN})
  target_link_libraries(${name}_with_bugs PUBLIC ${name})
  target_compile_definitions(${name}_with_bugs PUBLIC BULKWRITE_DELIBERATE_BUGS)
  target_compile_options(${name}_with_bugs PRIVATE ${BULKWRITE_SELDOM_RUN_FLAGS})
  if(definitions)
    target_compile_definitions(${name}_with_bugs PRIVATE ${definitions})
  endif()
endfunction()
