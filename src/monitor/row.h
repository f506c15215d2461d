#ifndef MONITOR_ROW_H
#define MONITOR_ROW_H

/*
 * What is done with each member of a row of the status, for the lists in
 * status.h: `row` is the row, `said` the message that it comes from, `json`
 * where it is shown.
 */

#define ROW_STR(name) char *name;
#define ROW_INT(name) int64_t name;

#define ROW_FREE_STR(name) free(row->name);
#define ROW_FREE_INT(name)

#define ROW_COPY_STR(name) row->name = xstrdup(said->name);
#define ROW_COPY_INT(name) row->name = said->name;

#define ROW_SHOW_STR(name) jsonout_str(json, #name, row->name);
#define ROW_SHOW_INT(name) jsonout_int(json, #name, row->name);

#endif
