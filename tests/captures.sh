#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make captures: every tab of the running program on a lab of its own, as text,
# at 80x24 and 200x60, into docs/captures/. Needs tmux, and what make check needs.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)
out=$top/docs/captures
nvirt=${NVIRT:-$top/build/nvirt}
NVIRT_LAB=$(mktemp -d /tmp/nvirt-captures-XXXXXX)
export NVIRT_LAB
tm=(tmux -L "nvirt-captures-$$")

finish() {
	"${tm[@]}" kill-server 2>/dev/null || true
	"$here/lab/lab.sh" stop >/dev/null 2>&1 || true
	rm -rf "$NVIRT_LAB"
}
trap finish EXIT

screen() {
	"${tm[@]}" capture-pane -p -t nvirt
}

# wait_for REGEX: on the screen within 30 s.
wait_for() {
	local end=$((SECONDS + 30))
	until screen | grep -qE -- "$1"; do
		[ $SECONDS -lt $end ] || { echo "captures: '$1' did not appear" >&2 && screen >&2 && exit 1; }
	done
}

keys() {
	"${tm[@]}" send-keys -t nvirt "$@"
}

# tabs OBJECT TITLE...: the cursor is on the object, its first tab is shown.
tabs() {
	local object=$1 title
	shift
	for title; do
		wait_for "\[$title\]"
		wait_for "${seen[$object-$title]:-\[$title\]}"
		screen >"$out/$size-$object-$(tr 'A-Z ' 'a-z-' <<<"$title").txt"
		keys ]
	done
}

# What a tab shows when it is complete.
declare -A seen=(
	[host-Summary]='QEMU' [host-Guests]='running +[0-9]+[.][0-9]' [host-Storage]='default' [host-Images]='counter.qcow2' [host-Networks]='default' [host-Devices]='For guest' [host-Processes]='main loop' [host-Health]='libvirt  '
	[guest-Summary]='On the host' [guest-Hardware]='Processors' [guest-XML]='<domain' [guest-Graphs]='CPU'
	[guest-Snapshots]='held' [guest-Console]='seconds [0-9]' [host-Wall]='seconds [0-9]'
	[pool-Summary]='dir' [pool-Volumes]='counter.qcow2' [network-Summary]='192.168'
)

capture() {
	size=$1
	XDG_STATE_HOME=$NVIRT_LAB/state-$size "${tm[@]}" -f /dev/null new-session -d -s nvirt -x "${size%x*}" -y "${size#*x}" \
		"exec '$nvirt' --refresh 1 -c '$("$here/lab/lab.sh" uri h1)'"
	wait_for 'guests 2 of 3'
	wait_for 'Networks +1'
	keys M-1 Home
	tabs host Summary Guests Storage Images Networks Devices Processes Tasks Graphs Health Wall
	keys j
	wait_for 'guest counter'
	tabs guest Summary Hardware Snapshots Console Tasks XML Graphs
	keys End k k
	wait_for 'pool default'
	tabs pool Summary Volumes
	keys End
	wait_for 'network default'
	tabs network Summary Guests
	keys '?'
	wait_for 'Help'
	screen >"$out/$size-help.txt"
	"${tm[@]}" kill-session -t nvirt
}

command -v tmux >/dev/null || { echo "captures: tmux is missing: apt-get install tmux" >&2 && exit 1; }
mkdir -p "$out"
"$here/lab/lab.sh" start 1 >/dev/null
for guest in counter shell off; do
	"$here/lab/lab.sh" define h1 "$guest" boot
done
"$here/lab/lab.sh" virsh h1 start counter >/dev/null
"$here/lab/lab.sh" virsh h1 start shell >/dev/null
for snapshot in installed updated; do
	"$here/lab/lab.sh" virsh h1 snapshot-create-as counter "$snapshot" --description "as $snapshot" >/dev/null
done
"$here/lab/lab.sh" virsh h1 pool-refresh default >/dev/null
capture 80x24
capture 200x60
echo "captures: $(find "$out" -name '*.txt' | wc -l) screens in docs/captures/"
