# The timing data of every core, compiled in: cores/timing/data/<core>.yaml.
file(GLOB timing_data CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cores/timing/data/*.yaml)
mote_embed(mote_cores mote_timing_data ${timing_data})
