# Generates arm_row_tables.c: every cores/isa/<folder>/<x>.c whose name does not begin with _ defines
# the table arm_rows_<folder>_<x>.
file(GLOB row_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cores/isa/*/*.c)
list(SORT row_files)
set(row_externs "")
set(row_list "")
foreach(row_file IN LISTS row_files)
    get_filename_component(row_name ${row_file} NAME_WE)
    get_filename_component(row_folder ${row_file} DIRECTORY)
    get_filename_component(row_folder ${row_folder} NAME)
    if(NOT row_name MATCHES "^_")
        string(APPEND row_externs
            "extern const struct arm_row_table arm_rows_${row_folder}_${row_name};\n")
        string(APPEND row_list "    &arm_rows_${row_folder}_${row_name},\n")
    endif()
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/arm_row_tables.c @ONLY CONTENT
    "/* Generated from file names. */\n#include \"arm/arm.h\"\n\n@row_externs@\nconst struct arm_row_table *const arm_row_tables[] = {\n@row_list@    0,\n};\n")
target_sources(mote_cores PRIVATE ${CMAKE_BINARY_DIR}/generated/arm_row_tables.c)
