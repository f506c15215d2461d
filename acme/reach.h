#ifndef REACH_H
#define REACH_H

/*
 * A look of the CA at us and nothing else: one name is proven in one way, and
 * the proof is given up. It is what an order does before its certificate.
 */

struct job;
struct problem;

/*
 * JOB_REACH; its last word says where the CA met us: "the IPv4 address 1.2.3.4,
 * port 443".
 */
int reach_job(struct job *job, struct problem *problem);

#endif
