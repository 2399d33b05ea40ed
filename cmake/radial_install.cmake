# cmake --install: libraries, headers, the program and what find_package(radial) reads. The prefix may be moved.
include(CMakePackageConfigHelpers)

get_property(radial_libraries GLOBAL PROPERTY RADIAL_LIBRARIES)
install(TARGETS ${radial_libraries} EXPORT radialTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/radial)
install(TARGETS radial RUNTIME)

# What shells complete, and the manual page where help2man is: the program itself tells both.
if(NOT CMAKE_CROSSCOMPILING)
  set(told ${PROJECT_BINARY_DIR}/told)
  file(MAKE_DIRECTORY ${told})
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${told}/radial.${shell} DEPENDS radial VERBATIM
      COMMAND $<TARGET_FILE:radial> completion ${shell} > ${told}/radial.${shell})
    list(APPEND told_files ${told}/radial.${shell})
  endforeach()
  install(FILES ${told}/radial.bash RENAME radial DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${told}/radial.zsh RENAME _radial DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${told}/radial.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  find_program(RADIAL_HELP2MAN help2man)
  mark_as_advanced(RADIAL_HELP2MAN)
  if(RADIAL_HELP2MAN)
    add_custom_command(OUTPUT ${told}/radial.1 DEPENDS radial VERBATIM
      COMMAND ${RADIAL_HELP2MAN} --no-info --output=${told}/radial.1 --version-string=${PROJECT_VERSION}
              "--name=${PROJECT_DESCRIPTION}" $<TARGET_FILE:radial>)
    list(APPEND told_files ${told}/radial.1)
    install(FILES ${told}/radial.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  endif()
  add_custom_target(told ALL DEPENDS ${told_files})
endif()

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
