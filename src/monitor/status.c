#include "status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attention.h"
#include "base/clock.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "jsonout.h"
#include "process.h"
#include "traffic.h"

struct status *
status_new(const struct config *config, uint32_t generation, int64_t started)
{
	struct status *status = xcalloc(1, sizeof(*status));

	status->config = config;
	status->generation = generation;
	status->started = started;
	status->listeners =
	    xcalloc(config->nlisteners, sizeof(status->listeners[0]));
	status->certs = xcalloc(config->ncerts, sizeof(status->certs[0]));
	status->ddns = xcalloc(config->nddns, sizeof(status->ddns[0]));
	return status;
}

static void
cert_release(struct cert_row *row)
{
	free(row->names);
	CERT_ROW(ROW_FREE_STR, ROW_FREE_INT)
}

static void
ddns_release(struct ddns_row *row)
{
	free(row->names);
	DDNS_ROW(ROW_FREE_STR, ROW_FREE_INT)
}

void
status_free(struct status *status)
{
	if (status == NULL)
		return;
	for (unsigned i = 0; i < status->config->ncerts; i++)
		cert_release(&status->certs[i]);
	status_portmap_release(&status->portmap);
	status_mqtt_release(&status->mqtt);
	for (unsigned i = 0; i < status->config->nddns; i++)
		ddns_release(&status->ddns[i]);
	free(status->certs);
	free(status->ddns);
	free(status->listeners);
	free(status);
}

static void
copy_text(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(src, size - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
}

void
status_worker(struct status *status, const struct msg_SHOW_WORKER *row)
{
	struct worker_row *worker = status->workers;
	struct worker_row *end = worker + status->nworkers;

	while (worker < end && worker->pid != row->pid)
		worker++;
	if (strcmp(row->state, "gone") == 0) {
		if (worker == end)
			return;
		memmove(worker, worker + 1,
		    (size_t)(end - worker - 1) * sizeof(*worker));
		status->nworkers--;
		return;
	}
	if (worker == end) {
		if (status->nworkers == STATUS_WORKERS_MAX)
			return;
		status->nworkers++;
	}
	worker->pid = row->pid;
	worker->worker = row->worker;
	worker->generation = row->generation;
	copy_text(worker->state, sizeof(worker->state), row->state);
}

void
status_listener(struct status *status, const struct msg_SHOW_LISTENER *row)
{
	if (row->listener < status->config->nlisteners)
		copy_text(status->listeners[row->listener], ADDR_TEXT_SIZE,
		    row->address);
}

void
status_cert(struct status *status, const struct msg_SHOW_CERT *said)
{
	struct cert_row *row;

	if (said->slot >= status->config->ncerts)
		return;
	row = &status->certs[said->slot];
	cert_release(row);
	row->names = xstrdup(said->names);
	CERT_ROW(ROW_COPY_STR, ROW_COPY_INT)
}

void
status_ddns(struct status *status, const struct msg_SHOW_DDNS *said)
{
	struct ddns_row *row;

	if (said->section >= status->config->nddns)
		return;
	row = &status->ddns[said->section];
	ddns_release(row);
	row->names = xstrdup(said->names);
	DDNS_ROW(ROW_COPY_STR, ROW_COPY_INT)
}

static void
render_listeners(const struct status *status, struct jsonout *json)
{
	const struct config_listener *listener;
	char name[CONFIG_LABEL_SIZE];

	jsonout_array(json, "listeners");
	for (listener = status->config->listeners; listener != NULL;
	     listener = listener->next) {
		jsonout_object(json, NULL);
		jsonout_int(json, "index", listener->index);
		jsonout_str(
		    json, "name", config_listener_label(listener, name));
		jsonout_str(json, "protocol", listener->tls ? "https" : "http");
		jsonout_str(
		    json, "address", status->listeners[listener->index]);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

void
status_backend_address(const struct probe *probe, char dst[ADDR_TEXT_SIZE])
{
	dst[0] = '\0';
	if (probe->naddresses > 0 && probe->backend->path == NULL)
		addr_text(&probe->addresses[0], dst);
}

static void
render_backends(const struct status *status, const struct probe *probes,
    struct jsonout *json)
{
	jsonout_array(json, "backends");
	for (unsigned i = 0; i < status->config->nbackends; i++) {
		const struct probe *probe = &probes[i];
		char address[ADDR_TEXT_SIZE], name[CONFIG_LABEL_SIZE];

		status_backend_address(probe, address);
		jsonout_object(json, NULL);
		jsonout_int(json, "id", i);
		jsonout_str(
		    json, "name", config_backend_label(probe->backend, name));
		jsonout_str(json, "address", address);
		jsonout_str(json, "host", probe->backend->host);
		jsonout_int(json, "port", probe->backend->port);
		jsonout_str(json, "state", probe_state_name(probe->state));
		jsonout_int(json, "since", probe->since);
		jsonout_str(json, "error", probe->error);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
render_names(const char *names, struct jsonout *json)
{
	jsonout_array(json, "names");
	while (*names != '\0') {
		size_t len = strcspn(names, " ");
		char *name = xstrndup(names, len);

		jsonout_str(json, NULL, name);
		free(name);
		names += len;
		names += strspn(names, " ");
	}
	jsonout_array_end(json);
}

static void
render_certs(const struct status *status, struct jsonout *json)
{
	jsonout_array(json, "certificates");
	for (unsigned slot = 0; slot < status->config->ncerts; slot++) {
		const struct cert_row *row = &status->certs[slot];

		if (row->names == NULL)
			continue;
		jsonout_object(json, NULL);
		jsonout_int(json, "slot", slot);
		render_names(row->names, json);
		CERT_ROW(ROW_SHOW_STR, ROW_SHOW_INT)
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
render_ddns(const struct status *status, struct jsonout *json)
{
	jsonout_array(json, "ddns");
	for (unsigned i = 0; i < status->config->nddns; i++) {
		const struct ddns_row *row = &status->ddns[i];

		if (row->names == NULL)
			continue;
		jsonout_object(json, NULL);
		render_names(row->names, json);
		DDNS_ROW(ROW_SHOW_STR, ROW_SHOW_INT)
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
render_workers(const struct status *status, struct jsonout *json)
{
	jsonout_array(json, "workers");
	for (unsigned i = 0; i < status->nworkers; i++) {
		const struct worker_row *worker = &status->workers[i];

		jsonout_object(json, NULL);
		jsonout_int(json, "pid", worker->pid);
		jsonout_int(json, "worker", worker->worker);
		jsonout_int(json, "generation", worker->generation);
		jsonout_str(json, "state", worker->state);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
render_memory(const struct status *status, struct jsonout *json)
{
	int64_t workers = 0;

	for (unsigned i = 0; i < status->nworkers; i++)
		workers += process_memory(status->workers[i].pid);
	jsonout_object(json, "memory");
	jsonout_int(json, "supervisor", process_memory(getppid()));
	jsonout_int(json, "monitor", process_memory(getpid()));
	jsonout_int(json, "workers", workers);
	jsonout_object_end(json);
}

void
status_render(
    const struct status *status, const struct probe *probes, struct buf *out)
{
	int64_t now = clock_wall();
	int64_t uptime = now - status->started;
	struct jsonout json;

	jsonout_init(&json, out);
	jsonout_object(&json, NULL);
	jsonout_str(&json, "version", GATEHOUSE_VERSION);
	jsonout_int(&json, "pid", getppid());
	jsonout_int(&json, "uptime", uptime > 0 ? uptime : 0);
	jsonout_int(&json, "generation", status->generation);
	render_listeners(status, &json);
	render_backends(status, probes, &json);
	render_certs(status, &json);
	render_ddns(status, &json);
	render_workers(status, &json);
	render_memory(status, &json);
	status_portmap_render(status, &json);
	status_mqtt_render(status, &json);
	attention_render(status, probes, now, &json);
	jsonout_int(&json, "now", now);
	traffic_render(status->stats, status->journal, &json);
	jsonout_object_end(&json);
}
