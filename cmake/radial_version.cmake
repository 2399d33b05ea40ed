# core/version.h: version, commit, compiler and build type, compiled into radial::core.
set(radial_version_cpp "${PROJECT_BINARY_DIR}/version.cpp")
set(radial_sanitizers "")
if(RADIAL_SANITIZE)
  set(radial_sanitizers " ${RADIAL_SANITIZE}")
endif()
add_custom_target(radial_version
  COMMAND ${CMAKE_COMMAND} -D "SOURCE_DIR=${PROJECT_SOURCE_DIR}" -D "OUTPUT=${radial_version_cpp}"
          -D "VERSION=${PROJECT_VERSION}" -D "COMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
          -D "BUILD=$<CONFIG>${radial_sanitizers}"
          -P "${PROJECT_SOURCE_DIR}/cmake/write_version.cmake"
  BYPRODUCTS "${radial_version_cpp}"
  COMMENT "" VERBATIM)
target_sources(radial_core PRIVATE "${radial_version_cpp}")
set_source_files_properties("${radial_version_cpp}" TARGET_DIRECTORY radial_core PROPERTIES GENERATED TRUE)
add_dependencies(radial_core radial_version)
