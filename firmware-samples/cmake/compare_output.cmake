# Runs IMAGE on qemu's MACHINE, mps2-an386 if none is named, and compares its console with a reference
# command's output.
#
# cmake -DQEMU=... [-DMACHINE=...] -DIMAGE=... [-DREGEX=... "-DREFERENCE=command;argument"] -P compare_output.cmake
# One instruction takes 32 virtual ns (about 31 MHz) so that time does not depend on the host.
if(NOT MACHINE)
    set(MACHINE mps2-an386)
endif()
execute_process(COMMAND ${QEMU} -M ${MACHINE} -icount shift=5,sleep=off -nographic -monitor none
        -serial null -semihosting-config enable=on,target=native -kernel ${IMAGE}
    OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE status)
set(console "${out}${err}")
if(NOT status EQUAL 0)
    message("${console}")
    message(FATAL_ERROR "${IMAGE} ended with status ${status}")
endif()
if(NOT REFERENCE)
    return()
endif()

function(matching_lines text result)
    string(REPLACE "\n" ";" lines "${text}")
    list(FILTER lines INCLUDE REGEX "${REGEX}")
    set(${result} "${lines}" PARENT_SCOPE)
endfunction()

execute_process(COMMAND ${REFERENCE} OUTPUT_VARIABLE wanted COMMAND_ERROR_IS_FATAL ANY)
matching_lines("${console}" got)
matching_lines("${wanted}" expected)
list(LENGTH expected count)
if(count EQUAL 0 OR NOT got STREQUAL expected)
    message("got:\n${console}\nwanted:\n${wanted}")
    message(FATAL_ERROR "${IMAGE} and its reference differ")
endif()
message("${count} lines agree")
