#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

/* The commands that a person gives through `gatehouse` and the monitor. */

struct child;
struct msg;

void control_command(struct child *child, const struct msg *msg);

#endif
