#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

/* Zeroes memory in a way the compiler may not remove. */
void secret_wipe(void *ptr, size_t len);

/* Wipes and frees a NUL-terminated secret. NULL is fine. */
void secret_free(char *s);

/* Fills with bytes of the kernel's CSPRNG. Never fails (dies if it must). */
void secret_random(void *ptr, size_t len);

#endif
