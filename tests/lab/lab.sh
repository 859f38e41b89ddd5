#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A private libvirt lab: one or more libvirtd with everything of their own.
#
#   lab.sh start [N] [DIR]      start N hosts h1, h2, … (1); DIR or $NVIRT_LAB says where
#   lab.sh stop                 end all of them, remove everything
#   lab.sh status               what runs, and the URI of each
#   lab.sh shell [N]            start, give a shell that knows the lab, stop when it ends
#   lab.sh uri hN               the URI, usable from outside
#   lab.sh virsh hN ARG...      virsh on that host
#   lab.sh define hN NAME [boot|linux|count… [MIB]]   a guest with a disk: see guest/define.sh
#   lab.sh kill9 hN             kill -9 its libvirtd; the guests go on
#   lab.sh restart hN           start its libvirtd again
#   lab.sh stop-daemon hN, cont-daemon hN            SIGSTOP, SIGCONT
#   lab.sh stop-qemu hN GUEST, cont-qemu hN GUEST, kill-qemu hN GUEST    the same for one guest's QEMU
#   lab.sh exec hN COMMAND...   run a command inside the host
#
# As root a host has mount, PID, network, UTS and IPC namespaces of its own and
# runs a system libvirtd; /dev/kvm and cgroups are not there. Any other user
# gets a session libvirtd with private XDG directories (no networks, no
# namespaces). The machine's own libvirt is not touched in either case.
# NVIRT_LAB_OWNER=PID ends the lab when that process is gone. NVIRT_LAB_MODE=session
# and root: the session daemon of user nobody, as where namespaces are forbidden.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
lab=${NVIRT_LAB:-/tmp/nvirt-lab-$(id -u)}
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

die() {
	echo "lab.sh: $*" >&2
	exit 1
}

usage() {
	sed -n '/^#   lab.sh/s/^#   //p' "$0"
	exit 2
}

# Of a host that runs, or of those to come.
mode() {
	if [ -e "$lab/${1:-}/mode" ]; then
		cat "$lab/$1/mode"
	elif [ "$(id -u)" -ne 0 ] || [ "${NVIRT_LAB_MODE:-}" = session ] || ! can_make_namespaces; then
		echo session
	else
		echo system
	fi
}

can_make_namespaces() {
	unshare --mount --pid --net --uts --ipc --fork mount -t proc proc /proc 2>/dev/null
}

# The keeper of that directory, not whoever has the number now.
keeper_of() {
	local pid
	pid=$(cat "$1/keeper.pid" 2>/dev/null) || return 1
	tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "-d $1 " && echo "$pid"
}

host_dir() {
	case $1 in
	h[1-9]*) ;;
	*) die "'$1' is no host of the lab: h1, h2, …" ;;
	esac
	keeper_of "$lab/$1" >/dev/null || die "host '$1' does not run in $lab (NVIRT_LAB=DIR names another lab)"
	echo "$lab/$1"
}

socket() {
	echo "$lab/$1/run/libvirt/libvirt-sock"
}

uri() {
	echo "qemu+unix:///$(mode "$1")?socket=$(socket "$1")"
}

# Tools are built by the Makefile; the lab also works alone in a fresh tree.
tool() {
	local dir=${NVIRT_LAB_TOOLS:-$top/build/tests/lab}
	[ -x "$dir/$1" ] || make -s -C "$top" BUILD="$top/build" "$top/build/tests/lab/$1" >&2
	[ -x "$dir/$1" ] || dir=$top/build/tests/lab
	echo "$dir/$1"
}

check_needs() {
	local program
	for program in libvirtd virtlogd virsh qemu-system-x86_64 qemu-img; do
		command -v "$program" >/dev/null || die "$program is missing: run tests/deps.sh check"
	done
	[ ${#lab} -le 40 ] || die "'$lab' is too long for a socket path: choose a shorter NVIRT_LAB"
	case $lab in
	/run/* | /var/run/* | /dev/* | /var/lib/libvirt/*) die "'$lab' is a place that the lab's hosts replace" ;;
	/*) ;;
	*) die "'$lab' must be an absolute path" ;;
	esac
}

# What a keeper that was itself killed could not end: our own daemons and QEMUs, by their pid files.
end_leftovers() {
	local dir=$1 file pid
	for file in "$dir"/host.pid "$dir"/run/*.pid "$dir"/run/libvirt/qemu/run/*.pid; do
		pid=$(cat "$file" 2>/dev/null) || continue
		! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$dir/" || kill -KILL "$pid" || true
	done
	rm -rf "$dir"
}

# What a host's libvirt has found out about QEMU: asking takes as long as all else that a start does. The next
# host begins with it, and its libvirt itself sees whether QEMU, the kernel or libvirt has changed since.
known_qemu=${NVIRT_LAB_CACHE:-$top/build/lab-guest}/qemu

lend_known_qemu() {
	[ ! -d "$known_qemu" ] || cp -r "$known_qemu" "$1/cache/"
}

keep_known_qemu() {
	local file
	for file in "$1"/cache/qemu/capabilities/*.xml; do
		[ -s "$file" ] && [ ! -e "$known_qemu/capabilities/${file##*/}" ] || continue
		# Where it can not be kept the next one asks again.
		mkdir -p "$known_qemu/capabilities" && cp "$file" "$known_qemu/${file##*/}.$$" &&
			mv "$known_qemu/${file##*/}.$$" "$known_qemu/capabilities/${file##*/}" || return 0
	done
}

start_host() {
	local host=$1 dir=$lab/$1 word='' mode run
	! keeper_of "$dir" >/dev/null || die "$host runs already in $lab"
	end_leftovers "$dir"
	mode=$(mode)
	mkdir -p "$dir"
	echo "$mode" >"$dir/mode"
	# A copy: nobody may not be allowed to look where the sources are.
	install -m 755 "$here/host.sh" "$dir/host.sh"
	run=("$dir/host.sh" "$mode" "$dir" "$host")
	if [ "$mode" = system ]; then
		mkdir -p "$dir/cache"
		lend_known_qemu "$dir"
		run=(unshare --mount --pid --net --uts --ipc --fork --kill-child=KILL "${run[@]}")
	elif [ "$(id -u)" -eq 0 ]; then
		chown 65534:65534 "$dir"
		run=("${as_nobody[@]}" "${run[@]}")
	fi
	exec {ready}< <(exec setsid "$(tool keep)" -d "$dir" ${NVIRT_LAB_OWNER:+-o "$NVIRT_LAB_OWNER"} \
		"${run[@]}" 2>"$dir/host.log" </dev/null)
	read -t 120 -r -u "$ready" word || true
	exec {ready}<&-
	[ "$word" = ready ] || {
		cat "$dir/host.log" "$dir/log/libvirtd.log" >&2 2>/dev/null || true
		die "host $host did not start"
	}
	virsh -q -c "$(uri "$host")" pool-define-as default dir --target "$dir/img" >/dev/null
	virsh -q -c "$(uri "$host")" pool-start default >/dev/null
	[ "$mode" = session ] || virsh -q -c "$(uri "$host")" net-define "$here/network.xml" >/dev/null
}

start() {
	local count=${1:-1} i
	lab=${2:-$lab}
	check_needs
	mkdir -p "$lab"
	# Another user's session daemon must reach its directory; nothing in here is secret.
	chmod 755 "$lab"
	for i in $(seq "$count"); do
		start_host "h$i"
	done
}

stop() {
	local dir pid
	for dir in "$lab"/h[1-9]*/; do
		dir=${dir%/}
		if pid=$(keeper_of "$dir"); then
			keep_known_qemu "$dir"
			kill -TERM "$pid" 2>/dev/null || true
			"$(tool keep)" -w "$pid" || die "keeper $pid of $dir does not end"
		fi
		end_leftovers "$dir"
	done
	rmdir "$lab" 2>/dev/null || true
}

status() {
	local dir host
	for dir in "$lab"/h[1-9]*/; do
		[ -d "$dir" ] || die "no lab in $lab"
		host=$(basename "$dir")
		if keeper_of "${dir%/}" >/dev/null; then
			echo "$host: $(uri "$host")  libvirtd $(daemon_state "$host")"
		else
			echo "$host: down"
		fi
	done
}

# Signals go through the host's own PID namespace: pid files hold its numbers.
signal() {
	local host=$1 sig=$2 file=$3 pid
	pid=$(cat "$file")
	if [ "$(mode "$host")" = system ]; then
		nsenter -t "$(cat "$lab/$host/init.pid")" -p kill -s "$sig" "$pid"
	else
		kill -s "$sig" "$pid"
	fi
}

daemon_state() {
	if [ "$(mode "$1")" = system ]; then
		inside "$1" sh -c 'read -r _ _ state _ 2>/dev/null </proc/$(cat "$0")/stat && echo "$state" || echo gone' \
			"$lab/$1/run/libvirtd.pid"
	else
		ps -o state= -p "$(cat "$lab/$1/run/libvirtd.pid")" || echo gone
	fi
}

qemu_pid_file() {
	local file
	for file in "$lab/$1/run/libvirt/qemu/$2.pid" "$lab/$1/run/libvirt/qemu/run/$2.pid"; do
		[ ! -e "$file" ] || { echo "$file" && return; }
	done
	die "guest '$2' does not run on $1"
}

signal_daemon() {
	local dir
	dir=$(host_dir "$1")
	signal "$1" "$2" "$dir/run/libvirtd.pid"
}

signal_qemu() {
	local file
	file=$(qemu_pid_file "$1" "$2")
	signal "$1" "$3" "$file"
}

inside() {
	local dir mode
	dir=$(host_dir "$1")
	mode=$(mode "$1")
	shift
	if [ "$mode" = system ]; then
		nsenter -t "$(cat "$dir/init.pid")" -m -p -n -u -i -- "$@"
	else
		[ "$(id -u)" -ne 0 ] || set -- "${as_nobody[@]}" "$@"
		env -i PATH="$PATH" TERM="${TERM:-dumb}" $(sed 's/^export //' "$dir/env") "$@"
	fi
}

# The host's own first process starts daemons, so that they belong to it.
restart() {
	local dir word=''
	dir=$(host_dir "$1")
	echo libvirtd >"$dir/ctl"
	read -t 60 -r word <"$dir/reply" || true
	[ "$word" = ready ] || die "libvirtd of $1 did not start: see $dir/log/libvirtd.log"
}

define() {
	local host=$1 name=$2 kind=${3:-boot} mib=${4:-} dir
	dir=$(host_dir "$host")
	"$here/guest/define.sh" "$kind" "$name" "$dir/img" "$(mode "$host")" "$mib" >"$dir/tmp/$name.xml"
	virsh -q -c "$(uri "$host")" define "$dir/tmp/$name.xml" >/dev/null
}

shell() {
	export NVIRT_LAB=$lab NVIRT_LAB_OWNER=$$
	start "${1:-1}"
	trap stop EXIT
	define h1 counter
	define h1 idle
	virsh -q -c "$(uri h1)" start counter >/dev/null
	LIBVIRT_DEFAULT_URI=$(uri h1)
	export LIBVIRT_DEFAULT_URI
	status
	cat <<TEXT

This shell is connected to h1: virsh list --all, or $top/build/nvirt.
From another terminal:  virsh -c '$LIBVIRT_DEFAULT_URI'
More guests:            $here/lab.sh define h1 web1 linux
The lab ends with this shell.
TEXT
	PS1='lab$ ' "${SHELL:-/bin/sh}" || true
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
start) start "$@" ;;
stop) stop ;;
status) status ;;
shell) shell "$@" ;;
mode) mode "$@" ;;
uri) host_dir "$1" >/dev/null && uri "$1" ;;
virsh) host=$1 && shift && host_dir "$host" >/dev/null && exec virsh -c "$(uri "$host")" "$@" ;;
define) define "$@" ;;
kill9) signal_daemon "$1" KILL ;;
restart) restart "$1" ;;
stop-daemon) signal_daemon "$1" STOP ;;
cont-daemon) signal_daemon "$1" CONT ;;
stop-qemu) signal_qemu "$1" "$2" STOP ;;
cont-qemu) signal_qemu "$1" "$2" CONT ;;
kill-qemu) signal_qemu "$1" "$2" KILL ;;
exec) inside "$@" ;;
*) usage ;;
esac
