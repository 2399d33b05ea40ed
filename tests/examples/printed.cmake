# cmake -D PROGRAMS=FOLDER -P printed.cmake
# Runs the examples, which lie there, and checks what they print.
set(examples ${CMAKE_CURRENT_LIST_DIR}/../../examples)

function(prints expected)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0 OR NOT output MATCHES "${expected}")
    message(FATAL_ERROR "${ARGN}: ${result}, and this does not match ${expected}:\n${output}")
  endif()
endfunction()

prints("step 20: loss 0\\.[5-8].*step 100: loss 0\\.0[1-4].*accuracy 0\\.9" ${PROGRAMS}/own_network ${examples}/points.csv)

# Momentum lengthens the weight, and its effective step shrinks; that of LARS is about lr throughout.
prints("SGD.*100: norm 1[5-9].*400: norm 2[0-9].*effective step 0\\.00.*cosine[^\n]* 0\\.9.*LARS" ${PROGRAMS}/own_optimizer)
set(turns "[^\n]*effective step 0\\.01999.*")
prints("LARS.*100: norm 2\\.8${turns}200:${turns}300:${turns}400: norm 3${turns}cosine[^\n]* 0\\.9" ${PROGRAMS}/own_optimizer)
