# Every target is a command or two that a person could type; nothing here knows more than they say.

.DEFAULT_GOAL := help
.PHONY: help setup build run test aarch64 amx isas sanitize fuzz lint no-openblas golden golden-families families check-quantized check-generate peers check-cann-abi clean

MODEL := Models/byte-qwen3-moe
BUILT := .build/release/.examples-are-built

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1 /p' $(MAKEFILE_LIST) | \
	    while read -r target what; do printf '  %-15s %s\n' "$$target" "$$what"; done

setup: ## install what the build needs and the machine lacks
	@Scripts/setup.sh

build: setup ## build the library and both programs
	swift build -c release
	@touch $(BUILT)

run: $(BUILT) ## run the examples on the model in Models/: a layer, then some text
	.build/release/moe-block --model $(MODEL)
	.build/release/moe-generate --model $(MODEL) --prompt "func quicksort" \
	    --tokens 200 --temperature 0.5

# SwiftPM is asked only when something it reads is newer than its last answer. Folders are listed
# too: a file that was removed makes its folder newer.
$(BUILT): Package.swift $(shell find Sources Examples) | setup
	swift build -c release --product moe-block
	swift build -c release --product moe-generate
	@touch $@

# Tests see `package` declarations, never @testable ones. Saying so gives the test build the flags
# of `swift build`; otherwise the two would rebuild everything in turn.
test: setup ## run all tests in release
	swift test -c release --disable-testable-imports --disable-xctest

aarch64: ## compile the kernels for aarch64 and check them under qemu-user
	@Scripts/check-aarch64.sh

amx: ## check the AMX kernel with tiles in plain C
	@Scripts/check-amx.sh

isas: build ## run the library's tests with every instruction set that this processor has
	@for isa in $$(.build/release/moe-cli backends | sed '1,/^instruction sets/d' | \
	        awk '$$1 != "no" { print $$2 }'); do \
	    echo "MOE_ISA=$$isa"; \
	    MOE_ISA=$$isa swift test -c release --disable-testable-imports --disable-xctest \
	        --skip CLITests || exit 1; \
	done

# Each sanitizer builds everything anew, in a folder of its own. The address and thread sanitizers
# watch Swift and C; the one for undefined behaviour is for the C kernels, and traps. Under the thread
# sanitizer a program cannot bear a limit on its files, and is late to hear of signals.
sanitize: setup ## run all tests under the address, thread and undefined-behaviour sanitizers
	LSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/leaks-of-others.txt \
	    swift test -c release --disable-testable-imports --disable-xctest \
	    --sanitize=address --scratch-path .build-address
	TSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/races-of-others.txt \
	    swift test -c release --disable-testable-imports --disable-xctest \
	    --skip 'QuantizeCommandTests/(signals|limitedFileSize)|PackCommandTests/limits' \
	    --sanitize=thread --scratch-path .build-thread
	swift test -c release --disable-testable-imports --disable-xctest \
	    --skip DisassemblyTests \
	    -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined -Xcc -Wno-pass-failed \
	    --scratch-path .build-undefined

FUZZ_SECONDS := 60

fuzz: ## fuzz everything that reads files, a minute per target (or FUZZ_SECONDS=...)
	@Scripts/fuzz.sh $(FUZZ_SECONDS)

lint: ## check the format of every Swift file
	swift format lint --strict --recursive Package.swift Sources Tests Examples

no-openblas: ## build without OpenBLAS, beside the normal build
	swift build -c release --disable-default-traits --scratch-path .build-no-openblas

golden: .build-golden/installed ## make the golden blocks of Tests/Vectors anew (needs Python)
	.build-golden/bin/python Tests/Vectors/Blocks/make_blocks.py

families: build ## write Models/README.md anew
	.build/release/moe-cli families --markdown >Models/README.md

golden-families: .build-golden/installed build ## compare moe-cli with blocks of every family
	.build-golden/bin/python Tests/Vectors/Blocks/make_blocks.py --every .build-golden/blocks
	.build-golden/bin/python Tests/Vectors/Blocks/check_blocks.py .build-golden/blocks

.build-golden/installed: Tests/Vectors/Blocks/requirements.txt
	python3 -m venv .build-golden
	.build-golden/bin/pip install --quiet --requirement $<
	@touch $@

check-quantized: build ## let transformers and compressed-tensors read what quantize writes
	@Scripts/check-quantized.sh

# Figures of the shipped model, and of random ones with the shapes of two other architectures.
check-generate: .build-golden/installed build ## compare moe-generate's logits with transformers'
	.build-golden/bin/python Tests/Vectors/Generate/make_models.py --large .build-golden/models
	.build-golden/bin/python Tests/Vectors/Generate/make_models.py --of $(MODEL) \
	    .build-golden/models/shipped
	.build-golden/bin/python Tests/Vectors/Generate/check_parity.py .build/release/moe-generate \
	    $(addprefix .build-golden/models/,qwen3_moe mixtral olmoe) \
	    $(MODEL)=.build-golden/models/shipped

peers: build ## run the layer beside other programs, installed from PyPI (more than an hour)
	python3 Benchmarks/Peers/compare.py

check-cann-abi: ## compare Sources/CANN with CANN's own headers, from PyPI (43 MB)
	@Scripts/check-cann-abi.sh

clean: ## remove everything that was built
	rm -rf .build .build-*
