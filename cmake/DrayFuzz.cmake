# dray_fuzz(<name> LAYER <layer>)
#
# A fuzz target, fuzz/<name>.cpp, with its seeds in fuzz/seeds/<name>. With the preset `fuzz` it is the libFuzzer program
# fuzz_<name>. In every other build the same code runs once over its seeds, as an ordinary test: a finding that was
# added to the seeds stays found.
function(dray_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LAYER" "")
  add_executable(fuzz_${name} ${name}.cpp)
  target_link_libraries(fuzz_${name} PRIVATE dray_warnings dray_${arg_LAYER}_layer)
  if(DRAY_BUILD_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE run_over_files.cpp)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} "${CMAKE_CURRENT_SOURCE_DIR}/seeds/${name}")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS unit TIMEOUT 60)
  endif()
endfunction()
