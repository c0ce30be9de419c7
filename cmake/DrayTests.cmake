include(GoogleTest)

# dray_tests(<layer> SOURCES <file>... [LINKS <target>...] [TIMEOUT <seconds>])
#
# The unit tests of one layer: dray_<layer>_tests, which links that layer and those below, never one above. Private
# headers of the layer are found by their bare name, as beside their sources. Each test is one ctest test with the
# label "unit".
function(dray_tests layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINKS")
  dray_test_program(dray_${layer}_tests LABEL unit SOURCES ${arg_SOURCES} TIMEOUT ${arg_TIMEOUT}
                    LINKS dray_${layer}_layer ${arg_LINKS})
  if(TARGET dray_${layer}_tests)
    target_include_directories(dray_${layer}_tests PRIVATE "${PROJECT_SOURCE_DIR}/src/${layer}")
  endif()
endfunction()

# dray_test_program(<target> LABEL <label> SOURCES <file>... [LINKS <target>...] [TIMEOUT <seconds>])
#
# A GoogleTest program whose tests ctest runs one by one. Without sources it is nothing. One label: gtest_discover_tests
# loses all but the first of a list; ctest takes labels as patterns, so that both e2e and slow find `e2e-slow`.
function(dray_test_program target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;LABEL" "SOURCES;LINKS")
  if(NOT arg_SOURCES)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE dray_warnings ${arg_LINKS} fmt::fmt GTest::gmock GTest::gtest_main)
  if(TARGET dray_test_support)
    target_link_libraries(${target} PRIVATE dray_test_support)
  endif()
  target_compile_definitions(${target} PRIVATE DRAY_TESTDATA_DIR="${PROJECT_SOURCE_DIR}/tests/testdata")
  # PRE_TEST: asking a program for its tests while it is being linked fails the build when the program fails.
  # NO_PRETTY_VALUES: rows of a table have names; the bytes of their values are no part of it.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABEL}")
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
