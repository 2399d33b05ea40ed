# cmake -D SOURCE_DIR=... -D OUTPUT=... -D VERSION=... -D COMPILER=... -D BUILD=... -P write_version.cmake
# Runs at each build, so that the commit is the one that was built; the file is touched only if it changes.
set(COMMIT unknown)
if(EXISTS "${SOURCE_DIR}/.git")  # not the commit of a repository that merely contains this tree
  execute_process(
    COMMAND git describe --always --abbrev=12 --dirty --exclude=*
    WORKING_DIRECTORY "${SOURCE_DIR}"
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(described)
    set(COMMIT "${described}")
  endif()
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.cpp.in" "${OUTPUT}" @ONLY)
