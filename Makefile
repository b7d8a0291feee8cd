# Thin: every target calls a script or a CMake preset.
PRESET ?= release
BUILD := build/$(PRESET)
JOBS ?= $(shell nproc)

.PHONY: all deps demo test test-asan bench lint fuzz clean

all: $(BUILD)/CMakeCache.txt
	cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/CMakeCache.txt:
	cmake --preset $(PRESET)

# Everything that building, testing and the demo need, by apt.
deps:
	tools/deps.sh

# A keyword-spotting firmware listens to a recording and is accounted in cycles and microjoules.
demo: deps
	$(MAKE) all
	tools/demo.sh $(BUILD)

# All tests, then all but the firmware tests again under AddressSanitizer and UBSan.
test: deps
	$(MAKE) all
	ctest --preset release
	$(MAKE) test-asan

test-asan:
	$(MAKE) all PRESET=asan
	ctest --preset asan

bench: all
	tests/bench/run.sh $(BUILD)

fuzz:
	$(MAKE) all PRESET=fuzz

clean:
	rm -rf build
