# The image's text and its exit status, in both accuracies.
foreach(accuracy exact fast)
    execute_process(COMMAND ${MOTE} run ${IMAGE} --board ${BOARD} --time-limit 1s
            --accuracy ${accuracy}
        RESULT_VARIABLE status OUTPUT_VARIABLE text)
    if(NOT status EQUAL 7 OR NOT text STREQUAL "htif says\n...!")
        message(FATAL_ERROR "${accuracy}: exit status ${status}, text \"${text}\"")
    endif()
endforeach()
