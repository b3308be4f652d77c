/* Large blocks as mappings of their own, in pages as large as the system gives, and the stock of those that were freed: what
 * base/memory.c is made of.
 *
 * A page that is new to the process costs a fault and its zeroing, which takes longer than what most transforms do with it. So
 * a block that is given back stays mapped, and the next one of about its size gets it, shortened or made longer. Blocks in use and in stock
 * together are never more than were in use at once since the last mm_pages_return, and what is in stock the system may
 * take whenever it is short of memory. Thread-safe. */
#ifndef MM_BASE_PAGES_H
#define MM_BASE_PAGES_H

#include <stddef.h>

#define MM_PAGES_LEAST ((size_t)4 << 20) /* a smaller block is not worth a mapping */

/* Contents undefined, at a multiple of 2 MiB; `size` is at least MM_PAGES_LEAST. NULL when memory is out. */
void *mm_pages_take(size_t size);
void mm_pages_give(void *block, size_t size); /* the size it was taken with */
void mm_pages_return(void);                   /* empties the stock */
size_t mm_pages_stock(void);                  /* bytes in stock */

#endif
