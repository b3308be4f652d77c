/* Opening and writing of weights files on their way; see convert.h. */
#include <string.h>

#include "base/file.h"
#include "mmar/command.h"
#include "mmar/convert.h"
#include "trainer/torch_file.h"

#define FILE_SIZE_MAX  ((size_t)1 << 36)
#define SHARED_MAX     16  /* tensors may share storage; all together are at most so many times the file */
#define TAR_MAGIC_AT   257 /* POSIX.1-2017, ustar Interchange Format */
#define OPTIMIZER_SLOT "optimizer."
#define HEAD_SIZE      9
#define PIECE          ((size_t)16 << 20)

static enum mm_status from_torch(struct mm_arena *arena, const unsigned char *bytes, size_t size, const char *key,
                                 struct mm_convert_source *out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_torch_file *file;
    struct mm_torch_state state;
    if (MM_TRY(s, mm_torch_parse(arena, bytes, size, &file, err)) ||
        MM_TRY(s, mm_torch_choose(arena, file, key, &state, err)))
        return s;
    out->kind = file->kind;
    out->key = state.key;
    out->count = state.count;
    out->tensors = state.tensors;
    out->others = state.others;
    return MM_OK;
}

static enum mm_status read_axes(const struct mm_safetensors *file, struct mm_convert_source *out,
                                struct mm_error *err)
{
    const char *axes = mm_safetensors_metadata(file, "axes");
    if (!axes)
        return MM_OK;
    out->axes = !strcmp(axes, "zyx") || !strcmp(axes, "yx")   ? "zyx"
                : !strcmp(axes, "xyz") || !strcmp(axes, "xy") ? "xyz"
                                                              : NULL;
    return out->axes ? MM_OK : mm_fail(err, MM_ERR_DATA, "metadata axes is \"%.16s\", expected zyx or xyz", axes);
}

/* A checkpoint of ours has the optimizer's state beside the weights. */
static enum mm_status from_safetensors(struct mm_arena *arena, const char *path, const unsigned char *bytes,
                                       size_t size, struct mm_convert_source *out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_safetensors *file;
    const char **others;
    if (MM_TRY(s, mm_safetensors_parse(arena, path, bytes, size, &file, err)) || MM_TRY(s, read_axes(file, out, err)))
        return s;
    const char *format = mm_safetensors_metadata(file, "format");
    bool is_ours = format && mm_text_starts(format, "mmar-weights-");
    out->kind = "safetensors";
    out->key = "";
    out->model = mm_safetensors_metadata(file, "model");
    out->tensors = mm_arena_array(arena, struct mm_strided, file->count + 1);
    others = mm_arena_array(arena, const char *, file->count + 1);
    if (!out->tensors || !others)
        return mm_fail_memory(err, "a table of tensors");
    for (size_t i = 0; i < file->count; i++) {
        const struct mm_st_tensor *t = &file->tensors[i];
        if (is_ours && mm_text_starts(t->name, OPTIMIZER_SLOT)) {
            others[out->others.count++] = t->name;
            continue;
        }
        struct mm_strided *to = &out->tensors[out->count++];
        *to = (struct mm_strided){.name = t->name, .dtype = t->dtype, .rank = t->rank, .data = t->data};
        memcpy(to->dim, t->dim, sizeof to->dim);
        mm_strided_pack(to);
    }
    out->others.items = others;
    return MM_OK;
}

/* Small files must not become large ones. */
static enum mm_status check_total(const struct mm_convert_source *source, size_t size, struct mm_error *err)
{
    size_t total = 0, bytes;
    for (size_t i = 0; i < source->count; i++)
        if (!mm_strided_bytes(&source->tensors[i], &bytes) || !mm_size_add(total, bytes, &total) ||
            total / SHARED_MAX > size)
            return mm_fail(err, MM_ERR_DATA, "its tensors share their data: together they are over %d times the file",
                           SHARED_MAX);
    return source->count ? MM_OK : mm_fail(err, MM_ERR_DATA, "holds no tensors");
}

/* The length of the header in 8 bytes, then the header, which is an object. */
static bool looks_like_safetensors(const unsigned char *bytes, size_t size)
{
    return size >= HEAD_SIZE && bytes[HEAD_SIZE - 1] == '{';
}

/* Of what was read, whatever becomes of the file meanwhile. */
static enum mm_status digest(const unsigned char *bytes, size_t size, struct mm_archive_progress *progress, char *hex,
                             struct mm_error *err)
{
    enum mm_status s;
    struct mm_sha256 hash;
    unsigned char digest_bytes[MM_SHA256_SIZE];
    if (MM_TRY(s, mm_sha256_init(&hash, err)))
        return s;
    mm_archive_stage(progress, "hashing", size);
    for (size_t at = 0, piece; at < size && s == MM_OK; at += piece) {
        piece = size - at < PIECE ? size - at : PIECE;
        s = mm_sha256_add(&hash, bytes + at, piece, err);
        mm_archive_tell(progress, piece);
        if (s == MM_OK && mm_interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted: nothing was written");
    }
    if (s == MM_OK && (s = mm_sha256_done(&hash, digest_bytes, err)) == MM_OK)
        mm_sha256_hex(digest_bytes, hex);
    mm_sha256_abandon(&hash);
    return s;
}

enum mm_status mm_convert_open(struct mm_arena *arena, const char *path, const char *key,
                               struct mm_archive_progress *progress, struct mm_convert_source *out,
                               struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    *out = (struct mm_convert_source){0};
    if (MM_TRY(s, mm_file_read(arena, path, FILE_SIZE_MAX, &bytes, &size, err)) ||
        MM_TRY(s, digest(bytes, size, progress, out->sha256, err)))
        return s;
    if (!mm_torch_is(bytes, size)) {
        if (key)
            return mm_fail(err, MM_ERR_USAGE, "%s: --key is for PyTorch files, this is none", path);
        if (size > TAR_MAGIC_AT + 5 && !memcmp(bytes + TAR_MAGIC_AT, "ustar", 5))
            return mm_fail(
                err, MM_ERR_DATA,
                "%s: is a tar, as PyTorch wrote before 0.1.10: load it there and save its state_dict again", path);
        if (!looks_like_safetensors(bytes, size))
            return mm_fail(err, MM_ERR_DATA, "%s: is neither a file of torch.save nor a safetensors file", path);
        if (MM_TRY(s, from_safetensors(arena, path, bytes, size, out, err)))
            return s;
    } else if (MM_TRY(s, from_torch(arena, bytes, size, key, out, err))) {
        return mm_fail_in(err, "%s", path);
    }
    return MM_TRY(s, check_total(out, size, err)) ? mm_fail_in(err, "%s", path) : MM_OK;
}

bool mm_convert_needs_axes(const struct mm_convert_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct mm_strided *t = &source->tensors[i];
        if (!mm_strided_is_kernel(t))
            continue;
        for (int d = 2; d < t->rank; d++)
            if (t->dim[d] > 1)
                return true;
    }
    return false;
}

void mm_convert_turn(struct mm_convert_source *source, const char *from, const char *to)
{
    if (strcmp(from, to) != 0)
        for (size_t i = 0; i < source->count; i++)
            mm_strided_turn(&source->tensors[i]);
}

static cJSON *make_metadata(struct mm_arena *arena, const struct mm_convert_source *source, const char *axes)
{
    bool ours = !strcmp(axes, "zyx");
    cJSON *metadata = mm_json_object(arena);
    bool ok = mm_json_add(arena, metadata, "format", mm_json_text(arena, ours ? "mmar-weights-1" : "pt")) &&
              mm_json_add(arena, metadata, "axes", mm_json_text(arena, axes)) &&
              mm_json_add(arena, metadata, "source", mm_json_text(arena, source->kind)) &&
              mm_json_add(arena, metadata, "source_sha256", mm_json_text(arena, source->sha256)) &&
              (!source->model || mm_json_add(arena, metadata, "model", mm_json_text(arena, source->model)));
    return ok ? metadata : NULL;
}

enum mm_status mm_convert_may_replace(const char *path, struct mm_error *err)
{
    unsigned char head[HEAD_SIZE];
    if (!mm_file_exists(path))
        return MM_OK;
    FILE *stream = mm_file_is_folder(path) ? NULL : fopen(path, "rbe");
    size_t got = stream ? fread(head, 1, sizeof head, stream) : 0;
    if (stream)
        fclose(stream);
    return stream && (!got || looks_like_safetensors(head, got))
               ? MM_OK
               : mm_fail(err, MM_ERR_USAGE, "%s: exists and is no safetensors file: it is not overwritten", path);
}

struct writing {
    const struct mm_convert_source *source;
    const struct mm_st_writer_item *items;
    struct mm_archive_progress *progress;
};

static enum mm_status fill(void *context, size_t index, void *bytes, struct mm_error *err)
{
    const struct writing *w = context;
    mm_strided_copy(&w->source->tensors[index], bytes);
    mm_archive_tell(w->progress, w->items[index].bytes);
    return mm_interrupted() ? mm_fail(err, MM_INTERRUPTED, "interrupted: nothing was written") : MM_OK;
}

enum mm_status mm_convert_write(const struct mm_convert_source *source, const char *path, const char *axes,
                                struct mm_archive_progress *progress, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena arena;
    uint64_t total = 0;
    mm_arena_init(&arena, NULL);
    cJSON *metadata = make_metadata(&arena, source, axes);
    struct mm_st_writer_item *items = mm_arena_array(&arena, struct mm_st_writer_item, source->count);
    if (!metadata || !items) {
        s = mm_fail_memory(err, "the weights file");
        goto done;
    }
    for (size_t i = 0; i < source->count; i++) {
        const struct mm_strided *t = &source->tensors[i];
        items[i] = (struct mm_st_writer_item){.name = t->name, .dtype = t->dtype, .rank = t->rank};
        memcpy(items[i].dim, t->dim, sizeof items[i].dim);
        if (!mm_strided_bytes(t, &items[i].bytes)) {
            s = mm_fail(err, MM_ERR_DATA, "%s is too large", t->name);
            goto done;
        }
        total += items[i].bytes;
    }
    struct writing w = {source, items, progress};
    mm_archive_stage(progress, "writing", total);
    s = mm_safetensors_write(path, metadata, items, source->count, fill, &w, err);
done:
    mm_arena_done(&arena);
    return s;
}
