# Gatehouse. The heart of this file is its map: which part of the program may
# include and link which library. `make lint` reads the same lines.
#
#   make            build the release programs        make run    see them work
#   make test       install what is missing, run every test
#   make check      unit tests and fuzz corpora       make lint   the house rules
#   make asan       check and e2e under ASan+UBSan    make fuzz   FUZZ_SECONDS=60
#   make soak       the long tests                    make install DESTDIR= PREFIX=
#   make bench      beside nginx and HAProxy          BENCH='--quick --only idle'
#   make setup      install it and set it up          HOST= BACKEND= EMAIL= DDNS=
#                   TOKEN_FILE= HA_TOKEN_FILE= SETUP='--staging'
#   make uninstall  remove what make install has put there
#
# V=1 prints the commands. B= chooses another build directory.

MODE ?= release# release | asan | fuzz
B ?= build/$(MODE)
PREFIX ?= /usr
DESTDIR ?=
FUZZ_SECONDS ?= 60
WERROR ?= -Werror
PYTHON := /usr/bin/python3
MAKEFLAGS += --no-print-directory
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache

# --- the map ----------------------------------------------------------------

# Libraries, each before those it uses; what each may include and link; what
# it brings into a process from outside.
LIBS := tls config stats ipc net dns fetch json http pki base

use.base   :=
use.pki    := base
use.http   := base
use.json   := base
use.fetch  := base
use.dns    := base
use.net    := base
use.ipc    := base
use.stats  := base
use.config := http net base
use.tls    := pki net base

sys.pki    := -lcrypto -lcrypt
sys.json   := -ljansson
sys.fetch  := -lcurl
sys.dns    := -lresolv
sys.net    := -levent_core
sys.tls    := -lssl -lcrypto

# Programs: a privilege each. sys.* is all that the process may carry.
PROGRAMS := supervisor proxy monitor acme ddns portmap mqtt cli

out.supervisor := sbin/gatehoused
use.supervisor := stats ipc config net base
sys.supervisor := -levent_core

out.proxy := libexec/gatehouse/gatehouse-proxy
use.proxy := http tls pki net config stats ipc base
sys.proxy := -levent_core -lssl -lcrypto -lcrypt

out.monitor := libexec/gatehouse/gatehouse-monitor
use.monitor := http tls pki net config stats ipc base
sys.monitor := -levent_core -lssl -lcrypto

out.acme := libexec/gatehouse/gatehouse-acme
use.acme := dns fetch json pki ipc base
sys.acme := -lcurl -ljansson -lcrypto -lresolv

out.ddns := libexec/gatehouse/gatehouse-ddns
use.ddns := dns fetch json pki config ipc base
sys.ddns := -lcurl -ljansson -lcrypto -lresolv

out.portmap := libexec/gatehouse/gatehouse-portmap
use.portmap := ipc base
sys.portmap := -lminiupnpc

# libmosquitto brings TLS with it.
out.mqtt := libexec/gatehouse/gatehouse-mqtt
use.mqtt := json ipc base
sys.mqtt := -lmosquitto -ljansson -lssl -lcrypto

out.cli := bin/gatehouse
use.cli := dns config ipc net json tls pki http base
sys.cli := -levent_core -lssl -lcrypto -lcrypt -ljansson -lqrencode -lresolv

# --- compiler ---------------------------------------------------------------

ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(MODE)),clang,gcc)
endif

warnings := -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla \
    -Wundef -Wformat=2

# A flag, if the compiler takes it. Evaluated when the first file is compiled,
# for there may be no compiler before tests/setup has run.
probe = $(shell $(CC) -Werror -O2 -include stdio.h $1 -x c -c -o /dev/null \
    /dev/null 2>/dev/null && echo '$1')
hardening = $(eval hardening := -fstack-protector-strong \
    $(call probe,-fstack-clash-protection) $(call probe,-fcf-protection) \
    $(call probe,-mbranch-protection=standard) -U_FORTIFY_SOURCE \
    $(or $(call probe,-D_FORTIFY_SOURCE=3),-D_FORTIFY_SOURCE=2))$(hardening)

sanitizers := -fno-omit-frame-pointer -fno-sanitize-recover=all \
    -fsanitize=address,undefined

mode.release = $(hardening)
mode.asan := $(sanitizers)
mode.fuzz := $(sanitizers) -fsanitize=fuzzer-no-link
optimise.release := -O2 -g
optimise.asan := -O1 -g
optimise.fuzz := -O1 -g
$(if $(optimise.$(MODE)),,$(error MODE is release, asan or fuzz))

CFLAGS ?= $(optimise.$(MODE))
cppflags := -D_GNU_SOURCE -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED \
    -Iinclude
cflags = -std=c17 $(warnings) -fPIE -fno-common $(mode.$(MODE)) $(CFLAGS)
ldflags = $(cflags) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# A command for people starts on all processors; -j says otherwise.
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $1 $2)

# --- rules ------------------------------------------------------------------

all: programs

path = $(if $(filter acme,$1),acme,src/$1)
archive = $(1:%=$B/lib/lib%.a)
closure = $(sort $1 $(foreach l,$1,$(call closure,$(use.$l))))
libraries = $(filter $(call closure,$1),$(LIBS))
system = $(if $(filter $1,$(PROGRAMS)),$(sys.$1),$(sort \
    $(foreach l,$(call libraries,$1),$(sys.$l))))

# $1: a directory. Everything but its main.c goes into an archive, which the
# program, its unit tests and its fuzz harnesses link.
define directory
objects.$1 := $$(patsubst %.c,$B/obj/%.o,$$(wildcard $(call path,$1)/*.c)) \
    $$(patsubst %,$B/obj/%.o,$$(wildcard $(call path,$1)/*.html))
$(call archive,$1): $$(filter-out %/main.o,$$(objects.$1))
lib-$1: $(call archive,$1)

tests.$1 := $$(patsubst tests/%.c,$B/tests/%,\
    $$(wildcard tests/unit/$1/test_*.c))
$B/obj/tests/unit/$1/%.o: private cppflags += -I$(call path,$1)
$$(tests.$1): $B/tests/%: $B/obj/tests/%.o $(call archive,$1) \
    $(call archive,$(call libraries,$(use.$1)))
	$$(call say,LD,$$@)
	$$Q mkdir -p $$(@D)
	$$Q $$(CC) $$(ldflags) -o $$@ $$^ -lcmocka $(call system,$1)
check-$1: $$(tests.$1)
	$$Q $$(PYTHON) tests/run check $$^
endef

# $1: a program that has been written.
define program
$B/$(out.$1): $B/obj/$(call path,$1)/main.o $(call archive,$1) \
    $(call archive,$(call libraries,$(use.$1)))
	$$(call say,LD,$$@)
	$$Q mkdir -p $$(@D)
	$$Q $$(CC) $$(ldflags) -o $$@ $$^ $(sys.$1)
endef

# $1: a fuzz harness, named for the file it is for (fuzz_h1 or fuzz_h1_body for
# src/http/h1.c), for a library or for a program. It links what that directory
# may use, or every library. Under libFuzzer it brings its own main.
subject = $(or $(filter $(LIBS) $(PROGRAMS),$1),\
    $(patsubst src/%,%,$(patsubst %/,%,$(dir \
    $(firstword $(foreach n,$1 $(firstword $(subst _, ,$1)),\
    $(wildcard src/*/$n.c acme/$n.c)))))),$(LIBS))
define harness
$B/tests/fuzz/fuzz_$1: $B/obj/tests/fuzz/fuzz_$1.o \
    $(if $(filter fuzz,$(MODE)),,$B/obj/tests/fuzz/driver.o) \
    $(call archive,$(filter $(PROGRAMS),$(call subject,$1))) \
    $(call archive,$(call libraries,$(call subject,$1)))
	$$(call say,LD,$$@)
	$$Q mkdir -p $$(@D)
	$$Q $$(CC) $$(ldflags) $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer) \
	    -o $$@ $$^ $(call system,$(call subject,$1))
fuzz-$1: $B/tests/fuzz/fuzz_$1
	$$Q mkdir -p $B/corpus/$1
	$$Q $$< -max_total_time=$$(FUZZ_SECONDS) -print_final_stats=1 \
	    -artifact_prefix=$B/ $B/corpus/$1 tests/fuzz/corpus/$1
endef

DIRS := $(LIBS) $(PROGRAMS)
written := $(foreach p,$(PROGRAMS),$(if $(wildcard $(call path,$p)/main.c),$p))
programs := $(foreach p,$(written),$B/$(out.$p))
harnesses := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

$(foreach d,$(DIRS),$(eval $(call directory,$d)))
$(foreach p,$(written),$(eval $(call program,$p)))
$(foreach h,$(harnesses),$(eval $(call harness,$h)))

tests := $(foreach d,$(DIRS),$(tests.$d)) $(harnesses:%=$B/tests/fuzz/fuzz_%)
objects := $(foreach d,$(DIRS),$(objects.$d)) \
    $(patsubst %.c,$B/obj/%.o,$(wildcard tests/unit/*/*.c tests/fuzz/*.c))

programs: $(programs)
tests: $(tests)

# Harnesses see the private headers of programs as "acme/jws.h".
$B/obj/tests/fuzz/%.o: private cppflags += -I.

$B/obj/%.o: %.c $B/flags
	$(call say,CC,$<)
	$Q mkdir -p $(@D)
	$Q $(CC) $(cppflags) $(CPPFLAGS) $(cflags) -MMD -MP -c -o $@ $<

# A page becomes two constants: page.html is page_html and page_html_len.
$B/obj/%.html.o: %.html $B/flags
	$(call say,CC,$<)
	$Q mkdir -p $(@D)
	$Q { echo '#include <stddef.h>' && \
	    echo 'extern const unsigned char $(*F)_html[];' && \
	    echo 'extern const size_t $(*F)_html_len;' && \
	    echo 'const unsigned char $(*F)_html[] = {' && \
	    od -An -v -tx1 $< | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g' && \
	    echo '};' && \
	    echo 'const size_t $(*F)_html_len = sizeof($(*F)_html);'; } | \
	    $(CC) $(CPPFLAGS) $(cflags) -x c -c -o $@ -

$B/lib/lib%.a:
	$(call say,AR,$@)
	$Q mkdir -p $(@D)
	$Q rm -f $@
	$Q $(AR) rcs $@ $^

# Another compiler or other flags: everything is built again.
flags = $(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(LDFLAGS)
$B/flags: force
	@mkdir -p $(@D)
	@[ '$(flags)' = "$$(cat $@ 2>/dev/null)" ] || echo '$(flags)' >$@

-include $(objects:.o=.d)

# --- tests ------------------------------------------------------------------

check: $(tests)
	$Q $(PYTHON) tests/run check $^

list-tests:
	@echo $(tests)

asan:
	$Q $(MAKE) MODE=asan B=build/asan programs check
	$Q GATEHOUSE_BUILD=build/asan $(PYTHON) -m pytest \
	    -m 'not soak and not release' tests/e2e

fuzz:
	$Q tests/setup fuzz
	$Q $(MAKE) MODE=fuzz B=build/fuzz $(harnesses:%=fuzz-%)

# The tools of tests/bench belong to no mode: it is Gatehouse that varies.
benchers := build/bench/load build/bench/backend
$(benchers): build/bench/%: tests/bench/%.c
	$(call say,LD,$@)
	$Q mkdir -p $(@D)
	$Q $(CC) $(cppflags) $(ldflags) -o $@ $< -lssl -lcrypto
bench-installed: programs $(benchers)
	$Q GATEHOUSE_BUILD=$B $(PYTHON) tests/bench/bench.py $(BENCH)
bench:
	$Q tests/setup bench
	$Q $(MAKE) $(jobs) bench-installed

soak: programs
	$Q GATEHOUSE_BUILD=$B $(PYTHON) -m pytest -m soak tests/e2e

# In a make of its own, which meets the machine as tests/setup left it.
test:
	$Q tests/setup test
	$Q $(MAKE) test-installed
test-installed:
	+$Q MAKE='$(MAKE)' $(PYTHON) tests/run all $(lints)

# Not a HOST that the environment happens to hold.
given = $(if $(filter command,$(origin $1)),--$2 '$($1)')
house := $(strip $(call given,HOST,host) $(call given,BACKEND,backend) \
    $(call given,EMAIL,email))
run:
	$Q tests/setup run
	$Q $(MAKE) $(jobs) programs
ifeq ($(house),)
	$Q exec env GATEHOUSE_BUILD=$B $(PYTHON) tests/e2e/demo.py
else
	$Q exec $B/bin/gatehouse run $(house)
endif

# --- lint -------------------------------------------------------------------

# Versions of clang-format disagree; Debian 12's decides.
decides := $(shell clang-format --version 2>/dev/null)
lints := $(addprefix lint-,layers homes banned sizes man map carries clang \
    $(if $(findstring version 14.,$(decides)),format))
sources := $(wildcard include/*/*.h src/*/*.[ch] src/*/*.def acme/*.[ch])
test_sources := $(wildcard tests/unit/*/*.[ch] tests/fuzz/*.[ch])
formatted := $(filter-out %.def,$(sources) $(test_sources))

lint: $(lints)

lint-layers:
	$Q tests/lint/layers $(foreach d,$(DIRS),'$d $(use.$d)') -- $(sources)
lint-homes:
	$Q tests/lint/homes $(sources)
lint-banned:
	$Q tests/lint/banned $(sources) $(test_sources)
lint-format:
	$Q clang-format --dry-run -Werror $(formatted)
lint-sizes:
	$Q $(PYTHON) tests/lint/sizes $(formatted)
lint-man:
	$Q mandoc -T lint -W warning $(wildcard docs/man/*.[1-8]) </dev/null
lint-map:
	$Q $(PYTHON) tests/lint/map tests/README.md
lint-carries: $(programs)
	$Q tests/lint/carries $(foreach p,$(written),'$B/$(out.$p) $(sys.$p)')
lint-clang:
	$Q $(MAKE) CC=clang CFLAGS=-O0 MODE=release B=build/clang programs tests

format:
	clang-format -i $(formatted)

# --- installing -------------------------------------------------------------

# The example configuration goes to share/: /etc belongs to the operator.
root := '$(DESTDIR)$(PREFIX)'
put := install -D -m 644

# Printed by the program that was built, which may be for another machine.
# Debian's zsh looks in vendor-completions, but not beneath /usr/local.
completes = $B/$(out.cli) completion $1 | $(put) /dev/stdin $(root)/share/$2
zsh.functions := $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
place.bash := bash-completion/completions/gatehouse
place.zsh := zsh/$(zsh.functions)/_gatehouse
place.fish := fish/vendor_completions.d/gatehouse.fish
shells := bash zsh fish
completions = $(foreach s,$(shells),$(call completes,$s,$(place.$s));)
install: programs
	$Q set -e; for file in $(foreach p,$(written),$(out.$p)); do \
	    install -D -m 755 $B/$$file $(root)/$$file; done
	$Q set -e; for file in docs/man/*.[1-8]; do \
	    $(put) $$file $(root)/share/man/man$${file##*.}/$${file##*/}; done
	$Q set -e; for file in $$(cd etc && find . -type f); do \
	    $(put) etc/$$file $(root)/share/gatehouse/$$file; done
	$Q if $B/$(out.cli) version >/dev/null 2>&1; then $(completions) \
	else echo 'No completion for shells: $(out.cli) does not run here.'; fi
	$Q $(put) systemd/gatehouse.service \
	    $(root)/lib/systemd/system/gatehouse.service
	$Q sed -i 's|/usr/|$(PREFIX)/|g' \
	    $(root)/lib/systemd/system/gatehouse.service
	$Q set -e; for kind in sysusers tmpfiles; do \
	    $(put) systemd/gatehouse.$$kind \
	    $(root)/lib/$$kind.d/gatehouse.conf; done

installed = $(foreach p,$(PROGRAMS),$(out.$p)) \
    $(foreach m,$(notdir $(wildcard docs/man/*.[1-8])),\
    share/man/man$(subst .,,$(suffix $m))/$m) \
    $(patsubst etc/%,share/gatehouse/%,$(shell find etc -type f)) \
    $(foreach s,$(shells),share/$(place.$s)) \
    lib/systemd/system/gatehouse.service \
    $(foreach kind,sysusers tmpfiles,lib/$(kind).d/gatehouse.conf)
uninstall:
	$Q rm -f $(addprefix $(root)/,$(installed))
	$Q for dir in share libexec; do \
	    find $(root)/$$dir/gatehouse -depth -type d -empty -delete \
	    2>/dev/null || :; done
	$Q echo 'The service, its configuration and its state are removed by' \
	    '`gatehouse uninstall`, before this.'

# From a checkout to a house that is reached: all that setup asks for may be
# given here, and what else it takes in SETUP.
wishes := $(strip $(house) $(call given,DDNS,ddns) \
    $(call given,TOKEN_FILE,ddns-token-file) \
    $(call given,HA_TOKEN_FILE,ha-token-file))
setup:
	$Q [ "$$(id -u)" -eq 0 ] || { echo 'make setup installs a service:' \
	    'say `sudo make setup` with the same words.' >&2; exit 1; }
	$Q tests/setup setup
	$Q $(MAKE) $(jobs) install
	$Q systemd/prepare $(root)
	$Q exec $(root)/bin/gatehouse setup $(wishes) $(SETUP)

clean:
	rm -rf build

force:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all programs tests check list-tests asan fuzz soak test bench \
    bench-installed \
    test-installed run lint $(lints) lint-format format install uninstall setup clean \
    force \
    $(foreach d,$(DIRS),lib-$d check-$d) $(harnesses:%=fuzz-%)
