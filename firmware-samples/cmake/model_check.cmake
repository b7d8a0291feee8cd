# model-check images: one per golden model, plan and inputs embedded. Only where the models are.
if(MOTE_ARM_GCC AND MOTE_PYTHON AND EXISTS ${MOTE_MODELS_DIR}/golden)
    file(GLOB models ${MOTE_MODELS_DIR}/*.tflite)
    foreach(model ${models})
        get_filename_component(name ${model} NAME_WE)
        set(golden ${MOTE_MODELS_DIR}/golden/${name})
        set(plan ${CMAKE_BINARY_DIR}/firmware/${name}.plan)
        set(inputs ${CMAKE_BINARY_DIR}/firmware/${name}.inputs)
        file(GLOB golden_inputs ${golden}/in_*.bin)
        list(SORT golden_inputs)
        add_custom_command(OUTPUT ${plan} ${inputs}
            COMMAND ${MOTE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/tools/tflite_plan.py ${model} ${plan}
                ${golden}/layers.json
            COMMAND ${CMAKE_COMMAND} -E cat ${golden_inputs} > ${inputs}
            DEPENDS ${model} ${CMAKE_CURRENT_SOURCE_DIR}/tools/tflite_plan.py
            COMMENT "Plan of ${name}"
            VERBATIM)
        foreach(board nucleo_l4r5zi semihosting)
            mote_firmware(model-check-${name} BOARD ${board} SOURCES model-check/main.c KERNELS
                DEFINES "PLAN_FILE=\"${plan}\"" "INPUTS_FILE=\"${inputs}\""
                DEPENDS ${plan} ${inputs})
        endforeach()
    endforeach()
endif()
