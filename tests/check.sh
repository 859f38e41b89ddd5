#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check: installs what is missing, builds with both compilers and with the
# sanitizers, runs lint and every test program, ends with one line:
#
#   N passed, N failed[, N skipped]
#
# Logs stay in build/check/. Runs as any user; what needs root says so.
#   check.sh NAME...   only the programs whose path holds one of these words, gcc build
#   JOBS=N             programs at a time (default: half as many again as processors)
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.." || exit 1
logs=$PWD/build/check
processors=$(nproc)
# Programs wait for QEMU and libvirt more than they compute.
jobs=${JOBS:-$(((processors * 3 + 1) / 2))}
limit=600 # seconds a program may take

dir_of() {
	case $1 in
	gcc) echo build ;;
	*) echo "build/$1" ;;
	esac
}

# Nothing of the user's is read or written by a test.
private_environment() {
	local name
	for name in CONFIG STATE CACHE DATA; do
		export "XDG_${name}_HOME=$logs/home/$name"
	done
	export HOME=$logs/home XDG_RUNTIME_DIR=$logs/home/run LANG=C.UTF-8 TZ=UTC TERM=xterm-256color G_SLICE=always-malloc
	unset LC_ALL LIBVIRT_DEFAULT_URI VIRSH_DEFAULT_CONNECT_URI NO_COLOR COLORTERM NVIRT_LAB NVIRT_LAB_OWNER
	mkdir -p "$HOME" "$XDG_RUNTIME_DIR"
	chmod 700 "$XDG_RUNTIME_DIR"
	export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
	export LSAN_OPTIONS=suppressions=$here/support/lsan.supp:print_suppressions=0
	export TSAN_OPTIONS=suppressions=$here/support/tsan.supp:second_deadlock_stack=1
}

# ---- one test program ---------------------------------------------------------

# Sanitizers fail on kernels that spread the address space wider than they know.
runner() {
	case $1 in
	asan | tsan) setarch "$(uname -m)" -R true 2>/dev/null && echo "setarch $(uname -m) -R" ;;
	esac
}

count() {
	sed -n "s/^\[ *$1 *\] \([0-9]*\) test.*/\1/p" "$2" | awk '{n += $1} END {print n + 0}'
}

seconds_since() {
	awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN {printf "%.1f", to - from}'
}

# record NAME PASSED FAILED SKIPPED SECONDS LOG
record() {
	local word=ok line
	[ "$3" -eq 0 ] || word=FAILED
	echo "$2 $3 $4" >"$logs/$(tr / - <<<"$1").result"
	printf -v line '  %-6s %-40s %3d passed' "$word" "$1" "$2"
	[ "$3" -eq 0 ] || line+=", $3 failed"
	[ "$4" -eq 0 ] || line+=", $4 skipped"
	# At once, so that those who end together do not mix their words.
	echo "$line  $5 s"
	[ "$3" -eq 0 ] || { tail -n 40 "$6" | sed 's/^/    | /' && echo "    | (all of it: $6)"; }
}

run_program() {
	local config=$1 program=$2 name log from status=0 passed failed
	name="$config $program"
	log=$logs/$config-$(tr / - <<<"$program").log
	from=$(date +%s.%N)
	# libvirt and GLib have no frame pointers: where they leak is seen only the slow way. Not where a moment is to
	# be met.
	case "$config $program" in
	*kill*) ;;
	asan\ backend/* | asan\ pty/*) local -x ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0 ;;
	esac
	# shellcheck disable=SC2046
	$(runner "$config") timeout -k 10 $limit "$(dir_of "$config")/tests/$program" >"$log" 2>&1 </dev/null || status=$?
	passed=$(count PASSED "$log")
	failed=$(count FAILED "$log")
	# A crash, a sanitizer's report or a time-out is a failure that cmocka did not count.
	if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
		echo "ended with status $status" >>"$log"
		failed=1
	fi
	[ $((passed + failed)) -gt 0 ] || [ "$(count SKIPPED "$log")" -gt 0 ] || failed=1
	record "$name" "$passed" "$failed" "$(count SKIPPED "$log")" "$(seconds_since "$from")" "$log"
}

# ---- a step that is not a test program ----------------------------------------

step() {
	local name=$1 log from
	shift
	log=$logs/$(tr ' /' '--' <<<"$name").log
	from=$(date +%s.%N)
	if "$@" >"$log" 2>&1 </dev/null; then
		record "$name" 1 0 0 "$(seconds_since "$from")" "$log"
	else
		record "$name" 0 1 0 "$(seconds_since "$from")" "$log"
		return 1
	fi
}

# A linker that takes a quarter of the time, where the distribution's binutils has it: for test programs only.
fast_linker() {
	! command -v ld.gold >/dev/null || echo -fuse-ld=gold
}

# clang's warnings come from its front end: that is all that runs here. What a sanitizer says needs lines, not
# variables; and only what is run under it is built.
build() {
	local config=$1 goal=$2
	case $config in
	gcc) set -- CC=gcc ;;
	clang) set -- CC=clang CFLAGS='-O1 -fsyntax-only' ;;
	asan) set -- CC=gcc SAN=address,undefined ;;
	tsan) set -- CC=gcc SAN=thread ;;
	esac
	case $config in
	*san) set -- "$@" CFLAGS='-O1 -g1' \
		TESTS="$(plan "$config" | sed "s|^$config |$(dir_of "$config")/tests/|" | tr '\n' ' ')" ;;
	esac
	make -j"$processors" WERROR=1 BUILD="$(dir_of "$config")" TEST_LDFLAGS="$(fast_linker)" "$@" "$goal"
}

# Of each of the five targets a minute, at the pace that the programs beside it leave; longer by hand.
fuzz() {
	make -j"$processors" WERROR=1 BUILD=build SECONDS=60 fuzz
}

programs() {
	local kind file
	for kind in "$@"; do
		for file in tests/$kind.c; do
			[ ! -e "$file" ] || echo "$file" | sed 's|^tests/||; s|\.c$||'
		done
	done
}

# Minutes on real guests, copying gigabytes: they wait for QEMU and libvirt, not for us.
long='backend/test_(clone|image|linked|snapshot)'

# So that none of them is the last one to run, alone. Who is not named here takes less than half a minute.
slow='pty/test_graphs backend/test_snapshot_killed backend/test_snapshot_matrix_uefi pty/test_cli_verbs
backend/test_snapshot_revert backend/test_ops_qemu backend/test_snapshot_matrix pty/test_wall pty/test_login
pty/test_actions backend/test_screen_text pty/test_dry_run pty/test_console pty/test_screen_tab
backend/test_screen_boot unit/test_vnc_hostile unit/test_serial backend/test_snapshots backend/test_snapshot_faults
pty/test_faults pty/test_read_mode backend/test_storage'

longest_first() {
	awk -v slow="$slow" 'BEGIN {n = split(slow, name); for (i = 1; i <= n; i++) rank[name[i]] = i}
		{printf "%d %d %s\n", $0 in rank ? rank[$0] : n + 1, NR, $0}' | sort -n -k 1,1 -k 2,2 | cut -d ' ' -f 3
}

# What each build runs. Sanitizers look at everything in-process, and at the real binary
# where it has most to do; what takes long runs once, under the sanitizer that sees most,
# and beside it only what copies on threads of its own is looked at for races.
plan() {
	case $1 in
	gcc) programs 'pty/test_*' 'backend/test_*' 'unit/test_*' | grep -vE "$long" ;;
	asan) programs 'backend/test_*' 'pty/test_session' 'pty/test_hostile' 'unit/test_*' ;;
	tsan)
		programs 'pty/test_session' 'backend/test_*' | grep -vE "$long"
		programs 'backend/test_clone' 'backend/test_snapshots' 'unit/test_inbox*' 'unit/test_journal_file*' 'unit/test_worker*' 'unit/test_serial*' 'unit/test_vnc_hostile*'
		;;
	esac | longest_first | sed "s/^/$1 /"
}

# By name everything can be run, as it is built for use.
named() {
	local word
	for word in "$@"; do
		programs 'pty/test_*' 'backend/test_*' 'unit/test_*' | sed 's/^/gcc /' | grep -F -- "$word"
	done | sort -u
}

# What failed beside others on a busy machine runs once more by itself; its first
# log stays as *.first. Who passes only then is named: that is a bug to find.
again() {
	local file name config program failed
	for file in "$logs"/{gcc,asan,tsan}\ *.result; do
		[ -e "$file" ] || continue
		read -r _ failed _ <"$file"
		[ "$failed" -gt 0 ] || continue
		name=$(basename "$file" .result)
		config=${name%% *} program=${name#* }
		program=${program/-//}
		echo "Again, by itself: $config $program"
		cp "$logs/$config-$(tr / - <<<"$program").log" "$logs/$config-$(tr / - <<<"$program").log.first" || true
		run_program "$config" "$program"
	done
}

summary() {
	local passed failed skipped
	read -r passed failed skipped < <(cat "$logs"/*.result | awk '{p += $1; f += $2; s += $3} END {print p + 0, f + 0, s + 0}')
	if [ "$skipped" -gt 0 ]; then
		echo "Skipped:"
		grep -hE '^\[  SKIPPED \] [a-z]' "$logs"/*.log | sort -u | sed 's/^\[  SKIPPED \]/ /'
		[ "$(id -u)" -eq 0 ] || echo "  (the lab's networks and namespaces need root)"
	fi
	printf '%d passed, %d failed' "$passed" "$failed"
	[ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
	printf '\n'
	[ "$failed" -eq 0 ]
}

if [ "${1:-}" = --one ]; then
	run_program "$2" "$3"
	exit 0
fi

"$here/deps.sh" check </dev/null || exit 1
rm -rf "$logs"
mkdir -p "$logs"
private_environment
if [ $# -gt 0 ]; then
	build gcc tests >"$logs/build.log" 2>&1 || { cat "$logs/build.log" && exit 1; }
	named "$@" | xargs -r -P "$jobs" -L 1 "$here/check.sh" --one
	summary
	exit
fi

# Prints what is to run as soon as it is built: the next build goes on beside the programs of the last one, and
# what needs no lab at all fills the time that they wait. What does not build is one failure, not one for each of
# its programs.
work() {
	local config
	! step 'build gcc' build gcc tests >&3 || plan gcc
	renice -n 10 $BASHPID >/dev/null
	for config in asan tsan; do
		! step "build $config" build $config tests >&3 || plan $config
	done
	step 'build clang' build clang objects >&3
	step 'lint' "$here/lint.sh" >&3
	step 'lint self-test' "$here/lint.sh" --self-test >&3
	step 'fuzz' fuzz >&3
}

exec 3>&1
work | xargs -r -P "$jobs" -L 1 "$here/check.sh" --one 3>&-
again
summary
