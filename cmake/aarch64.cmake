# For 64-bit ARM, from another machine, with Debian's cross compiler. That brings the C and C++ libraries; the others lie
# where `./run build arm64` unpacks them. qemu runs what is built.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

cmake_path(SET libraries NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../build/arm64-libraries)
set(CMAKE_SYSROOT ${libraries})
set(CMAKE_BUILD_RPATH ${libraries}/usr/lib/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
