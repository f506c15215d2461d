#ifndef NOTIFY_H
#define NOTIFY_H

/* Telling a webhook what became of a certificate. */

struct job;
struct problem;

/*
 * JOB_NOTIFY: POSTs the text to the URL, once. Of the answer only the status
 * counts. The URL is a secret and never told to anybody.
 */
int notify_job(const struct job *job, struct problem *problem);

#endif
