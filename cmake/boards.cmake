# Boards: sim/boards/*.dts compiled with cpp and dtc, and embedded in the program.
file(GLOB board_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sim/boards/*.dts)
file(GLOB board_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sim/boards/*.dtsi)
set(board_blobs "")
foreach(source ${board_sources})
    get_filename_component(name ${source} NAME_WE)
    set(blob ${CMAKE_BINARY_DIR}/boards/${name}.dtb)
    set(flat ${CMAKE_BINARY_DIR}/boards/${name}.dts)
    add_custom_command(OUTPUT ${blob}
        COMMAND ${CMAKE_C_COMPILER} -E -P -nostdinc -undef -x assembler-with-cpp
                -I ${CMAKE_SOURCE_DIR}/sim/boards ${source} -o ${flat}
        COMMAND ${DTC} -@ -q -I dts -O dtb -o ${blob} ${flat}
        DEPENDS ${source} ${board_parts}
        COMMENT "Compiling board ${name}" VERBATIM)
    list(APPEND board_blobs ${blob})
endforeach()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/boards)
mote_embed(mote_machine mote_board_blobs ${board_blobs})
