# The shared objects of test_extension: the sample, one with state, and some that must be refused.
function(mote_test_extension name source)
    add_library(extension_${name} MODULE ${CMAKE_SOURCE_DIR}/${source})
    target_include_directories(extension_${name} PRIVATE ${CMAKE_SOURCE_DIR}/sim/include)
    target_compile_definitions(extension_${name} PRIVATE ${ARGN})
    set_target_properties(extension_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/extensions)
    add_dependencies(test_extension extension_${name})
endfunction()

mote_test_extension(dot4 firmware-samples/cfu/dot4.c)
mote_test_extension(count tests/support/odd_extension.c)
mote_test_extension(old_version tests/support/odd_extension.c ODD_VERSION=0)
mote_test_extension(no_symbol tests/support/odd_extension.c ODD_NAME=other_name)
mote_test_extension(overlaps_add tests/support/odd_extension.c ODD_MATCH=0x00000033)
mote_test_extension(overlaps_dot4 tests/support/odd_extension.c ODD_MASK=0x7F ODD_MATCH=0x0B)
mote_test_extension(no_opcode tests/support/odd_extension.c ODD_MASK=0x7000 ODD_MATCH=0)
mote_test_extension(outside_mask tests/support/odd_extension.c ODD_MASK=0x7F)
mote_test_extension(no_cycles tests/support/odd_extension.c ODD_CYCLES=0)
