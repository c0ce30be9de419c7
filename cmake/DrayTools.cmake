# Faster builds with the tools that happen to be installed; the result is the same without them.
if(NOT DRAY_FAST_TOOLS)
  return()
endif()

find_program(DRAY_CCACHE ccache)
mark_as_advanced(DRAY_CCACHE)
if(DRAY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${DRAY_CCACHE}")
endif()

find_program(DRAY_MOLD mold)
mark_as_advanced(DRAY_MOLD)
if(DRAY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
