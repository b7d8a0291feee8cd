# The image's text and its exit status.
execute_process(COMMAND ${MOTE} run ${IMAGE} --board ${BOARD} --time-limit 1s
    RESULT_VARIABLE status OUTPUT_VARIABLE text)
if(NOT status EQUAL 7 OR NOT text STREQUAL "htif says\n!")
    message(FATAL_ERROR "exit status ${status}, text \"${text}\"")
endif()
