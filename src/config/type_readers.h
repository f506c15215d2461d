#ifndef CONFIG_TYPE_READERS_H
#define CONFIG_TYPE_READERS_H

/*
 * The readers that the table of type.c names, a file for each family, and what
 * they share. A reader says whether the text is of its type, brings it into the
 * form that the later stages want, and may have a reason that helps more than
 * the type's description.
 */

#include "type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Always false. */
bool type_refuse(struct reading *reading, const char *why);

/* Whatever the case of the letters. */
bool type_is_word(const char *text, const char *word);
bool type_has_scheme(const char *text, const char *scheme);

/* Numbers, times and words that stand for one: type_number.c. */
bool type_number(struct reading *reading);
bool type_size(struct reading *reading);
bool type_bool(struct reading *reading);
bool type_duration(struct reading *reading);
bool type_memory(struct reading *reading);
bool type_rate(struct reading *reading);
bool type_choice(struct reading *reading);
bool type_facility(struct reading *reading);
bool type_loglevel(struct reading *reading);
bool type_workers(struct reading *reading);

/* Texts of all kinds, names and paths: type_text.c. */
bool type_text(struct reading *reading);
bool type_name(struct reading *reading);
bool type_parameter(struct reading *reading);
bool type_tag(struct reading *reading);
bool type_regex(struct reading *reading);
bool type_provider(struct reading *reading);
bool type_email(struct reading *reading);
bool type_base64url(struct reading *reading);
bool type_secret(struct reading *reading);
bool type_path(struct reading *reading);
bool type_secret_file(struct reading *reading);
bool type_dir(struct reading *reading);
bool type_acl(struct reading *reading);
bool type_cidr(struct reading *reading);

/* Hosts: names, addresses, and what listens there: type_host.c. */
bool type_ip(struct reading *reading);
bool type_host(struct reading *reading);
bool type_forward(struct reading *reading);
bool type_server(struct reading *reading);
bool type_vhost(struct reading *reading);
bool type_pattern(struct reading *reading);
bool type_hostname(struct reading *reading);

/* URLs and header fields, and what is filled into them: type_url.c. */
bool type_https(struct reading *reading);
bool type_directory(struct reading *reading);
bool type_probe(struct reading *reading);
bool type_filled(struct reading *reading);
bool type_url(struct reading *reading);
bool type_target(struct reading *reading);
bool type_field(struct reading *reading);
bool type_header(struct reading *reading);

#endif
