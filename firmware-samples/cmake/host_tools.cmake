# The kernels on this machine, and the golden-vector test.
file(GLOB mote_nn_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/kernels/*.c)
add_library(mote_nn_host STATIC ${mote_nn_sources})
target_include_directories(mote_nn_host PUBLIC kernels runtime)
target_compile_options(mote_nn_host PUBLIC -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Werror)

# Inside Mote's build: its warnings and sanitizers.
if(TARGET mote_options)
    target_link_libraries(mote_nn_host PUBLIC mote_options)
endif()

add_executable(golden_check host/golden_check.c)
target_link_libraries(golden_check PRIVATE mote_nn_host)

# Debian's python3 with numpy, not one that happens to be first in PATH.
find_program(MOTE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
