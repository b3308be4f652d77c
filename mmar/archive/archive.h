/* The archive NAME.mmar: a POSIX pax tar, zstd-compressed (libarchive), manifest.json first; or the same members as a zip (base/zip.h).
 * The tar stream, the stored zip and the manifest's digest depend on content only: sorted names, mode 0644 or 0755, owner 0, no time.
 * Reading goes by what the file is, not by its name, and treats every archive as hostile. */
#ifndef MM_MMAR_ARCHIVE_ARCHIVE_H
#define MM_MMAR_ARCHIVE_ARCHIVE_H

#include "base/json.h"
#include "base/params.h"

/* Limits on what an archive may hold; passing one is MM_ERR_DATA that names it. */
#define MM_ARCHIVE_FILES_MAX     100000
#define MM_ARCHIVE_NAME_MAX      1024
#define MM_ARCHIVE_DEPTH_MAX     16
#define MM_ARCHIVE_BYTES_MAX     ((uint64_t)64 << 30)
#define MM_ARCHIVE_MANIFEST_MAX  (4u << 20)
#define MM_ARCHIVE_MANIFEST      "manifest.json" /* the first member */
#define MM_ARCHIVE_SIGNATURE     "model.sig"     /* the second, when the archive is signed (mmar/signing) */
#define MM_ARCHIVE_SIGNATURE_MAX (8u << 20)
#define MM_ARCHIVE_RATIO_MAX     2000 /* unpacked bytes per packed byte, once past 16 MiB */

struct mm_archive_file {
    const char *name; /* relative, '/'-separated, normalised */
    const char *path; /* on disk; NULL for bytes made here   */
    const void *bytes;
    uint64_t size;
    bool executable;
    char sha256[65];
};
struct mm_archive_list {
    size_t count;
    struct mm_archive_file *files; /* sorted by name (bytes) */
    size_t left_out_count;
    const char **left_out; /* what the allow-list kept back, for the announcement */
    bool page_refreshed;   /* docs/README.md travels with newer facts than it has in the folder */
    const char *allowed;   /* findings of the privacy search that the user allowed, a line each; NULL before it */
};

enum mm_archive_kind { MM_ARCHIVE_TAR, MM_ARCHIVE_ZIP };
#define MM_ARCHIVE_ZIP_LEVEL_MAX 9

/* How far long work is: of each of its stages ("hashing", "packing", "verifying") the bytes done, of `total` (0: nobody knows). Where a
 * pointer to one is asked for, NULL says that nobody asks. */
struct mm_archive_progress {
    void (*tell)(void *context, const char *doing, uint64_t done, uint64_t total); /* NULL: nobody asks */
    void *context;
    const char *doing; /* inside */
    uint64_t done, total;
};
/* progress.c. A stage begins; bytes of it are done. */
void mm_archive_stage(struct mm_archive_progress *progress, const char *doing, uint64_t total);
void mm_archive_tell(struct mm_archive_progress *progress, uint64_t more);
/* SHA-256 of a file, piece by piece: told of, and ended by an interrupt. */
enum mm_status mm_archive_digest(const char *path, struct mm_archive_progress *progress, char hex[65],
                                 struct mm_error *err);

struct mm_pack_options {
    int level;        /* 0: zstd level 10; a zip is stored               */
    unsigned threads; /* that compress; 0: all there are. The bytes are the same */
    bool with_eval, with_checkpoint;
    enum mm_archive_kind kind;
    struct mm_strings allow; /* places of findings, see privacy.h */
    struct mm_archive_progress progress;
};

/* layout.c: which files of an MMAR travel (DESIGN.md 8) and their digests. environment.json travels as a template without local
 * paths, the scores' cases get numbers for names, datalists stay; links, devices and unreadable files are an error. */
enum mm_status mm_layout_collect(struct mm_arena *arena, const char *root, const struct mm_pack_options *options,
                                 struct mm_archive_list **out, struct mm_error *err);

uint64_t mm_layout_bytes(const struct mm_archive_list *list);

/* manifest.c */
enum mm_status mm_manifest_make(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                                cJSON **out, struct mm_error *err);
/* Checks a manifest read from an archive: format version, every file entry well formed, names safe and unique. */
enum mm_status mm_manifest_check(struct mm_arena *arena, const cJSON *manifest, struct mm_error *err);
/* Row of that file, or NULL. */
const cJSON *mm_manifest_file(const cJSON *manifest, const char *name);
/* models/run.json and models/parent.json do not travel as files: the manifest holds what they say, and unpacking writes them again,
 * so that a packed, unpacked and packed MMAR is the same archive. */
bool mm_manifest_is_record(const char *name);
/* The record files that unpacking writes: name, bytes, size and digest. */
#define MM_MANIFEST_RECORDS_MAX 2
enum mm_status mm_manifest_records(struct mm_arena *arena, const cJSON *manifest,
                                   struct mm_archive_file records[MM_MANIFEST_RECORDS_MAX], size_t *count,
                                   struct mm_error *err);
enum mm_status mm_manifest_restore(struct mm_arena *arena, const cJSON *manifest, const char *folder,
                                   struct mm_error *err);
/* SHA-256 of the canonical text of the manifest: the identity of an archive, recorded by its children. */
enum mm_status mm_manifest_digest(struct mm_arena *arena, const cJSON *manifest, char hex[65], struct mm_error *err);
/* Its text as an archive holds it, in the arena. */
enum mm_status mm_manifest_print(struct mm_arena *arena, const cJSON *manifest, char **text, struct mm_error *err);

/* pack.c. The manifest that packing makes of a list, in which docs/README.md gets its facts brought up to date (mmar/card_page.h). */
enum mm_status mm_pack_manifest(struct mm_arena *arena, const char *root, struct mm_archive_list *list,
                                cJSON **manifest, struct mm_error *err);
/* Atomic; refuses to overwrite what is not an archive, and reads the new one back before it takes its name. MM_NO when a file
 * that would travel holds a local path. `packed` is the list without the output itself. */
enum mm_status mm_pack(struct mm_arena *arena, const char *root, const char *file,
                       const struct mm_pack_options *options, struct mm_archive_list **packed, cJSON **manifest,
                       struct mm_error *err);

/* reader.c: one pass over an archive: names, sizes, ratios and digests checked against the manifest, trailing data refused.
 * The visitor gets each file with its bytes in pieces (its digest has been checked when `end` is called); NULL: only check. The signature
 * comes first, as a file, and nothing of it has been checked.
 * MM_ERR_IO: the file cannot be read; MM_ERR_DATA: it is no sound archive. */
struct mm_archive_visitor {
    enum mm_status (*begin)(void *context, const char *name, uint64_t size, bool executable, struct mm_error *err);
    enum mm_status (*piece)(void *context, const void *bytes, size_t size, struct mm_error *err);
    enum mm_status (*end)(void *context, struct mm_error *err);
    void *context;
    struct mm_archive_progress *progress; /* of the files' bytes; NULL: nobody asks */
    const char *doing;                    /* the stage's name there                  */
};
enum mm_status mm_archive_read(struct mm_arena *arena, const char *file, const struct mm_archive_visitor *visitor,
                               cJSON **manifest, struct mm_error *err);
/* By its first bytes: a zip, or what can only be the other. MM_ERR_IO: the file cannot be read. */
enum mm_status mm_archive_kind_of(const char *file, enum mm_archive_kind *kind, struct mm_error *err);
/* Only the manifest: reads only the head of the file. Its member digests are not checked. */
enum mm_status mm_archive_manifest(struct mm_arena *arena, const char *file, cJSON **manifest, struct mm_error *err);
/* Manifest and signature, from the head of the file too; *signature is NULL when the archive is unsigned. */
enum mm_status mm_archive_head(struct mm_arena *arena, const char *file, cJSON **manifest, char **signature,
                               struct mm_error *err);
/* name.c. Is a name one that may be unpacked? Says why not. */
enum mm_status mm_archive_name_check(const char *name, struct mm_error *err);
/* The same in any folder: for what others' programs packed. */
enum mm_status mm_archive_name_check_foreign(const char *name, struct mm_error *err);
/* Order of checked names as a file system without case sees them: what collides become neighbours. */
int mm_archive_name_order(const char *a, const char *b);
/* Are two names one file there, or is one the folder of the other? */
bool mm_archive_name_collides(const char *a, const char *b);

/* unpack.c: into a folder beside the target, renamed into place, or nothing at all. The target must not exist or be empty. */
enum mm_status mm_unpack(struct mm_arena *arena, const char *file, const char *target,
                         struct mm_archive_progress *progress, cJSON **manifest, struct mm_error *err);
/* The target without slashes at its end; MM_ERR_USAGE when something is there that would be lost. */
enum mm_status mm_unpack_target(struct mm_arena *arena, const char *target, const char **out, struct mm_error *err);
/* Into <temporary>/model, where *temporary is a new folder under $TMPDIR that only this user can enter: mm_file_remove_tree it. It is NULL
 * after a failure. */
enum mm_status mm_unpack_temporary(struct mm_arena *arena, const char *file, struct mm_archive_progress *progress,
                                   const char **temporary, cJSON **manifest, struct mm_error *err);

#endif
