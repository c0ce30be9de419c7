# dray_tests(<layer> SOURCES <file>... [LINKS <target>...] [SHARDS <count>])
#
# The unit tests of one layer: dray_<layer>_tests, which links that layer and those below, never one above. Private
# headers of the layer are found by their bare name, as beside their sources. The label is "unit".
function(dray_tests layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SHARDS" "SOURCES;LINKS")
  dray_test_program(dray_${layer}_tests LABEL unit SOURCES ${arg_SOURCES} SHARDS ${arg_SHARDS}
                    LINKS dray_${layer}_layer ${arg_LINKS})
  if(TARGET dray_${layer}_tests)
    target_include_directories(dray_${layer}_tests PRIVATE "${PROJECT_SOURCE_DIR}/src/${layer}")
  endif()
endfunction()

# dray_test_program(<target> LABEL <label> SOURCES <file>... [LINKS <target>...] [SHARDS <count>])
#
# A GoogleTest program that ctest runs as SHARDS processes (1 without it), each with its share of the tests: to start a
# program of this size once for every test takes longer than most tests. One test alone: `<program> --gtest_filter=…`.
# Without sources it is nothing. <target>_shards are the tests that ctest knows. ctest takes labels as patterns, so that
# both e2e and slow find `e2e-slow`.
function(dray_test_program target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;SHARDS" "SOURCES;LINKS")
  if(NOT arg_SOURCES)
    return()
  endif()
  if(NOT arg_SHARDS)
    set(arg_SHARDS 1)
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE dray_warnings ${arg_LINKS} fmt::fmt GTest::gmock GTest::gtest_main)
  if(TARGET dray_test_support)
    target_link_libraries(${target} PRIVATE dray_test_support)
  endif()
  target_compile_definitions(${target} PRIVATE DRAY_TESTDATA_DIR="${PROJECT_SOURCE_DIR}/tests/testdata")
  if(DRAY_BATCH_TESTS)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
  endif()
  foreach(shard RANGE 1 ${arg_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${target}.${shard} COMMAND ${target})
    set_tests_properties(
      ${target}.${shard}
      PROPERTIES ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}" LABELS "${arg_LABEL}"
                 TIMEOUT 600)
    list(APPEND shards ${target}.${shard})
  endforeach()
  set(${target}_shards ${shards} PARENT_SCOPE)
endfunction()

# dray_test_library([SOURCES <file>...] [LINKS <target>...])
#
# dray_test_support: what tests share; its headers are included as "support/x.hpp". Every test program links it.
function(dray_test_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LINKS")
  if(arg_SOURCES)
    add_library(dray_test_support STATIC ${arg_SOURCES})
    target_include_directories(dray_test_support PUBLIC "${PROJECT_SOURCE_DIR}/tests")
    target_link_libraries(dray_test_support PRIVATE dray_warnings PUBLIC ${arg_LINKS} GTest::gmock GTest::gtest)
  else()
    add_library(dray_test_support INTERFACE)
    target_include_directories(dray_test_support INTERFACE "${PROJECT_SOURCE_DIR}/tests")
    target_link_libraries(dray_test_support INTERFACE ${arg_LINKS} GTest::gmock GTest::gtest)
  endif()
endfunction()
