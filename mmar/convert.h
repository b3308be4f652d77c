/* Weights on their way between trainers: a PyTorch or safetensors file as a list of tensors, renamed and turned, for `mmar convert`. */
#ifndef MM_MMAR_CONVERT_H
#define MM_MMAR_CONVERT_H

#include "base/hash.h"
#include "base/params.h"
#include "mmar/archive/archive.h"
#include "trainer/strided.h"

struct mm_convert_source {
    const char *kind;  /* "PyTorch zip", "safetensors", ... */
    const char *axes;  /* "zyx" or "xyz"; NULL: the file does not say */
    const char *model; /* name and arguments of the network, as our files carry them; NULL: none */
    char sha256[MM_SHA256_HEX];
    const char *key; /* dict of a PyTorch file: "model"; "" */
    size_t count;
    struct mm_strided *tensors;
    struct mm_strings others; /* what is not converted, for people */
};

/* `key` may be NULL; see mm_torch_choose. The tensors live in the arena. */
enum mm_status mm_convert_open(struct mm_arena *arena, const char *path, const char *key,
                               struct mm_archive_progress *progress, struct mm_convert_source *out,
                               struct mm_error *err);
/* Renames by rules "old=new" and by tables (a *.json file: {"old": "new"}), first match first. `old` is a name, or when it ends with a
 * dot the beginning of names. A rule that matches nothing and two tensors of one name are errors. */
enum mm_status mm_convert_rename(struct mm_arena *arena, struct mm_convert_source *source,
                                 const struct mm_strings *rules, struct mm_error *err);
/* Does any kernel depend on the order of axes? */
bool mm_convert_needs_axes(const struct mm_convert_source *source);
/* Turns all kernels where the two orders differ ("xyz", "zyx"). */
void mm_convert_turn(struct mm_convert_source *source, const char *from, const char *to);
/* MM_ERR_USAGE when what `path` names is there and is no safetensors file: it is not overwritten. */
enum mm_status mm_convert_may_replace(const char *path, struct mm_error *err);
/* Writes the tensors, which have been turned to `axes` ("zyx": a file of ours, "xyz": one for torch), with where they came from. */
enum mm_status mm_convert_write(const struct mm_convert_source *source, const char *path, const char *axes,
                                struct mm_archive_progress *progress, struct mm_error *err);

#endif
