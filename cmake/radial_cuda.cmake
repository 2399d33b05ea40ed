# RADIAL_CUDA: what the sources named *_cuda.cu and *_cuda.cpp and those in a folder cuda/ become.
#   OFF       they are left out
#   ON        nvcc compiles them, cudart and cuDNN are linked; an error if one of them is missing
#   AUTO      ON where they are found, else OFF
#   EMULATED  the C++ compiler compiles them against the emulated device of tests/cuda_emulation/
set(RADIAL_CUDA OFF CACHE STRING "Build the CUDA half: OFF, ON, AUTO or EMULATED")
set(RADIAL_CUDA_ARCHITECTURES "80-real;90" CACHE STRING "GPUs to compile for; the last also as PTX, for later ones")
set_property(CACHE RADIAL_CUDA PROPERTY STRINGS OFF ON AUTO EMULATED)
if(NOT RADIAL_CUDA MATCHES "^(OFF|ON|AUTO|EMULATED)$")
  message(FATAL_ERROR "RADIAL_CUDA=${RADIAL_CUDA} but it must be OFF, ON, AUTO or EMULATED")
endif()

# Where toolkit and cuDNN may lie: their own folder, Debian's, those of the pip packages nvidia-cudnn-cu13 and so on.
file(GLOB radial_pip_folders
  $ENV{VIRTUAL_ENV}/lib/python3*/site-packages/nvidia/* /usr/lib/python3*/site-packages/nvidia/*
  /usr/local/lib/python3*/dist-packages/nvidia/* $ENV{HOME}/.local/lib/python3*/site-packages/nvidia/*)
set(radial_cuda_folders $ENV{CUDNN_HOME} $ENV{CUDA_HOME} $ENV{CUDA_PATH} /usr/local/cuda ${radial_pip_folders} /usr)

# radial_find_cuda(): sets radial_cuda_missing to what was not found, or to nothing.
macro(radial_find_cuda)
  set(radial_cuda_missing "")
  find_program(RADIAL_NVCC nvcc HINTS ENV CUDACXX PATHS ${radial_cuda_folders} PATH_SUFFIXES bin)
  find_path(RADIAL_CUDNN_INCLUDE cudnn.h PATHS ${radial_cuda_folders} PATH_SUFFIXES include)
  find_library(RADIAL_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 PATHS ${radial_cuda_folders} PATH_SUFFIXES lib64 lib)
  if(NOT RADIAL_NVCC)
    list(APPEND radial_cuda_missing "nvcc (CUDA Toolkit 12 or later)")
  endif()
  if(NOT RADIAL_CUDNN_INCLUDE OR NOT RADIAL_CUDNN_LIBRARY)
    list(APPEND radial_cuda_missing "cuDNN 9 (CUDNN_HOME may name its folder)")
  endif()
endmacro()

set(radial_cuda ${RADIAL_CUDA})  # what it comes to: OFF, ON or EMULATED
if(RADIAL_CUDA MATCHES "^(ON|AUTO)$")
  radial_find_cuda()
  if(NOT radial_cuda_missing)
    set(radial_cuda ON)
  elseif(RADIAL_CUDA STREQUAL "ON")
    message(FATAL_ERROR "RADIAL_CUDA=ON but these were not found: ${radial_cuda_missing}")
  else()
    set(radial_cuda OFF)
    message(STATUS "Building without CUDA; not found: ${radial_cuda_missing}")
  endif()
endif()

if(radial_cuda STREQUAL "ON")
  set(CMAKE_CUDA_COMPILER ${RADIAL_NVCC})
  set(CMAKE_CUDA_ARCHITECTURES ${RADIAL_CUDA_ARCHITECTURES})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  enable_language(CUDA)
  find_package(CUDAToolkit 12 REQUIRED)
endif()

# radial_cuda_sources(folder): adds the CUDA sources of the folder's library, found by their names.
function(radial_cuda_sources folder)
  if(radial_cuda STREQUAL "OFF")
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *_cuda.cu *_cuda.cpp cuda/*.cu cuda/*.cpp)
  if(radial_cuda STREQUAL "EMULATED")  # no cuDNN; core/CMakeLists.txt names what stands for it
    list(FILTER sources EXCLUDE REGEX "/cuda/conv_[a-z]+\\.cpp$")
  endif()
  set(kernels ${sources})
  list(FILTER kernels INCLUDE REGEX "\\.cu$")
  target_sources(radial_${folder} PRIVATE ${sources})
  if(radial_cuda STREQUAL "EMULATED")
    # Vectors are read through pointers to other types, as nvcc allows.
    set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-x;c++;-fno-strict-aliasing")
  endif()
endfunction()

# radial_use_cuda(target): what the library core hands on to all that use it.
function(radial_use_cuda target)
  if(radial_cuda STREQUAL "OFF")
    return()
  endif()
  target_compile_definitions(${target} PUBLIC RADIAL_WITH_CUDA=1)
  if(radial_cuda STREQUAL "EMULATED")
    target_compile_definitions(${target} PUBLIC RADIAL_CUDA_EMULATED=1)
    target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:radial_cuda_emulation>)
  else()
    target_include_directories(${target} SYSTEM PRIVATE ${RADIAL_CUDNN_INCLUDE})
    target_link_libraries(${target} PUBLIC CUDA::cudart_static PRIVATE ${RADIAL_CUDNN_LIBRARY})
  endif()
endfunction()
