/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a message. Pure, any thread; the inbox itself locks and is the back end's. */
#include "nvirt/msg.h"

struct msg *msg_new(enum msg_type type, unsigned host, uint32_t epoch)
{
	struct msg *msg = g_new0(struct msg, 1);

	msg->type = type;
	msg->host = host;
	msg->epoch = epoch;
	return msg;
}

void msg_free(struct msg *msg)
{
	if (!msg)
		return;
	g_free(msg->text);
	g_free(msg->name);
	host_status_unref(msg->status);
	sample_free(msg->sample);
	if (msg->list)
		g_ptr_array_unref(msg->list);
	guest_detail_unref(msg->detail);
	task_update_free(msg->update);
	plan_free(msg->plan);
	edit_answer_free(msg->edit);
	if (msg->png)
		g_bytes_unref(msg->png);
	screen_door_free(msg->door);
	serial_frame_free(msg->serial);
	health_free(msg->health);
	node_detail_free(msg->node);
	journal_record_free(msg->record);
	if (msg->history)
		g_array_unref(msg->history);
	g_free(msg);
}
