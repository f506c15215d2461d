#ifndef MANAGE_H
#define MANAGE_H

/* What a person does with the account at the CA: show, change, end it. */

struct job;
struct problem;

/* JOB_ACCOUNT, from the directory to the last word. */
int manage_job(const struct job *job, struct problem *problem);

#endif
