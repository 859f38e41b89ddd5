#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what a fresh Debian 12 or Ubuntu lacks, and says what it is for.
#
#   deps.sh build      what compiling needs
#   deps.sh demo       build, and what make demo needs
#   deps.sh check      build, and what make check needs
#   deps.sh list WHAT  only print the packages
#
# Uses sudo where the user is not root; prints the list where there is no apt.
set -eu

build='gcc make pkg-config libglib2.0-dev libxml2-dev libjson-c-dev libvirt-dev libncurses-dev libpng-dev
zlib1g-dev libvncserver-dev libseccomp-dev libvterm-dev libchafa-dev'
# libvirt-daemon, not libvirt-daemon-system: its programs without a service of the machine's own.
guests='binutils qemu-system-x86 qemu-utils libvirt-daemon libvirt-clients'
tests='clang libclang-rt-dev cppcheck libcmocka-dev ovmf iproute2 util-linux procps dnsmasq-base iptables
busybox-static cpio kmod openssl libsasl2-modules jq bash-completion zsh fish man-db mandoc python3
python3-jsonschema'

packages() {
	case $1 in
	build) echo "$build" ;;
	demo) echo "$build $guests" ;;
	check) echo "$build $guests $tests" ;;
	*) echo "deps.sh: '$1' is none of build, demo, check" >&2 && exit 2 ;;
	esac
}

reason() {
	case $1 in
	build) echo "to compile nvirt" ;;
	demo) echo "to compile nvirt and to run its demo guests (QEMU, libvirt)" ;;
	check) echo "to compile nvirt and to run its tests (QEMU, libvirt, compilers, test libraries)" ;;
	esac
}

is_installed() {
	dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# The clang run-time's package carries clang's version in its name.
real_name() {
	if [ "$1" = libclang-rt-dev ]; then
		apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p' | head -1
	else
		echo "$1"
	fi
}

missing() {
	local package name
	for package in $(packages "$1"); do
		name=$(real_name "$package")
		[ -z "$name" ] || is_installed "$name" || echo "$name"
	done
}

apt_install() {
	local sudo=''
	if [ "$(id -u)" -ne 0 ]; then
		sudo=sudo
		command -v sudo >/dev/null || {
			echo "deps.sh: you are not root and there is no sudo; as root: apt-get install $*" >&2
			exit 1
		}
	fi
	$sudo apt-get update -q || true
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

what=${1:-build}
if [ "$what" = list ]; then
	packages "${2:-build}" | tr -s ' \n' '\n'
	exit 0
fi
packages "$what" >/dev/null
if ! command -v apt-get >/dev/null; then
	echo "No apt-get here. nvirt needs, under their Debian names, $(reason "$what"):"
	packages "$what" | tr -s ' \n' ' ' | fold -s -w 76 | sed 's/^/  /'
	echo
	command -v pkg-config >/dev/null && exit 0
	exit 1
fi
needed=$(missing "$what")
[ -n "$needed" ] || exit 0
echo "Installing, $(reason "$what"):"
echo "$needed" | tr '\n' ' ' | fold -s -w 76 | sed 's/^/  /'
echo
# shellcheck disable=SC2086
apt_install $needed
