/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's events of one connection: see events.h. */
#include "backend/events.h"

#include <string.h>

#include "backend/event_words.h"
#include "nvirt/text.h"

/* libvirt repeats itself: a reboot comes up to six times, an I/O error for every request. */
#define REPEAT_US (2 * G_USEC_PER_SEC)
#define DOMAIN_EVENTS_MAX 16

/* What the callbacks hold; each registration has a reference. */
struct sink {
	int refs;
	struct backend_host *host;
	uint32_t generation, epoch;
};

struct events {
	virConnectPtr conn;
	struct sink *sink;
	int domain[DOMAIN_EVENTS_MAX];
	unsigned domain_n;
	bool lifecycle;
	int network, pool, pool_refresh, device, device_update; /* -1 = not registered */
	bool close;
};

static void sink_unref(void *data)
{
	struct sink *sink = data;

	if (__atomic_sub_fetch(&sink->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	host_unref(sink->host);
	g_free(sink);
}

/* Releases what was written to it: the callback that gets it acquires (enter()). */
static struct sink *sink_ref(struct sink *sink)
{
	__atomic_add_fetch(&sink->refs, 1, __ATOMIC_RELEASE);
	return sink;
}

/* Locks the host; false, and nothing locked, when this connection is not the current one any more. */
static bool enter(struct sink *sink)
{
	(void)__atomic_load_n(&sink->refs, __ATOMIC_ACQUIRE);
	host_lock(sink->host);
	if (sink->generation == sink->host->generation)
		return true;
	host_unlock(sink->host);
	return false;
}

/* A message about an object; `text` is taken. */
static void post(struct sink *sink, enum obj_kind kind, const uint8_t uuid[16], const char *raw_name,
        enum event_kind event, char *text)
{
	struct msg *msg = msg_new(MSG_EVENT, sink->host->id, sink->epoch);

	msg->kind = kind;
	memcpy(msg->uuid, uuid, sizeof(msg->uuid));
	msg->event = event;
	msg->name = text_clean(raw_name, -1);
	msg->text = text;
	host_post(sink->host, msg);
}

/* Lock held. True when the same was told of this guest a moment ago. */
static bool repeated(struct backend_host *host, const uint8_t uuid[16], enum event_kind event)
{
	struct guest_seen *guest = host_guest(host, uuid);
	gint64 now_us = g_get_monotonic_time();
	bool again;

	if (guest == NULL || (event != EVENT_REBOOTED && event != EVENT_IO_ERROR))
		return false;
	again = guest->event == event && now_us - guest->event_us < REPEAT_US;
	guest->event = event;
	guest->event_us = now_us;
	return again;
}

/* Lock held. What we know of it by its definition or figures may be wrong now. */
static void stale_guest(struct backend_host *host, const uint8_t uuid[16], bool definition)
{
	struct guest_seen *guest = host_guest(host, uuid);

	if (guest != NULL && definition) {
		guest->defined = host->all_read = false;
		guest->serial = ++host->serials;
	}
	if (definition)
		host->users_due = true;
	if (host->open.kind == OBJ_GUEST && memcmp(host->open.uuid, uuid, 16) == 0)
		host->detail_kicked = host->snapshots_due = true;
	pthread_cond_broadcast(&host->detail_wake);
}

static void guest_event(struct sink *sink, virDomainPtr dom, enum event_kind event, char *text, bool definition)
{
	uint8_t uuid[VIR_UUID_BUFLEN];

	if (virDomainGetUUID(dom, uuid) < 0 || !enter(sink)) {
		g_free(text);
		return;
	}
	if (repeated(sink->host, uuid, event))
		g_free(text);
	else
		post(sink, OBJ_GUEST, uuid, virDomainGetName(dom), event, text);
	stale_guest(sink->host, uuid, definition);
	host_kick(sink->host);
	host_unlock(sink->host);
}

/* A guest changed without a word for people: only look at it again. */
static void guest_changed(struct sink *sink, virDomainPtr dom)
{
	uint8_t uuid[VIR_UUID_BUFLEN];

	if (virDomainGetUUID(dom, uuid) < 0 || !enter(sink))
		return;
	stale_guest(sink->host, uuid, true);
	host_unlock(sink->host);
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *data)
{
	struct sink *sink = data;
	enum event_kind kind = event_words_kind(event, detail);

	(void)conn;
	if (enter(sink)) {
		/* Autostart, managed save and the like go with these. */
		sink->host->flags_due = sink->host->ids_due = true;
		host_unlock(sink->host);
	}
	/* The first half of a rename is told by its second. */
	if (event == VIR_DOMAIN_EVENT_UNDEFINED && detail == VIR_DOMAIN_EVENT_UNDEFINED_RENAMED)
		guest_changed(sink, dom);
	else
		guest_event(sink, dom, kind,
		        kind == EVENT_RENAMED ? text_clean(virDomainGetName(dom), -1)
		                              : g_strdup(event_words_detail(event, detail)),
		        true);
	return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr dom, void *data)
{
	(void)conn;
	guest_event(data, dom, EVENT_REBOOTED, g_strdup(""), false);
}

static void on_io_error(virConnectPtr conn, virDomainPtr dom, const char *path, const char *alias, int action,
        const char *reason, void *data)
{
	g_autofree char *text = g_strdup_printf("%s%s%s: %s%s", alias != NULL ? alias : "disk",
	        path != NULL && *path != '\0' ? " " : "", path != NULL ? path : "",
	        reason != NULL && *reason != '\0' ? reason : "error", event_words_io_action(action));

	(void)conn;
	guest_event(data, dom, EVENT_IO_ERROR, text_clean(text, -1), false);
}

static void on_job(virConnectPtr conn, virDomainPtr dom, virTypedParameterPtr params, int n, void *data)
{
	int operation = 0, ok = 1;

	(void)conn;
	virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
	virTypedParamsGetBoolean(params, n, VIR_DOMAIN_JOB_SUCCESS, &ok);
	guest_event(data, dom, EVENT_JOB_DONE,
	        g_strconcat(event_words_job(operation), ok ? "" : " failed", NULL), false);
}

static void on_metadata(virConnectPtr conn, virDomainPtr dom, int type, const char *uri, void *data)
{
	(void)conn;
	(void)uri;
	guest_event(data, dom, EVENT_OTHER, g_strdup(event_words_metadata(type)), true);
}

static void on_device_added(virConnectPtr conn, virDomainPtr dom, const char *alias, void *data)
{
	(void)conn;
	g_autofree char *text = g_strdup_printf("device %s plugged in", alias != NULL ? alias : "");

	guest_event(data, dom, EVENT_OTHER, text_clean(text, -1), true);
}

static void on_device_removed(virConnectPtr conn, virDomainPtr dom, const char *alias, void *data)
{
	(void)conn;
	g_autofree char *text = g_strdup_printf("device %s removed", alias != NULL ? alias : "");

	guest_event(data, dom, EVENT_OTHER, text_clean(text, -1), true);
}

static void on_tray(virConnectPtr conn, virDomainPtr dom, const char *alias, int reason, void *data)
{
	(void)conn;
	(void)alias;
	(void)reason;
	guest_changed(data, dom);
}

static void on_agent(virConnectPtr conn, virDomainPtr dom, int state, int reason, void *data)
{
	(void)conn;
	(void)state;
	(void)reason;
	guest_changed(data, dom);
}

/* Lock held. */
static void lists_changed(struct backend_host *host)
{
	host->lists_due = true;
	pthread_cond_broadcast(&host->detail_wake);
}

static void on_network(virConnectPtr conn, virNetworkPtr net, int event, int detail, void *data)
{
	struct sink *sink = data;
	uint8_t uuid[VIR_UUID_BUFLEN];

	(void)conn;
	(void)detail;
	if (virNetworkGetUUID(net, uuid) < 0 || !enter(sink))
		return;
	post(sink, OBJ_NETWORK, uuid, virNetworkGetName(net), event_words_network(event), g_strdup(""));
	lists_changed(sink->host);
	host_unlock(sink->host);
}

static void on_pool(virConnectPtr conn, virStoragePoolPtr pool, int event, int detail, void *data)
{
	struct sink *sink = data;
	uint8_t uuid[VIR_UUID_BUFLEN];

	(void)conn;
	(void)detail;
	if (virStoragePoolGetUUID(pool, uuid) < 0 || !enter(sink))
		return;
	post(sink, OBJ_POOL, uuid, virStoragePoolGetName(pool), event_words_pool(event),
	        g_strdup(event_words_pool_text(event)));
	lists_changed(sink->host);
	sink->host->volumes_due = true;
	host_unlock(sink->host);
}

static void on_pool_refresh(virConnectPtr conn, virStoragePoolPtr pool, void *data)
{
	struct sink *sink = data;

	(void)conn;
	(void)pool;
	if (!enter(sink))
		return;
	lists_changed(sink->host);
	sink->host->volumes_due = true;
	host_unlock(sink->host);
}

/* A driver was bound, a stick plugged in. */
static void devices_changed(struct sink *sink)
{
	if (!enter(sink))
		return;
	sink->host->devices_due = true;
	pthread_cond_broadcast(&sink->host->detail_wake);
	host_unlock(sink->host);
}

static void on_device(virConnectPtr conn, virNodeDevicePtr device, int event, int detail, void *data)
{
	(void)conn;
	(void)device;
	(void)event;
	(void)detail;
	devices_changed(data);
}

static void on_device_update(virConnectPtr conn, virNodeDevicePtr device, void *data)
{
	(void)conn;
	(void)device;
	devices_changed(data);
}

/* May run on the thread whose call has just failed: only a flag, never a close. */
static void on_close(virConnectPtr conn, int reason, void *data)
{
	struct sink *sink = data;

	(void)conn;
	if (!enter(sink))
		return;
	sink->host->conn_closed = true;
	sink->host->close_reason = reason;
	host_kick(sink->host);
	host_unlock(sink->host);
}

static const struct {
	int id;
	virConnectDomainEventGenericCallback run;
} domain_events[] = {
        {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
        {VIR_DOMAIN_EVENT_ID_REBOOT, on_reboot},
        {VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, VIR_DOMAIN_EVENT_CALLBACK(on_io_error)},
        {VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, VIR_DOMAIN_EVENT_CALLBACK(on_job)},
        {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata)},
        {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device_added)},
        {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_device_removed)},
        {VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_tray)},
        {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_agent)},
};
G_STATIC_ASSERT(G_N_ELEMENTS(domain_events) <= DOMAIN_EVENTS_MAX);

/* A registration that failed does not call the free function: its reference goes here. */
static int registered(struct sink *sink, int id)
{
	if (id < 0)
		sink_unref(sink);
	return id;
}

static void register_domains(struct events *events)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(domain_events); i++) {
		int id = registered(events->sink,
		        virConnectDomainEventRegisterAny(events->conn, NULL, domain_events[i].id,
		                domain_events[i].run, sink_ref(events->sink), sink_unref));

		if (id < 0)
			continue;
		events->domain[events->domain_n++] = id;
		events->lifecycle |= domain_events[i].id == VIR_DOMAIN_EVENT_ID_LIFECYCLE;
	}
}

void events_listen(struct events *events)
{
	struct sink *sink = events->sink;
	virConnectPtr conn = events->conn;

	register_domains(events);
	events->network = registered(sink,
	        virConnectNetworkEventRegisterAny(conn, NULL, VIR_NETWORK_EVENT_ID_LIFECYCLE,
	                VIR_NETWORK_EVENT_CALLBACK(on_network), sink_ref(sink), sink_unref));
	events->pool = registered(sink,
	        virConnectStoragePoolEventRegisterAny(conn, NULL, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
	                VIR_STORAGE_POOL_EVENT_CALLBACK(on_pool), sink_ref(sink), sink_unref));
	events->pool_refresh = registered(sink,
	        virConnectStoragePoolEventRegisterAny(conn, NULL, VIR_STORAGE_POOL_EVENT_ID_REFRESH,
	                on_pool_refresh, sink_ref(sink), sink_unref));
	events->device = registered(sink,
	        virConnectNodeDeviceEventRegisterAny(conn, NULL, VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE,
	                VIR_NODE_DEVICE_EVENT_CALLBACK(on_device), sink_ref(sink), sink_unref));
	events->device_update = registered(sink,
	        virConnectNodeDeviceEventRegisterAny(conn, NULL, VIR_NODE_DEVICE_EVENT_ID_UPDATE,
	                VIR_NODE_DEVICE_EVENT_CALLBACK(on_device_update), sink_ref(sink), sink_unref));
	virResetLastError();
}

struct events *events_register(
        struct backend_host *host, uint32_t generation, uint32_t epoch, virConnectPtr conn)
{
	struct events *events = g_new0(struct events, 1);
	struct sink *sink = g_new0(struct sink, 1);

	sink->refs = 1;
	sink->host = host_ref(host);
	sink->generation = generation;
	sink->epoch = epoch;
	events->conn = conn;
	events->sink = sink;
	/*
	 * Without a reference of its own: a driver that has no close callback says
	 * yes and never frees it, and none is under way once it is unregistered.
	 */
	events->close = virConnectRegisterCloseCallback(conn, on_close, sink, NULL) == 0;
	events->network = events->pool = events->pool_refresh = events->device = events->device_update = -1;
	virResetLastError();
	return events;
}

bool events_tell_lifecycle(const struct events *events)
{
	return events->lifecycle;
}

/*
 * On a connection that is going down libvirt may refuse to forget the callback
 * and call it once more: what it is called with then stays, for ever, but known.
 */
static void leave_behind(struct sink *sink)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static GPtrArray *left;

	pthread_mutex_lock(&lock);
	if (!left)
		left = g_ptr_array_new();
	g_ptr_array_add(left, sink);
	pthread_mutex_unlock(&lock);
}

void events_unregister(struct events *events)
{
	if (events == NULL)
		return;
	for (unsigned i = 0; i < events->domain_n; i++)
		virConnectDomainEventDeregisterAny(events->conn, events->domain[i]);
	if (events->network >= 0)
		virConnectNetworkEventDeregisterAny(events->conn, events->network);
	if (events->pool >= 0)
		virConnectStoragePoolEventDeregisterAny(events->conn, events->pool);
	if (events->pool_refresh >= 0)
		virConnectStoragePoolEventDeregisterAny(events->conn, events->pool_refresh);
	if (events->device >= 0)
		virConnectNodeDeviceEventDeregisterAny(events->conn, events->device);
	if (events->device_update >= 0)
		virConnectNodeDeviceEventDeregisterAny(events->conn, events->device_update);
	if (events->close && virConnectUnregisterCloseCallback(events->conn, on_close) < 0)
		leave_behind(sink_ref(events->sink));
	virResetLastError();
	sink_unref(events->sink);
	g_free(events);
}
