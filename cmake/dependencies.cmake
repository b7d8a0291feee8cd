# Libraries, with messages that say what to do when one is missing or too old.
find_package(PkgConfig REQUIRED)

function(mote_require prefix module why)
    pkg_check_modules(${prefix} IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${prefix}_FOUND)
        message(FATAL_ERROR "Mote needs ${module} (${why}). Run `make deps`: it installs every "
                            "library by apt, on Debian 12 and 13.")
    endif()
endfunction()

mote_require(UNICORN "unicorn>=2.1.1" "the execution engine; Debian 12's 2.0 lacks fixes that Mote relies on")
mote_require(CAPSTONE "capstone>=5" "disassembly; Debian 12 ships version 4")
mote_require(JANSSON jansson "JSON reports")
mote_require(LIBELF libelf "ELF files")
mote_require(LIBDW libdw "symbols and source lines")
mote_require(SNDFILE sndfile "WAV stimuli")
mote_require(CYAML libcyaml "timing and energy models")
mote_require(CMOCKA cmocka "tests")

if(UNICORN_VERSION VERSION_GREATER_EQUAL 2.1.4)
    message(WARNING "Unicorn ${UNICORN_VERSION} pays 30-45 ns for each store; 2.1.1 is the version "
                    "that Mote is measured on.")
endif()

find_library(FDT_LIBRARY fdt)
find_path(FDT_INCLUDE libfdt.h)
if(NOT FDT_LIBRARY OR NOT FDT_INCLUDE)
    message(FATAL_ERROR "Mote needs libfdt (board files). Run `make deps`.")
endif()
find_program(DTC dtc)
if(NOT DTC)
    message(FATAL_ERROR "Mote needs dtc, the devicetree compiler. Run `make deps`.")
endif()
