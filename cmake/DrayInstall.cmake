# `cmake --install`: the program, the library with its headers, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set(dray_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/dray")

if(TARGET dray_cli)
  install(TARGETS dray_cli)
  install(FILES "${PROJECT_SOURCE_DIR}/packaging/dray-registry.service" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# The archives below a static program lie in the build's folder: no user of the library could link them.
if(DRAY_STATIC)
  return()
endif()

install(TARGETS dray EXPORT drayTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

install(EXPORT drayTargets NAMESPACE dray:: DESTINATION "${dray_cmake_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/drayConfig.cmake.in" "${PROJECT_BINARY_DIR}/drayConfig.cmake"
                              INSTALL_DESTINATION "${dray_cmake_dir}")
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/drayConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/drayConfig.cmake" "${PROJECT_BINARY_DIR}/drayConfigVersion.cmake"
        DESTINATION "${dray_cmake_dir}")

# What libdray itself links belongs to a user's link line only when libdray is an archive. It is then in the public
# fields, not in the .private ones: those are for `pkg-config --static`, which would ask for archives of everything
# below libcurl too.
set(dray_pc_requires "libcurl >= 7.88, openssl >= 3, zlib, libzstd, libisal, libcrypt, yaml-cpp, re2, fmt")
get_target_property(boost_json Boost::json IMPORTED_LOCATION_RELEASE)
if(NOT boost_json)
  get_target_property(boost_json Boost::json IMPORTED_LOCATION)
endif()
cmake_path(GET boost_json PARENT_PATH boost_dir)
set(dray_pc_libs "-lboost_json -pthread")
if(NOT boost_dir IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  string(PREPEND dray_pc_libs "-L${boost_dir} ")
endif()
if(BUILD_SHARED_LIBS)
  set(dray_pc_dependencies "Requires.private: ${dray_pc_requires}\nLibs.private: ${dray_pc_libs}")
  set(dray_pc_own_libs "-L\${libdir} -ldray")
else()
  set(dray_pc_dependencies "Requires: ${dray_pc_requires}")
  set(dray_pc_own_libs "-L\${libdir} -ldray ${dray_pc_libs}")
endif()
# From <prefix>/<libdir>/pkgconfig back to <prefix>.
file(RELATIVE_PATH dray_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" dray_pc_prefix "${dray_pc_prefix}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/dray.pc.in" "${PROJECT_BINARY_DIR}/dray.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/dray.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
