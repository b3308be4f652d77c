/* Built-in components that are about what a Python class is about, told by the words of its name. */
#ifndef MM_MMAR_RELATIVES_H
#define MM_MMAR_RELATIVES_H

#include <stddef.h>

/* "; the nearest built-in ones are AddChannel and RandomZoom", or "" where nothing is near; in `buffer`, which is returned. */
const char *mm_relatives(const char *name, char *buffer, size_t size);

#endif
