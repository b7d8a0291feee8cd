# Tests that need no simulator of ours: golden vectors on this machine, images on qemu-system-arm.
find_program(MOTE_QEMU_ARM qemu-system-arm)
set(compare ${CMAKE_CURRENT_SOURCE_DIR}/cmake/compare_output.cmake)
set(firmware_dir ${CMAKE_BINARY_DIR}/firmware)

if(MOTE_PYTHON)
    add_test(NAME firmware.golden-vectors
        COMMAND ${MOTE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/tools/golden_test.py
            ${MOTE_MODELS_DIR} $<TARGET_FILE:golden_check> ${CMAKE_BINARY_DIR}/golden)
    set_tests_properties(firmware.golden-vectors PROPERTIES SKIP_RETURN_CODE 77 LABELS firmware
        TIMEOUT 600)
endif()

# mote_qemu_test(NAME image REGEX [command ...]): the image's semihosting console, its lines that
# match REGEX, must be the same as those of the command, and its status 0. Without a command only
# the status counts.
function(mote_qemu_test name image regex)
    if(NOT MOTE_QEMU_ARM OR NOT MOTE_ARM_GCC)
        return()
    endif()
    add_test(NAME firmware.qemu-${name}
        COMMAND ${CMAKE_COMMAND} -DQEMU=${MOTE_QEMU_ARM} -DIMAGE=${firmware_dir}/${image}
            "-DREGEX=${regex}" "-DREFERENCE=${ARGN}" -P ${compare})
    set_tests_properties(firmware.qemu-${name} PROPERTIES LABELS firmware TIMEOUT 300)
endfunction()

mote_qemu_test(kernel-check kernel-check-semihosting.elf "")
mote_qemu_test(two-task two-task-semihosting.elf "")
mote_qemu_test(kws kws-semihosting.elf "^(logits .*|yes|no|go|stop)$"
    $<TARGET_FILE:kws-host> ${CMAKE_CURRENT_SOURCE_DIR}/keyword-spotting/demo.wav)
if(EXISTS ${MOTE_MODELS_DIR}/golden)
    foreach(model ad01_int8 hello_world_int8 kws_ref_model micro_speech_quantized person_detect
            pretrainedResnet_quant vww_96_int8)
        mote_qemu_test(model-check-${model} model-check-${model}-semihosting.elf "")
    endforeach()
endif()
