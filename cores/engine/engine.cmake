# Who executes learned code in the fast accuracy.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(MOTE_ENGINE_DEFAULT native)
else()
    set(MOTE_ENGINE_DEFAULT unicorn)
endif()
set(MOTE_ENGINE ${MOTE_ENGINE_DEFAULT} CACHE STRING "native (our x86-64 generator) or unicorn")
string(TOUPPER ${MOTE_ENGINE} engine_upper)
target_compile_definitions(mote_cores PRIVATE MOTE_ENGINE=ENGINE_${engine_upper})
