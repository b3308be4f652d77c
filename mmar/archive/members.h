/* An archive's members in their order, whatever file holds them. A kind vouches that the file has nothing beside its members (no second
 * headers that differ, no owner, times or attributes, nothing before or behind); what members there may be is reader.c's business. */
#ifndef MM_MMAR_ARCHIVE_MEMBERS_H
#define MM_MMAR_ARCHIVE_MEMBERS_H

#include "base/file.h"
#include "mmar/archive/archive.h"

struct mm_members {
    struct mm_arena *arena;
    const struct mm_members_kind *kind;
    void *state; /* the kind's own, in the arena */
};

struct mm_members_kind {
    /* MM_ERR_IO: the file cannot be read; MM_ERR_DATA: it is none of this kind. Close also after a failure. */
    enum mm_status (*open)(struct mm_members *members, const char *file, struct mm_error *err);
    /* Name of the next member, valid until it is taken; NULL behind the last. */
    enum mm_status (*peek)(struct mm_members *members, const char **name, struct mm_error *err);
    /* The next member becomes the current one. MM_ERR_DATA: it is no plain file of that mode. */
    enum mm_status (*take)(struct mm_members *members, const char *name, bool executable, uint64_t *size,
                           struct mm_error *err);
    /* All bytes of the current member: `size` of them. */
    enum mm_status (*read)(struct mm_members *members, const char *name, uint64_t size, mm_file_piece *piece,
                           void *context, struct mm_error *err);
    /* Behind the last member: that nothing follows. */
    enum mm_status (*end)(struct mm_members *members, struct mm_error *err);
    void (*close)(struct mm_members *members);
};
extern const struct mm_members_kind mm_members_tar, mm_members_zip;

#endif
