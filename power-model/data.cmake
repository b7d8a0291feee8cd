# The energy data of every chip and part, compiled in: power-model/data/<name>.yaml.
file(GLOB power_data CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/power-model/data/*.yaml)
mote_embed(mote_power mote_power_data ${power_data})
