# mote_firmware(NAME BOARD board SOURCES ... [DEFINES ...] [INCLUDES ...] [DEPENDS ...] [KERNELS])
#
# One bare-metal image, ${CMAKE_BINARY_DIR}/firmware/NAME-BOARD.elf, by one call of the board's cross
# compiler: no toolchain file, so that host and target live in one build. Boards: nucleo_l4r5zi,
# arduino_nano_33_ble_sense, cy8cproto_062_4343w, nucleo_u575zi_q, nucleo_h7a3zi_q, disco_f746ng,
# nucleo_g0b1re, semihosting, semihosting_m0plus (Arm); qemu_virt_rv32, qemu_virt_rv64,
# hifive1_revb, litex_vexriscv, cv32e40p_mcu (RISC-V). KERNELS adds the neural-network kernels. DEFINES are NAME or NAME=value; DEPENDS are further files that the
# image embeds; MARCH replaces a RISC-V board's ISA.
find_program(MOTE_ARM_GCC arm-none-eabi-gcc)
find_program(MOTE_RISCV_GCC riscv64-unknown-elf-gcc)
# Debian's picolibc; the compiler does not find the variant of an ISA that it was not built for.
find_file(MOTE_RISCV_LIBC libc.a NO_DEFAULT_PATH
    PATHS /usr/lib/picolibc/riscv64-unknown-elf/lib/rv32im/ilp32)
if(NOT MOTE_RISCV_LIBC)
    set(MOTE_RISCV_GCC "")
endif()

set(MOTE_SAMPLES_DIR ${CMAKE_CURRENT_LIST_DIR}/..)
get_filename_component(MOTE_SAMPLES_DIR ${MOTE_SAMPLES_DIR} ABSOLUTE)

set(MOTE_FIRMWARE_FLAGS -std=c17 -O2 -g -ffunction-sections -fdata-sections -fno-common -Wall -Wextra -Wshadow -Wconversion
    -Wstrict-prototypes -Wmissing-declarations -Wvla -Werror)

set(MOTE_FIRMWARE_BOARD_nucleo_l4r5zi l4r5)
set(MOTE_FIRMWARE_BOARD_arduino_nano_33_ble_sense nano33)
set(MOTE_FIRMWARE_BOARD_nucleo_g0b1re g0b1)
set(MOTE_FIRMWARE_BOARD_nucleo_u575zi_q u575)
set(MOTE_FIRMWARE_BOARD_nucleo_h7a3zi_q h7a3)
set(MOTE_FIRMWARE_BOARD_disco_f746ng f746)
set(MOTE_FIRMWARE_BOARD_cy8cproto_062_4343w psoc62)
set(MOTE_FIRMWARE_BOARD_semihosting mps2)
set(MOTE_FIRMWARE_BOARD_semihosting_m0plus mps2)
set(MOTE_FIRMWARE_BOARD_qemu_virt_rv32 virt)
set(MOTE_FIRMWARE_BOARD_qemu_virt_rv64 virt)
set(MOTE_FIRMWARE_BOARD_hifive1_revb hifive1)
set(MOTE_FIRMWARE_BOARD_litex_vexriscv litex)
set(MOTE_FIRMWARE_BOARD_cv32e40p_mcu corev)

set(MOTE_FIRMWARE_MARCH_qemu_virt_rv32 rv32imac_zicsr_zba_zbb)
set(MOTE_FIRMWARE_MARCH_qemu_virt_rv64 rv64imac_zicsr_zba_zbb)
set(MOTE_FIRMWARE_MARCH_hifive1_revb rv32imac_zicsr)
set(MOTE_FIRMWARE_MARCH_litex_vexriscv rv32ima_zicsr)
set(MOTE_FIRMWARE_MARCH_cv32e40p_mcu rv32imc_zicsr)

set(MOTE_FIRMWARE_CORTEX_M4 -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard)
set(MOTE_FIRMWARE_CORE_nucleo_g0b1re -mcpu=cortex-m0plus -mthumb -mfloat-abi=soft)
set(MOTE_FIRMWARE_CORE_nucleo_u575zi_q -mcpu=cortex-m33 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard)
set(MOTE_FIRMWARE_CORE_nucleo_h7a3zi_q -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard)
set(MOTE_FIRMWARE_CORE_disco_f746ng -mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard)
set(MOTE_FIRMWARE_CORE_semihosting_m0plus ${MOTE_FIRMWARE_CORE_nucleo_g0b1re})

# What the board's core asks of the compiler, as `compiler` (with flags), `libraries` and `startup`.
macro(mote_firmware_target board march)
    if(MOTE_FIRMWARE_MARCH_${board})
        set(isa ${march})
        if(NOT isa)
            set(isa ${MOTE_FIRMWARE_MARCH_${board}})
        endif()
        set(base rv32im)
        set(abi -mabi=ilp32)
        set(variant rv32im/ilp32)
        if(isa MATCHES "^rv64")
            set(base rv64im)
            set(variant rv64im/lp64)
            set(abi -mabi=lp64 -mcmodel=medany)
        endif()
        # picolibc's specs lead to its headers; the library is named, small data has no place.
        set(compiler ${MOTE_RISCV_GCC} --specs=picolibc.specs -march=${isa} ${abi}
            -msmall-data-limit=0 -nostdlib)
        execute_process(COMMAND ${MOTE_RISCV_GCC} -march=${base} ${abi}
            -print-libgcc-file-name OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)
        string(REPLACE rv32im/ilp32 ${variant} libc ${MOTE_RISCV_LIBC})
        set(libraries ${libc} ${libgcc})
        set(startup startup_riscv.c)
        set(defines "")
    else()
        set(core ${MOTE_FIRMWARE_CORTEX_M4})
        if(MOTE_FIRMWARE_CORE_${board})
            set(core ${MOTE_FIRMWARE_CORE_${board}})
        endif()
        set(compiler ${MOTE_ARM_GCC} ${core})
        set(libraries "")
        set(startup startup.c)
        set(defines "-DBOARD_IRQS=\"irqs_${MOTE_FIRMWARE_BOARD_${board}}.h\"")
    endif()
endmacro()

function(mote_firmware name)
    cmake_parse_arguments(FW "KERNELS" "BOARD;MARCH" "SOURCES;DEFINES;INCLUDES;DEPENDS" ${ARGN})
    set(board ${MOTE_FIRMWARE_BOARD_${FW_BOARD}})
    if(NOT board)
        message(FATAL_ERROR "mote_firmware(${name}): unknown board ${FW_BOARD}")
    endif()
    set(runtime ${MOTE_SAMPLES_DIR}/runtime)
    set(kernels ${MOTE_SAMPLES_DIR}/kernels)
    set(out ${CMAKE_BINARY_DIR}/firmware/${name}-${FW_BOARD}.elf)

    mote_firmware_target(${FW_BOARD} "${FW_MARCH}")
    set(sources ${runtime}/${startup} ${runtime}/board_${board}.c ${runtime}/print.c
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
        COMMAND ${compiler} ${MOTE_FIRMWARE_FLAGS} ${defines} -nostartfiles
            -ffile-prefix-map=${MOTE_SAMPLES_DIR}=firmware-samples
            -Wl,--gc-sections -L${runtime} -T${board}.ld -o ${out} ${sources} ${libraries}
        DEPENDS ${sources} ${headers} ${FW_DEPENDS}
        COMMENT "Firmware ${name} for ${FW_BOARD}"
        VERBATIM)
    add_custom_target(firmware-${name}-${FW_BOARD} DEPENDS ${out})
    add_dependencies(firmware firmware-${name}-${FW_BOARD})
endfunction()
