# cmake -D PROGRAMS=FOLDER -D RADIAL=PROGRAM -D WORK_DIR=... -P printed.cmake
# Runs the examples, which lie in PROGRAMS, and checks what they print.
set(examples ${CMAKE_CURRENT_LIST_DIR}/../../examples)
set(ENV{OMP_WAIT_POLICY} passive)  # other tests run beside

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

# A text of one sentence is soon known by heart: from ln 256 to a letter that it hardly ever misses.
string(REPEAT "the cat sat on the mat, and the dog lay by the door. " 50 text)
file(WRITE ${WORK_DIR}/text.txt "${text}")
prints("step 0: loss 5\\.[4-9].*step 100: loss 0\\.[0-3].* the " ${PROGRAMS}/letters ${WORK_DIR}/text.txt 100)

prints("step 100: loss [0-9.]+, overlaps array.*step 200: loss 0\\.[2-6]" ${PROGRAMS}/boxes 200)

# Far more pictures are taken for something else when their pixels moved.
file(REMOVE_RECURSE ${WORK_DIR}/pictures)
prints("" ${RADIAL} synth ${WORK_DIR}/pictures --classes 2 --size 32 --train 200 --val 60)
prints("to 0/255: accuracy 0\\.[7-9].*to 2/255: accuracy 0\\.[4-6].*to 4/255: accuracy 0\\.[1-4]"
       ${PROGRAMS}/fooled ${WORK_DIR}/pictures)
