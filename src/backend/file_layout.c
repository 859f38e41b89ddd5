/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A keyboard layout is read, on a thread of its own: see nvirt/files.h. */
#include <pthread.h>
#include <string.h>

#include "nvirt/files.h"
#include "nvirt/text.h"

struct layout_job {
	struct inbox *inbox;
	struct obj_ref guest;
	struct screen_door *door;
	char *name;
};

/* Takes the job. */
static void post(struct layout_job *job)
{
	struct msg *msg = msg_new(MSG_SCREEN, job->guest.host, 0);

	msg->kind = job->guest.kind;
	memcpy(msg->uuid, job->guest.uuid, sizeof(msg->uuid));
	msg->door = job->door;
	inbox_post(job->inbox, msg);
	g_free(job->name);
	g_free(job);
}

static void *run(void *data)
{
	struct layout_job *job = data;
	g_autoptr(GError) error = NULL;

	job->door->layout = layout_load(job->name, &error);
	if (error)
		job->door->words = text_clean(error->message, -1);
	post(job);
	return NULL;
}

void file_read_layout(struct inbox *inbox, const char *name, const struct obj_ref *guest, unsigned door_id)
{
	struct layout_job *job = g_new0(struct layout_job, 1);
	pthread_t thread;

	*job = (struct layout_job){
	        .inbox = inbox, .guest = *guest, .door = screen_door_new(door_id), .name = g_strdup(name)};
	job->door->kind = DOOR_LAYOUT;
	if (pthread_create(&thread, NULL, run, job) == 0) {
		pthread_detach(thread);
		return;
	}
	job->door->words = g_strdup("cannot read the keyboard layout: out of resources");
	post(job);
}
