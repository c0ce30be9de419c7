# Installs the build into a folder of its own, then builds the consumer against it in both ways and lets it pull an image
# from a registry on this machine. This file belongs to the project's own tests; CMakeLists.txt beside it is the
# consumer's.
set(consumer_prefix "${CMAKE_CURRENT_BINARY_DIR}/consumer/prefix")
set(consumer_libdir "${consumer_prefix}/${CMAKE_INSTALL_LIBDIR}")

add_test(NAME consumer.remove_old COMMAND "${CMAKE_COMMAND}" -E rm -rf "${CMAKE_CURRENT_BINARY_DIR}/consumer")
add_test(NAME consumer.install COMMAND "${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${consumer_prefix}")
set_tests_properties(consumer.remove_old PROPERTIES FIXTURES_SETUP consumer_clean)
set_tests_properties(consumer.install PROPERTIES FIXTURES_REQUIRED consumer_clean FIXTURES_SETUP consumer_prefix)

# The consumer is compiled as the project is: a sanitized archive needs a sanitized program.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(consumer_options -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}"
                     "-DCMAKE_CXX_FLAGS_${build_type}=${CMAKE_CXX_FLAGS_${build_type}}"
                     -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER})
foreach(way IN ITEMS cmake_package pkg_config)
  if(way STREQUAL "pkg_config")
    set(how -DUSE_PKG_CONFIG=ON)
  else()
    set(how -DUSE_PKG_CONFIG=OFF "-DCMAKE_PREFIX_PATH=${consumer_prefix}")
  endif()
  add_test(NAME consumer.${way}
           COMMAND "${CMAKE_CTEST_COMMAND}"
                   --build-and-test "${CMAKE_CURRENT_SOURCE_DIR}/consumer" "${CMAKE_CURRENT_BINARY_DIR}/consumer/${way}"
                   --build-generator "${CMAKE_GENERATOR}" --build-options ${consumer_options} ${how}
                   --test-command "${CMAKE_CURRENT_SOURCE_DIR}/consumer/pull.sh" "$<TARGET_FILE:dray_twin>"
                                  "${CMAKE_CURRENT_BINARY_DIR}/consumer/${way}/consumer")
  set_tests_properties(
    consumer.${way}
    PROPERTIES FIXTURES_REQUIRED consumer_prefix
               ENVIRONMENT "PKG_CONFIG_PATH=${consumer_libdir}/pkgconfig;LD_LIBRARY_PATH=${consumer_libdir}"
               PASS_REGULAR_EXPRESSION "\npulled and checked\n")
endforeach()
set_tests_properties(consumer.remove_old consumer.install consumer.cmake_package consumer.pkg_config
                     PROPERTIES LABELS package TIMEOUT 180)
