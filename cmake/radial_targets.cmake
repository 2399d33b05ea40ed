# Helpers that every folder uses: one library a folder, one test program a folder.

# Instruction sets that builds with sanitizers do without: SSSE3, whose vectors are as wide as SSE4's, and what is
# better than AVX2 where this machine could not run it. Highway gives better ones lower bits.
set(radial_left_out_targets HWY_SSSE3)
set(radial_flags "")
if(EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo radial_flags REGEX "^flags" LIMIT_COUNT 1)
  if(NOT radial_flags MATCHES " avx512f")
    string(APPEND radial_left_out_targets "|(HWY_AVX2-1)")
  endif()
endif()
# RADIAL_QUICK does without all but this machine's, and without those that are better for integers or bfloat16 alone.
if(RADIAL_QUICK AND radial_flags MATCHES " avx512f")
  set(radial_left_out_targets "HWY_SSSE3|HWY_SSE4|HWY_AVX2|(HWY_AVX3-1)")
elseif(RADIAL_QUICK AND radial_flags MATCHES " avx2")
  set(radial_left_out_targets "HWY_SSSE3|HWY_SSE4|(HWY_AVX2-1)")
endif()

# radial_options(target): language level, warnings, sanitizers and the include root of all our targets.
function(radial_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  set(options -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-unknown-pragmas
              -fopenmp-simd  # sums marked so become vectors
              -fno-math-errno -fno-trapping-math)  # no one asks; loops with sqrt and max become vectors
  set(nvcc_options -std=c++20 --expt-relaxed-constexpr  # CMake 3.25 does not know that nvcc has C++20
                   -Xcompiler=-Wall,-Wextra,-Wnon-virtual-dtor,-Wno-unknown-pragmas)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    list(APPEND options -Wno-pass-failed)  # it tells where a loop marked so did not become vectors: speed, no fault
  endif()
  if(RADIAL_WERROR)
    list(APPEND options -Werror)
    list(APPEND nvcc_options -Werror=all-warnings)
  endif()
  if(RADIAL_UNITY)
    list(APPEND options -Wno-shadow)  # locals meet the globals of other sources
  endif()
  if(RADIAL_NATIVE)
    list(APPEND options -march=native)
  endif()
  if(RADIAL_SANITIZE)
    list(APPEND options -fsanitize=${RADIAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_definitions(${target} PRIVATE RADIAL_SANITIZED=1)
    target_link_options(${target} PUBLIC -fsanitize=${RADIAL_SANITIZE})
  endif()
  if(RADIAL_SANITIZE OR RADIAL_QUICK)
    target_compile_definitions(${target} PRIVATE "RADIAL_LEFT_OUT_TARGETS=${radial_left_out_targets}")
  endif()
  if(RADIAL_QUICK)
    list(APPEND options -O1)
  endif()
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${options}>"
                                           "$<$<COMPILE_LANGUAGE:CUDA>:${nvcc_options}>")
endfunction()

# radial_together(target): with RADIAL_UNITY, compiles its sources several at once. Kernels that are compiled once for
# each instruction set include themselves by name, so they stay alone; with RADIAL_QUICK they alone are optimised.
function(radial_together target)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE file)
    if(EXISTS ${file})
      file(STRINGS ${file} itself REGEX "^#define HWY_TARGET_INCLUDE" LIMIT_COUNT 1)
      if(itself)
        set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        if(RADIAL_QUICK)
          set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -O3)
        endif()
      endif()
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${RADIAL_UNITY})
endfunction()

# radial_library(folder SOURCES ... [PUBLIC lib...] [PRIVATE lib...]): the library radial::folder.
function(radial_library folder)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(radial_${folder} STATIC ${arg_SOURCES})
  add_library(radial::${folder} ALIAS radial_${folder})
  set_target_properties(radial_${folder} PROPERTIES EXPORT_NAME ${folder} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(radial_${folder} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/radial>)
  target_link_libraries(radial_${folder} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  radial_options(radial_${folder})
  radial_together(radial_${folder})
  set_property(GLOBAL APPEND PROPERTY RADIAL_LIBRARIES radial_${folder})
endfunction()

# radial_test_options(target): what the sources of all tests are compiled with.
function(radial_test_options target)
  radial_options(${target})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)  # time goes to the libraries
  if(RADIAL_SANITIZE MATCHES undefined)
    # It is there for what is tested, and doubles the time that Catch2's macros take to compile.
    target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
  endif()
endfunction()

# radial_test(folder SOURCES ... LIBRARIES ...): one Catch2 program, test_<folder>, its cases known to ctest.
function(radial_test folder)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(test_${folder} ${arg_SOURCES})
  target_link_libraries(test_${folder} PRIVATE ${arg_LIBRARIES} radial_catch2)
  target_compile_definitions(test_${folder} PRIVATE RADIAL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  radial_test_options(test_${folder})
  radial_together(test_${folder})
  if(TARGET radial_precompiled_catch2)
    target_precompile_headers(test_${folder} REUSE_FROM radial_precompiled_catch2)
  endif()
  catch_discover_tests(test_${folder} TEST_PREFIX "${folder}: "
    PROPERTIES TIMEOUT 600 SKIP_REGULAR_EXPRESSION "skipped: no (GPU|Pillow|MPI|namespaces)")
endfunction()
