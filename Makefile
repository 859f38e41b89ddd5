# SPDX-License-Identifier: GPL-2.0-or-later
# nvirt: make, make install, make demo, make check, make lint, make lab, make captures, make bench
#   CC=clang  DEBUG=1  SAN=address,undefined | SAN=thread  V=1  BUILD=dir  DESTDIR=  PREFIX=

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share/nvirt
DOCDIR  ?= $(PREFIX)/share/doc/nvirt
LIBEXECDIR ?= $(PREFIX)/libexec/nvirt
BUILD   ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(DEBUG),-debug)
comma   := ,
MANDIR  ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

PKGS      := glib-2.0 libxml-2.0 json-c libvirt libvirt-qemu ncursesw libpng zlib vterm chafa
SCREEN_PKGS := libvncclient libseccomp libpng zlib
TEST_PKGS := cmocka

# Asked once, when it is first needed: make check installs what is missing.
once = $(eval $(1) := $(shell $(2)))$($(1))
PKG_CFLAGS = $(call once,PKG_CFLAGS,pkg-config --cflags $(PKGS))
PKG_LIBS = $(call once,PKG_LIBS,pkg-config --libs $(PKGS))
TEST_CFLAGS = $(call once,TEST_CFLAGS,pkg-config --cflags $(TEST_PKGS))
TEST_LIBS = $(call once,TEST_LIBS,pkg-config --libs $(TEST_PKGS))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
        -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wswitch-enum
CFLAGS  ?= $(if $(DEBUG),-O0 -g3,-O2 -g)
HARDEN  := $(if $(SAN)$(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=gnu11 $(WARN) $(if $(WERROR),-Werror) $(HARDEN) $(CFLAGS) $(CPPFLAGS) -MMD -MP \
        -Iinclude -Isrc -DNVIRT_DATADIR='"$(DATADIR)"' -DNVIRT_LIBEXECDIR='"$(LIBEXECDIR)"' $(PKG_CFLAGS) \
        $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))
LIBS = $(PKG_LIBS) -lm -lpthread

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(2)';)

# The screen reader is a program of its own: what decodes strangers' bytes is no part of nvirt's process.
SCREEN_SRCS := $(sort $(wildcard src/console/helper*.c))
SCREEN_OBJS := $(SCREEN_SRCS:%.c=$(BUILD)/%.o)
SRCS := $(sort $(filter-out $(SCREEN_SRCS),$(wildcard src/*/*.c)))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
TEST_SRCS := $(sort $(wildcard tests/unit/test_*.c tests/pty/test_*.c tests/backend/test_*.c))
TESTS := $(TEST_SRCS:%.c=$(BUILD)/%)
HELPER_SRCS := $(sort $(wildcard tests/support/*.c))
HELPERS := $(HELPER_SRCS:%.c=$(BUILD)/%.o)
TOOL_SRCS := $(sort $(wildcard tests/lab/*.c))
TOOLS := $(TOOL_SRCS:%.c=$(BUILD)/%)
FUZZ_SRCS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_SRCS:%.c=$(BUILD)/%)
BENCH_SRCS := $(sort $(filter-out %/floor.c,$(wildcard tests/bench/*.c))) tests/support/lab.c tests/support/files.c tests/support/agent.c

all: $(BUILD)/nvirt $(BUILD)/nvirt-screen

# Of the console's folder only what nvirt itself uses comes along: glyphs are the screen reader's.
$(BUILD)/nvirt: $(BUILD)/src/main.o $(filter-out $(BUILD)/src/console/%,$(OBJS)) $(BUILD)/screen.a
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/screen.a: $(filter $(BUILD)/src/console/% $(BUILD)/src/model/%,$(OBJS))
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/nvirt-screen: $(SCREEN_OBJS) $(BUILD)/screen.a
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs glib-2.0 $(SCREEN_PKGS)) -lm

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) $(if $(filter tests/%,$<),-Itests $(TEST_CFLAGS)) -c -o $@ $<

$(BUILD)/tests/lab/%: $(BUILD)/tests/lab/%.o
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/bench: $(BENCH_SRCS:%.c=$(BUILD)/%.o) $(BUILD)/screen.a
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS) -lutil

$(BUILD)/tests/bench/floor: $(BUILD)/tests/bench/floor.o
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Of which a test program takes what it needs: a tenth of the time and the room to link.
$(BUILD)/tests/nvirt.a: $(OBJS) $(HELPERS)
	$(call say,AR,$@)rm -f $@ && ar rcsT $@ $^

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/nvirt.a
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) $(TEST_LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS) -lutil

tests: $(TESTS) $(TOOLS) all

# To see what another compiler says.
objects: $(OBJS) $(SCREEN_OBJS) $(FUZZERS:=.o) $(HELPERS) $(TESTS:=.o) $(TOOLS:=.o) $(BUILD)/src/main.o

install: all
	install -D -m 755 $(BUILD)/nvirt $(DESTDIR)$(BINDIR)/nvirt
	install -D -m 755 $(BUILD)/nvirt-screen $(DESTDIR)$(LIBEXECDIR)/nvirt-screen
	install -d $(DESTDIR)$(DATADIR)/themes $(DESTDIR)$(DOCDIR)
	install -m 644 themes/*.json $(DESTDIR)$(DATADIR)/themes/
	install -m 644 README.md LICENSE $(DESTDIR)$(DOCDIR)/

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/nvirt
	rm -rf $(DESTDIR)$(DATADIR) $(DESTDIR)$(DOCDIR) $(DESTDIR)$(LIBEXECDIR)

# What is made from the program's own tables: the manual and the shells' completion.
all: $(if $(SAN),,$(BUILD)/nvirt.1)
install: install-made
uninstall: uninstall-made

$(BUILD)/nvirt.1: data/nvirt.1.in $(BUILD)/nvirt
	$(call say,MAN,$@)$(BUILD)/nvirt __man $< >$@.new && mv $@.new $@

install-made: all
	install -D -m 644 $(BUILD)/nvirt.1 $(DESTDIR)$(MANDIR)/man1/nvirt.1
	install -D -m 644 docs/json.md $(DESTDIR)$(DOCDIR)/json.md
	install -D -m 644 data/json-1.schema.json $(DESTDIR)$(DATADIR)/json-1.schema.json
	install -d $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	$(BUILD)/nvirt completion bash >$(DESTDIR)$(BASHDIR)/nvirt
	$(BUILD)/nvirt completion zsh >$(DESTDIR)$(ZSHDIR)/_nvirt
	$(BUILD)/nvirt completion fish >$(DESTDIR)$(FISHDIR)/nvirt.fish

uninstall-made:
	rm -f $(DESTDIR)$(MANDIR)/man1/nvirt.1
	rm -f $(DESTDIR)$(BASHDIR)/nvirt $(DESTDIR)$(ZSHDIR)/_nvirt $(DESTDIR)$(FISHDIR)/nvirt.fish

# What --json prints: the schema, and its tables in docs/json.md. For review in the same change.
schema: $(BUILD)/nvirt
	$(BUILD)/nvirt schema >data/json-1.schema.json
	sed -i '/^<!-- made by make schema -->$$/q' docs/json.md && $(BUILD)/nvirt schema --markdown >>docs/json.md

.PHONY: install-made uninstall-made schema

# The two commands of the README, and what stands behind them.
demo:
	@BUILD="$(BUILD)" data/demo/demo.sh

check:
	@tests/check.sh

lint:
	@tests/lint.sh

captures: all
	@NVIRT=$(BUILD)/nvirt tests/captures.sh

lab:
	@tests/lab/lab.sh shell

# What it costs, beside the floor and the peers: docs/bench.md. QUICK=1: under a minute.
bench: $(BUILD)/tests/bench/bench $(BUILD)/tests/bench/floor $(TOOLS) $(BUILD)/nvirt
	@$(BUILD)/tests/bench/bench $(BUILD)/nvirt $(if $(QUICK),quick,full) $(GROUP)

# The table of glyphs in the program, from font files: FONTS='[+] dir file NAME=file...'; + keeps what is in it.
$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o $(OBJS)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

glyphs: $(BUILD)/tests/tools/glyphs
	@$(BUILD)/tests/tools/glyphs $(FONTS) >$(BUILD)/glyph_table.c && mv $(BUILD)/glyph_table.c src/console/glyph_table.c

# How right screens are read, from real guests: docs/screen-text.md.
screen-table: $(BUILD)/tests/backend/test_screen_boot $(BUILD)/tests/backend/test_screen_text $(TOOLS)
	@BUILD=$(BUILD) tests/screen_table.sh

# libFuzzer on what strangers send: frames, fonts, pictures, messages, keymaps. SECONDS=60 of each target.
fuzz:
	@$(MAKE) CC=clang CFLAGS='-O1 -g' SAN=fuzzer-no-link,address,undefined BUILD=$(BUILD)/fuzz fuzzers
	@BUILD="$(BUILD)/fuzz" SECONDS_EACH=$(or $(SECONDS),60) $(CURDIR)/tests/fuzz/fuzz.sh

fuzzers: $(FUZZERS)

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/screen.a
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# The same through a line of 64 kbit/s and 400 ms, for an hour.
bench-link: $(BUILD)/tests/bench/bench $(BUILD)/tests/bench/floor $(TOOLS) $(BUILD)/nvirt
	@$(BUILD)/tests/bench/bench $(BUILD)/nvirt link $(or $(MINUTES),60)

clean:
	rm -rf build build-*

-include $(FUZZERS:=.d) $(OBJS:.o=.d) $(SCREEN_OBJS:.o=.d) $(BUILD)/src/main.d $(TESTS:=.d) $(HELPERS:.o=.d)

.PHONY: all tests objects install uninstall demo check lint lab captures bench bench-link glyphs screen-table fuzz fuzzers clean
.SECONDARY:
