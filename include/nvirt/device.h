/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's own devices: what there is in PCI slots and USB ports, and whether a
 * guest can have it.
 *
 * Built by the back end of libvirt's node devices, frozen when posted. Strings
 * are owned and cleaned (text.h), never NULL, unless a comment says otherwise.
 * Pure; any thread.
 */
#ifndef NVIRT_DEVICE_H
#define NVIRT_DEVICE_H

#include "nvirt/inv.h"

enum device_kind {
	DEVICE_PCI,
	DEVICE_USB,  /* a whole device, not one of its interfaces */
	DEVICE_MDEV, /* mediated: a part of a PCI device, made for a guest */
	/* These are in no list: what they tell goes to the device they hang on. */
	DEVICE_USB_INTERFACE,
	DEVICE_NET,
	DEVICE_DISK,
	DEVICE_OTHER,
};

/* Can a guest have it? From the best to the worst. */
#define DEVICE_VERDICTS(X)                                                                                   \
	X(DEVICE_READY, "ready")      /* bound to VFIO, or made for guests */                                \
	X(DEVICE_YES, "yes")          /* the host lets go of it when the guest starts */                     \
	X(DEVICE_CARE, "with care")   /* so too, but the host loses something by it */                      \
	X(DEVICE_TAKEN, "taken")      /* a running guest has it */                                           \
	X(DEVICE_NO, "no")

enum device_verdict {
#define X(id, word) id,
	DEVICE_VERDICTS(X)
#undef X
	        DEVICE_VERDICT_N
};

const char *device_verdict_word(enum device_verdict verdict);

/* A guest whose definition names the device. */
struct device_use {
	uint8_t guest[16];
	char *name;
	bool live; /* it runs with it; else only its stored definition has it */
};

/* What mediated devices can be made of a device. */
struct device_mdev_type {
	char *id, *name, *api; /* "nvidia-11", "GRID …", "vfio-pci" */
	int64_t available;     /* how many more; -1 = not told */
};

struct device_row {
	enum device_kind kind;
	char *raw;    /* libvirt's name, raw */
	char *parent; /* the raw name of what it hangs on; NULL = nothing */
	char *path;   /* raw: where sysfs has it; NULL = not told */
	char *name;
	char *address; /* "0000:02:00.1", "001:004" (bus and device), a UUID; of a NIC or disk: "eth0", "sda" */
	char *key;     /* raw, as device_use_key() makes it: tells which guests use it */
	char *id_key;  /* raw: the same by vendor and product, of USB; NULL */
	int class_code;            /* PCI: 24 bits; USB interface: its class; -1 = not told */
	int vendor_id, product_id; /* -1 = not told */
	char *vendor, *product;
	char *driver;    /* of the host, bound to it now; "" = none */
	int iommu_group; /* -1 = in none */
	GPtrArray *group; /* char *: PCI addresses in its IOMMU group, its own too */
	int numa;         /* node; -1 = not told */
	bool bridge, hub; /* other devices hang on it */
	bool inactive;    /* mediated: defined, not started */
	char *physical;   /* SR-IOV: the device that it is a virtual function of; "" */
	GPtrArray *virtuals; /* char *: addresses of its virtual functions */
	int64_t virtuals_max; /* how many it can have; 0 = it has no SR-IOV */
	char *mdev_type;       /* of a mediated device */
	GPtrArray *mdev_types; /* struct device_mdev_type * */
	int reset;             /* the kernel can reset it: 1, 0, -1 = not told */
	char *host_use; /* what the host needs it for: "the default route (eth0)"; "" = nothing known */
	GPtrArray *uses; /* struct device_use *; NULL = not known yet */
	/* Of what lies below it; filled by devices_judge(). */
	GPtrArray *carries; /* char *: "eth0", "sda" */
	unsigned depth;     /* in the list: 0, or 1 of what is a part of another */
	enum device_verdict verdict;
	char *why; /* a phrase */
};

struct device_row *device_row_new(void);
void device_row_free(struct device_row *row);
void device_use_free(struct device_use *use);
void device_mdev_type_free(struct device_mdev_type *type);

/* "0000:02:00.1"; owned. */
char *device_pci_address(unsigned domain, unsigned bus, unsigned slot, unsigned function);
/*
 * The key by which a definition's device is found among the rows: kind and address, or for
 * USB (`by_id`) kind and "046d:c52b". Owned.
 */
char *device_use_key(enum device_kind kind, const char *address, bool by_id);

/*
 * All node devices of a host become its list: takes the rows (their array too), gives those that
 * a guest may ask for, with what hangs on them and the verdict; PCI by address, parts of a device
 * below it, then USB. `uses` of the rows must be set before, where it is known. Owned.
 */
GPtrArray *devices_judge(GPtrArray *rows);

/* "Ethernet controller", "USB hub"; never empty. Borrowed. */
const char *device_class_words(const struct device_row *row);
/* Its product, else what kind of thing it is, with ids where it has no name; owned. */
char *device_title(const struct device_row *row);
/* "web1, web2 (off)"; "-" = nobody, "?" = not known yet. Owned. */
char *device_user_words(const struct device_row *row);
/* All words that it can be found by, folded; owned. */
char *device_filter_text(const struct device_row *row);
/* The names in a list, "eth0, sda"; owned, "" = none. */
char *device_list_words(const GPtrArray *names);
/* The element of a guest's definition that gives it the device; owned, NULL = none can. */
char *device_hostdev_xml(const struct device_row *row);

#endif
