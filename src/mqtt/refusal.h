#ifndef MQTT_REFUSAL_H
#define MQTT_REFUSAL_H

/* Why Home Assistant could not be told. The detail is printable. */
struct refusal {
	const char *problem;
	char detail[256];
	const char *advice; /* lives for ever, as the problem does */
};

/* Always -1. */
int refuse(struct refusal *refusal, const char *problem, const char *advice,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
