# mmar: one static library a layer, one program, one test program a test file. Everything is built in $(BUILD).
#   make            the program build/mmar          make test    install, build, run all tests (fast, sanitised, end to end)
#   make demo       from nothing to a packed model  make check   both compilers, layers, lists, headers, sizes, format, lint
#   make golden     reference vectors               make docs    docs/reference from the tables
#   make fuzz T=60  fuzzers, T seconds each         make bench   timings of kernels, trainings on real data
#   make bench-transforms  the loader beside MONAI  make bench-instructions  counts of the transforms, beside those recorded
#   make bench-cache  the tables of docs/guide/smart-cache.md (QUICK=1: smaller ones)
#   make install PREFIX=/usr/local   program, library, its headers and pkg-config file      make uninstall PREFIX=/usr/local
# Variables: CC=clang  SANITIZE=address,undefined|thread  ONEDNN=0 (reference kernels only)  BUILD=folder  V=1
ifeq ($(origin CC),default) # neither "make CC=..." nor an environment that has one
CC       = gcc
endif
SANITIZE =
ONEDNN   ?= $(if $(wildcard /usr/include/dnnl.h /usr/include/oneapi/dnnl/dnnl.h),1,0)
BUILD    ?= build$(if $(filter clang,$(CC)),/clang)$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))$(if $(filter 0,$(ONEDNN)),/plain)
PREFIX   ?= /usr/local
comma    := ,
Q        := $(if $(V),,@)
GOALS    := $(or $(MAKECMDGOALS),all)

LAYERS   := base config image transforms cache trainer mmar
TRAINER  := trainer trainer/ops trainer/models trainer/losses trainer/optimizers trainer/schedules trainer/metrics \
            trainer/backends trainer/backends/reference trainer/backends/cpu $(if $(filter 1,$(ONEDNN)),trainer/backends/onednn)
DIRS_trainer := $(TRAINER)
DIRS_mmar    := mmar mmar/commands mmar/archive mmar/foreign mmar/signing mmar/transport
sources   = $(filter-out mmar/main.c,$(foreach d,$(or $(DIRS_$(1)),$(1)),$(wildcard $(d)/*.c)))
OBJ       = $(BUILD)/obj
objects   = $(patsubst %.c,$(OBJ)/%.o,$(call sources,$(1))) $(if $(filter mmar,$(1)),$(OBJ)/templates.o)

# A newer compiler's new warning must not keep a user from building: they are errors in CI and in make check.
WERROR   ?= $(if $(CI),-Werror)
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla $(WERROR)
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(CFLAGS) -ftree-vectorize -fno-math-errno -ffp-contract=off -pthread $(WARN) -I. \
           -include base/banned.h -DMM_ONEDNN=$(ONEDNN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
LIBS_base  := -lcjson -lcrypto -lxxhash -lz
LIBS_image := -ldeflate -lpng -ljpeg -ltiff -lz -llz4
LIBS_trainer := $(if $(filter 1,$(ONEDNN)),-ldnnl -lgomp)
LIBS_mmar  := -larchive -lzstd -lcurl -lyaml
LDLIBS    = $(foreach l,$(LAYERS),$(LIBS_$(l))) -lm -pthread
# A test of a layer links that layer and those below, nothing else: a wrong dependency does not link.
below     = $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) $(call below,$(1),$(wordlist 2,99,$(2))))
archives  = $(foreach l,$(call reverse,$(1)),$(BUILD)/lib$(l).a)
reverse   = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))


.PHONY: all everything demo test check docs golden fuzz fuzzers bench bench-cache bench-transforms bench-instructions install uninstall library clean unit unit-threads $(LAYERS:%=unit-%)
all: $(BUILD)/mmar
$(BUILD)/mmar: $(OBJ)/mmar/main.o $(call archives,$(LAYERS))
	@echo "  link   $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  cc     $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(OBJ)/templates.c: tools/embed-templates $(shell find templates -type f)
	@mkdir -p $(@D)
	$(Q)tools/embed-templates > $@
$(OBJ)/templates.o: $(OBJ)/templates.c
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<
define library
$(BUILD)/lib$(1).a: $(call objects,$(1))
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call library,$(l))))

# tests/<layer>/**/test_x.c -> build/tests/<layer>/**/test_x, linked with that layer and those below
# (the tests of mmar also have a server to talk to, which needs TLS)
SUPPORT  := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/support/*.c))
SUPPORT_mmar := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/mmar/support/*.c))
TEST_LIBS_mmar := -lssl
define tests_of
TESTS_$(1) := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/$(1)/test_*.c tests/$(1)/*/test_*.c $(if $(filter mmar,$(1)),tests/family/test_*.c)))
$$(TESTS_$(1)): $(BUILD)/%: $(OBJ)/%.o $(SUPPORT) $(SUPPORT_$(1)) $(call archives,$(call below,$(1),$(LAYERS)))
	@echo "  link   $$@"
	@mkdir -p $$(@D)
	$(Q)$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lcmocka $(TEST_LIBS_$(1)) $$(foreach l,$(call below,$(1),$(LAYERS)),$$(LIBS_$$(l))) -lm -pthread
unit-$(1): $$(TESTS_$(1))
	$(Q)tools/run-tests $$^
endef
$(foreach l,$(LAYERS),$(eval $(call tests_of,$(l))))
unit: all $(foreach l,$(LAYERS),$(TESTS_$(l)))
	$(Q)tools/run-tests $(foreach l,$(LAYERS),$(TESTS_$(l)))

# Everything that compiles, run or not: what make check holds to both compilers.
everything: all library $(foreach l,$(LAYERS),$(TESTS_$(l))) $(BUILD)/tests/golden/golden $(BUILD)/docs/examples/batches \
            $(addprefix $(BUILD)/bench/,kernels loader feed stages rows instructions)

# What ThreadSanitizer watches: everything that has threads of its own.
unit-threads: $(filter %/test_leave %/test_pool %/test_queue %/test_threads,$(TESTS_base)) $(TESTS_cache) $(filter %/test_zstd,$(TESTS_mmar))
	$(Q)tools/run-tests $^
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzzers: $(FUZZERS)
$(FUZZERS): $(BUILD)/%: $(OBJ)/%.o $(call archives,$(LAYERS))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

test:
	$(Q)tools/install-deps && tools/test-all
demo:
	$(Q)tools/install-deps && $(MAKE) --no-print-directory -j$$(nproc) all && tools/demo $(BUILD)/mmar
check:
	$(Q)tools/check-all
golden: $(BUILD)/tests/golden/golden
	$(Q)$<
GOLDEN := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/golden/*.c))
$(BUILD)/tests/golden/golden: $(GOLDEN) $(call archives,$(LAYERS))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
docs: all
	$(Q)tools/make-docs $(BUILD)/mmar docs/reference
fuzz:
	$(Q)tools/fuzz-all $(or $(T),60)
bench: all $(BUILD)/bench/kernels $(BUILD)/bench/packed $(BUILD)/bench/weights
	$(Q)$(BUILD)/bench/kernels && $(BUILD)/bench/packed && bench/archive $(BUILD)/mmar && bench/run_real $(BUILD)/mmar
$(BUILD)/bench/%: $(OBJ)/bench/%.o $(call archives,$(LAYERS))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# The loader's part alone needs nothing above cache.
BENCHES := $(addprefix $(BUILD)/bench/,loader feed stages rows instructions)
$(BENCHES): $(BUILD)/bench/%: $(OBJ)/bench/%.o $(call archives,$(call below,cache,$(LAYERS)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
bench-transforms: all $(BUILD)/bench/loader $(BUILD)/bench/stages
	$(Q)bench/transforms $(BUILD)
bench-cache: all $(BENCHES)
	$(Q)for part in table monai learns rotation growth; do bench/cache_$$part --build $(BUILD) $(if $(QUICK),--quick) || exit 1; done
bench-instructions:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/counted CFLAGS='-O2 -g -DMM_VECTORS=' $(BUILD)/counted/bench/instructions
	$(Q)CC=$(CC) bench/instructions $(BUILD)/counted $(if $(RECORD),record)

# What programs of others use: one archive of all layers, and the headers that stand for themselves, their includes written for <mmar/...>.
HEADERS  := base/error.h base/status.h base/version.h cache/loader.h cache/rotation.h image/type.h
INCLUDED := $(HEADERS:%=$(BUILD)/include/mmar/%)
REQUIRES := libcjson libcrypto libxxhash libdeflate libpng libjpeg zlib liblz4 libzstd
PRIVATE  := -ltiff -larchive -lcurl -lyaml $(LIBS_trainer) -lm -pthread
VERSION   = $(shell sed -n 's/^\#define MM_VERSION *"\(.*\)"/\1/p' base/version.h)
TARGET    = $(DESTDIR)$(PREFIX)
library: $(BUILD)/lib/libmmar.a $(INCLUDED)
# Members of one name come from several layers: q keeps them all, r would not.
$(BUILD)/lib/libmmar.a: $(foreach l,$(LAYERS),$(call objects,$(l)))
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar qcs $@ $^
$(INCLUDED): $(BUILD)/include/mmar/%: %
	@mkdir -p $(@D)
	$(Q)sed 's|^\#include "\(.*\)"|\#include <mmar/\1>|' $< > $@
$(BUILD)/docs/examples/%: docs/examples/%.c library
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(CFLAGS) $(WARN) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -I$(BUILD)/include $(LDFLAGS) -o $@ $< -L$(BUILD)/lib -lmmar $(LDLIBS)
install: all library
	$(Q)install -D $(BUILD)/mmar $(TARGET)/bin/mmar
	$(Q)install -D -m 644 $(BUILD)/lib/libmmar.a $(TARGET)/lib/libmmar.a
	$(Q)for h in $(HEADERS); do install -D -m 644 $(BUILD)/include/mmar/$$h $(TARGET)/include/mmar/$$h || exit; done
	$(Q)mkdir -p $(TARGET)/lib/pkgconfig && sed '/^\#/d; s|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(PRIVATE)|; s|@REQUIRES@|$(REQUIRES)|' \
	    tools/mmar.pc.in > $(TARGET)/lib/pkgconfig/mmar.pc
uninstall:
	$(Q)rm -f $(TARGET)/bin/mmar $(TARGET)/lib/libmmar.a $(TARGET)/lib/pkgconfig/mmar.pc $(HEADERS:%=$(TARGET)/include/mmar/%)
	$(Q)rmdir $(sort $(dir $(HEADERS:%=$(TARGET)/include/mmar/%))) $(TARGET)/include/mmar 2>/dev/null || true
clean:
	rm -rf build
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
