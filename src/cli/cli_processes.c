/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt processes`: running guests as processes of their host, with their threads. Main thread. */
#include <string.h>

#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/text.h"

/* Rates are of this long. */
#define SPAN_MS 1000

const struct cli_option cli_options_processes[] = {
        {"files", 0, NULL, false, "List the files that they have open too"},
        CLI_OPTION_CSV,
        {0},
};

static const char *const titles[] = {
        "PROCESS", ">ID", ">CPU", ">TIME", ">MEMORY", "STATE", ">ON", "MAY RUN ON", "USER", NULL};

/* ---- a table ---- */

static void add_number(struct cli_table *table, int64_t number)
{
	cli_table_take(table, number >= 0 ? g_strdup_printf("%" G_GINT64_FORMAT, number) : NULL);
}

static void add_times(struct cli_table *table, double cpu_pct, int64_t cpu_ns)
{
	char text[24] = "";

	if (cpu_ns >= 0)
		text_format_cpu_time(text, sizeof(text), cpu_ns);
	cli_table_take(table, cpu_pct >= 0 ? g_strdup_printf("%.1f%%", cpu_pct) : NULL);
	cli_table_add(table, text);
}

static void add_process(struct cli_table *table, const char *name, const struct qemu_process *process)
{
	cli_table_add(table, name);
	add_number(table, process->pid ? process->pid : -1);
	add_times(table, process->cpu_pct, process->cpu_ns);
	cli_table_add_bytes(table, (guint64)MAX(process->rss_kib, 0) * 1024, process->rss_kib >= 0);
	cli_table_add(table, process_state_word(process->state));
	cli_table_add(table, "");
	cli_table_add(table, process->affinity);
	cli_table_add(table, process->user);
}

static void add_thread(struct cli_table *table, const struct qemu_thread *thread)
{
	g_autofree char *title = qemu_thread_title(thread);

	cli_table_take(table, g_strconcat("  ", title, NULL));
	add_number(table, thread->tid ? thread->tid : -1);
	add_times(table, thread->cpu_pct, thread->cpu_ns);
	cli_table_add(table, "");
	cli_table_add(table, process_state_word(thread->state));
	add_number(table, thread->cpu);
	cli_table_add(table, thread->affinity);
	cli_table_add(table, "");
}

static void add_file(struct cli_table *table, const struct qemu_file *file)
{
	cli_table_take(table, g_strconcat("  ", file->path, NULL));
	for (int i = 0; i < 3; i++)
		cli_table_add(table, "");
	cli_table_add_bytes(table, (guint64)MAX(file->bytes, 0), file->bytes >= 0);
	cli_table_add(table, file->deleted ? "deleted" : file->writable ? "read+write" : "read");
	for (int i = 0; i < 3; i++)
		cli_table_add(table, "");
}

static void add_rows(
        const struct cli *cli, struct cli_table *table, const char *name, const struct qemu_process *process)
{
	add_process(table, name, process);
	for (unsigned i = 0; i < process->threads->len; i++)
		add_thread(table, process->threads->pdata[i]);
	if (cli_line_flag(&cli->line, "files"))
		for (unsigned i = 0; process->files && i < process->files->len; i++)
			add_file(table, process->files->pdata[i]);
}

/* ---- JSON ---- */

static json_object *threads_json(const struct qemu_process *process)
{
	json_object *array = json_object_new_array();

	for (unsigned i = 0; i < process->threads->len; i++) {
		const struct qemu_thread *thread = process->threads->pdata[i];
		json_object *object = json_object_new_object();

		json_add_known(object, "tid", thread->tid, thread->tid > 0);
		json_add_filled(object, "name", thread->name);
		json_add_string(object, "kind", thread_kind_word(thread->kind));
		json_add_known(object, "vcpu", thread->vcpu, thread->vcpu >= 0);
		json_add_filled(object, "state", process_state_word(thread->state));
		json_add_figure(object, "cpu_pct", thread->cpu_pct);
		json_add_known(object, "cpu_time_ns", thread->cpu_ns, thread->cpu_ns >= 0);
		json_add_known(object, "cpu", thread->cpu, thread->cpu >= 0);
		json_add_filled(object, "affinity", thread->affinity);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *files_json(const struct qemu_process *process)
{
	json_object *array = process->files ? json_object_new_array() : NULL;

	for (unsigned i = 0; process->files && i < process->files->len; i++) {
		const struct qemu_file *file = process->files->pdata[i];
		json_object *object = json_object_new_object();

		json_add_int(object, "fd", file->fd);
		json_add_string(object, "path", file->path);
		json_add_bool(object, "writable", file->writable);
		json_add_bool(object, "deleted", file->deleted);
		json_add_bool(object, "device", file->device);
		json_add_known(object, "allocation_bytes", file->bytes, file->bytes >= 0);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *process_json(const struct host *host, const char *name, const struct qemu_process *process)
{
	json_object *object = json_object_new_object();
	char uuid[37];

	uuid_format(process->uuid, uuid);
	json_add_string(object, "guest", name);
	json_add_string(object, "uuid", uuid);
	json_add_string(object, "host", host->name);
	json_add_known(object, "pid", process->pid, process->pid > 0);
	json_add_filled(object, "program", process->program);
	json_add_filled(object, "user", process->user);
	json_add_filled(object, "state", process_state_word(process->state));
	json_add_figure(object, "cpu_pct", process->cpu_pct);
	json_add_known(object, "cpu_time_ns", process->cpu_ns, process->cpu_ns >= 0);
	json_add_known(object, "rss_kib", process->rss_kib, process->rss_kib >= 0);
	json_add_known(object, "pss_kib", process->pss_kib, process->pss_kib >= 0);
	json_add_known(object, "swap_kib", process->swap_kib, process->swap_kib >= 0);
	json_add_known(object, "open_fds", process->fds, process->fds >= 0);
	json_add_filled(object, "affinity", process->affinity);
	json_add_filled(object, "cgroup", process->cgroup);
	json_object_object_add(object, "threads", threads_json(process));
	json_object_object_add(object, "files", files_json(process));
	json_add_filled(object, "unread", process->unread);
	return object;
}

/* ---- the verb ---- */

static const struct qemu_process *process_of(const struct host *host, const struct obj_ref *ref)
{
	for (unsigned i = 0; host->processes && i < host->processes->len; i++) {
		const struct qemu_process *process = host->processes->pdata[i];

		if (memcmp(process->uuid, ref->uuid, sizeof(ref->uuid)) == 0)
			return process;
	}
	return NULL;
}

/* By the guests' names. `only`: of that guest; NULL = of all. What could not be read is said once. */
static int print(struct cli *cli, const struct host *host, const struct obj_ref *only)
{
	g_autoptr(json_object) array = output_is_data(&cli->out) ? json_object_new_array() : NULL;
	struct cli_table *table = array ? NULL : cli_table_new(titles);
	const char *unread = "";
	bool written;

	for (unsigned i = 0; i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];
		const struct qemu_process *process = process_of(host, &guest->ref);

		if (!process || (only && !obj_ref_equal(only, &guest->ref)))
			continue;
		if (array)
			json_object_array_add(array, process_json(host, guest->name, process));
		else
			add_rows(cli, table, guest->name, process);
		if (*process->unread)
			unread = process->unread;
	}
	written = array ? output_records(&cli->out, &record_process, array) : output_table(&cli->out, table);
	cli_table_free(table);
	if (!array && *unread)
		output_note(&cli->out, "nvirt: %s", unread);
	if (host->processes_known < host->processes_total)
		output_message(&cli->out, "only %u of %u running guests could be asked in time", host->processes_known,
		        host->processes_total);
	return written ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int show_host(struct cli *cli, const struct host *host)
{
	const GPtrArray *words = cli->line.words;
	g_autoptr(GError) error = NULL;
	struct obj_ref ref;

	if (words->len && !cli_resolve(host, OBJ_GUEST, words->pdata[0], &ref, &error)) {
		output_message(&cli->out, "%s", error->message);
		return EXIT_CODE_USAGE;
	}
	if (words->len && !process_of(host, &ref)) {
		g_autofree char *clean = text_clean(words->pdata[0], -1);

		output_message(&cli->out, "guest '%s' does not run: it has no process", clean);
		return EXIT_CODE_FAILED;
	}
	return print(cli, host, words->len ? &ref : NULL);
}

int cli_processes(struct cli *cli)
{
	const GPtrArray *words = cli->line.words;
	struct cli_session *session;
	int code;

	if (words->len > 1) {
		g_autofree char *clean = text_clean(words->pdata[1], -1);

		return cli_usage_error(cli, "processes", "processes: '%s' is one word too many", clean);
	}
	session = cli_open_session(cli, "processes", true, false);
	if (!session)
		return EXIT_CODE_USAGE;
	backend_set_refresh(session->backend, SPAN_MS);
	code = cli_session_connect(session, OBJ_GUEST);
	if (code == EXIT_CODE_OK &&
	        cli_session_processes(session, store_host_at(session->store, 0)->id) == WAIT_INTERRUPTED)
		code = EXIT_CODE_INTERRUPTED;
	cli_session_release_signals(session);
	if (code == EXIT_CODE_OK)
		code = show_host(cli, store_host_at(session->store, 0));
	cli_session_free(session);
	return code;
}
