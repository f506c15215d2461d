#ifndef MONITOR_PAGE_H
#define MONITOR_PAGE_H

/*
 * The status for browsers: page.html, which the Makefile turns into an object.
 * The page is the same for everybody and holds no figure; its script asks for
 * /status.json.
 */

struct buf;

/* Appends the page. */
void page_render(struct buf *out);

/*
 * Its Content-Security-Policy: the style and the script that are in it, by
 * their hashes, and questions to where it came from; nothing else runs or is
 * loaded, whatever a name or a problem may say. The caller frees.
 */
char *page_policy(void);

#endif
