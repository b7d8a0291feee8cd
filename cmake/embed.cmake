# mote_embed(target symbol file...): compiles the files' bytes into `target` as
#     const struct mote_embedded <symbol>[];   (mote/embed.h; ends with a NULL name)
# named by their base names without extension. Works for files that the build generates.
set(MOTE_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_run.cmake)

function(mote_embed target symbol)
    set(output ${CMAKE_BINARY_DIR}/generated/${symbol}.c)
    list(JOIN ARGN "|" files)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -D "FILES=${files}" -D SYMBOL=${symbol} -D OUTPUT=${output}
                -P ${MOTE_EMBED_SCRIPT}
        DEPENDS ${ARGN} ${MOTE_EMBED_SCRIPT}
        COMMENT "Embedding ${symbol}" VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
