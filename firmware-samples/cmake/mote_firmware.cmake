# mote_firmware(NAME BOARD board SOURCES ... [DEFINES ...] [INCLUDES ...] [DEPENDS ...] [KERNELS])
#
# One bare-metal image, ${CMAKE_BINARY_DIR}/firmware/NAME-BOARD.elf, by one call of arm-none-eabi-gcc:
# no toolchain file, so that host and target live in one build. Boards: nucleo_l4r5zi,
# arduino_nano_33_ble_sense, semihosting. KERNELS adds the neural-network kernels. DEFINES are
# NAME or NAME=value; DEPENDS are further files that the image embeds.
find_program(MOTE_ARM_GCC arm-none-eabi-gcc)

set(MOTE_SAMPLES_DIR ${CMAKE_CURRENT_LIST_DIR}/..)
get_filename_component(MOTE_SAMPLES_DIR ${MOTE_SAMPLES_DIR} ABSOLUTE)

set(MOTE_FIRMWARE_FLAGS -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard -std=c17 -O2 -g
    -ffunction-sections -fdata-sections -fno-common -Wall -Wextra -Wshadow -Wconversion
    -Wstrict-prototypes -Wmissing-declarations -Wvla -Werror)

set(MOTE_FIRMWARE_BOARD_nucleo_l4r5zi l4r5)
set(MOTE_FIRMWARE_BOARD_arduino_nano_33_ble_sense nano33)
set(MOTE_FIRMWARE_BOARD_semihosting mps2)

function(mote_firmware name)
    cmake_parse_arguments(FW "KERNELS" "BOARD" "SOURCES;DEFINES;INCLUDES;DEPENDS" ${ARGN})
    set(board ${MOTE_FIRMWARE_BOARD_${FW_BOARD}})
    if(NOT board)
        message(FATAL_ERROR "mote_firmware(${name}): unknown board ${FW_BOARD}")
    endif()
    set(runtime ${MOTE_SAMPLES_DIR}/runtime)
    set(kernels ${MOTE_SAMPLES_DIR}/kernels)
    set(out ${CMAKE_BINARY_DIR}/firmware/${name}-${FW_BOARD}.elf)

    set(sources ${runtime}/startup.c ${runtime}/board_${board}.c ${runtime}/print.c
        ${runtime}/semihosting.c)
    if(FW_KERNELS)
        file(GLOB kernel_sources CONFIGURE_DEPENDS ${kernels}/*.c)
        list(APPEND sources ${kernel_sources})
    endif()
    foreach(source ${FW_SOURCES})
        get_filename_component(source ${source} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
        list(APPEND sources ${source})
    endforeach()
    file(GLOB headers CONFIGURE_DEPENDS ${runtime}/*.h ${runtime}/*.ld ${kernels}/*.h
        ${CMAKE_CURRENT_SOURCE_DIR}/*.h ${CMAKE_CURRENT_SOURCE_DIR}/*/*.h)

    set(defines "-DBOARD_IRQS=\"irqs_${board}.h\"")
    if(board STREQUAL mps2)
        list(APPEND defines -DMOTE_SEMIHOSTING_ALWAYS)
    endif()
    foreach(define ${FW_DEFINES})
        list(APPEND defines -D${define})
    endforeach()
    foreach(include ${runtime} ${kernels} ${FW_INCLUDES})
        list(APPEND defines -I${include})
    endforeach()

    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/firmware)
    add_custom_command(OUTPUT ${out}
        COMMAND ${MOTE_ARM_GCC} ${MOTE_FIRMWARE_FLAGS} ${defines} -nostartfiles
            -ffile-prefix-map=${MOTE_SAMPLES_DIR}=firmware-samples
            -Wl,--gc-sections -L${runtime} -T${board}.ld -o ${out} ${sources}
        DEPENDS ${sources} ${headers} ${FW_DEPENDS}
        COMMENT "Firmware ${name} for ${FW_BOARD}"
        VERBATIM)
    add_custom_target(firmware-${name}-${FW_BOARD} DEPENDS ${out})
    add_dependencies(firmware firmware-${name}-${FW_BOARD})
endfunction()
