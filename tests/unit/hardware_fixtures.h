/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions as libvirt 9.0 writes them: what runs, and what is stored. */
#ifndef TESTS_UNIT_HARDWARE_FIXTURES_H
#define TESTS_UNIT_HARDWARE_FIXTURES_H

/* q35 with UEFI, TPM, SCSI disks, agent channel, NIC on a network, SPICE; running. */
#define Q35_HEAD                                                                                             \
	"<domain type='kvm' id='7'>\n  <name>win11</name>\n"                                                \
	"  <uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid>\n"                                             \
	"  <metadata><n:x xmlns:n='urn:n'><disk/></n:x></metadata>\n"                                       \
	"  <memory unit='KiB'>8388608</memory>\n  <currentMemory unit='KiB'>8388608</currentMemory>\n"

#define Q35_LIVE                                                                                             \
	Q35_HEAD                                                                                             \
	"  <vcpu placement='static'>4</vcpu>\n"                                                             \
	"  <os firmware='efi'>\n    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n"                  \
	"    <loader readonly='yes' secure='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</loader>\n" \
	"    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.ms.fd'>/var/lib/libvirt/qemu/nvram/win11.fd</nvram>\n" \
	"  </os>\n  <features><acpi/><apic/><smm state='on'/></features>\n"                                 \
	"  <cpu mode='custom' match='exact' check='full'>\n    <model fallback='forbid'>Skylake-Client-IBRS</model>\n" \
	"    <vendor>Intel</vendor>\n    <feature policy='require' name='ss'/>\n  </cpu>\n"                 \
	"  <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"                               \
	"    <disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' cache='none'/>\n"     \
	"      <source file='/img/win11.qcow2' index='2'/>\n      <backingStore/>\n"                        \
	"      <target dev='sda' bus='scsi'/>\n      <alias name='scsi0-0-0-0'/>\n"                         \
	"      <address type='drive' controller='0' bus='0' target='0' unit='0'/>\n    </disk>\n"           \
	"    <disk type='file' device='cdrom'>\n      <target dev='sdb' bus='sata'/>\n      <readonly/>\n"  \
	"      <address type='drive' controller='0' bus='0' target='0' unit='1'/>\n    </disk>\n"           \
	"    <controller type='scsi' index='0' model='virtio-scsi'><alias name='scsi0'/></controller>\n"    \
	"    <controller type='sata' index='0'><alias name='ide'/></controller>\n"                          \
	"    <controller type='virtio-serial' index='0'/>\n    <controller type='pci' index='0' model='pcie-root'/>\n" \
	"    <interface type='network'>\n      <mac address='52:54:00:11:22:33'/>\n"                        \
	"      <source network='default' portid='7f5e' bridge='virbr0'/>\n      <target dev='vnet4'/>\n"    \
	"      <model type='virtio'/>\n    </interface>\n"                                                  \
	"    <serial type='pty'><source path='/dev/pts/3'/><target type='isa-serial' port='0'/></serial>\n" \
	"    <channel type='unix'>\n      <source mode='bind' path='/run/libvirt/qemu/7.agent'/>\n"         \
	"      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>\n"                   \
	"      <address type='virtio-serial' controller='0' bus='0' port='1'/>\n    </channel>\n"           \
	"    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/><alias name='tpm0'/></tpm>\n"     \
	"    <graphics type='spice' port='5901' autoport='yes' listen='127.0.0.1'>\n"                       \
	"      <listen type='address' address='127.0.0.1'/>\n    </graphics>\n"                             \
	"    <video><model type='qxl' ram='65536' heads='1'/></video>\n"                                    \
	"    <memballoon model='virtio'><stats period='5'/></memballoon>\n  </devices>\n</domain>\n"

/* The same as stored: nothing is different but how it is written. */
#define Q35_STORED_TO(VCPU, NIC, MORE)                                                                       \
	Q35_HEAD                                                                                             \
	"  <vcpu placement='static'>" VCPU "</vcpu>\n"                                                      \
	"  <os firmware='efi'>\n    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n  </os>\n"         \
	"  <features><acpi/><apic/><smm state='on'/></features>\n"                                          \
	"  <cpu mode='host-model' check='partial'/>\n"                                                      \
	"  <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"                               \
	"    <disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' cache='none'/>\n"     \
	"      <source file='/img/win11.qcow2'/>\n      <target dev='sda' bus='scsi'/>\n"                   \
	"      <address type='drive' controller='0' bus='0' target='0' unit='0'/>\n    </disk>\n"           \
	"    <disk type='file' device='cdrom'>\n      <target dev='sdb' bus='sata'/>\n      <readonly/>\n"  \
	"      <address type='drive' controller='0' bus='0' target='0' unit='1'/>\n    </disk>\n"           \
	"    <controller type='scsi' index='0' model='virtio-scsi'/>\n    <controller type='sata' index='0'/>\n" \
	"    <controller type='virtio-serial' index='0'/>\n    <controller type='pci' index='0' model='pcie-root'/>\n" \
	NIC                                                                                                  \
	"    <serial type='pty'><target type='isa-serial' port='0'/></serial>\n"                            \
	"    <channel type='unix'>\n      <target type='virtio' name='org.qemu.guest_agent.0'/>\n"          \
	"      <address type='virtio-serial' controller='0' bus='0' port='1'/>\n    </channel>\n"           \
	"    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>\n"                         \
	"    <graphics type='spice' port='-1' autoport='yes' listen='127.0.0.1'>\n"                         \
	"      <listen type='address' address='127.0.0.1'/>\n    </graphics>\n"                             \
	"    <video><model type='qxl' ram='65536' heads='1'/></video>\n" MORE                               \
	"    <memballoon model='virtio'><stats period='5'/></memballoon>\n  </devices>\n</domain>\n"

#define Q35_NIC                                                                                              \
	"    <interface type='network'>\n      <mac address='52:54:00:11:22:33'/>\n"                        \
	"      <source network='default'/>\n      <model type='virtio'/>\n    </interface>\n"

#define Q35_STORED Q35_STORED_TO("4", Q35_NIC, "")

/* pc with passed-through devices, and everything else there is. */
#define PC_ODD                                                                                               \
	"<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n  <name>odd</name>\n" \
	"  <memory unit='KiB'>65536</memory>\n  <vcpu current='2'>8</vcpu>\n  <maxMemory slots='4' unit='KiB'>131072</maxMemory>\n" \
	"  <memoryBacking><hugepages/><source type='memfd'/></memoryBacking>\n"                             \
	"  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type><boot dev='network'/><boot dev='hd'/></os>\n" \
	"  <devices>\n"                                                                                     \
	"    <hostdev mode='subsystem' type='pci' managed='yes'><source>\n"                                 \
	"      <address domain='0x0000' bus='0x06' slot='0x02' function='0x1'/></source></hostdev>\n"       \
	"    <hostdev mode='subsystem' type='usb'><source><vendor id='0x1d6b'/><product id='0x0002'/></source></hostdev>\n" \
	"    <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>\n" \
	"    <disk type='network' device='disk'><source protocol='rbd' name='pool/vol'/><target dev='vda' bus='virtio'/></disk>\n" \
	"    <disk type='block' device='lun'><source dev='/dev/sdz'/><target dev='vdb' bus='virtio'/><shareable/></disk>\n" \
	"    <filesystem type='mount'><driver type='virtiofs'/><source dir='/srv'/><target dir='srv'/></filesystem>\n" \
	"    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"                    \
	"    <watchdog model='i6300esb' action='reset'/>\n    <panic model='isa'/>\n"                       \
	"    <shmem name='lg'><model type='ivshmem-plain'/><size unit='M'>32</size></shmem>\n"              \
	"    <vsock model='virtio'><cid auto='no' address='3'/></vsock>\n    <iommu model='intel'/>\n"      \
	"    <memory model='dimm'><target><size unit='KiB'>65536</size><node>0</node></target></memory>\n"  \
	"    <redirdev bus='usb' type='spicevmc'/>\n    <redirdev bus='usb' type='spicevmc'/>\n"            \
	"    <controller type='usb' index='0' model='qemu-xhci'/>\n"                                        \
	"    <quantum type='entangled' model='q1'><spin/></quantum>\n  </devices>\n"                        \
	"  <qemu:commandline><qemu:arg value='-s'/></qemu:commandline>\n</domain>\n"

#endif
