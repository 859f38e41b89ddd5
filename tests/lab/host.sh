#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first process of one lab host; lab.sh runs it under keep.
#
#   host.sh system|session DIR NAME
#
# Puts the host's own directories in place, starts virtlogd and libvirtd, says
# "ready" on stdout, and then starts libvirtd again whenever DIR/ctl says so.
# system: pid 1 of fresh namespaces. session: an ordinary process of a user.
set -eu
mode=$1 dir=$2 name=$3
number=${name#h}

make_directories() {
	echo "$$" >"$dir/host.pid"
	mkdir -p "$dir"/{run/libvirt,run/lock,lib,cache,log/qemu,etc/qemu,img,tmp}
	chmod 711 "$dir" "$dir"/{run,lib,img}
	mkfifo "$dir/ctl" "$dir/reply"
}

write_configuration() {
	cat >"$1/libvirtd.conf" <<-CONF
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		unix_sock_rw_perms = "0777"
		host_uuid = "0000000$number-1111-4222-8333-444444444444"
		log_outputs = "3:file:$dir/log/libvirtd.log"
	CONF
	cat >"$1/virtlogd.conf" <<-CONF
		log_outputs = "3:file:$dir/log/virtlogd.log"
	CONF
	cat >"$1/qemu.conf" <<-CONF
		security_driver = "none"
		namespaces = [ ]
		remember_owner = 0
		stdio_handler = "logd"
	CONF
	[ "$mode" = session ] || {
		printf '%s\n' 'user = "root"' 'group = "root"' >>"$1/qemu.conf"
		echo 'unix_sock_group = "root"' >>"$1/libvirtd.conf"
	}
}

# Every device a host needs, but no kvm: the guests behave the same everywhere.
make_dev() {
	local new=$dir/dev device
	mkdir "$new"
	mount -t tmpfs -o mode=755 tmpfs "$new"
	for device in null zero full random urandom tty; do
		cp -a "/dev/$device" "$new/"
	done
	mkdir -p "$new"/{pts,shm,mqueue,net}
	mknod -m 666 "$new/net/tun" c 10 200
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$new/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$new/shm"
	ln -s pts/ptmx "$new/ptmx"
	ln -s /proc/self/fd "$new/fd"
	ln -s fd/0 "$new/stdin"
	ln -s fd/1 "$new/stdout"
	ln -s fd/2 "$new/stderr"
	mount --rbind "$new" /dev
}

# libvirt's directories may be missing where its system package is: then all of the parent is ours.
replace() {
	if [ ! -d "$2" ]; then
		mount -t tmpfs -o mode=755 tmpfs "$(dirname "$2")"
		mkdir "$2"
	fi
	mount --bind "$1" "$2"
}

# The user that libvirtd was built for need not be there: the package that makes it is not asked for.
add_user() {
	local user=libvirt-qemu id=64055
	getent group $user >/dev/null || {
		{ cat /etc/group && echo "$user:x:$id:"; } >"$dir/group"
		mount --bind "$dir/group" /etc/group
	}
	getent passwd $user >/dev/null || {
		{ cat /etc/passwd && echo "$user:x:$id:$id::/nonexistent:/usr/sbin/nologin"; } >"$dir/passwd"
		mount --bind "$dir/passwd" /etc/passwd
	}
}

enter_system() {
	local pid
	# /proc is still the machine's here: this is our pid as seen from outside.
	read -r pid _ </proc/self/stat
	echo "$pid" >"$dir/init.pid"
	# unshare has made them private already; below a chroot / is no mount point.
	mount --make-rprivate / 2>/dev/null || true
	mount -t proc proc /proc
	hostname "$name.lab"
	make_dev
	# A sysfs of this network namespace, and no cgroups: nothing to leave behind.
	umount --lazy --recursive /sys
	mount -t sysfs sysfs /sys
	replace "$dir/lib" /var/lib/libvirt
	replace "$dir/cache" /var/cache/libvirt
	replace "$dir/log" /var/log/libvirt
	replace "$dir/etc" /etc/libvirt
	mount --bind "$dir/run" /run
	add_user
	ip link set lo up
}

enter_session() {
	cat >"$dir/env" <<-ENV
		export HOME=$dir/lib
		export XDG_RUNTIME_DIR=$dir/run
		export XDG_CONFIG_HOME=$dir
		export XDG_CACHE_HOME=$dir/cache
		export XDG_DATA_HOME=$dir/lib
		export TMPDIR=$dir/tmp
	ENV
	# shellcheck disable=SC1091
	. "$dir/env"
	# Short, because the monitor's socket lies below it.
	ln -s etc "$dir/libvirt"
}

# Both return when their sockets listen; virsh then waits until the drivers are up.
start_daemons() {
	[ -n "${virtlogd_runs:-}" ] || virtlogd -d -f "$dir/etc/virtlogd.conf" -p "$dir/run/virtlogd.pid"
	virtlogd_runs=yes
	libvirtd -d -f "$dir/etc/libvirtd.conf" -p "$dir/run/libvirtd.pid"
	virsh -q -c "qemu+unix:///$mode?socket=$dir/run/libvirt/libvirt-sock" uri >/dev/null
}

serve() {
	local word
	# Open for reading and writing: no end of file between two writers.
	exec 3<>"$dir/ctl"
	while read -r word <&3; do
		case $word in
		libvirtd) if start_daemons; then echo ready; else echo failed; fi >"$dir/reply" ;;
		esac
	done
}

unset LIBVIRT_DEFAULT_URI LD_PRELOAD
cd /
make_directories
if [ "$mode" = system ]; then enter_system; else enter_session; fi
write_configuration "$dir/etc"
start_daemons
echo ready
exec >&2
serve
