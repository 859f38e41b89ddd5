#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nvirt on an own little host: `make demo`.
#
#   demo.sh          install what is missing, build, start the host, open nvirt, clean up
#   demo.sh setup    the same up to the running host; prints its URI and leaves it there
#   demo.sh remove   end that host and remove all of it
#
# The host is an unprivileged libvirt daemon with every path of its own in one
# directory, so the guests of this machine are neither seen nor touched. Root
# lends it to the user behind sudo, else to nobody.
#
#   DEMO_DIR=dir     that directory (default: $XDG_RUNTIME_DIR/nvirt-demo-UID, or in /tmp)
#   NVIRT=file       the program to open; nothing is installed or built then
#   BUILD=dir        where make builds (default: build)
#
# Layout: $dir belongs to the caller: demo.pid (this script), daemon.pid, log,
# state/ (nvirt's journal). $dir/h belongs to the user that runs the host.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
PATH=$PATH:/usr/sbin:/sbin

guests='demo-counter demo-shell demo-off'
nvirt=
child=
made=
keep=

say() { printf 'demo: %s\n' "$*"; }
die() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

# ---- who runs the host, and where ------------------------------------------------

# Sets uid, gid and as[]: the words that run a command as the host's user.
choose_user() {
	uid=$(id -u)
	gid=$(id -g)
	as=()
	[ "$uid" -eq 0 ] || return 0
	if [ "${SUDO_UID:-0}" -ne 0 ] && getent passwd "$SUDO_UID" >/dev/null; then
		uid=$SUDO_UID
		gid=$(id -g "$uid")
		as=(setpriv --reuid "$uid" --regid "$gid" --init-groups --)
		return 0
	fi
	uid=$(id -u nobody) || die "there is no user 'nobody' to run the demo as"
	gid=$(id -g nobody)
	local group
	group=$(stat -c %g /dev/kvm 2>/dev/null) && [ "$group" -ne 0 ] || group=$gid
	as=(setpriv --reuid "$uid" --regid "$gid" --groups "$group" --)
}

# A UNIX socket's path has at most 107 bytes; the longest below is a guest's.
choose_dir() {
	local tail=/h/config/libvirt/qemu/lib/domain-99-demo-counter/monitor.sock parent=/tmp
	if [ "$(id -u)" -ne 0 ] && [ -O "${XDG_RUNTIME_DIR:-/nonexistent}" ] && [ -w "$XDG_RUNTIME_DIR" ] &&
		[ $((${#XDG_RUNTIME_DIR} + 24 + ${#tail})) -lt 107 ]; then
		parent=$XDG_RUNTIME_DIR
	fi
	dir=${DEMO_DIR:-$parent/nvirt-demo-$uid}
	case $dir in
	/*) ;;
	*) die "DEMO_DIR must be an absolute path: '$dir'" ;;
	esac
	[ $((${#dir} + ${#tail})) -lt 107 ] || die "the path '$dir' is too long for sockets below it"
	host=$dir/h
}

# Turns this shell into COMMAND as the host's user, with nothing but the host's own paths.
enter_host() {
	cd "$host" && exec "${as[@]}" env -i PATH="$PATH" LANG=C.UTF-8 HOME="$host/home" \
		XDG_RUNTIME_DIR="$host/run" XDG_CONFIG_HOME="$host/config" XDG_CACHE_HOME="$host/cache" \
		XDG_DATA_HOME="$host/data" XDG_STATE_HOME="$host/data" TMPDIR="$host/run" "$@"
}

on_host() { (enter_host "$@"); }

# Without a terminal, or virsh starts a password agent on it.
virsh() { on_host setsid -w timeout 60 virsh -q -c "$uri" "$@" </dev/null; }

# ---- what is left of an earlier one ----------------------------------------------

# Is PID a process that has WORD in its command line? Numbers are used again, so a pid file alone proves nothing.
runs_with() { # PID WORD
	[ -n "$1" ] && [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

end_process() { # PID WORD: asks it to end, insists after five seconds
	runs_with "$1" "$2" || return 0
	kill -TERM "$1" 2>/dev/null
	for _ in $(seq 50); do
		runs_with "$1" "$2" || return 0
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null
	for _ in $(seq 50); do
		runs_with "$1" "$2" || return 0
		sleep 0.1
	done
	say "process $1 does not end"
	return 1
}

first_line() { head -n 1 "$1" 2>/dev/null | tr -dc 0-9; }

# The daemon first, so that it does not look at dying guests; then each QEMU by its pid file.
end_host() {
	local file failed=0
	end_process "$(first_line "$dir/daemon.pid")" "$host/" || failed=1
	for file in "$host"/run/libvirt/qemu/run/*.pid; do
		[ -e "$file" ] || continue
		end_process "$(first_line "$file")" "$host/" || failed=1
	done
	return $failed
}

remove_all() {
	[ -d "$dir" ] || return 0
	end_host || die "something of the demo still runs: '$dir' is left in place"
	rm -rf -- "$dir" || die "cannot remove '$dir'"
}

# A directory of this name that is not ours is somebody's trap or somebody's data.
check_stale() {
	[ -e "$dir" ] || [ -L "$dir" ] || return 0
	rmdir "$dir" 2>/dev/null && return 0
	if [ -L "$dir" ] || [ ! -O "$dir" ] || [ ! -e "$dir/demo.pid" ]; then
		die "'$dir' exists and is no demo of yours: remove it, or set DEMO_DIR"
	fi
	local pid
	pid=$(first_line "$dir/demo.pid")
	if [ "$pid" != $$ ] && runs_with "$pid" demo.sh; then
		die "a demo is open already (process $pid); leave it first"
	fi
}

# ---- the host --------------------------------------------------------------------

make_dirs() {
	local mode=700
	[ "$(id -u)" -ne "$uid" ] && mode=711
	mkdir -m "$mode" -- "$dir" || die "cannot create '$dir'"
	made=yes
	echo $$ >"$dir/demo.pid"
	mkdir -m 700 "$dir/state" "$host" || die "cannot write to '$dir'"
	mkdir -p "$host"/{run,config/libvirt,cache,data,home,images} || die "cannot write to '$dir'"
	chmod 700 "$host/run"
	# Without virtlogd there is one daemon to end.
	echo 'stdio_handler = "file"' >"$host/config/libvirt/qemu.conf"
	printf '%s\n' 'log_level = 3' "log_outputs = \"3:file:$host/libvirtd.log\"" >"$host/libvirtd.conf"
}

make_disks() {
	"$top/data/demo/build.sh" "$dir/disks" >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		die "the guests' disks could not be made"
	}
	cp "$dir/disks/counter.qcow2" "$host/images/counter.qcow2" || die "qemu-img made no disk"
	cp "$dir/disks/counter.qcow2" "$host/images/off.qcow2"
	cp "$dir/disks/shell.qcow2" "$host/images/shell.qcow2"
	rm -rf "$dir/disks"
}

start_daemon() {
	local daemon socket=libvirt-sock
	daemon=$(command -v libvirtd) || { daemon=$(command -v virtqemud) && socket=virtqemud-sock; } ||
		die "there is neither libvirtd nor virtqemud"
	uri="qemu+unix:///session?socket=$host/run/libvirt/$socket"
	[ "$(id -u)" -eq "$uid" ] || chown -Rh "$uid:$gid" "$host"
	# A session of its own: Ctrl-C on this terminal must not reach it.
	enter_host setsid "$daemon" -f "$host/libvirtd.conf" -p "$host/libvirtd.pid" \
		</dev/null >>"$dir/log" 2>&1 &
	echo $! >"$dir/daemon.pid"
	for _ in $(seq 300); do
		[ -S "$host/run/libvirt/$socket" ] && virsh uri >/dev/null 2>&1 && return 0
		if ! kill -0 $! 2>/dev/null; then
			break
		fi
		sleep 0.1
	done
	cat "$dir/log" "$host/libvirtd.log" 2>/dev/null | tail -n 5 >&2
	die "$daemon did not start"
}

# KVM must be in the processor, open to this user and known to libvirt: each alone has been seen to lie.
choose_accelerator() {
	accelerator=qemu
	if ! grep -qwE 'vmx|svm' /proc/cpuinfo; then
		why='the processor shows no hardware virtualization'
	elif ! on_host bash -c 'exec 3<>/dev/kvm' 2>/dev/null; then
		why="user '$(id -un "$uid")' cannot open /dev/kvm"
	elif ! virsh capabilities | grep -q "<domain type='kvm'"; then
		why='QEMU does not offer KVM to libvirt'
	else
		accelerator=kvm
	fi
}

guest_xml() { # NAME DISK TITLE DESCRIPTION
	cat <<-XML
		<domain type='$accelerator'>
		  <name>$1</name>
		  <title>$3</title>
		  <description>$4</description>
		  <memory unit='MiB'>32</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='q35'>hvm</type>
		    <boot dev='hd'/>
		  </os>
		  <features>
		    <acpi/>
		    <apic/>
		  </features>
		  <clock offset='utc'/>
		  <devices>
		    <disk type='file' device='disk'>
		      <driver name='qemu' type='qcow2'/>
		      <source file='$host/images/$2.qcow2'/>
		      <target dev='vda' bus='virtio'/>
		    </disk>
		    <controller type='usb' model='none'/>
		    <interface type='user'>
		      <model type='virtio'/>
		    </interface>
		    <serial type='pty'/>
		    <console type='pty'/>
		    <graphics type='vnc'>
		      <listen type='socket'/>
		    </graphics>
		    <video>
		      <model type='vga'/>
		    </video>
		    <memballoon model='virtio'/>
		  </devices>
		</domain>
	XML
}

define_guest() {
	guest_xml "$@" | on_host tee "$host/run/guest.xml" >/dev/null
	virsh define "$host/run/guest.xml" >/dev/null || die "guest '$1' could not be defined"
}

define_guests() {
	define_guest demo-counter counter "counts on its disk and in its memory" \
		"Counts seconds in memory and on disk; its load goes up and down."
	define_guest demo-shell shell "a prompt that echoes keys" "Type help on its screen or serial console."
	define_guest demo-off off "switched off" "Start it: it counts like demo-counter."
}

undefine_guests() {
	local name
	for name in $guests; do
		virsh destroy "$name" >/dev/null 2>&1
		virsh undefine "$name" >/dev/null || die "guest '$name' could not be removed"
	done
}

start_guests() {
	virsh start demo-counter >/dev/null && virsh start demo-shell >/dev/null
}

define_pool() {
	if virsh pool-define-as demo dir --target "$host/images" >/dev/null && virsh pool-start demo >/dev/null; then
		virsh pool-autostart demo >/dev/null
	else
		say "this libvirt has no storage pools for a user: the demo goes without"
	fi
}

setup() {
	remove_all
	make_dirs
	make_disks
	start_daemon
	choose_accelerator
	define_pool
	define_guests
	if [ $accelerator = kvm ] && ! start_guests; then
		why='KVM is there but starts no guest'
		accelerator=qemu
		undefine_guests
		define_guests
	fi
	if [ $accelerator = kvm ]; then
		say "the guests use KVM"
	else
		say "the guests are emulated (TCG, slower): $why"
		start_guests || die "the guests did not start"
	fi
}

# ---- the program -----------------------------------------------------------------

build() {
	if [ -n "${NVIRT:-}" ]; then
		nvirt=$NVIRT
		[ -x "$nvirt" ] || die "cannot run '$nvirt'"
		return 0
	fi
	local make=(make -C "$top" --no-print-directory -j "$(nproc)") build=${BUILD:-build}
	"$top/tests/deps.sh" demo || die "packages are missing"
	[ -z "${BUILD:-}" ] || make+=("BUILD=$BUILD")
	# Under sudo what is built belongs to whoever owns the sources, not to root.
	if [ "$(id -u)" -eq 0 ] && [ "${SUDO_UID:-0}" -ne 0 ] && [ "$(stat -c %u "$top")" = "$SUDO_UID" ]; then
		make=("${as[@]}" "${make[@]}")
	fi
	say "building nvirt"
	"${make[@]}" </dev/null || die "the build failed"
	case $build in
	/*) nvirt=$build/nvirt ;;
	*) nvirt=$top/$build/nvirt ;;
	esac
}

# In the background, so that a signal to this script is handled while nvirt runs.
open_nvirt() {
	local status
	(
		trap - INT QUIT
		XDG_STATE_HOME=$dir/state exec "$nvirt" -c "$uri"
	) <&0 &
	child=$!
	while :; do
		wait "$child"
		status=$?
		kill -0 "$child" 2>/dev/null || break
	done
	child=
	return "$status"
}

ask_remove() {
	local answer=
	[ -t 0 ] && [ -t 1 ] || return 0
	read -r -p 'Remove the demo? [Y/n] ' answer || return 0
	case $answer in
	[nN]*)
		keep=yes
		say "it stays; open it again with:"
		printf "  XDG_STATE_HOME='%s' '%s' -c '%s'\n" "$dir/state" "$nvirt" "$uri"
		say "remove it with: data/demo/demo.sh remove (or the next make demo)"
		;;
	esac
}

on_signal() {
	trap '' INT TERM HUP
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null
		wait "$child" 2>/dev/null
	fi
	exit $((128 + $1))
}

on_exit() {
	local status=$?
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$made" ] || [ -n "$keep" ] || remove_all
	exit "$status"
}

# ---- start -----------------------------------------------------------------------

choose_user
choose_dir
trap 'on_signal 1' HUP
trap 'on_signal 2' INT
trap 'on_signal 15' TERM
trap on_exit EXIT

case ${1:-run} in
run)
	check_stale
	build
	say "starting an own libvirt and ${guests// /, } in $dir"
	setup
	open_nvirt
	status=$?
	ask_remove
	exit "$status"
	;;
setup)
	check_stale
	command -v qemu-img >/dev/null || "$top/tests/deps.sh" demo || die "packages are missing"
	setup
	keep=yes
	echo "$uri"
	;;
remove)
	check_stale
	remove_all
	;;
*)
	sed -n '4,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
