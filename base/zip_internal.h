/* Shared by base/zip*.c only: the records of a zip file as bytes. */
#ifndef MM_BASE_ZIP_INTERNAL_H
#define MM_BASE_ZIP_INTERNAL_H

#include "base/zip.h"

#define MM_ZIP_LOCAL_SIZE   30
#define MM_ZIP_CENTRAL_SIZE 46
#define MM_ZIP_END_SIZE     22
#define MM_ZIP_LOCATOR_SIZE 20
#define MM_ZIP_END64_SIZE   56
/* A record as it is written here: head, name, and a zip64 field of at most three numbers. */
#define MM_ZIP_RECORD_MAX (MM_ZIP_CENTRAL_SIZE + MM_ZIP_NAME_MAX + 28)
#define MM_ZIP_ENDS_MAX   (MM_ZIP_END64_SIZE + MM_ZIP_LOCATOR_SIZE + MM_ZIP_END_SIZE)

/* Little-endian numbers of `width` bytes. */
uint64_t mm_zip_number(const unsigned char *at, int width);

/* The three kinds of records of our own writing; each gives its length. Names have been checked to fit. */
size_t mm_zip_put_local(unsigned char *out, const struct mm_zip_entry *entry);
size_t mm_zip_put_central(unsigned char *out, const struct mm_zip_entry *entry);
size_t mm_zip_put_ends(unsigned char *out, size_t count, uint64_t directory, uint64_t length);

/* Bytes of the file; the caller has checked that they lie in it. */
enum mm_status mm_zip_fetch(const struct mm_zip *zip, uint64_t offset, void *bytes, size_t size,
                            struct mm_error *err);
/* The same in the arena, or in the file's own memory. */
enum mm_status mm_zip_borrow(struct mm_arena *arena, const struct mm_zip *zip, uint64_t offset, size_t size,
                             const unsigned char **out, struct mm_error *err);

struct mm_zip_directory {
    uint64_t offset, size, count, end; /* end: where the first end record begins */
};
enum mm_status mm_zip_find_directory(struct mm_arena *arena, const struct mm_zip *zip, struct mm_zip_directory *out,
                                     struct mm_error *err);

#endif
