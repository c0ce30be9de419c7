# Layers are object libraries; libdray is all of them together.
#
# cmake/layers.txt is the one table of who may stand on whom. From it come the link lines of each layer's tests, and
# the test that reads the #include lines (tests/arrows).
set(DRAY_LAYERS_FILE "${PROJECT_SOURCE_DIR}/cmake/layers.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${DRAY_LAYERS_FILE}")

# Puts the layers that <layer> may include into <out>.
function(dray_layers_below layer out)
  file(STRINGS "${DRAY_LAYERS_FILE}" line REGEX "^${layer}:")
  if(NOT line)
    message(FATAL_ERROR "layer '${layer}' is not in cmake/layers.txt")
  endif()
  string(REGEX REPLACE "^${layer}: *" "" below "${line}")
  separate_arguments(below)
  set(${out} "${below}" PARENT_SCOPE)
endfunction()

# dray_layer(<name> [SOURCES <file>...] [LINKS <third-party target>...])
#
# dray_<name>        object library; its objects are part of libdray
# dray_<name>_layer  the same objects as an archive, together with the layers below: what tests of this layer link, so
#                    that they build without the layers above
# A layer without sources (headers alone) has only the second, as an interface.
function(dray_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  dray_layers_below(${name} below)
  list(TRANSFORM below APPEND _layer OUTPUT_VARIABLE below_targets)
  list(TRANSFORM below_targets PREPEND dray_)

  if(NOT arg_SOURCES)
    add_library(dray_${name}_layer INTERFACE)
    target_include_directories(dray_${name}_layer INTERFACE "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(dray_${name}_layer INTERFACE ${below_targets} ${arg_LINKS})
    return()
  endif()

  add_library(dray_${name} OBJECT ${arg_SOURCES})
  target_include_directories(dray_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include")
  target_include_directories(dray_${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_features(dray_${name} PUBLIC cxx_std_20)
  target_link_libraries(dray_${name} PRIVATE dray_warnings fmt::fmt Threads::Threads ${arg_LINKS})
  target_compile_definitions(dray_${name} PRIVATE DRAY_VERSION="${PROJECT_VERSION}")
  set_target_properties(dray_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)

  add_library(dray_${name}_layer STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:dray_${name}>)
  target_include_directories(dray_${name}_layer PUBLIC "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(dray_${name}_layer PUBLIC ${below_targets} PRIVATE fmt::fmt Threads::Threads ${arg_LINKS})
  set_target_properties(dray_${name}_layer PROPERTIES LINKER_LANGUAGE CXX)

  target_sources(dray PRIVATE $<TARGET_OBJECTS:dray_${name}>)
  target_link_libraries(dray PRIVATE ${arg_LINKS})
endfunction()

# dray_program([SOURCES <file>...] [LINKS <third-party target>...])
#
# dray_cli        the program `dray`; main.cpp is its own
# dray_cli_layer  every other source, as an archive that the program and its unit tests share
function(dray_program)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LINKS")
  list(REMOVE_ITEM arg_SOURCES main.cpp)
  if(arg_SOURCES)
    add_library(dray_cli_layer STATIC ${arg_SOURCES})
    target_link_libraries(dray_cli_layer PUBLIC dray::dray PRIVATE dray_warnings fmt::fmt ${arg_LINKS})
    target_include_directories(dray_cli_layer PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    target_compile_definitions(dray_cli_layer PRIVATE DRAY_VERSION="${PROJECT_VERSION}")
  else()
    add_library(dray_cli_layer INTERFACE)
    target_link_libraries(dray_cli_layer INTERFACE dray::dray)
  endif()
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/main.cpp")
    add_executable(dray_cli main.cpp)
    add_executable(dray::cli ALIAS dray_cli)
    target_link_libraries(dray_cli PRIVATE dray_cli_layer dray_warnings fmt::fmt)
    target_compile_definitions(dray_cli PRIVATE DRAY_VERSION="${PROJECT_VERSION}")
    set_target_properties(dray_cli PROPERTIES OUTPUT_NAME dray RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  endif()
endfunction()
