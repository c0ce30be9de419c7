# Warnings for our own code, linked PRIVATE by each of our targets. That a warning is an error is a preset's
# choice (CMAKE_COMPILE_WARNING_AS_ERROR), not a user's burden.
add_library(dray_warnings INTERFACE)
target_compile_options(
  dray_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            # Not in batches of files, where a name of one file is seen by the next; file by file it is checked.
            $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>
            # In batches g++ takes each file for a header, and warns of types with members from an unnamed namespace, which
            # in a header would be two types in two programs. In a source file they are as they should be.
            $<$<AND:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>,$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>
            -Wconversion
            -Wsign-conversion
            -Wcast-align
            -Wcast-qual
            -Wextra-semi
            -Wformat=2
            -Wimplicit-fallthrough
            -Wmissing-declarations
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Woverloaded-virtual
            -Wundef
            -Wunused
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
            $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
            # g++ 12 reports both, when it optimises, in the bodies of std::string and std::variant (GCC bugs 105651 and
            # 105562), where a user building a release can do nothing about them.
            $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
            $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-maybe-uninitialized>)
