# cmake --install: libraries, headers, the program and what find_package(radial) reads. The prefix may be moved.
include(CMakePackageConfigHelpers)

get_property(radial_libraries GLOBAL PROPERTY RADIAL_LIBRARIES)
install(TARGETS ${radial_libraries} EXPORT radialTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/radial)
install(TARGETS radial RUNTIME)

# Headers include each other as "core/tensor.h"; their own folder keeps that from meeting other packages' "core".
foreach(library ${radial_libraries})
  string(REPLACE "radial_" "" folder ${library})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/radial
    FILES_MATCHING PATTERN "*.h" PATTERN "simd" EXCLUDE)
endforeach()

set(radial_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/radial)
install(EXPORT radialTargets NAMESPACE radial:: DESTINATION ${radial_package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/radialConfig.cmake.in
  ${PROJECT_BINARY_DIR}/radialConfig.cmake INSTALL_DESTINATION ${radial_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/radialConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/radialConfig.cmake ${PROJECT_BINARY_DIR}/radialConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindWebP.cmake ${CMAKE_CURRENT_LIST_DIR}/FindLibZip.cmake
  DESTINATION ${radial_package_dir})
