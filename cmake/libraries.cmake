# One library per folder; only sim/include is public.
#
# A folder's sources are found by glob. The device registry is generated from file names, since
# constructors in a static archive are dropped by the linker.
include(embed)

add_library(mote_options INTERFACE)
target_compile_options(mote_options INTERFACE -Wall -Wextra -Wshadow -Wconversion
    -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror)
target_compile_definitions(mote_options INTERFACE _GNU_SOURCE)
# The interpreter gains half its speed from inlining across folders. Objects keep plain code beside,
# so that the many test programs link without it.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(MOTE_LTO ON)
    target_compile_options(mote_options INTERFACE -flto=auto -ffat-lto-objects)
endif()
if(MOTE_SANITIZE)
    target_compile_options(mote_options INTERFACE -fsanitize=address,undefined
        -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(mote_options INTERFACE -fsanitize=address,undefined)
endif()
if(MOTE_FUZZ)
    target_compile_options(mote_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(MOTE_COVERAGE)
    target_compile_options(mote_options INTERFACE --coverage)
    target_link_options(mote_options INTERFACE --coverage)
endif()

function(mote_library name folder)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
    if(NOT sources)
        file(WRITE ${CMAKE_BINARY_DIR}/empty.c "extern int mote_empty;\n")
        set(sources ${CMAKE_BINARY_DIR}/empty.c)
    endif()
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/sim/include)
    target_link_libraries(${name} PRIVATE mote_options ${ARGN})
    set_property(GLOBAL APPEND PROPERTY MOTE_LIBRARIES ${name})
endfunction()

# A library of which only the headers are compiled in; see cores/late.h.
function(mote_opened_late target prefix name)
    find_library(${prefix}_FILE ${name} HINTS ${${prefix}_LIBRARY_DIRS} REQUIRED)
    file(REAL_PATH ${${prefix}_FILE} file)
    get_filename_component(file ${file} NAME)
    target_include_directories(${target} PRIVATE ${${prefix}_INCLUDE_DIRS})
    target_compile_definitions(${target} PRIVATE MOTE_${prefix}="${file}")
endfunction()

mote_library(mote_kernel sim/kernel)
mote_library(mote_machine sim/machine PkgConfig::LIBELF PkgConfig::LIBDW PkgConfig::SNDFILE
    PkgConfig::JANSSON ${FDT_LIBRARY})
mote_library(mote_debug sim/debug PkgConfig::LIBDW PkgConfig::LIBELF)
mote_library(mote_trace sim/trace PkgConfig::JANSSON)
mote_library(mote_cores cores PkgConfig::CYAML)
mote_opened_late(mote_cores UNICORN unicorn)
mote_opened_late(mote_cores CAPSTONE capstone)
mote_library(mote_peripherals peripherals)
mote_library(mote_power power-model PkgConfig::CYAML)
target_include_directories(mote_cores PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/cores)
target_link_libraries(mote_cores PRIVATE m)
target_link_libraries(mote_peripherals PRIVATE m)

# What a folder of cores generates for itself (decoder rows, embedded timing data).
file(GLOB core_cmake CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cores/*/*.cmake
    ${CMAKE_SOURCE_DIR}/power-model/*.cmake)
foreach(file ${core_cmake})
    include(${file})
endforeach()

# A list of `extern` objects, one per file, as a NULL-terminated array.
function(mote_registry output type array prefix header)
    set(declarations "")
    set(entries "")
    foreach(file ${ARGN})
        get_filename_component(base ${file} NAME_WE)
        if(base MATCHES "^_")
            continue()
        endif()
        string(REGEX REPLACE "^dev_" "" base ${base})
        string(APPEND declarations "extern const ${type} ${prefix}${base};\n")
        string(APPEND entries "    &${prefix}${base},\n")
    endforeach()
    file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
        "/* Generated from file names. */\n#include <${header}>\n\n@declarations@\nconst ${type} *const ${array}[] = {\n@entries@    0,\n};\n")
endfunction()

file(GLOB_RECURSE device_files CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/peripherals/*.c ${CMAKE_SOURCE_DIR}/cores/*/dev_*.c)
mote_registry(${CMAKE_BINARY_DIR}/generated/device_registry.c "struct mote_device_class"
    mote_device_classes mote_class_ mote/device.h ${device_files})
target_sources(mote_kernel PRIVATE ${CMAKE_BINARY_DIR}/generated/device_registry.c)

get_property(libraries GLOBAL PROPERTY MOTE_LIBRARIES)
list(JOIN libraries "," group)
add_library(mote_all INTERFACE)
target_link_libraries(mote_all INTERFACE "$<LINK_GROUP:RESCAN,${group}>" m)

if(EXISTS ${CMAKE_SOURCE_DIR}/sim/main.c)
    add_executable(mote sim/main.c sim/inventory.c)
    target_link_libraries(mote PRIVATE mote_options mote_all)
    set_source_files_properties(sim/main.c PROPERTIES
        COMPILE_DEFINITIONS MOTE_VERSION="${PROJECT_VERSION}")
    if(MOTE_LTO)
        target_link_options(mote PRIVATE -flto=auto -O3)
    endif()
endif()
